"""How the forecast is split, measured and compared."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision import Interval
from lepton_core.evaluation.forecasting import ForecastSplit
from lepton_core.evaluation.measures import interval_measures
from lepton_core.evaluation.report import Measured
from lepton_core.training.job import TrainingJob

from .config import Config, SeriesConfig
from .preprocessing import ForecastPreprocessor

_LEVELS = 5
_RIDGE = 1.0


def by_time(config: Config) -> ForecastSplit:
    """The latest records for the test; no part knows a truth of a later one."""
    series, split = config.series, config.split
    return ForecastSplit(series.step_minutes, series.horizon, split.valid_share, split.test_share)


def measures(
    records: pa.Table, scores: np.ndarray, decision: Interval | None
) -> dict[str, Measured]:
    """Figures of test records, intervals by resampling days.

    One day is alike in all series (an event, a holiday), so whole days are drawn: the figures
    say how sure they are for other days of the same series.

    Args:
        records: the test records [n], with their truth in ``target``.
        scores: quantiles [n, levels].
        decision: the fitted one; None for a baseline.
    """
    target = records.column("target").to_numpy()
    day = pc.floor_temporal(records.column("time"), unit="day").cast(pa.int64()).to_numpy()
    return interval_measures(target, scores, decision, groups=day)


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """What needs no network: the last value, the value of a season ago, and a line on the past.

    Returns:
        name -> the forecast of each test row [n], as all its quantiles [n, 5]: none has intervals.
    """
    config: SeriesConfig = job.config.series
    preprocessor = ForecastPreprocessor(config)
    windows, steps = preprocessor.pasts(job.records), preprocessor.steps(job.records)
    train, test = job.split.train, job.split.test
    learned = windows.past[np.searchsorted(windows.kept, train)]
    asked = windows.past[np.searchsorted(windows.kept, test)]
    preprocessor.fit_pasts(learned)
    found = {"persistence": asked[:, -1, 0]}
    back = (config.horizon - 1) // config.season_steps * config.season_steps
    back += config.season_steps - config.horizon
    if back < config.window:
        before = asked[:, -1 - back, 0]
        found["seasonal_naive"] = np.where(np.isfinite(before), before, asked[:, -1, 0])
    found["linear"] = _line(
        preprocessor.arrays(learned, steps[train]),
        job.records.column("target").take(pa.array(train)).to_numpy(),
        preprocessor.arrays(asked, steps[test]),
    )
    return {name: np.repeat(value[:, None], _LEVELS, axis=1) for name, value in found.items()}


def _line(
    known: dict[str, np.ndarray], target: np.ndarray, asked: dict[str, np.ndarray]
) -> np.ndarray:
    """Ridge regression [m] on what the network is given, in the same units."""

    def features(arrays: dict[str, np.ndarray]) -> np.ndarray:
        flat = arrays["x"].reshape(len(arrays["x"]), -1)
        ones = np.ones((len(flat), 1))
        return np.concatenate([flat, arrays["calendar"], ones], axis=1, dtype=np.float64)

    a = features(known)
    b = (target - known["centre"][:, 0]) / known["scale"][:, 0]
    weights = np.linalg.solve(a.T @ a + _RIDGE * np.eye(a.shape[1]), a.T @ b)
    return asked["centre"][:, 0] + asked["scale"][:, 0] * (features(asked) @ weights)
