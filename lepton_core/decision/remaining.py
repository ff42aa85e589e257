"""How long a machine still runs: an interval, whether that is soon, and what makes it unsure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from lepton_core.decision.interval import Interval, conformal_quantile

ALARM_BY = ("value", "low")
# What a record's notes tell, in their order: two of the record, then one of each sensor.
RECORD_NOTES = ("short_history", "gap")
SENSOR_NOTES = ("", "missing", "stuck", "outside")


def _half(value: np.ndarray, end: np.ndarray) -> np.ndarray:
    """How far an end lies from the value, and one: where they meet, the margin is in cycles."""
    return np.abs(value - end) + 1.0


@dataclass(frozen=True)
class Remaining(Interval):
    """Quantiles of a machine's remaining life -> value, interval, alarm, and what to look at.

    An interval as :class:`~lepton_core.decision.interval.Interval`, in cycles, of a life that is
    told up to ``cap`` only: beyond it a machine that wears and one that does not look alike, so
    that ``high == cap`` means "this many or more". The output of level 0.5 is the value; it may be
    a mean, which is what makes the mean squared error small.

    The margin is in halves of the interval, not in cycles: near failure a machine is told to a few
    cycles, long before to some tens, and the same margin in cycles would be too wide for the one
    and too narrow for the other.

    Args:
        levels, coverage, low_limit, fitted_on: as of ``Interval``.
        margin: each end moves outwards by so many times its distance from the value, which counts
            as one cycle more than it is; below 0 it moves inwards.
        cap: the longest remaining life that is told, in cycles, above 0; None for no limit.
        alarm_cycles: alarm from so many cycles ahead, above 0.
        alarm_by: which of ``ALARM_BY`` is compared with ``alarm_cycles``: the lower end warns
            earlier, and more often too early.
        sensors: names of the sensors that the notes are about, in order.

    Raises:
        ValueError: a setting out of range, or those of ``Interval``.

    Source:
        The cap: Heimes, Recurrent Neural Networks for Remaining Useful Life Estimation, PHM 2008.

    Example:
        >>> decision = Remaining(cap=125.0, alarm_cycles=20.0, sensors=("heat",))
        >>> found = decision.apply({"score": np.array([[9.0, 18.0, 30.0], [110.0, 124.0, 140.0]])})
        >>> found["alarm"].tolist(), found["high"].tolist()
        ([True, False], [30.0, 125.0])
    """

    kind: ClassVar[str] = "remaining"

    cap: float | None = None
    alarm_cycles: float = 20.0
    alarm_by: str = "value"
    sensors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.alarm_by not in ALARM_BY:
            raise ValueError(f"alarm_by is one of {ALARM_BY}. Received: {self.alarm_by!r}")
        if not self.alarm_cycles > 0:
            raise ValueError(f"alarm_cycles is above 0. Received: {self.alarm_cycles!r}")
        if self.cap is not None and not self.cap > 0:
            raise ValueError(f"cap is above 0 or None. Received: cap={self.cap!r}")

    def apply(self, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Columns of the quantiles ``score`` [n, levels] and, where given, the ``notes``.

        Args:
            outputs: ``notes`` are float32 [n, 2 + sensors]: cycles known of a unit that has too
                few, else 0; cycles left out within what is seen of it, else 0; for each sensor the
                place of what is wrong with it in ``SENSOR_NOTES``, 0 where nothing is.

        Returns:
            ``value``, ``low``, ``high`` float32 [n], cycles; ``alarm`` bool [n]; ``review`` bool
            [n], whether something makes the value doubtful; ``reason`` [n], what, else empty.
        """
        low, value, high = self._three(self._quantiles(outputs["score"]))
        ends = low - self.margin * _half(value, low), high + self.margin * _half(value, high)
        found = {"value": value, "low": np.minimum(ends[0], value)}
        found["high"] = np.maximum(ends[1], value)
        if self.low_limit is not None:
            found = {name: np.maximum(v, self.low_limit) for name, v in found.items()}
        if self.cap is not None:
            found = {name: np.minimum(v, self.cap) for name, v in found.items()}
        columns: dict[str, Any] = {name: v.astype(np.float32) for name, v in found.items()}
        notes = outputs.get("notes")
        if notes is None:
            notes = np.zeros((len(value), 2 + len(self.sensors)), np.float32)
        columns["alarm"] = columns[self.alarm_by] <= self.alarm_cycles
        columns["review"] = (notes != 0).any(axis=1)
        columns["reason"] = self._reasons(notes)
        return columns

    def with_coverage(self, coverage: float, scores: np.ndarray, targets: np.ndarray) -> Remaining:
        """The decision for another coverage; nothing is rescored.

        Cycles of one unit are alike: give one or a few at random of each unit, else the long-lived
        ones decide. Split-conformal, as ``Interval``, for the distance in halves of the interval.

        Args:
            coverage: share of the truths to be within the interval.
            scores: kept quantiles [n, levels] of cycles of units that were not learned from.
            targets: true remaining lives [n], told up to the cap.

        Raises:
            DataError: ``decision.few_records``.

        Example:
            >>> truth = np.arange(30.0, 129.0)
            >>> scores = np.stack([truth - 9, truth, truth + 9], axis=1)
            >>> Remaining().with_coverage(0.9, scores, truth + 14.0).margin  # 5 of 9 + 1 outside
            0.5
        """
        asked = replace(self, coverage=coverage, margin=0.0)
        low, value, high = asked._three(self._quantiles(scores))
        truth = np.asarray(targets, np.float64)
        outside = np.maximum((low - truth) / _half(value, low), (truth - high) / _half(value, high))
        return replace(asked, margin=conformal_quantile(outside, coverage))

    def with_alarm(self, cycles: float, by: str | None = None) -> Remaining:
        """The decision with the alarm set from so many cycles ahead; nothing is scored again."""
        return replace(self, alarm_cycles=cycles, alarm_by=by or self.alarm_by)

    def _reasons(self, notes: np.ndarray) -> pa.Array:
        # Few of the combinations that could be do occur.
        kinds, which = np.unique(notes, axis=0, return_inverse=True)
        texts = pa.array([self._reason(row) for row in kinds.tolist()], pa.string())
        return texts.take(pa.array(which.reshape(-1)))

    def _reason(self, row: list[float]) -> str:
        told = [
            f"{name} ({value:.0f})"
            for name, value in zip(RECORD_NOTES, row[: len(RECORD_NOTES)], strict=True)
            if value
        ]
        of_sensors = row[len(RECORD_NOTES) :]
        for place, name in enumerate(SENSOR_NOTES):
            some = [s for s, note in zip(self.sensors, of_sensors, strict=True) if note == place]
            if name and some:
                told.append(f"{name}: {', '.join(some)}")
        return "; ".join(told)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Remaining:
        """The decision that ``to_json`` wrote."""
        known = {name: value for name, value in values.items() if name != "kind"}
        several = {name: tuple(known[name]) for name in ("levels", "sensors")}
        return cls(**{**known, **several})
