"""Two models on the same records, window after window: is one of them better, and how surely?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.evaluation.directions import BEST_AT, HIGHER_IS_BETTER
from lepton_core.evaluation.intervals import figures_only
from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.resampling import Draws

RESAMPLES = 500
_LEVEL = 0.95
_US_A_DAY = 86_400_000_000
# At most so many windows of one length before the next one is taken: days, weeks, four weeks.
_MOST_WINDOWS = 14
_LENGTHS = (1, 7, 28)

# The figures by key of some records and the scores [n, ...] that a model gave them.
Measures = Callable[[pa.Table, np.ndarray], Mapping[str, Measured]]


@dataclass(frozen=True)
class Window:
    """One window, and what both models reached in it.

    Args:
        start: first day, ISO; empty where records have no order of time.
        end: last day, ISO.
        records: records in it.
        first: figures of the first model by key; those that are not defined here are left out.
        second: figures of the second model.
    """

    start: str
    end: str
    records: int
    first: Mapping[str, float]
    second: Mapping[str, float]


@dataclass(frozen=True)
class Paired:
    """Two models compared.

    Args:
        windows: in order of time.
        first: key -> mean over the windows of the first model.
        second: key -> mean over the windows of the second model.
        gains: key -> by how much the second is better (below 0: worse), mean over the windows, with
            its 95% interval.
    """

    windows: tuple[Window, ...]
    first: Mapping[str, float]
    second: Mapping[str, float]
    gains: Mapping[str, Measured]


def gain(key: str, first: float, second: float) -> float:
    """By how much the second figure is better than the first, in the metric's own unit.

    Example:
        >>> gain("mae", 3.0, 2.5), gain("ap", 0.5, 0.25)
        (0.5, -0.25)
    """
    if key in BEST_AT:
        return abs(first - BEST_AT[key]) - abs(second - BEST_AT[key])
    return second - first if HIGHER_IS_BETTER[key] else first - second


def has_direction(key: str) -> bool:
    """Whether it is known which way a metric is better."""
    return key in BEST_AT or key in HIGHER_IS_BETTER


def window_numbers(days: np.ndarray) -> np.ndarray:
    """The window of each record: days, weeks or four weeks, such that there are few.

    A rest of less than half a window goes to the last whole one.

    Args:
        days: int64 [n], whole days, of any start.

    Returns:
        int64 [n], from 0 on; a window may hold no record.

    Example:
        >>> window_numbers(np.arange(7)).tolist(), int(window_numbers(np.arange(60)).max())
        ([0, 1, 2, 3, 4, 5, 6], 8)
    """
    since = days - days.min()
    span = int(since.max()) + 1
    length = next((n for n in _LENGTHS if span <= n * _MOST_WINDOWS), _LENGTHS[-1])
    return np.minimum(since // length, max(round(span / length), 1) - 1)


def compare_paired(
    records: pa.Table,
    first: tuple[Measures, np.ndarray],
    second: tuple[Measures, np.ndarray],
    keys: Sequence[str],
    *,
    time: str | None = None,
    entity: str | None = None,
    n: int = RESAMPLES,
    seed: int = 0,
) -> Paired:
    """Compare two models on the same records, in windows of time.

    In each window both are measured on the same records, and the gain is the mean over the
    windows of the difference. Its interval is a paired percentile bootstrap: a resample draws
    whole entities (cards, machines) over all windows, and measures both models on it. An entity
    that is drawn twice counts as two, so that figures by entity stay right.

    Args:
        records: what both scored [m], with their truth.
        first: a model's figures of records and scores, and its scores [m, ...].
        second: of the other model.
        keys: the metrics, whose better side is known.
        time: the column that orders the records; None for one window.
        entity: the column whose records belong together; None where each stands alone.
        n: number of resamples.
        seed: the same seed gives the same intervals.

    Raises:
        DataError: ``evaluate.too_few_resamples`` where a metric is undefined in every window, or
            on more than half of the resamples.
    """
    plain = [f.name for f in records.schema if not pa.types.is_struct(f.type)]
    records = records.select(plain)  # the bytes of pictures would be copied with every resample
    window, days = _windows(records, time)
    count = int(window.max()) + 1
    rows = np.arange(records.num_rows)
    with figures_only():
        whole = [_by_window(records, model, keys, rows, window, count) for model in (first, second)]
        draws = Draws(records, entity, seed)
        gains = np.full((n, len(keys)), np.nan)
        for place in range(n):
            drawn, table = draws.next()
            both = [_by_window(table, m, keys, drawn, window, count) for m in (first, second)]
            gains[place] = _mean(_gains(keys, *both))
    value = _mean(_gains(keys, *whole))
    found = {}
    for place, key in enumerate(keys):
        defined = gains[~np.isnan(gains[:, place]), place]
        if 2 * defined.size < n or np.isnan(value[place]):
            raise DataError("evaluate.too_few_resamples", metric=key, n=n, defined=defined.size)
        low, high = np.quantile(defined, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
        found[key] = Measured(float(value[place]), float(low), float(high))
    means = [dict(zip(keys, _mean(_both_defined(whole, w)).tolist(), strict=True)) for w in (0, 1)]
    told = _told(window, days, keys, whole, count)
    return Paired(told, means[0], means[1], found)


def _windows(records: pa.Table, time: str | None) -> tuple[np.ndarray, np.ndarray | None]:
    if time is None:
        return np.zeros(records.num_rows, np.int64), None
    days = records.column(time).cast(pa.int64()).to_numpy() // _US_A_DAY
    return window_numbers(days), days


def _by_window(
    table: pa.Table,
    model: tuple[Measures, np.ndarray],
    keys: Sequence[str],
    rows: np.ndarray,
    window: np.ndarray,
    count: int,
) -> np.ndarray:
    """Figures [windows, keys]; NaN where a figure is not defined.

    Args:
        table: the records at ``rows``.
        rows: int64 [k], where they stand among all records, whose windows and scores are known.
    """
    measures, scores = model
    figures = np.full((count, len(keys)), np.nan)
    for number in range(count):
        some = np.flatnonzero(window[rows] == number)
        if not len(some):
            continue
        try:
            found = measures(table.take(pa.array(some)), scores[rows[some]])
        except DataError:
            continue  # a day without a positive, say; it counts in no mean
        figures[number] = [found[key].value if key in found else np.nan for key in keys]
    return figures


def _gains(keys: Sequence[str], first: np.ndarray, second: np.ndarray) -> np.ndarray:
    rows = zip(first.tolist(), second.tolist(), strict=True)
    return np.array([[gain(k, a, b) for k, a, b in zip(keys, *pair, strict=True)] for pair in rows])


def _both_defined(whole: list[np.ndarray], which: int) -> np.ndarray:
    return np.where(np.isnan(whole[0]) | np.isnan(whole[1]), np.nan, whole[which])


def _mean(figures: np.ndarray) -> np.ndarray:
    """The mean over windows [keys] of those that are defined; NaN where none is."""
    defined = ~np.isnan(figures)
    count = defined.sum(axis=0)
    total = np.where(defined, figures, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _told(
    window: np.ndarray,
    days: np.ndarray | None,
    keys: Sequence[str],
    whole: list[np.ndarray],
    count: int,
) -> tuple[Window, ...]:
    told = []
    for number in range(count):
        rows = np.flatnonzero(window == number)
        if not len(rows):
            continue
        start = end = ""
        if days is not None:
            start, end = (str(np.datetime64(int(d(days[rows])), "D")) for d in (np.min, np.max))
        first, second = (
            {k: v for k, v in zip(keys, figures[number].tolist(), strict=True) if math.isfinite(v)}
            for figures in whole
        )
        told.append(Window(start, end, len(rows), first, second))
    return tuple(told)
