"""Prediction sets that hold the truth at a stated rate, for each class by itself.

Split conformal prediction asks nothing of the model but that records to come are exchangeable with
the held-out ones that set its limits. A class stands in a record's set where its probability is not
lower than that of nearly all held-out records of the class. The set of a sure record is one class;
one of two or none says that the model does not know, and a person looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lepton_core.decision.base import check_codes
from lepton_core.errors import DataError


@dataclass(frozen=True)
class Conformal:
    """Limits of class-conditional (Mondrian) split-conformal prediction sets.

    Args:
        coverage: share of the records of every class whose set holds their class, in 0..1.
        limits: for each class the lowest probability at which it stands in a set; 0 where the
            class had too few held-out records to leave it out of any.
        counts: held-out records of each class.

    Source:
        Vovk, Conditional Validity of Inductive Conformal Predictors, 2012.

    Example:
        >>> sure = np.array([0.99, 0.95, 0.9, 0.6] * 5)
        >>> p = np.concatenate([np.stack([sure, 1 - sure], 1), np.stack([1 - sure, sure], 1)])
        >>> found = Conformal.fit(p, np.repeat([0, 1], 20), coverage=0.7)
        >>> found.limits
        (0.9, 0.9)
        >>> found.sets(np.array([[0.97, 0.03], [0.5, 0.5]])).tolist()
        [[True, False], [False, False]]
    """

    coverage: float
    limits: tuple[float, ...]
    counts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check_coverage(self.coverage)

    @classmethod
    def fit(cls, probabilities: np.ndarray, labels: np.ndarray, coverage: float = 0.9) -> Conformal:
        """Limits from held-out records that neither model nor threshold learned from.

        Of n held-out records of a class, the ceil((n + 1) * coverage) most probable ones stand in
        their own set. So a class of fewer than coverage / (1 - coverage) records (9 for 90%)
        stands in every set.

        Args:
            probabilities: [n, classes] in 0..1.
            labels: class numbers [n]; -1 for not known, which count for nothing.
            coverage: in 0..1, both excluded.

        Raises:
            DataError: ``decision.no_labels_coverage`` where no label is known.
        """
        check_coverage(coverage)
        given = np.asarray(probabilities, np.float64)
        codes = np.asarray(labels).astype(np.int64)
        known = codes >= 0
        if not known.any():
            raise DataError("decision.no_labels_coverage", n=len(codes))
        given, codes = given[known], check_codes(codes[known], given.shape[1])
        limits, counts = [], []
        for number in range(given.shape[1]):
            own = np.sort(given[codes == number, number])[::-1]
            # Rounded first: 0.9 * 10 is just above 9.
            inside = int(np.ceil(round((len(own) + 1) * coverage, 9)))
            limits.append(float(own[inside - 1]) if inside <= len(own) else 0.0)
            counts.append(len(own))
        return cls(coverage, tuple(limits), tuple(counts))

    def sets(self, probabilities: np.ndarray) -> np.ndarray:
        """Which classes stand in the set of each record, bool [n, classes]."""
        return np.asarray(np.asarray(probabilities, np.float64) >= np.array(self.limits))

    def band(self, threshold: float) -> tuple[float, float]:
        """Of two classes, the probabilities of the second at which a person looks.

        Within it, the set is both classes or none. It reaches as far as ``threshold``, because
        between there and where the set is one class, that class is not the label. So outside the
        band label and set say the same.

        Args:
            threshold: probability in 0..1 from which the label is the second class.

        Returns:
            lowest and highest such probability, as float32 holds them; 0, 0 where there is none.

        Example:
            >>> Conformal(0.9, (0.75, 0.5)).band(0.4)
            (0.2500000298023224, 0.4999999701976776)
            >>> Conformal(0.9, (0.25, 0.125)).band(0.5)
            (0.125, 0.75)
        """
        if len(self.limits) != 2:
            raise ValueError(f"a band lies between two classes. Received: {len(self.limits)}")
        # As probabilities are: float32, and the first class's is what the second's leaves of 1.
        only_first = np.float32(1 - self.limits[0])
        only_second = np.float32(self.limits[1])
        if only_second <= only_first:
            low, high = only_second, only_first
        else:
            low, high = np.nextafter(only_first, _ONE), np.nextafter(only_second, -_ONE)
        cut = np.float32(threshold)
        # A label turns at the threshold itself: what lies just below it has the other one.
        low, high = min(low, cut), max(high, np.nextafter(cut, -_ONE))
        return (max(float(low), 0.0), float(high)) if low <= high else (0.0, 0.0)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any] | None) -> Conformal | None:
        """What :meth:`to_json` wrote; None for None."""
        if values is None:
            return None
        return cls(values["coverage"], tuple(values["limits"]), tuple(values["counts"]))


_ONE = np.float32(1)


def check_coverage(coverage: float) -> None:
    """Refuse what is no coverage.

    Raises:
        DataError: ``decision.coverage``.
    """
    if not 0 < coverage < 1:
        raise DataError("decision.coverage", received=coverage)
