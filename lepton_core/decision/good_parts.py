"""How often a good part scores as high: conformal p-values from held-out good parts alone.

No defective part is asked for, so a threshold cannot collapse where none is known. Parts of one
group (one tile under several exposures, one casting from several sides) resemble each other more
than parts to come will: counted one by one they would promise too much. So each group has the
weight of one, shared by its pictures, and a group to come is one more among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lepton_core.errors import DataError

# Scores that are kept; with more, the lower ones are rounded up to each other.
MOST = 1024


@dataclass(frozen=True)
class GoodParts:
    """Scores of held-out good parts, as few numbers as it takes to rank a new part among them.

    Args:
        scores: ascending, float32 values; higher is stranger.
        weights: of each, above 0; the pictures of a group share 1.
        groups: how many groups there were; without groups, how many pictures.

    Source:
        Vovk et al., Algorithmic Learning in a Random World, 2005 (conformal p-values); Lee, Barber
        and Willett, Distribution-free inference with hierarchical data, 2023 (groups).

    Example:
        >>> good = GoodParts.of(np.array([0.1, 0.2, 0.3, 0.4]))
        >>> good.p_values(np.array([0.25, 9.0])).tolist()
        [0.6, 0.2]
        >>> good.least
        0.2
    """

    scores: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    groups: int = 0

    @classmethod
    def of(
        cls,
        scores: np.ndarray,
        groups: Sequence[Any] | np.ndarray | None = None,
        most: int = MOST,
        steps: int = 0,
    ) -> GoodParts:
        """What is kept of held-out good parts that the model did not learn from.

        Args:
            scores: float [n], higher is stranger.
            groups: what each picture belongs to [n], strings or numbers; None: each to itself.
            most: scores to keep. The highest half of them is kept as it is, the others are rounded
                up to one that is kept, which can only make a p-value larger.
            steps: above 0, all are rounded up to one of so many steps of their range first: then no
                part's own score is kept but the lowest and the highest, and thresholds rise by a
                step at most.

        Raises:
            DataError: ``decision.no_good_parts`` or ``decision.bad_good_score``.

        Example:
            >>> GoodParts.of(np.array([1.0, 3.0, 2.0]), ["a", "a", "b"]).weights
            (0.5, 1.0, 0.5)
        """
        given = np.asarray(scores, np.float32)
        if given.ndim != 1 or not given.size:
            raise DataError("decision.no_good_parts")
        unusable = given[~np.isfinite(given)]
        if unusable.size:
            raise DataError(
                "decision.bad_good_score", n=unusable.size, of=given.size, received=unusable[0]
            )
        names = np.arange(given.size) if groups is None else np.asarray(groups)
        _, group, size = np.unique(names, return_inverse=True, return_counts=True)
        if steps:
            given = _rounded_up(given, steps)
        order = np.argsort(given, kind="stable")
        kept, weight = given[order], (1.0 / size[group])[order]
        if steps:
            kept, first = np.unique(kept, return_index=True)
            weight = np.add.reduceat(weight, first)
        if kept.size > most:
            exact = most // 2
            lower = kept.size - exact
            # Each lower score goes to the end of its stretch: the least number not below it.
            ends = np.unique(np.linspace(-1, lower - 1, most - exact + 1).astype(np.int64)[1:])
            kept = np.concatenate([kept[ends], kept[lower:]])
            sums = np.add.reduceat(weight[:lower], np.concatenate([[0], ends[:-1] + 1]))
            weight = np.concatenate([sums, weight[lower:]])
        return cls(tuple(kept.tolist()), tuple(weight.tolist()), int(size.size))

    @property
    def least(self) -> float:
        """The smallest p-value there can be, and so the smallest rate that can be promised."""
        return 1.0 / (self.groups + 1)

    def p_values(self, scores: np.ndarray) -> np.ndarray:
        """How often a good part would score as high or higher, float64 [n] in 0..1.

        Of good parts to come, at most the share r has a p-value of r or less, for every r. Without
        any held-out part nothing is strange: 1 each.

        Args:
            scores: float [n].
        """
        given = np.asarray(scores, np.float32).astype(np.float64)
        weights = np.asarray(self.weights, np.float64)
        above = np.concatenate([np.cumsum(weights[::-1])[::-1], [0.0]])
        place = np.searchsorted(np.asarray(self.scores, np.float64), given, "left")
        return np.asarray((above[place] + 1.0) / (self.groups + 1))

    def threshold(self, rate: float) -> float:
        """The lowest score from which on the p-value is ``rate`` or less.

        Args:
            rate: in 0..1; below :attr:`least` no score has such a p-value, and the threshold is the
                one for :attr:`least`, just above every held-out good part.

        Example:
            >>> good = GoodParts.of(np.array([1.0, 2.0, 3.0, 4.0]))
            >>> round(good.threshold(0.4), 3), round(good.threshold(0.01), 3)
            (3.0, 4.0)
        """
        kept = np.asarray(self.scores, np.float32)
        weights = np.asarray(self.weights, np.float64)
        # Of equal scores, what lies above is what lies above the last of them.
        behind = np.searchsorted(kept, kept, "right")
        sums = np.concatenate([np.cumsum(weights[::-1])[::-1], [0.0]])
        # Sums of thirds may come out just above what they stand for.
        allowed = (sums[behind] + 1.0) / (self.groups + 1) <= max(rate, self.least) + 1e-9
        at = kept[int(np.argmax(allowed))]
        if rate >= 1.0:
            at = np.nextafter(kept[0], np.float32(-np.inf))
        return float(np.nextafter(at, np.float32(np.inf)))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> GoodParts:
        """What :meth:`to_json` wrote."""
        return cls(tuple(values["scores"]), tuple(values["weights"]), values["groups"])


def _rounded_up(scores: np.ndarray, steps: int) -> np.ndarray:
    """Scores float32 [n] at the next of ``steps`` values over their range."""
    low = float(scores.min())
    step = (float(scores.max()) - low) / steps
    if step <= 0:
        return scores
    raised = (low + step * np.ceil((scores.astype(np.float64) - low) / step)).astype(np.float32)
    return np.maximum(raised, scores)


def parts_for(rate: float) -> int:
    """How many held-out good parts (or groups) it takes to promise a false-reject rate.

    Args:
        rate: above 0 and below 1.

    Example:
        >>> parts_for(0.05), parts_for(0.01)
        (19, 99)
    """
    return int(np.ceil(round(1.0 / rate, 9))) - 1
