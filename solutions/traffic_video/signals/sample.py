"""Intersections made up by chance: forecasts of their flows, lanes, phases and crossings.

All are of kinds that exist: two to eight phases, with turns that share phases, and pedestrians
across some arms. The busiest period is near what a cycle of two minutes serves, not above it,
unless asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from .capacity import reserve
from .config import Config
from .junction import Junction
from .reading import read_junction

PERIODS = ("06:30", "07:30", "12:00", "17:00")
_LOAD = {"06:30": 0.55, "07:30": 1.0, "12:00": 0.7, "17:00": 0.9}
_ARMS = ("N", "E", "S", "W")
# Layout -> groups of movements: arms and turns, phases, lanes of each.
_GROUPS: dict[str, tuple[tuple[tuple[str, ...], str, int], ...]] = {
    "two": ((("N", "S"), "1", 2), (("E", "W"), "2", 1)),
    "tee": ((("W",), "1 2", 2), (("W left",), "2", 1), (("E",), "1", 2), (("S",), "3", 1)),
    "three": ((("N", "S"), "1", 2), (("N left", "S left"), "2", 1), (("E", "W"), "3", 2)),
    "split": ((("N",), "1", 2), (("E",), "2", 2), (("S",), "3", 2), (("W",), "4", 2)),
    "four": (
        (("N", "S"), "1", 2),
        (("N left", "S left"), "2", 1),
        (("E", "W"), "3", 2),
        (("E left", "W left"), "4", 1),
    ),
    # The north's left turn leads, then both go straight on, then the south's left turn.
    "lead": (
        (("N",), "1 2", 2),
        (("N left",), "1", 1),
        (("S",), "2 3", 2),
        (("S left",), "3", 1),
        (("E", "W"), "4", 2),
    ),
    "six": (
        (("N left", "S left"), "1", 1),
        (("N",), "2 3", 2),
        (("S",), "2", 2),
        (("N bus",), "3", 1),
        (("E left", "W left"), "4", 1),
        (("E",), "5", 2),
        (("W",), "5 6", 2),
        (("W right",), "6", 1),
    ),
    "eight": (
        (("N left",), "1", 1),
        (("N",), "1 2", 2),
        (("S",), "2 3", 2),
        (("S left",), "3", 1),
        (("N right",), "4", 1),
        (("E left",), "5", 1),
        (("E",), "5 6", 2),
        (("W",), "6 7", 2),
        (("W left",), "7", 1),
        (("S right",), "8", 1),
    ),
}
# Layout -> its movements: arm and turn, phases, lanes.
LAYOUTS: dict[str, tuple[tuple[str, str, int], ...]] = {
    layout: tuple((name, phases, lanes) for names, phases, lanes in groups for name in names)
    for layout, groups in _GROUPS.items()
}


@dataclass(frozen=True)
class _Demand:
    """An intersection's layout with its flows at the busiest period.

    Args:
        layout: one of ``LAYOUTS``.
        flows: veh/h [m].
        widths: arm -> metres that those cross who walk beside its traffic; none for other arms.
    """

    layout: str
    flows: np.ndarray
    widths: dict[str, float]

    def rows(self, name: str, period: str, factors: np.ndarray) -> list[dict[str, Any]]:
        """Its records in a period, in which flows are ``factors`` [m] times the busiest."""
        found = []
        for at, (movement, phases, lanes) in enumerate(LAYOUTS[self.layout]):
            flow = float(self.flows[at] * factors[at])
            half = 1.645 * max(0.09 * flow, np.sqrt(max(flow, 1.0)))
            is_through = " " not in movement
            found.append(
                {
                    "record_id": f"{name}/{period}/{movement}",
                    "intersection": name,
                    "period": period,
                    "movement": movement,
                    "flow": float(round(flow)),
                    "flow_low": float(round(max(flow - half, 0.0))),
                    "flow_high": float(round(flow + half)),
                    "saturation": float(lanes * (1800 if is_through else 1650)),
                    "lanes": lanes,
                    "phases": phases,
                    "crossing_m": self.widths.get(movement[0]) if is_through else None,
                    "min_green_s": None,
                }
            )
        return found

    def junction(self) -> Junction:
        """The intersection at its busiest period."""
        found = read_junction(self.rows("set", "07:30", np.ones(len(self.flows))), Config())
        assert isinstance(found, Junction)
        return found


def generate(seed: int = 0, junctions: int = 12, load: float | None = None) -> pa.Table:
    """Movements of intersections over the periods of a day, those of one plan together.

    Args:
        seed: the same seed gives the same table.
        junctions: how many intersections, at least 1; each has one of the layouts.
        load: flows at the busiest period, as a share of what the longest cycle just serves; by
            chance (0.6 to 0.88) if not given.

    Returns:
        the columns of the task.

    Example:
        >>> table = generate(junctions=1)
        >>> table.num_rows, sorted(set(table["period"].to_pylist()))[0]
        (16, '06:30')
    """
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    names = list(LAYOUTS)
    for number in range(junctions):
        layout = names[number % len(names)]
        busiest = _demand(rng, layout, load)
        for period in PERIODS:
            shift = rng.uniform(0.85, 1.15, len(LAYOUTS[layout]))
            rows += busiest.rows(f"J{number + 1:02d}", period, _LOAD[period] * shift)
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _demand(rng: np.random.Generator, layout: str, load: float | None) -> _Demand:
    movements = LAYOUTS[layout]
    lanes = np.array([lanes for *_, lanes in movements])
    # Arms differ: a main road and a side road, a heavy direction and a light one.
    arms = {arm: float(np.exp(rng.normal(0.0, 0.35))) for arm in _ARMS}
    each = np.exp(rng.normal(0.0, 0.5, len(movements)))
    shares = 150 * lanes * each * np.array([arms[name[0]] for name, *_ in movements])
    widths = {arm: float(rng.choice((9.0, 12.0, 15.0))) for arm in _ARMS if rng.random() < 0.5}
    given = load if load is not None else float(rng.uniform(0.6, 0.88))
    demand = _Demand(layout, shares, widths)
    # As much as the longest cycle serves, crossings included, times the load.
    most = reserve(demand.junction(), Config().timing, degree=1.0) + 1
    return replace(demand, flows=shares * most * given)


_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("record_id", "intersection", "period", "movement")),
        *((name, pa.float64()) for name in ("flow", "flow_low", "flow_high", "saturation")),
        ("lanes", pa.int64()),
        ("phases", pa.string()),
        ("crossing_m", pa.float64()),
        ("min_green_s", pa.float64()),
    ]
)


def demand_set(seed: int) -> Junction:
    """One random intersection at its busiest period, for benchmarks and tests.

    Args:
        seed: the same seed gives the same one; seeds 0 to 7 have each of the layouts once.
    """
    layout = list(LAYOUTS)[seed % len(LAYOUTS)]
    return _demand(np.random.default_rng([5, seed]), layout, None).junction()


def junction_of(*movements: tuple[float, str], saturation: float = 1800.0) -> Junction:
    """A junction of single lanes without pedestrians: what textbooks calculate.

    Args:
        *movements: flow, veh/h, and phases of each.
        saturation: of each, veh/h of green.

    Example:
        >>> junction_of((900, "1 2"), (300, "1"), (300, "2")).serves.astype(int).tolist()
        [[1, 1], [1, 0], [0, 1]]
    """
    empty: dict[str, Any] = dict.fromkeys(_SCHEMA.names)
    rows = [
        {**empty, "record_id": str(at), "flow": flow, "phases": phases, "saturation": saturation}
        for at, (flow, phases) in enumerate(movements)
    ]
    found = read_junction(rows, Config())
    if not isinstance(found, Junction):
        raise ValueError(f"movements make a plan. Received: {movements}, {found}")
    return found


def two_phases(
    first: float, second: float, first_saturation: float, second_saturation: float
) -> Junction:
    """Two movements, each with a phase of its own, of one lane: what textbooks calculate.

    Args:
        first: flow, veh/h.
        second: flow, veh/h.
        first_saturation: veh/h of green.
        second_saturation: veh/h of green.
    """
    flow = np.array([first, second], np.float64)
    saturation = np.array([first_saturation, second_saturation], np.float64)
    one = np.ones(2, np.int64)
    return Junction(np.eye(2, dtype=bool), flow, saturation, one, np.zeros(2), flow, flow)


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample: all of it, and one morning as a CSV to score.

    Args:
        folder: where ``movements.parquet`` and ``morning.csv`` go.
        seed: of :func:`generate`.
    """
    import pyarrow.compute as pc
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    table = generate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "movements.parquet", compression="zstd")
    morning = table.filter(pc.equal(table["period"], "07:30"))
    arrow_csv.write_csv(morning, folder / "morning.csv")
