"""The protocol of forecasts: the truth of a record stands in a later record of its series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.evaluation.splitting import TimeSplit
from lepton_core.series import first_on_step, step_numbers, values_ahead
from lepton_core.training.splits import Split

TARGET = "target"


class ForecastSplit(TimeSplit):
    """Train on the earlier records, test on the latest, and let no truth cross from part to part.

    A record's truth is the value ``horizon`` steps later in its series. A record whose truth lies
    in a later part than itself is in no part: it would tell training what is tested.

    Args:
        step_minutes: length of a step.
        horizon: steps ahead, at least 1.
        valid: share of the records for validation, 0 to 1.
        test: share of the records for the test, 0 to 1.
        series, time, value: names of the columns.

    Example:
        >>> seconds = pa.array(range(11), pa.int64()).cast(pa.timestamp("s", tz="UTC"))
        >>> rows = pa.table({"time": seconds, "series": ["a"] * 11, "value": np.arange(11.0)})
        >>> protocol = ForecastSplit(1 / 60, 1, valid=0.3, test=0.3)
        >>> split = protocol.split(protocol.with_truth(rows))
        >>> split.train.tolist(), split.valid.tolist(), split.test.tolist()
        ([0, 1, 2], [4, 5], [7, 8, 9])
    """

    name = "forecast"

    def __init__(
        self,
        step_minutes: float,
        horizon: int,
        valid: float = 0.15,
        test: float = 0.2,
        *,
        series: str = "series",
        time: str = "time",
        value: str = "value",
    ) -> None:
        super().__init__(TARGET, time, valid, test)
        self._step, self._horizon = step_minutes, horizon
        self._series, self._value = series, value

    def with_truth(self, records: pa.Table) -> pa.Table:
        """The records with the column ``target``, null where the series has no such record.

        Of two records of a series on one step the second has none: scoring refuses it.
        """
        steps = step_numbers(records.column(self._time), self._step)
        values = records.column(self._value).to_numpy()
        ahead = values_ahead(records.column(self._series), steps, values, self._horizon)
        first = first_on_step(records.column(self._series), steps)
        target = pa.array(np.where(first, ahead, np.nan), pa.float64(), from_pandas=True)
        if TARGET in records.column_names:
            records = records.drop_columns([TARGET])
        return records.append_column(TARGET, target)

    def split(self, records: pa.Table) -> Split:
        """Rows whose truth is known, by part.

        Raises:
            DataError: ``split.no_labels`` or ``split.empty_part``.
        """
        if TARGET not in records.column_names:
            records = self.with_truth(records)
        parts = super().split(records)
        steps = step_numbers(records.column(self._time), self._step)

        def before(rows: np.ndarray, later: np.ndarray) -> np.ndarray:
            if not len(rows) or not len(later):
                return rows
            return rows[steps[rows] + self._horizon < steps[later].min()]

        valid = before(parts.valid, parts.test)
        train = before(before(parts.train, parts.valid), parts.test)
        if not len(train):
            raise DataError("split.empty_part", part="train", n=records.num_rows)
        return Split(train, valid, parts.test)

    def describe(self) -> dict[str, Any]:
        return {
            **super().describe(),
            "name": self.name,
            "truth": f"the value {self._horizon} steps of {self._step:g} minutes later",
        }
