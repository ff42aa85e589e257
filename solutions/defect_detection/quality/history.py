"""What a chart remembers of each line: its limits, its baseline, the subgroup that is gathered, and
the last points; the same whatever the batches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lepton_core.entities import EntityTable, StateArray

from .charts import COUNTED, Baseline, Limits, Placed, Subgroup, place, place_spread
from .config import Config
from .reading import Part
from .rules import MOST, RULES, violated

# The columns of a record's row of numbers, in the order of the task's outputs.
COLUMNS = (
    *("point", "complete", "size", "value", "centre", "lower", "upper", "score"),
    *("spread", "spread_centre", "spread_lower", "spread_upper", "label", "rules"),
)
LABELS = ("in_control", "out_of_control", "baseline", "gathering")
IN_CONTROL, OUT_OF_CONTROL, BASELINE, GATHERING = range(4)
# The spread's chart has the limits alone: the run rules ask for symmetric points.
FLAGS = (*RULES, "spread_beyond")
_NAN = math.nan
_BASE = 5  # sums of a baseline
_PART = 5  # count, mean, squared deviations, least and greatest of the subgroup that is gathered


@dataclass(frozen=True)
class LineState:
    """A line's memory as one row of numbers, views into the table.

    Args:
        row: float64 [width], is written.
    """

    row: np.ndarray

    WIDTH = 5 + _BASE + _PART + MOST

    @property
    def limits(self) -> Limits | None:
        """The frozen limits; None while the baseline goes on."""
        known, centre, sigma = self.row[:3].tolist()
        return Limits(centre, sigma) if known else None

    def freeze(self, limits: Limits) -> None:
        """From now on points are judged."""
        self.row[:3] = 1.0, limits.centre, limits.sigma

    def next_point(self) -> int:
        """The number of the next subgroup, from 1."""
        self.row[3] += 1
        return int(self.row[3])

    def moving_range(self, value: float) -> float:
        """Distance from the value before; NaN for the first."""
        before, self.row[4] = float(self.row[4]), value
        return abs(value - before)

    def baseline(self, kind: str) -> Baseline:
        """The baseline so far."""
        return Baseline(kind, self.row[5 : 5 + _BASE].tolist())

    def keep(self, baseline: Baseline) -> None:
        """Remember a baseline."""
        self.row[5 : 5 + _BASE] = baseline.sums

    def gather(self, value: float) -> tuple[float, ...]:
        """Take a part into the subgroup; its count, mean, squares, least and greatest value."""
        n, mean, squares, least, greatest = self.row[10 : 10 + _PART].tolist()
        n += 1
        away = value - mean
        mean += away / n
        squares += away * (value - mean)
        if n == 1:
            least = greatest = value
        found = (n, mean, squares, min(least, value), max(greatest, value))
        self.row[10 : 10 + _PART] = found
        return found

    def clear_gathered(self) -> None:
        """Begin the next subgroup."""
        self.row[10 : 10 + _PART] = 0.0

    def push(self, z: float) -> np.ndarray:
        """Take a point in; the last ones, from old to new, without gaps."""
        recent = self.row[15:]
        recent[:-1] = recent[1:]
        recent[-1] = z
        return recent[~np.isnan(recent)]


class ChartHistory:
    """The memory of every line.

    Args:
        config: chart and baseline.
        known: line -> limits that a bundle has frozen.
    """

    def __init__(self, config: Config, known: dict[str, Limits]) -> None:
        self._config = config
        fresh = (0.0, 0.0, 0.0, 0.0, _NAN, *([0.0] * (_BASE + _PART)), *([_NAN] * MOST))
        self._table = EntityTable(StateArray("line", (LineState.WIDTH,), "float64", fresh))
        slots = self._table.slots(pa.array(list(known), pa.string()))
        for slot, limits in zip(slots.tolist(), known.values(), strict=True):
            LineState(self._table["line"][slot]).freeze(limits)

    def slots(self, lines: pa.Array | pa.ChunkedArray) -> np.ndarray:
        """Numbers of lines, int64 [n]."""
        return self._table.slots(lines)

    def step(self, slot: int, reading: Subgroup | Part) -> tuple[float, ...]:
        """A record's row of numbers, in the order of ``COLUMNS``."""
        state = LineState(self._table["line"][slot])
        if isinstance(reading, Part):
            return self._part(state, reading)
        return self._subgroup(state, reading)

    def _part(self, state: LineState, part: Part) -> tuple[float, ...]:
        chart = self._config.chart
        gathered = state.gather(part.value)
        n = int(gathered[0])
        subgroup = _gathered(chart.kind, *gathered)
        if n < chart.size:
            limits = state.limits
            # Nothing is judged yet; the point shows where the subgroup stands so far.
            placed = place(chart.kind, limits or Limits(0.0), subgroup)
            row = _row(int(state.row[3]) + 1, subgroup, placed if limits else None, None, GATHERING)
            return (row[0], 0.0, row[2], placed.value, *row[4:])
        state.clear_gathered()
        return self._subgroup(state, subgroup)

    def _subgroup(self, state: LineState, subgroup: Subgroup) -> tuple[float, ...]:
        kind = self._config.chart.kind
        if kind == "i_mr":
            subgroup = Subgroup(1, subgroup.value, state.moving_range(subgroup.value))
        number, limits = state.next_point(), state.limits
        if limits is None:
            return self._in_baseline(state, subgroup, number)
        placed, spread = place(kind, limits, subgroup), place_spread(kind, limits, subgroup)
        bits = violated(state.push(placed.z), self._config.chart.rules)
        if spread is not None and spread.is_beyond:
            bits |= 1 << FLAGS.index("spread_beyond")
        return _row(number, subgroup, placed, spread, OUT_OF_CONTROL if bits else IN_CONTROL, bits)

    def _in_baseline(self, state: LineState, subgroup: Subgroup, number: int) -> tuple[float, ...]:
        """A line that the bundle does not know: its first subgroups set its limits."""
        kind = self._config.chart.kind
        baseline = state.baseline(kind)
        baseline.add(subgroup)
        state.keep(baseline)
        limits = baseline.limits()
        if baseline.count >= self._config.baseline.subgroups and is_usable(kind, limits):
            state.freeze(limits)
        value = place(kind, limits, subgroup).value
        row = _row(number, subgroup, None, None, BASELINE)
        return (*row[:3], value, *row[4:])

    def export(self) -> dict[str, np.ndarray]:
        """The whole memory as plain arrays."""
        return self._table.export()

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Take what :meth:`export` gave."""
        self._table.restore(arrays)


def is_usable(kind: str, limits: Limits) -> bool:
    """Whether limits leave any room: a baseline without a defect, or constant, has none."""
    if kind in COUNTED:
        return limits.centre > 0 and not (kind in ("p", "np") and limits.centre >= 1)
    return limits.sigma > 0


def _gathered(
    kind: str, n: float, mean: float, squares: float, least: float, greatest: float
) -> Subgroup:
    count = int(n)
    if kind in COUNTED:
        return Subgroup(count, round(n * mean))
    if count < 2:
        return Subgroup(count, mean)
    spread = math.sqrt(squares / (count - 1)) if kind == "xbar_s" else greatest - least
    return Subgroup(count, mean, spread)


def _row(
    number: int,
    subgroup: Subgroup,
    placed: Placed | None,
    spread: Placed | None,
    label: int,
    bits: int = 0,
) -> tuple[float, ...]:
    at = placed or Placed(_NAN, _NAN, _NAN, _NAN, _NAN)
    limits = (spread.centre, spread.lower, spread.upper) if spread else (_NAN, _NAN, _NAN)
    return (
        *(number, 1.0, subgroup.n, at.value, at.centre, at.lower, at.upper, at.z),
        *(subgroup.spread, *limits, label, bits),
    )
