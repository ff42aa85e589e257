"""What forecasts are worth: errors and coverage at each time ahead, intervals by drawing series."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.decision import Nearest
from lepton_core.errors import DataError
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.measures import RESAMPLES
from lepton_core.evaluation.report import Measured

from .backtest import NAIVE, money
from .sales import read_sales, series_names

# Times ahead that are told one by one, as parts of the horizon.
_TOLD = (0.0, 0.25, 0.5, 1.0)


def measures(
    records: pa.Table, scores: np.ndarray, decision: Nearest | None
) -> dict[str, Measured]:
    """Figures of test records, intervals by resampling series.

    One week is alike in all series, so that the figures say how sure they are for other series in
    the same weeks, not for other weeks. Weeks with stock-outs are left out: what was sold is not
    what was asked for.

    Args:
        records: the test records [n], all of one or several whole periods.
        scores: quantiles [n, H, levels], from one period before each record, two...
        decision: the fitted one; None for a baseline.

    Returns:
        of all times ahead together ``wape``, ``mae``, ``bias`` (too high above 0, in parts of what
        was sold) and, with a decision, ``coverage90``; ``wape_once`` and ``coverage90_once`` of
        what was forecast at one moment, from the last period before the test on; ``wape_1`` and so
        on for some times ahead; with a decision what it costs and saves, see :mod:`.backtest`.

    Raises:
        DataError: ``evaluate.not_finite``.
    """
    unusable = scores[~np.isfinite(scores)]
    if unusable.size:
        raise DataError("evaluate.not_finite", metric="wape", n=unusable.size, received=unusable[0])
    sales = read_sales(records)
    truth = np.where(sales.is_bound, np.nan, sales.quantity)[:, None]
    horizon = scores.shape[1]
    ends = None if decision is None else decision.ends(scores)
    value = np.sort(scores, axis=2)[:, :, scores.shape[2] // 2] if ends is None else ends[1]
    value = np.maximum(value, 0.0)
    groups = series_names(records).dictionary_encode().indices.to_numpy()
    known = np.isfinite(truth) & np.ones(horizon, bool)
    once = known & _once(records, horizon)
    found = _errors("", truth, value, known, groups, ("wape", "mae", "bias"))
    found |= _errors("_once", truth, value, once, groups, ("wape",))
    for ahead in sorted({max(round(part * horizon), 1) for part in _TOLD}):
        one = known & (np.arange(1, horizon + 1) == ahead)
        found |= _errors(f"_{ahead}", truth, value, one, groups, ("wape",))
    if ends is not None and decision is not None:
        inside = (truth >= ends[0]) & (truth <= ends[2])
        key = f"coverage{round(100 * decision.coverage)}"
        found |= _share(key, inside, known, groups) | _share(f"{key}_once", inside, once, groups)
        if NAIVE in records.column_names:
            found |= money(records, ends, float(decision.fitted_on.get("correlation", 0.5)))
    return found


def _once(records: pa.Table, horizon: int) -> np.ndarray:
    """bool [n, H], the time ahead that leads back to the last period before the records."""
    time = records.column("time").cast(pa.int64()).to_numpy()
    moments, place = np.unique(time, return_inverse=True)
    # Of periods that lie apart the shortest distance is one.
    step = np.diff(moments).min() if len(moments) > 1 else 1
    ahead = np.rint((moments - moments[0]) / step).astype(np.int64)[place] + 1
    return np.arange(1, horizon + 1) == ahead[:, None]


def _errors(
    suffix: str,
    truth: np.ndarray,
    value: np.ndarray,
    known: np.ndarray,
    groups: np.ndarray,
    keys: tuple[str, ...],
) -> dict[str, Measured]:
    """Errors where ``known``, bool [n, H]; nothing where nothing is."""
    if not known.any():
        return {}
    error = np.where(known, value - truth, 0.0)
    n, absolute = _sums(known, groups), _sums(np.abs(error), groups)
    size = _sums(np.where(known, truth, 0.0), groups)
    pairs = {"wape": (absolute, size), "mae": (absolute, n), "bias": (_sums(error, groups), size)}
    return {
        f"{key}{suffix}": Measured.of(bootstrap(_ratio, *pairs[key], n=RESAMPLES))
        for key in keys
        if pairs[key][1].sum() > 0
    }


def _share(
    key: str, inside: np.ndarray, known: np.ndarray, groups: np.ndarray
) -> dict[str, Measured]:
    if not known.any():
        return {}
    n = _sums(known, groups)
    return {key: Measured.of(bootstrap(_ratio, _sums(inside & known, groups), n, n=RESAMPLES))}


def _sums(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Sums [series] of values [n, H]: a resample of series needs no more than these."""
    return np.bincount(groups, values.sum(axis=1, dtype=np.float64))


def _ratio(total: np.ndarray, n: np.ndarray) -> float:
    return float(total.sum() / n.sum()) if n.sum() > 0 else float("nan")
