"""A part by its contrasts: how strong the strongest are, and how strong the usual ones are.

Both are compared with good parts. A hole or a crack is one strong contrast among many usual ones; a
part that is uneven or of another finish has no single place, but other usual ones. Beside the whole
of it, the strongest changes from one area to the next count by themselves, upwards only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

# The mean of a channel's strongest cells, so and so many, and the values that shares lie below.
_PEAKS, _SHARES = (2, 16), (0.9, 0.5)
# Of changes from one area to the next: the mean of so many.
_CHANGE_CELLS = 6
_LEAST_CELLS = 30
# Added before the logarithm: what is smaller is rounding, which it would enlarge.
_LEAST = 1e-2
_SPREAD = 1e-3
# Correlations are shrunk towards none by so much at least.
_SHRINK_WHOLE, _SHRINK_CHANGES = 0.3, 0.3
_FOLDS = 5


class Figures(NamedTuple):
    """Logarithms of a part's contrasts.

    Args:
        whole: peaks and usual values of all channels, float32 [4 C].
        changes: peaks of the channels that tell of changes, float32 [D].
        highest: the mean of the strongest two of each channel, float32 [C].
        top: the very strongest of each channel, float32 [C].
    """

    whole: np.ndarray
    changes: np.ndarray
    highest: np.ndarray
    top: np.ndarray


@dataclass(frozen=True, eq=False)
class Usual:
    """A Gaussian of some figures of good parts, and how far from its middle they lie.

    Args:
        mean: float32 [D].
        scale: standard deviation of each, float32 [D].
        whiten: what makes them uncorrelated and of one spread, float32 [D, D].
        far: mean and standard deviation of the logarithm of good parts' distances, of parts that
            were left out when they were measured, float32 [2].

    Source:
        Mahalanobis, On the generalised distance in statistics, 1936.
    """

    mean: np.ndarray
    scale: np.ndarray
    whiten: np.ndarray
    far: np.ndarray

    @classmethod
    def fit(
        cls, figures: np.ndarray, groups: np.ndarray, shrinkage: float, one_sided: bool
    ) -> Usual:
        """From good parts.

        Args:
            figures: float32 [n, D].
            groups: the part of each picture [n]; a part with several pictures counts once.
            shrinkage: of the correlations at least; more where there are few parts for D figures.
            one_sided: whether only what lies above the mean is unusual.
        """
        names, group, size = np.unique(groups, return_inverse=True, return_counts=True)
        weights = 1.0 / size[group]
        distances = []
        folds = min(_FOLDS, len(names))
        for fold in range(folds if folds > 1 else 0):
            out = group % folds == fold
            known = cls._gaussian(figures[~out], weights[~out], shrinkage)
            distances.append((known.distances(figures[out], one_sided), weights[out]))
        whole = cls._gaussian(figures, weights, shrinkage)
        if not distances:
            distances.append((whole.distances(figures, one_sided), weights))
        far, weight = (np.concatenate(parts) for parts in zip(*distances, strict=True))
        logs = np.log(far + _LEAST)
        middle = np.average(logs, weights=weight)
        spread = np.sqrt(np.average((logs - middle) ** 2, weights=weight)) + _SPREAD
        return cls(whole.mean, whole.scale, whole.whiten, np.array([middle, spread], np.float32))

    @classmethod
    def _gaussian(cls, figures: np.ndarray, weights: np.ndarray, shrinkage: float) -> Usual:
        n, depth = figures.shape
        there = np.isfinite(figures) * weights[:, None]
        total = np.maximum(there.sum(axis=0), 1e-9)
        known = np.nan_to_num(figures)
        mean = (known * there).sum(axis=0) / total
        scale = np.sqrt(((known - mean) ** 2 * there).sum(axis=0) / total) + _SPREAD
        away = np.nan_to_num((figures - mean) / scale)
        together = (away * (weights / weights.sum())[:, None]).T @ away
        shrunk = max(shrinkage, 0.5 * depth / (depth + n))
        values, directions = np.linalg.eigh((1 - shrunk) * together + shrunk * np.eye(depth))
        arrays = (mean, scale, directions / np.sqrt(values), np.array([0.0, 1.0]))
        return cls(*(array.astype(np.float32) for array in arrays))

    def distances(self, figures: np.ndarray, one_sided: bool) -> np.ndarray:
        """Distances from the middle [n], of figures [n, D]."""
        # What could not be measured is taken for common.
        away = np.nan_to_num((figures - self.mean) / self.scale)
        if one_sided:
            away = np.maximum(away, 0)
        return np.asarray(np.sqrt(((away @ self.whiten) ** 2).mean(axis=1)))

    def unusual(self, figures: np.ndarray, one_sided: bool) -> np.ndarray:
        """The same [n] in standard deviations from what good parts have, 0 for a common one."""
        logs = np.log(self.distances(figures, one_sided) + _LEAST)
        return np.asarray((logs - self.far[0]) / self.far[1])


@dataclass(frozen=True, eq=False)
class Profile:
    """What good parts' contrasts are.

    Args:
        whole: of all figures.
        changes: of the strongest changes from one area to the next.
        highest: mean and standard deviation of each channel's strongest, float32 [2, C].

    Example:
        >>> rng = np.random.default_rng(0)
        >>> good = [rng.gamma(2, 0.1, (30, 40, 4)).astype(np.float32) for _ in range(60)]
        >>> figures = [figures_of(one, changes=(3,)) for one in good]
        >>> profile = Profile.fit(figures, np.arange(60))
        >>> marked = good[0].copy()
        >>> marked[8:12, 8:12, 1] = 5.0
        >>> bool(profile.score(figures[0]) < 3 < profile.score(figures_of(marked, (3,))))
        True
    """

    whole: Usual
    changes: Usual
    highest: np.ndarray

    @classmethod
    def fit(cls, figures: Sequence[Figures], groups: np.ndarray) -> Profile:
        """What is usual, from good parts.

        Args:
            figures: of n good parts, from :func:`figures_of`.
            groups: the part of each picture, [n].
        """
        whole, changes, highest, _ = (np.array(rows) for rows in zip(*figures, strict=True))
        # Of a channel that no part is large enough for, nothing is ever seen either.
        known = np.where(np.isfinite(highest).any(axis=0), highest, 0.0)
        spread = np.nanstd(known, axis=0) + _SPREAD
        return cls(
            Usual.fit(whole, groups, _SHRINK_WHOLE, False),
            Usual.fit(changes, groups, _SHRINK_CHANGES, True),
            np.stack([np.nanmean(known, axis=0), spread]).astype(np.float32),
        )

    def score(self, figures: Figures) -> float:
        """How unusual a part is: about 0 for a common one; in standard deviations of good parts."""
        whole = self.whole.unusual(figures.whole[None], False)[0]
        return float(whole + self.changes.unusual(figures.changes[None], True)[0]) / 2

    def place(self, figures: Figures) -> float:
        """The highest value of the part's map."""
        above = (figures.top - self.highest[0]) / self.highest[1]
        return float(np.nanmax(above, initial=-np.inf))

    def map_of(self, cells: np.ndarray) -> np.ndarray:
        """How much stronger each place is than the peaks of good parts, float32 [rows, columns].

        Args:
            cells: contrasts [rows, columns, C], from :func:`inner`.

        Returns:
            in standard deviations of good parts' peaks; the highest of the channels.
        """
        logs = np.log(np.nan_to_num(cells, nan=0.0) + _LEAST)
        above = (logs - self.highest[0]) / self.highest[1]
        return np.asarray(np.nan_to_num(above, nan=-np.inf).max(axis=-1), np.float32)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Plain arrays of some 40 KB."""
        found = {"highest": self.highest}
        for name, part in (("whole", self.whole), ("changes", self.changes)):
            found |= {f"{name}.{key}": value for key, value in vars(part).items()}
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Profile:
        """What :meth:`to_arrays` gave."""

        def part(name: str) -> Usual:
            own = {n.removeprefix(f"{name}."): a for n, a in arrays.items() if n.startswith(name)}
            return Usual(**own)

        return cls(part("whole"), part("changes"), arrays["highest"])


def inner(cells: np.ndarray, edges: Sequence[tuple[int, int]]) -> np.ndarray:
    """Contrasts without those of the picture's own edge, which every picture has.

    Args:
        cells: float32 [rows, columns, C].
        edges: of each channel, how many rows and columns at each edge tell of it.

    Returns:
        the same, not a number there.
    """
    found = np.full_like(cells, np.nan)
    rows, columns = cells.shape[:2]
    for place, (y, x) in enumerate(edges):
        inside = slice(y, max(rows - y, y)), slice(x, max(columns - x, x))
        found[*inside, place] = cells[*inside, place]
    return found


def figures_of(cells: np.ndarray, changes: Sequence[int]) -> Figures:
    """A part's figures.

    Args:
        cells: float32 [rows, columns, C], from :func:`inner`; what is no number is not looked at.
        changes: the channels that tell of changes from one area to the next.

    Returns:
        logarithms; not a number where too little of a channel is there to measure.
    """
    depth = cells.shape[-1]
    found = np.full((len(_PEAKS) + len(_SHARES) + 2, depth), np.nan, np.float32)
    for place in range(depth):
        values = cells[..., place]
        values = values[np.isfinite(values)]
        if values.size >= _LEAST_CELLS:
            at = [int(values.size * share) for share in _SHARES]
            # Sorting it all would take as long as the network.
            values = np.partition(values, [*at, values.size - max(_PEAKS)])
            strongest = np.sort(values[-max(_PEAKS) :])
            peaks = [strongest[-count:].mean() for count in (*_PEAKS, _CHANGE_CELLS)]
            shares = [values[place_of] for place_of in at]
            found[:, place] = [*peaks[:-1], *shares, peaks[-1], strongest[-1]]
    logs = np.log(found + _LEAST)
    return Figures(logs[:-2].ravel(), logs[-2, list(changes)], logs[0], logs[-1])
