"""A part by its contrasts: how strong the strongest are, and how strong the usual ones are.

Both are compared with good parts. A hole or a crack is one strong contrast among many usual ones; a
part that is uneven or of another finish has no single place, but other usual ones. Beside the whole
of it, the strongest changes from one area to the next count by themselves, upwards only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .changes import Units
from .channels import CHANGE_CHANNELS, WAYS

# Rows of a part's figures: the strongest cell of each channel, the mean of the strongest 2, 6 and
# 16 and of the strongest fiftieth, and the values that these shares lie below.
_COUNTS, _FIFTIETH, _SHARES = (1, 2, 6, 16), 50, (0.9, 0.5)
ROWS = ("top", "best2", "best6", "best16", "best_fiftieth", "high", "middle")
_WHOLE = [ROWS.index(name) for name in ("best2", "best16", "high", "middle")]
_STRONGEST = [ROWS.index(name) for name in ("best6", "best_fiftieth")]
_LEAST_CELLS = 30
# Added before the logarithm: what is smaller is rounding, which it would enlarge.
_LEAST = 1e-2
_SPREAD = 1e-3
# Correlations are shrunk towards none by so much at least.
_SHRINK = 0.3
_FOLDS = 5


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
        units: of changes from one area to the next.
        whole: what is usual of all figures.
        changes: of the strongest changes, one for each of ``WAYS``.
        highest: mean and standard deviation of each channel's strongest, float32 [2, C].

    Example:
        >>> rng = np.random.default_rng(0)
        >>> units = Units(np.zeros((4, 5, 5), np.float32), np.array([0.5, 0.5], np.float32))
        >>> good = [rng.gamma(2, 0.1, (30, 40, 6)).astype(np.float32) for _ in range(60)]
        >>> profile = Profile.fit(units, np.array([figures_of(one) for one in good]), np.arange(60))
        >>> marked = good[0].copy()
        >>> marked[8:12, 8:12, 1] = 5.0
        >>> bool(profile.score(figures_of(good[0])) < 3 < profile.score(figures_of(marked)))
        True
    """

    units: Units
    whole: Usual
    changes: tuple[Usual, ...]
    highest: np.ndarray

    @classmethod
    def fit(cls, units: Units, figures: np.ndarray, groups: np.ndarray) -> Profile:
        """What is usual, from good parts.

        Args:
            units: in which the changes among the figures are measured.
            figures: of n good parts, from :func:`figures_of`, [n, rows, C].
            groups: the part of each picture, [n].
        """
        highest = figures[:, ROWS.index("best2")]
        # Of a channel that no part is large enough for, nothing is ever seen either.
        known = np.where(np.isfinite(highest).any(axis=0), highest, 0.0)
        spread = np.nanstd(known, axis=0) + _SPREAD
        return cls(
            units,
            Usual.fit(_whole(figures), groups, _SHRINK, False),
            tuple(Usual.fit(one, groups, _SHRINK, True) for one in _strongest(figures)),
            np.stack([np.nanmean(known, axis=0), spread]).astype(np.float32),
        )

    def score(self, figures: np.ndarray) -> float:
        """How unusual a part is: about 0 for a common one; in standard deviations of good parts.

        Args:
            figures: from :func:`figures_of`, [rows, C].
        """
        one = figures[None]
        found = self.whole.unusual(_whole(one), False)[0]
        ways = zip(self.units.weights, self.changes, _strongest(one), strict=True)
        for weight, usual, strongest in ways:
            found += weight * usual.unusual(strongest, True)[0]
        return float(found) / 2

    def place(self, figures: np.ndarray) -> float:
        """The highest value of the part's map."""
        above = (figures[ROWS.index("top")] - self.highest[0]) / self.highest[1]
        return float(np.nanmax(above, initial=-np.inf))

    def map_of(self, cells: np.ndarray) -> np.ndarray:
        """How much stronger each place is than the peaks of good parts, float32 [rows, columns].

        Args:
            cells: contrasts [rows, columns, C]; what is no number is not looked at.

        Returns:
            in standard deviations of good parts' peaks; the highest of the channels.
        """
        # Of 0 and what is no number, 0 is taken; no contrast is below it.
        logs = np.log(np.fmax(cells, 0) + _LEAST)
        above = (logs - self.highest[0]) / self.highest[1]
        return np.asarray(above.max(axis=-1), np.float32)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Plain arrays of some 70 KB."""
        found = {"highest": self.highest}
        parts = {"units": self.units, "whole": self.whole}
        for name, part in [*parts.items(), *zip(WAYS, self.changes, strict=True)]:
            found |= {f"{name}.{key}": value for key, value in vars(part).items()}
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Profile:
        """What :meth:`to_arrays` gave."""

        def part(name: str) -> dict[str, Any]:
            own = f"{name}."
            return {n.removeprefix(own): a for n, a in arrays.items() if n.startswith(own)}

        ways = tuple(Usual(**part(way)) for way in WAYS)
        return cls(Units(**part("units")), Usual(**part("whole")), ways, arrays["highest"])


def figures_of(cells: np.ndarray) -> np.ndarray:
    """How strong a part's contrasts are.

    Args:
        cells: float32 [rows, columns, C]; what is no number is not looked at.

    Returns:
        logarithms, float32 [``ROWS``, C]; not a number where too little of a channel is there to
        measure.
    """
    # All of it: NumPy sorts faster than it selects several places. No numbers come last.
    channels = np.sort(np.moveaxis(cells, -1, 0).reshape(cells.shape[-1], -1), axis=1)
    sizes = np.array([np.searchsorted(channel, np.inf) for channel in channels])
    found = np.full((len(ROWS), len(channels)), np.nan, np.float32)
    for size in np.unique(sizes[sizes >= _LEAST_CELLS]).tolist():
        same = np.flatnonzero(sizes == size)
        fiftieth = max(size // _FIFTIETH, _COUNTS[2])
        best = channels[same, size - max(fiftieth, *_COUNTS) : size]
        peaks = [best[:, -count:].mean(axis=1) for count in (*_COUNTS, fiftieth)]
        found[:, same] = [*peaks, *(channels[same, int(size * share)] for share in _SHARES)]
    return np.log(found + _LEAST)


def _whole(figures: np.ndarray) -> np.ndarray:
    """Peaks and usual values of all channels, [n, 4 C], of figures [n, rows, C]."""
    return figures[:, _WHOLE].reshape(len(figures), -1)


def _strongest(figures: np.ndarray) -> list[np.ndarray]:
    """How strong the strongest changes are, [n, 2 steps] for each way, of figures [n, rows, C]."""
    changes = figures[:, _STRONGEST, -len(CHANGE_CHANNELS) :]
    ways = np.split(changes, len(WAYS), axis=-1)
    return [one.reshape(len(figures), -1) for one in ways]
