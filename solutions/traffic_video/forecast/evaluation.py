"""What forecasts are worth: errors and coverage at each time ahead, beside simple forecasts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.decision import Ahead
from lepton_core.errors import DataError
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.measures import RESAMPLES
from lepton_core.evaluation.report import Measured
from lepton_core.series import values_ahead
from lepton_core.training.job import TrainingJob

from .config import LEVELS, Config
from .preprocessing import CountsPreprocessor
from .protocols import WINDOW
from .stations import counts, stations
from .truths import ROWS, told, truths

_RIDGE = 10.0
_US_AN_HOUR = 3_600_000_000
# With fewer days resampling them says little.
_DAYS = 7


def measures(records: pa.Table, scores: np.ndarray, decision: Ahead | None) -> dict[str, Measured]:
    """Figures of test records, intervals by resampling days.

    One day is alike at all stations (weather, an event), so whole days are drawn; of less than a
    week, blocks of three hours.

    Args:
        records: the test records [n], with their truths.
        scores: quantiles [n, times, levels].
        decision: the fitted one; None for a baseline.

    Returns:
        ``mae rmse wape`` and, with a decision, ``coverage90`` of all times ahead together; ``mae``,
        ``rmse`` and coverage of each (``mae_15min``); where a published protocol adds truths by
        rows of a file, ``mae_rows rmse_rows`` of these, and of records without a gap
        ``mae_gap_free rmse_gap_free``.

    Raises:
        DataError: ``evaluate.not_finite``.
    """
    unusable = scores[~np.isfinite(scores)]
    if unusable.size:
        raise DataError("evaluate.not_finite", metric="mae", n=unusable.size, received=unusable[0])
    minutes, truth = told(records)
    ends = None if decision is None else decision.ends(scores)
    value = np.sort(scores, axis=2)[:, :, scores.shape[2] // 2] if ends is None else ends[1]
    blocks = _blocks(records)
    known = np.isfinite(truth)
    found = _errors("", truth, value, known, blocks, ("mae", "rmse", "wape"))
    inside = None if ends is None else (truth >= ends[0]) & (truth <= ends[2])
    coverage = "" if decision is None else f"coverage{round(100 * decision.coverage)}"
    if inside is not None:
        found |= _share(coverage, inside, known, blocks)
    by_rows, next_rows = told(records, ROWS)
    if by_rows:
        told_by_rows, first = np.isfinite(next_rows), slice(0, len(by_rows))
        found |= _errors("_rows", next_rows, value[:, first], told_by_rows, blocks)
        free = told_by_rows & known[:, first] & _gap_free(records)[:, None]
        if (free != told_by_rows).any():
            found |= _errors("_gap_free", truth[:, first], value[:, first], free, blocks)
    for place, ahead in enumerate(minutes):
        one = known & (np.arange(len(minutes)) == place)
        found |= _errors(f"_{ahead}min", truth, value, one, blocks)
        if inside is not None:
            found |= _share(f"{coverage}_{ahead}min", inside, one, blocks)
    return found


def _blocks(records: pa.Table) -> np.ndarray:
    """Which days, or blocks of three hours, records belong to, int64 [n] from 0."""
    time = records.column("time").cast(pa.int64()).to_numpy()
    days = np.unique(time // _US_AN_HOUR // 24, return_inverse=True)
    if len(days[0]) >= _DAYS:
        return days[1]
    return np.unique(time // _US_AN_HOUR // 3, return_inverse=True)[1]


def _errors(
    suffix: str,
    truth: np.ndarray,
    value: np.ndarray,
    known: np.ndarray,
    blocks: np.ndarray,
    keys: tuple[str, ...] = ("mae", "rmse"),
) -> dict[str, Measured]:
    """Errors where ``known``, bool [n, times]; nothing where nothing is."""
    if not known.any():
        return {}
    error = np.where(known, value - np.where(known, truth, 0.0), 0.0)
    n = _sums(known, blocks)
    absolute, squared = _sums(np.abs(error), blocks), _sums(np.square(error), blocks)
    size = _sums(np.where(known, np.abs(truth), 0.0), blocks)
    found = {
        "mae": bootstrap(_ratio, absolute, n, n=RESAMPLES),
        "rmse": bootstrap(_root, squared, n, n=RESAMPLES),
    }
    if "wape" in keys and size.sum() > 0:
        found["wape"] = bootstrap(_ratio, absolute, size, n=RESAMPLES)
    return {f"{key}{suffix}": Measured.of(interval) for key, interval in found.items()}


def _share(
    key: str, inside: np.ndarray, known: np.ndarray, blocks: np.ndarray
) -> dict[str, Measured]:
    if not known.any():
        return {}
    n = _sums(known, blocks)
    return {key: Measured.of(bootstrap(_ratio, _sums(inside & known, blocks), n, n=RESAMPLES))}


def _sums(values: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """Sums [blocks] of values [n, times]: a resample of blocks needs no more than these."""
    return np.bincount(blocks, values.sum(axis=1, dtype=np.float64))


def _ratio(total: np.ndarray, n: np.ndarray) -> float:
    return float(total.sum() / n.sum()) if n.sum() > 0 else float("nan")


def _root(total: np.ndarray, n: np.ndarray) -> float:
    return float(np.sqrt(_ratio(total, n)))


def _gap_free(records: pa.Table) -> np.ndarray:
    """bool [n], whether the records before each of the same station fill a window without a gap.

    Counted within the test records: of its first ones nothing is known.
    """
    station = stations(records).dictionary_encode().indices.to_numpy()
    time = records.column("time").cast(pa.int64()).to_numpy()
    free = np.zeros(len(time), bool)
    for code in np.unique(station):
        rows = np.flatnonzero(station == code)
        back = WINDOW - 1
        if len(rows) <= back:
            continue
        usual = np.median(np.diff(time[rows]))
        free[rows[back:]] = time[rows[back:]] - time[rows[:-back]] == usual * back
    return free


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """What needs no network: the last count, the count of a season ago, the usual day, a line.

    Returns:
        name -> the forecast of each test row at each time ahead, as all its quantiles
        [n, times, 5]: none has intervals.
    """
    config: Config = job.config
    train, test = job.split.train, job.split.test
    preprocessor = CountsPreprocessor(config.data).fit(job.records.take(pa.array(train)))
    windows, steps = preprocessor.pasts(job.records), preprocessor.steps(job.records)
    places = preprocessor.places(job.records)

    def arrays(rows: np.ndarray) -> dict[str, np.ndarray]:
        past = windows.past[np.searchsorted(windows.kept, rows), :, 0]
        return preprocessor.arrays(past, places[rows], steps[rows])

    known, asked = arrays(train), arrays(test)
    values = counts(job.records)
    usual = asked["base"].astype(np.float64)
    last = np.where(np.isfinite(values[test]), values[test], usual[:, 0])[:, None]
    last = np.repeat(last, len(preprocessor.ahead), axis=1)
    before = _season_ago(job, preprocessor, steps, values)[test]
    found = {
        "persistence": last,
        "seasonal_naive": np.where(np.isfinite(before), before, usual),
        "usual_day": usual,
        "linear": _line(known, truths(job.records, config.data)[train], asked),
    }
    return {
        name: np.repeat(np.maximum(value, 0.0)[:, :, None], len(LEVELS), axis=2)
        for name, value in found.items()
    }


def _season_ago(
    job: TrainingJob, preprocessor: CountsPreprocessor, steps: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """The counts of a season before the times ahead, else of a day before, else the last count."""
    data = job.config.data
    station = stations(job.records)
    columns = []
    for ahead in preprocessor.ahead.tolist():
        found = np.full(len(values), np.nan)
        for minutes in (data.season_minutes, 1440.0):
            back = ahead - round(minutes / data.step_minutes)
            before = values_ahead(station, steps, values, back) if back < 0 else found
            found = np.where(np.isfinite(found), found, before)
        columns.append(np.where(np.isfinite(found), found, values))
    return np.stack(columns, axis=1)


def _line(
    known: dict[str, np.ndarray], target: np.ndarray, asked: dict[str, np.ndarray]
) -> np.ndarray:
    """Ridge regression [m, times] on all numbers that the networks see."""

    def features(arrays: dict[str, np.ndarray]) -> np.ndarray:
        flat = arrays["x"].reshape(len(arrays["x"]), -1)
        rest = (arrays["level"], arrays["calendar"], np.ones((len(flat), 1)))
        return np.concatenate([flat, *rest], axis=1, dtype=np.float64)

    a, b = features(known), features(asked)
    strayed = (target - known["base"]) / known["scale"]
    columns = []
    for column in strayed.T:
        rows = np.isfinite(column)
        some = a[rows]
        weights = np.linalg.solve(
            some.T @ some + _RIDGE * np.eye(a.shape[1]), some.T @ column[rows]
        )
        columns.append(b @ weights)
    return asked["base"] + asked["scale"] * np.stack(columns, axis=1)
