"""Functions of formulas that are written once and run on arrays and on plain numbers alike.

A batch is worked on column by column with NumPy. For a single record NumPy's calls cost ten times
what the arithmetic does, so that the same formulas run on Python's own floats.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Value = Any  # float64 [M], or a float
Columns = Sequence[Value]


@dataclass(frozen=True)
class Formulas:
    """What a formula calls; arguments and results are arrays [M] or numbers.

    ``where`` takes two values that were both computed: guard them, ``math`` raises where NumPy
    gives an infinity.

    Example:
        >>> def hinge(x, m):
        ...     return m.where(x > 1.0, m.sqrt(m.maximum(x, 0.0)), 0.0)
        >>> hinge(np.array([-1.0, 9.0]), ARRAYS).tolist(), hinge(9.0, NUMBERS)
        ([0.0, 3.0], 3.0)
    """

    exp: Callable[[Value], Value]
    log: Callable[[Value], Value]
    log1p: Callable[[Value], Value]
    sqrt: Callable[[Value], Value]
    maximum: Callable[[Value, Value], Value]
    minimum: Callable[[Value, Value], Value]
    clip: Callable[[Value, float, float], Value]
    where: Callable[[Value, Value, Value], Value]


def _maximum(a: float, b: float) -> float:
    return a if a > b else b


def _minimum(a: float, b: float) -> float:
    return a if a < b else b


def _clip(a: float, low: float, high: float) -> float:
    return low if a < low else high if a > high else a


def _where(condition: bool, a: float, b: float) -> float:
    return a if condition else b


def _clip_array(a: np.ndarray, low: float, high: float) -> np.ndarray:
    # np.clip looks at types and broadcasting first, which costs more than the two passes.
    return np.minimum(np.maximum(a, low), high)


ARRAYS = Formulas(np.exp, np.log, np.log1p, np.sqrt, np.maximum, np.minimum, _clip_array, np.where)
NUMBERS = Formulas(math.exp, math.log, math.log1p, math.sqrt, _maximum, _minimum, _clip, _where)


def as_rows(columns: Columns) -> np.ndarray:
    """Columns [K] of float64 [M] as rows [M, K]."""
    rows = np.empty((len(columns[0]), len(columns)))
    for place, column in enumerate(columns):
        rows[:, place] = column
    return rows
