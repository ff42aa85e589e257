"""How sales are split by time: the latest periods for the test, those before for validation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.evaluation.protocols import Protocol
from lepton_core.series import step_numbers
from lepton_core.training.splits import Split

from .backtest import NAIVE, NAIVE_ERROR, Stock
from .config import Config, DataConfig
from .sales import read_sales, series_names
from .season import Season
from .smoothing import Panel, last_season

# Past errors of the usual rule that tell how large they are.
_ERRORS = 26


class LatestPeriods(Protocol):
    """Learn from the earlier periods, test on the latest; a record's truth is its own quantity.

    Periods are those in which anything was sold. What was known before a record is known to its
    forecast, in whichever part that lies; what a part sold is told to no earlier one.

    Args:
        config: the task's settings.
    """

    name = "latest_periods"

    def __init__(self, config: Config) -> None:
        self._config = config

    def with_truth(self, records: pa.Table) -> pa.Table:
        """The records with what the usual rule says of them, see :mod:`.backtest`.

        Returns:
            the same rows, with ``naive`` list<float64> [n, H] and ``naive_error`` float64 [n].
        """
        told = [name for name in records.column_names if name in (NAIVE, NAIVE_ERROR)]
        records = records.drop_columns(told)
        naive, error = usual_rule(records, self._config.data)
        columns = {NAIVE: pa.array(list(naive), pa.list_(pa.float64())), NAIVE_ERROR: error}
        for name, values in columns.items():
            records = records.append_column(name, pa.array(values))
        return records

    def split(self, records: pa.Table) -> Split:
        """Rows with a known quantity, by part.

        Raises:
            DataError: ``split.no_labels`` and ``split.empty_part``.
        """
        known = np.isfinite(read_sales(records).quantity)
        if not known.any():
            raise DataError("split.no_labels", column="quantity", n=records.num_rows)
        steps = step_numbers(records.column("time"), self._config.data.step_minutes)
        periods, split = np.unique(steps[known]), self._config.split
        test = len(periods) - split.test_steps
        valid = test - split.valid_steps
        if valid < 1:
            raise DataError("split.empty_part", part="train", n=int(known.sum()))
        parts = (
            known & (steps < periods[valid]),
            known & (steps >= periods[valid]) & (steps < periods[test]),
            known & (steps >= periods[test]),
        )
        return Split(*(np.flatnonzero(part) for part in parts))

    def describe(self) -> dict[str, Any]:
        split = self._config.split
        return {
            "name": self.name,
            "truth": "the record's own quantity, forecast from each of the "
            f"{self._config.data.horizon} periods before it",
            "test": f"the last {split.test_steps} periods",
            "validation": f"the {split.valid_steps} periods before",
        }


def usual_rule(records: pa.Table, data: DataConfig) -> tuple[np.ndarray, np.ndarray]:
    """What the usual rule says of each record: the sale of a season ago with the growth since.

    Args:
        records: checked records [n], of all parts.
        data: how the sales are read.

    Returns:
        float64 [n, H], from one period before each record, two...; float64 [n], root mean square of
        its errors over all that an order covers, of the last ones known one period before.
    """
    panel, series, period = panel_of(records, data.step_minutes)
    told = last_season(panel, data.horizon, data.season_steps, data.recent)
    told = np.where(np.isfinite(told), told, 0.0)
    cover = min(Stock().cover, data.horizon)
    n, periods = panel.demand.shape
    strayed = np.full((n, periods + 1), np.nan)
    # The error of an order before period k is known when the last period that it covers is over.
    for order in range(periods - cover + 1):
        ahead = np.arange(cover)
        sold = panel.demand[:, order + ahead].sum(axis=1)
        strayed[:, order + cover] = sold - told[:, order + ahead, ahead].sum(axis=1)
    error = np.full((n, periods), np.nan)
    for now in range(periods):
        last = strayed[:, max(now + 1 - _ERRORS, 0) : now + 1]
        known = np.isfinite(last)
        total = np.where(known, np.square(last), 0.0).sum(axis=1)
        error[:, now] = np.sqrt(total / np.maximum(known.sum(axis=1), 1))
    return told[series, period], error[series, period]


def panel_of(
    records: pa.Table, step_minutes: float, factor: Season | None = None, season_steps: int = 1
) -> tuple[Panel, np.ndarray, np.ndarray]:
    """The sales side by side; and of each record its series and period in that, int64 [n].

    Of two records of a series in one period the first counts.

    Args:
        records: checked records [n].
        step_minutes: length of a period.
        factor: the season of all series; None for none.
        season_steps: periods of a season.
    """
    steps = step_numbers(records.column("time"), step_minutes)
    series = series_names(records).dictionary_encode().indices.to_numpy().astype(np.int64)
    period = steps - steps.min()
    demand = np.full((series.max() + 1, period.max() + 1), np.nan)
    demand[series[::-1], period[::-1]] = read_sales(records).demand[::-1]
    moments = steps.min() + np.arange(period.max() + 1)
    season = factor or Season(np.ones(0))
    return Panel(demand, season.at(moments, step_minutes, season_steps)), series, period


def latest(config: Config) -> LatestPeriods:
    """The latest periods for the test, with the task's settings."""
    return LatestPeriods(config)
