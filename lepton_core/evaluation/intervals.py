"""How sure is a figure? Percentile bootstrap over records, or over groups of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lepton_core.errors import DataError

Metric = Callable[..., float]


_figures_only: ContextVar[bool] = ContextVar("figures_only", default=False)


@contextmanager
def figures_only() -> Iterator[None]:
    """Within it every figure is its own interval: for who resamples the records himself.

    Example:
        >>> with figures_only():
        ...     bootstrap(np.mean, [1.0, 2.0])
        Interval(value=1.5, low=1.5, high=1.5)
    """
    token = _figures_only.set(True)
    try:
        yield
    finally:
        _figures_only.reset(token)


@dataclass(frozen=True)
class Interval:
    """A figure with the interval that holds it at the asked level.

    Both ends are NaN where it cannot be known: a single group says nothing of another one.
    """

    value: float
    low: float
    high: float


def bootstrap(
    metric: Metric,
    *arrays: ArrayLike,
    groups: ArrayLike | None = None,
    n: int = 500,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """The metric on all records, and the percentile interval over resamples of them.

    Args:
        metric: called with the arrays, whole or resampled; returns a float.
        *arrays: what the metric takes, each of length [records].
        groups: the card, patient or machine of each record, shape [records]. Records of one group
            are alike; resampling whole groups keeps the interval from being too narrow. A single
            group has no interval.
        n: number of resamples.
        level: part of the resamples inside the interval, 0 to 1.
        seed: the same seed gives the same interval.

    Raises:
        DataError: ``evaluate.too_few_resamples`` where the metric is undefined on more than half
            of the resamples, and whatever the metric raises on all records.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.

    Example:
        >>> from lepton_core.evaluation.metrics import accuracy
        >>> interval = bootstrap(accuracy, [0, 1, 1, 1] * 50, [0, 1, 0, 1] * 50, n=200)
        >>> interval.value, bool(interval.low < 0.75 < interval.high)
        (0.75, True)
    """
    return bootstrap_mean(
        metric,
        [arrays],
        groups=None if groups is None else [groups],
        n=n,
        level=level,
        seed=seed,
    )


def bootstrap_mean(
    metric: Metric,
    parts: Sequence[Sequence[ArrayLike]],
    *,
    groups: Sequence[ArrayLike] | None = None,
    n: int = 500,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """The mean of a metric over parts (folds), each part resampled by itself.

    Args:
        metric: called with the arrays of one part.
        parts: the arrays of each part, as :func:`bootstrap` takes them.
        groups: the groups of each part.
        n: number of resamples.
        level: part of the resamples inside the interval, 0 to 1.
        seed: the same seed gives the same interval.

    Raises:
        DataError: as :func:`bootstrap`.

    Example:
        >>> from lepton_core.evaluation.metrics import accuracy
        >>> fold = ([0, 1, 1, 1], [0, 1, 0, 1])
        >>> bootstrap_mean(accuracy, [fold, fold], n=20).value
        0.75
    """
    if not 0 < level < 1 or n < 1:
        raise ValueError(f"0 < level < 1 and n >= 1. Received: level={level}, n={n}")
    if _figures_only.get():
        figure = float(np.mean([metric(*map(np.asarray, part)) for part in parts]))
        return Interval(figure, figure, figure)
    if groups is not None and any(len(np.unique(np.asarray(one))) == 1 for one in groups):
        figure = float(np.mean([metric(*map(np.asarray, part)) for part in parts]))
        return Interval(figure, np.nan, np.nan)
    generator = np.random.default_rng(seed)
    values: list[float] = []
    totals = np.zeros(n)
    for place, part in enumerate(parts):
        arrays = [np.asarray(array) for array in part]
        values.append(metric(*arrays))
        rows = _resamples(generator, len(arrays[0]), None if groups is None else groups[place], n)
        totals += [_value(metric, arrays, row) for row in rows]
    means = totals / len(parts)
    defined = means[~np.isnan(means)]
    if 2 * defined.size < n:
        name = getattr(metric, "__name__", str(metric))
        raise DataError("evaluate.too_few_resamples", metric=name, n=n, defined=defined.size)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(np.mean(values)), float(low), float(high))


def _value(metric: Metric, arrays: list[np.ndarray], rows: np.ndarray) -> float:
    try:
        return metric(*(array[rows] for array in arrays))
    except DataError:
        return float("nan")  # a resample without a positive, say: counted, and left out above


def _resamples(
    generator: np.random.Generator, size: int, groups: ArrayLike | None, n: int
) -> Iterator[np.ndarray]:
    if groups is None:
        for _ in range(n):
            yield generator.integers(0, size, size)
        return
    _, group, counts = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    if group.size != size:
        raise ValueError(f"groups are [{size}]. Received: [{group.size}]")
    order = np.argsort(group, kind="stable")
    starts = np.cumsum(counts) - counts
    for _ in range(n):
        chosen = generator.integers(0, counts.size, counts.size)
        length = counts[chosen]
        # Position of every row within `order`: the start of its group plus its place in it.
        shift = np.repeat(starts[chosen] - (np.cumsum(length) - length), length)
        yield order[shift + np.arange(shift.size)]
