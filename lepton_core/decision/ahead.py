"""One value for each of several times ahead, each with an interval that holds its truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np

from lepton_core.decision.base import Decision
from lepton_core.decision.computed import Told
from lepton_core.decision.interval import Interval, conformal_quantile
from lepton_core.errors import DataError


@dataclass(frozen=True)
class Ahead(Decision):
    """Quantiles for each of several times ahead -> value, low and high of each.

    The interval of each time ahead is made wider or narrower by itself until it covers, as
    :class:`~lepton_core.decision.Interval` does it. Its margin counts in halves of the interval,
    each one unit wider than it is: records of a small series and of a large one are wrong by
    amounts of their own, and a margin in units would be too wide for the one and too narrow for the
    other.

    Args:
        minutes: the times ahead, ascending, above 0.
        levels: the quantiles that the model gives, ascending in 0..1, with 0.5 and at least one on
            each side. The output of level 0.5 is the value; it may be a mean.
        coverage: share of the truths within each interval, above 0 and below 1.
        margins: one for each time ahead; below 0 it narrows.
        low_limit: the value cannot be lower, 0 for a count; None for no limit.
        flags: what the bits of the output ``notes`` stand for, the lowest first; any of them puts
            the record up for review.
        fitted_on: what data fitted it: ``{"data", "fingerprint", "n"}``.

    Raises:
        ValueError: times or margins of another number or order; what ``Interval`` refuses.

    Example:
        >>> decision = Ahead((5.0, 15.0), levels=(0.05, 0.5, 0.95), low_limit=0.0)
        >>> found = decision.apply({"score": np.array([[[1.0, 4.0, 9.0], [-2.0, 5.0, 12.0]]])})
        >>> {name: float(found[name][0]) for name in decision.further_outputs()}
        ... # doctest: +NORMALIZE_WHITESPACE
        {'value_5': 4.0, 'low_5': 1.0, 'high_5': 9.0,
         'value_15': 5.0, 'low_15': 0.0, 'high_15': 12.0}
    """

    kind: ClassVar[str] = "ahead"

    minutes: tuple[float, ...]
    levels: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)
    coverage: float = 0.9
    margins: tuple[float, ...] = ()
    low_limit: float | None = None
    flags: tuple[str, ...] = ()
    fitted_on: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ahead = np.asarray(self.minutes, np.float64)
        if not len(ahead) or not ahead[0] > 0 or not (np.diff(ahead) > 0).all():
            raise ValueError(f"minutes ascend from above 0. Received: {self.minutes!r}")
        if not self.margins:
            object.__setattr__(self, "margins", (0.0,) * len(ahead))
        if len(self.margins) != len(ahead) or not np.isfinite(self.margins).all():
            raise ValueError(
                f"margins are finite, one for each of {len(ahead)}. Received: {self.margins!r}"
            )
        self._one()

    @property
    def names(self) -> tuple[str, ...]:
        """The times ahead as columns are called after them: ``5``, ``15``, ``7.5``."""
        return tuple(f"{minutes:g}" for minutes in self.minutes)

    def further_outputs(self) -> tuple[str, ...]:
        """``value_5 low_5 high_5``, and so on for each time ahead."""
        return tuple(f"{kind}_{m}" for m in self.names for kind in ("value", "low", "high"))

    def ends(self, score: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Low, value and high, float32 [n, times] each, from quantiles [n, times, levels].

        ``low <= value <= high`` always; where quantiles cross, they are sorted.
        """
        low, value, high = self._three(score)
        margin = np.asarray(self.margins)
        # A negative margin must not carry an end past the value; stopping there only widens.
        found = [
            np.minimum(low - margin * _half(value, low), value),
            value,
            np.maximum(high + margin * _half(value, high), value),
        ]
        if self.low_limit is not None:
            found = [np.maximum(values, self.low_limit) for values in found]
        low, value, high = (values.astype(np.float32) for values in found)
        return low, value, high

    def apply(self, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Columns of quantiles ``score`` [n, times, levels] and, where given, ``notes`` [n].

        Returns:
            the columns of :meth:`further_outputs`, float32 [n]; ``review`` bool [n] and ``reason``
            [n], the flags that the notes hold.
        """
        low, value, high = self.ends(outputs["score"])
        columns: dict[str, Any] = {}
        for place, name in enumerate(self.names):
            columns[f"value_{name}"] = value[:, place]
            columns[f"low_{name}"], columns[f"high_{name}"] = low[:, place], high[:, place]
        notes = outputs.get("notes")
        notes = np.zeros(len(value), np.float32) if notes is None else np.asarray(notes)
        columns["review"] = notes != 0
        columns["reason"] = Told("reason", "flags", self.flags or ("-",)).read(notes)
        return columns

    def fitted(
        self, scores: np.ndarray, targets: np.ndarray, fitted_on: Mapping[str, Any] | None = None
    ) -> Self:
        """The same with margins from validation records that the model did not learn from.

        Args:
            scores: quantiles [n, times, levels].
            targets: true values [n, times], NaN where not known.
            fitted_on: name and fingerprint of the validation data.

        Raises:
            DataError: ``decision.few_records`` where a time ahead has too few known truths for its
                interval to promise the coverage.

        Example:
            >>> truth = np.arange(30.0, 129.0)[:, None]
            >>> scores = np.stack([truth - 9, truth, truth + 9], axis=2)
            >>> Ahead((5.0,), levels=(0.05, 0.5, 0.95)).fitted(scores, truth + 14.0).margins
            (0.5,)
        """
        low, value, high = self._three(scores)
        truth = np.asarray(targets, np.float64)
        outside = np.maximum((low - truth) / _half(value, low), (truth - high) / _half(value, high))
        margins = []
        for column in outside.T:
            known = column[np.isfinite(column)]
            if not len(known):
                raise DataError("decision.no_records")
            margins.append(conformal_quantile(known, self.coverage))
        about = {**(fitted_on or {}), "n": len(truth)}
        return replace(self, margins=tuple(margins), fitted_on=about)

    def trivial(self, targets: np.ndarray, n: int) -> np.ndarray:
        """The quantiles of the training targets, alike for each time ahead, [n, times, levels]."""
        known = np.asarray(targets, np.float64)
        quantiles = np.quantile(known[np.isfinite(known)], self.levels).astype(np.float32)
        return np.tile(quantiles, (n, len(self.minutes), 1))

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Ahead:
        """The decision that :meth:`to_json` wrote."""
        several = ("minutes", "levels", "margins", "flags")
        known = {name: value for name, value in values.items() if name != "kind"}
        return cls(**{**known, **{name: tuple(known[name]) for name in several}})

    def _one(self) -> Interval:
        """What reads the quantiles of one time ahead."""
        return Interval(self.levels, self.coverage, low_limit=self.low_limit)

    def _three(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Lower end, value and upper end, float64 [n, times]."""
        given = np.asarray(scores)
        expected = (len(self.minutes), len(self.levels))
        if given.ndim != 3 or given.shape[1:] != expected:
            raise ValueError(f"scores are [n, {expected}]. Received: {list(given.shape)}")
        flat = given.reshape(-1, expected[1])
        low, value, high = self._one().quantile_ends(flat)
        shape = given.shape[:2]
        return low.reshape(shape), value.reshape(shape), high.reshape(shape)


def _half(value: np.ndarray, end: np.ndarray) -> np.ndarray:
    """How far an end lies from the value, and one: where they meet, the margin is in units."""
    return np.abs(value - end) + 1.0
