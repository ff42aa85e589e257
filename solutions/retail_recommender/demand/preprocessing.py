"""Records to the arrays of the network: each series' recent past, on a scale of its own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.series import SeriesHistory, Windows, calendar, refuse_unordered, step_numbers
from lepton_core.settings import from_dict

from .config import SeriesConfig

# Scaled values further out than this say "far out" and no more.
_CUT = 10.0


class ForecastPreprocessor(Preprocessor):
    """The past of each record, less its mean and divided by its spread; both go along as inputs.

    Args:
        config: how the series are read.
        spread: usual ratio of a past's spread to its mean, from training; 0 before ``fit``.
        floor: spread of a flat past, in the value's unit, from training; 0 before ``fit``.
    """

    def __init__(
        self, config: SeriesConfig | None = None, spread: float = 0.0, floor: float = 0.0
    ) -> None:
        self.config = config or SeriesConfig()
        self.spread, self.floor = spread, floor

    def new_history(self) -> SeriesHistory:
        return SeriesHistory(self.config.window, columns=2)

    def fit(self, records: pa.Table) -> ForecastPreprocessor:
        """The usual spread, from checked training records in order of time."""
        return self.fit_pasts(self.pasts(records).past)

    def fit_pasts(self, past: np.ndarray) -> ForecastPreprocessor:
        """The usual spread, from the pasts [n, window, 2] of training records."""
        known = np.isfinite(past[:, :, 0]).sum(axis=1)
        long = past[known >= np.median(known), :, 0]
        mean, std = np.abs(np.nanmean(long, axis=1)), np.nanstd(long, axis=1)
        # Of the calm pasts that move at all: a shop that was closed is not infinitely sure of it.
        moving = std[std > 0]
        self.floor = 0.3 * float(np.quantile(moving, 0.1)) if len(moving) else 1.0
        self.spread = float(np.median(std / np.maximum(mean, self.floor)))
        return self

    def pasts(self, records: pa.Table, history: SeriesHistory | None = None) -> Windows:
        """Values and events of the last ``window`` steps of each record's series."""
        series = records.column("series").combine_chunks()
        event = pc.fill_null(records.column("event_ahead"), 0).to_numpy()
        values = np.stack([records.column("value").to_numpy(), event.astype(np.float64)], axis=1)
        return (history or self.new_history()).step(series, self.steps(records), values)

    def steps(self, records: pa.Table) -> np.ndarray:
        """The step of each record, int64 [n]."""
        return step_numbers(records.column("time"), self.config.step_minutes)

    def arrays(self, past: np.ndarray, steps: np.ndarray) -> dict[str, np.ndarray]:
        """What the network takes, float32.

        Args:
            past: float64 [n, window, 2], NaN where a step has no record.
            steps: int64 [n], the records' own.

        Returns:
            ``x`` [n, window, 3]: scaled value (0 where absent), whether it is there, whether an
            event is planned ``horizon`` steps later; ``calendar`` [n, 4] of the time forecast;
            ``centre`` and ``scale`` [n, 1] in the value's unit.
        """
        there = np.isfinite(past[:, :, 0])
        count = there.sum(axis=1, keepdims=True)
        value = np.where(there, past[:, :, 0], 0.0)
        centre = value.sum(axis=1, keepdims=True) / count
        deviation = np.where(there, value - centre, 0.0)
        # One value has no spread: until some are seen, the usual one stands in as three would.
        usual = self.spread * np.abs(centre) + self.floor
        total = np.square(deviation).sum(axis=1, keepdims=True) + 3.0 * np.square(usual)
        scale = np.sqrt(total / (count + 3.0))
        scaled = np.clip(deviation / scale, -_CUT, _CUT)
        x = np.stack([scaled, there, np.nan_to_num(past[:, :, 1])], axis=2)
        ahead = calendar(steps + self.config.horizon, self.config.step_minutes)
        found = {"x": x, "calendar": ahead, "centre": centre, "scale": scale}
        return {name: values.astype(np.float32) for name, values in found.items()}

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Arrays of checked records; one that comes late in its series is refused."""
        windows = self.pasts(records, history)
        arrays = self.arrays(windows.past, self.steps(records)[windows.kept])
        step = self.config.step_minutes
        rejects = refuse_unordered(
            records, windows, series="series", time="time", step_minutes=step
        )
        return Prepared(arrays, windows.kept, rejects)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        if not self.floor:
            raise ValueError("the preprocessor was not fitted: call fit() first")
        fitted = {"spread": self.spread, "floor": self.floor}
        return {"series": asdict(self.config), **fitted}, {}

    @classmethod
    def from_state(
        cls, state: dict[str, Any], arrays: dict[str, np.ndarray]
    ) -> ForecastPreprocessor:
        config = from_dict(SeriesConfig, state["series"])
        return cls(config, state["spread"], state["floor"])
