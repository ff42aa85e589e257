"""What the networks are compared with, tuned on the validation part as they are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.training.job import TrainingJob

from .config import LEVELS, DataConfig
from .preprocessing import DemandPreprocessor
from .protocols import panel_of
from .sales import read_sales
from .smoothing import Smoothing, last_season, smooth

_GROWTHS = (0, 4, 8, 13, 26)


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """The same period a season ago, and exponential smoothing; refitted with the validation part.

    Which growth and which smoothing is chosen by the error on the validation records, over all
    times ahead; then both go on through validation and test as new sales come in.

    Returns:
        name -> the forecast of each test row from each period before it, as all its quantiles
        [n, H, 5]: none has intervals. ``last_season`` is the plain sale of a season ago.
    """
    data: DataConfig = job.config.data
    records, split = job.records, job.split
    preprocessor = DemandPreprocessor(data).fit(records.take(pa.array(split.train)))
    season = data.season_steps
    usual = preprocessor.learned.usual.season
    panel, series, period = panel_of(records, data.step_minutes, usual, season)
    truth = read_sales(records)
    judged = np.isfinite(truth.quantity) & ~truth.is_bound

    def rows_of(found: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return found[series[rows], period[rows]]

    def error(found: np.ndarray) -> float:
        rows = split.valid[judged[split.valid]]
        if not len(rows):
            return 0.0
        strayed = np.abs(rows_of(found, rows) - truth.quantity[rows][:, None])
        return float(np.nanmean(strayed))

    start = preprocessor.learned.starts[-1]
    naive = {g: last_season(panel, data.horizon, season, g) for g in _GROWTHS}
    ways = list(Smoothing.grid())
    errors = [error(found) for found in smooth(panel, data.horizon, season, ways)]
    best = ways[int(np.argmin(errors))]
    found = {
        "last_season": naive[0],
        "seasonal_naive": min(naive.values(), key=error),
        "smoothing": next(smooth(panel, data.horizon, season, [best])),
    }
    told = {name: rows_of(values, split.test) for name, values in found.items()}
    return {
        name: np.repeat(np.where(np.isfinite(v), v, start)[:, :, None], len(LEVELS), axis=2)
        for name, v in told.items()
    }
