"""Two models on the same records, window after window: is one of them better, and how surely?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import DataError
from lepton_core.evaluation.directions import BEST_AT, HIGHER_IS_BETTER
from lepton_core.evaluation.intervals import figures_only
from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.resampling import Draws
from lepton_core.predictions import Predictions

RESAMPLES = 500
_LEVEL = 0.95
_US_A_DAY = 86_400_000_000
# At most so many windows of one length before the next one is taken: days, weeks, four weeks.
_MOST_WINDOWS = 14
_LENGTHS = (1, 7, 28)

# The figures by key of some records and the scores [n, ...] that a model gave them, or all of it.
Measures = Callable[[pa.Table, Any], Mapping[str, Measured]]


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
        first: key -> figure of the first model over all windows together.
        second: key -> figure of the second model.
        gains: key -> by how much the second is better (below 0: worse), with its 95% interval.
    """

    windows: tuple[Window, ...]
    first: Mapping[str, float]
    second: Mapping[str, float]
    gains: Mapping[str, Measured]

    def joined(self, other: Paired, keys: Sequence[str]) -> Paired:
        """With the figures of another comparison of the same models and records, by ``keys``."""
        first, second = {**self.first, **other.first}, {**self.second, **other.second}
        gains = {**self.gains, **other.gains}
        return Paired(
            self.windows,
            {key: first[key] for key in keys if key in gains},
            {key: second[key] for key in keys if key in gains},
            {key: gains[key] for key in keys if key in gains},
        )


@dataclass(frozen=True)
class Scored:
    """Predictions in place of scores, for figures that need all that was decided.

    Args:
        predictions: [n]; positions take some of them.
    """

    predictions: Predictions

    def __getitem__(self, rows: np.ndarray) -> Scored:
        return Scored(self.predictions.take(pa.array(rows)))


Model = tuple[Measures, "np.ndarray | Scored"]


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
    first: Model,
    second: Model,
    keys: Sequence[str],
    *,
    time: str | None = None,
    entity: str | None = None,
    n: int = RESAMPLES,
    seed: int = 0,
    pictures: bool = False,
    optional: bool = False,
) -> Paired:
    """Compare two models on the same records, over all of them and window after window.

    The gain is that over all windows together: a window with three positives tells little by
    itself, and scores of one model compare over time as a threshold does. Its interval is a paired
    percentile bootstrap: a resample draws whole entities (cards, machines) with all their records,
    and measures both models on it. An entity that is drawn twice counts as two, so that figures by
    entity stay right. The windows show whether one model is better all along or for a time.

    Args:
        records: what both scored [m], with their truth.
        first: a model's figures of records and scores, and its scores [m, ...] or predictions [m].
        second: of the other model.
        keys: the metrics, whose better side is known.
        time: the column that orders the records; None for one window.
        entity: the column whose records belong together; None where each stands alone.
        n: number of resamples.
        seed: the same seed gives the same intervals.
        pictures: whether the figures look at pictures of the records, as masks; else their bytes
            are left out, which would be copied with every resample.
        optional: whether a metric that is undefined too often is left out.

    Raises:
        DataError: ``evaluate.too_few_resamples`` where a metric is undefined on all records or on
            more than half of the resamples.
    """
    if not pictures:
        records = _without_bytes(records)
    with figures_only():
        whole = [_figures(records, model, keys) for model in (first, second)]
        draws = Draws(records, entity, seed)
        gains = np.full((n, len(keys)), np.nan)
        for place in range(n):
            rows, table = draws.next()
            both = [_figures(table, (m, scores[rows]), keys) for m, scores in (first, second)]
            gains[place] = _gains(keys, *both)
        windows = _in_windows(records, first, second, keys, time)
    value = _gains(keys, *whole)
    found = {}
    for place, key in enumerate(keys):
        defined = gains[~np.isnan(gains[:, place]), place]
        if 2 * defined.size < n or np.isnan(value[place]):
            if optional:
                continue
            raise DataError("evaluate.too_few_resamples", metric=key, n=n, defined=defined.size)
        low, high = np.quantile(defined, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
        found[key] = Measured(float(value[place]), float(low), float(high))
    named = [dict(zip(keys, figures, strict=True)) for figures in whole]
    return Paired(windows, named[0], named[1], found)


def _without_bytes(records: pa.Table) -> pa.Table:
    """The records with paths and sums of their pictures, and none of their bytes."""
    for at, field in enumerate(records.schema):
        if not pa.types.is_struct(field.type):
            continue
        cells = records.column(at)
        kept = {
            part.name: pa.nulls(len(cells), part.type)
            if pa.types.is_binary(part.type)
            else pc.struct_field(cells, part.name).combine_chunks()
            for part in field.type
        }
        fields = list(field.type)
        absent = pc.is_null(cells).combine_chunks()
        column = pa.StructArray.from_arrays(list(kept.values()), fields=fields, mask=absent)
        records = records.set_column(at, field, column)
    return records


def _figures(table: pa.Table, model: Model, keys: Sequence[str]) -> list[float]:
    """The figures of ``keys``; NaN where one is not defined, as without a single positive."""
    measures, scores = model
    try:
        found = measures(table, scores)
    except DataError:
        return [math.nan] * len(keys)
    return [found[key].value if key in found else math.nan for key in keys]


def _gains(keys: Sequence[str], first: list[float], second: list[float]) -> np.ndarray:
    return np.array([gain(k, a, b) for k, a, b in zip(keys, first, second, strict=True)])


def _in_windows(
    records: pa.Table,
    first: Model,
    second: Model,
    keys: Sequence[str],
    time: str | None,
) -> tuple[Window, ...]:
    days = np.zeros(records.num_rows, np.int64)
    if time is not None:
        days = records.column(time).cast(pa.int64()).to_numpy() // _US_A_DAY
    window = window_numbers(days)
    told = []
    for number in np.unique(window):
        rows = np.flatnonzero(window == number)
        ends = [str(np.datetime64(int(end), "D")) for end in (days[rows].min(), days[rows].max())]
        start, end = ends if time is not None else ("", "")
        table = records.take(pa.array(rows))
        figures = []
        for measures, scores in (first, second):
            values = zip(keys, _figures(table, (measures, scores[rows]), keys), strict=True)
            figures.append({key: value for key, value in values if math.isfinite(value)})
        told.append(Window(start, end, len(rows), *figures))
    return tuple(told)
