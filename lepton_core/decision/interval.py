"""A value with the interval that holds the truth as often as stated, from a model's quantiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from lepton_core.decision.base import Decision, check_fit
from lepton_core.errors import DataError


@dataclass(frozen=True)
class Interval(Decision):
    """Quantiles -> the median, and an interval made wider or narrower until it covers.

    The interval runs from the level nearest to ``(1 - coverage) / 2`` less ``margin`` to the one
    nearest to ``(1 + coverage) / 2`` plus ``margin``. The margin is split-conformal: whatever the
    model and the distribution, an interval on new records of the same kind holds the truth with
    probability ``coverage`` or more (Romano, Patterson and Candès, Conformalized Quantile
    Regression, NeurIPS 2019).

    Args:
        levels: the quantiles that the model gives, ascending in 0..1, with 0.5 and at least one on
            each side.
        coverage: share of the truths within the interval, above 0 and below 1.
        margin: added at both ends, in the value's unit; below 0 it narrows.
        low_limit: the value cannot be lower, 0 for a count; None for no limit.
        fitted_on: what data fitted it: ``{"data", "fingerprint", "n"}``.

    Example:
        >>> decision = Interval(margin=1.0, low_limit=0.0)
        >>> found = decision.apply({"score": np.array([[0.5, 4.0, 9.0]])})
        >>> [float(found[name][0]) for name in ("low", "value", "high")]
        [0.0, 4.0, 10.0]
    """

    kind: ClassVar[str] = "interval"

    levels: tuple[float, ...] = (0.05, 0.5, 0.95)
    coverage: float = 0.9
    margin: float = 0.0
    low_limit: float | None = None
    fitted_on: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        levels = np.asarray(self.levels, np.float64)
        ascending = levels.ndim == 1 and bool((np.diff(levels) > 0).all())
        if not ascending or 0.5 not in self.levels or not 0 < levels[0] < 0.5 < levels[-1] < 1:
            raise ValueError(
                "levels ascend between 0 and 1, with 0.5 and one on each side. "
                f"Received: levels={self.levels!r}"
            )
        if not 0 < self.coverage < 1:
            raise ValueError(f"coverage is between 0 and 1. Received: {self.coverage!r}")
        if not np.isfinite(self.margin):
            raise ValueError(f"margin is a finite number. Received: margin={self.margin!r}")
        if self.low_limit is not None and not np.isfinite(self.low_limit):
            raise ValueError(f"low_limit is finite or None. Received: {self.low_limit!r}")

    def apply(self, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """From the quantiles ``score`` [n, levels]: ``value``, ``low`` and ``high``, float32 [n].

        ``low <= value <= high`` always; where quantiles cross, they are sorted.
        """
        low, value, high = self._three(self._quantiles(outputs["score"]))
        # A negative margin must not carry an end past the median; stopping there only widens.
        ends = np.minimum(low - self.margin, value), np.maximum(high + self.margin, value)
        found = {"value": value, "low": ends[0], "high": ends[1]}
        if self.low_limit is not None:
            found = {name: np.maximum(values, self.low_limit) for name, values in found.items()}
        return {name: values.astype(np.float32) for name, values in found.items()}

    @classmethod
    def fit(
        cls,
        scores: np.ndarray,
        targets: np.ndarray,
        *,
        levels: tuple[float, ...] = (0.05, 0.5, 0.95),
        coverage: float = 0.9,
        low_limit: float | None = None,
        fitted_on: Mapping[str, Any] | None = None,
    ) -> Interval:
        """The margin from validation records that the model did not learn from.

        Args:
            scores: quantiles [n, levels] of validation records, in the value's unit.
            targets: true values [n].
            levels: the quantiles' levels.
            coverage: share of the truths to be within the interval.
            low_limit: the value cannot be lower.
            fitted_on: name and fingerprint of the validation data.

        Raises:
            DataError: ``decision.few_records`` where no finite interval can promise the coverage;
                ``decision.no_records``; ``decision.not_finite``.

        Example:
            >>> truth = np.arange(99.0)
            >>> scores = np.stack([truth - 1, truth, truth + 1], axis=1)
            >>> Interval.fit(scores, truth + 3.0).margin  # the truth is 2 above the upper quantile
            2.0
        """
        start = cls(tuple(levels), coverage, low_limit=low_limit)
        given = check_fit(scores, targets, len(start.levels))
        about = {**(fitted_on or {}), "n": len(given)}
        return replace(start, fitted_on=about).with_coverage(coverage, given, targets)

    def with_coverage(self, coverage: float, scores: np.ndarray, targets: np.ndarray) -> Interval:
        """The decision for another coverage; nothing is rescored.

        Args:
            coverage: share of the truths to be within the interval.
            scores: kept quantiles [n, levels] of validation records.
            targets: true values [n].

        Raises:
            DataError: ``decision.few_records``.
        """
        asked = replace(self, coverage=coverage, margin=0.0)
        low, _, high = asked._three(self._quantiles(scores))
        truth = np.asarray(targets, np.float64)
        # How far each truth lies outside, below 0 for inside.
        outside = np.maximum(low - truth, truth - high)
        return replace(asked, margin=conformal_quantile(outside, coverage))

    def trivial(self, targets: np.ndarray, n: int) -> np.ndarray:
        """The quantiles of the training targets, the same for each of ``n``, [n, levels].

        Example:
            >>> Interval((0.25, 0.5, 0.75)).trivial(np.arange(101), 1).tolist()
            [[25.0, 50.0, 75.0]]
        """
        quantiles = np.quantile(np.asarray(targets, np.float64), self.levels)
        return np.tile(quantiles.astype(np.float32), (n, 1))

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Interval:
        """The decision that :meth:`to_json` wrote."""
        known = {name: value for name, value in values.items() if name != "kind"}
        return cls(**{**known, "levels": tuple(known["levels"])})

    def quantile_ends(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Lower end, value and upper end [n] as the model gives them, without the margin.

        Args:
            scores: quantiles [n, levels]; where they cross, they are sorted.
        """
        return self._three(self._quantiles(scores))

    def _quantiles(self, scores: np.ndarray) -> np.ndarray:
        given = np.asarray(scores, np.float64)
        if given.ndim != 2 or given.shape[1] != len(self.levels):
            expected = f"[n, {len(self.levels)}]"
            raise ValueError(f"scores are {expected}, a level each. Received: {list(given.shape)}")
        return np.sort(given, axis=1)

    def _three(self, quantiles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Lower end, median and upper end [n] of sorted quantiles."""
        levels = np.asarray(self.levels)
        middle = self.levels.index(0.5)
        below = int(np.abs(levels[:middle] - (1 - self.coverage) / 2).argmin())
        above = int(np.abs(levels[middle + 1 :] - (1 + self.coverage) / 2).argmin()) + middle + 1
        return quantiles[:, below], quantiles[:, middle], quantiles[:, above]


def conformal_quantile(outside: np.ndarray, coverage: float) -> float:
    """The margin that holds a new record's truth with probability ``coverage`` or more.

    Args:
        outside: how far each truth [n] lies outside its interval, below 0 for inside.
        coverage: share of the truths to be within.

    Raises:
        DataError: ``decision.few_records`` where no finite margin can promise it.

    Example:
        >>> conformal_quantile(np.arange(9.0), 0.9)
        8.0
    """
    n = len(outside)
    # The new record counts as one more, hence n + 1. Rounding first: 0.7 * 10 is just below 7.
    rank = int(np.ceil(round((n + 1) * coverage, 9)))
    if rank > n:
        least = int(np.ceil(round(coverage / (1 - coverage), 9)))
        raise DataError("decision.few_records", n=n, expected=least, coverage=coverage)
    return float(np.sort(outside)[rank - 1])
