"""Windows of days, one after the other: warm-up, training, validation, delay, test."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import DataError
from lepton_core.evaluation.protocols import Protocol
from lepton_core.training.splits import Split

_US_A_DAY = 86_400_000_000
_LEAST_TRAIN_DAYS = 7


class DaySplit(Protocol):
    """The latest days for the test; before them the label delay, and before that validation.

    Whole days, midnight to midnight UTC, counted back from the last one, so that the test always
    is the most recent past. Rows without a label, in the warm-up or in the delay are in no part; a
    stateful task reads them as context.

    Args:
        label: the label column.
        time: the time column.
        valid_days: days to stop early, calibrate and choose the threshold on.
        test_days: last days, for the figures.
        delay_days: days between validation and test, as long as labels take to be known.
        warmup_days: first days that only fill the histories.
    """

    name = "by_days"

    def __init__(
        self,
        label: str,
        time: str,
        *,
        valid_days: float,
        test_days: float,
        delay_days: float = 0.0,
        warmup_days: float = 0.0,
    ) -> None:
        self._label, self._time = label, time
        self._valid, self._test = valid_days, test_days
        self._delay, self._warmup = delay_days, warmup_days

    def split(self, records: pa.Table) -> Split:
        """Rows with a label, by day.

        Raises:
            DataError: ``split.few_days`` for fewer days than the windows and a week to train need.
        """
        day = records.column(self._time).cast(pa.int64()).to_numpy() / _US_A_DAY
        first, last = float(np.floor(day.min())), float(np.floor(day.max())) + 1.0
        test_from = last - self._test
        valid_to = test_from - self._delay
        valid_from = valid_to - self._valid
        train_from = first + self._warmup
        if valid_from - train_from < _LEAST_TRAIN_DAYS:
            needed = self._warmup + self._valid + self._delay + self._test + _LEAST_TRAIN_DAYS
            raise DataError("split.few_days", expected=int(needed), received=int(last - first))
        known = pc.is_valid(records.column(self._label)).to_numpy()
        return Split(
            np.flatnonzero(known & (day >= train_from) & (day < valid_from)),
            np.flatnonzero(known & (day >= valid_from) & (day < valid_to)),
            np.flatnonzero(known & (day >= test_from)),
        )

    def describe(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "warmup_days": self._warmup,
            "valid_days": self._valid,
            "delay_days": self._delay,
            "test_days": self._test,
        }
