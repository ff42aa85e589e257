"""Records to plans; all that the task computes happens here."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.entities import EntityTable, StateArray
from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.rejects import Rejects
from lepton_core.settings import from_dict, to_dict
from lepton_core.together import unit_names, unit_starts

from .columns import COLUMNS, plan_rows
from .config import Config
from .reading import Fault, read_junction

TOGETHER = ("intersection", "period")


class PlannedUnits:
    """Which intersections and periods have a plan already: none gets two."""

    def __init__(self) -> None:
        self._table = EntityTable(StateArray("planned", dtype="int8"))

    def is_new(self, name: str) -> bool:
        """Whether this one comes for the first time; from now on it does not."""
        before = len(self._table)
        return self._table.slot(name) == before

    def export(self) -> dict[str, np.ndarray]:
        """The whole memory as plain arrays."""
        return self._table.export()

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Take what :meth:`export` gave."""
        self._table.restore(arrays)


class PlanPreprocessor(Preprocessor):
    """A plan for each intersection and period, and what it means for each of its movements.

    Args:
        config: timing, and how plans are found.
    """

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()

    def new_history(self) -> PlannedUnits:
        return PlannedUnits()

    def fit(self, records: pa.Table) -> PlanPreprocessor:
        """Nothing is learned: a plan comes from the flows that are scored."""
        return self

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """A row of numbers a record; intersections that cannot be planned are refused."""
        memory = history or self.new_history()
        rejects, parts = Rejects(), []
        kept: list[int] = []
        names = unit_names(records, TOGETHER)
        rows = records.to_pylist()
        for start, end in pairwise([*unit_starts(names).tolist(), len(rows)]):
            unit = rows[start:end]
            faults = self._plan(unit, memory.is_new(names[start].as_py()))
            if isinstance(faults, np.ndarray):
                parts.append(faults)
                kept += range(start, end)
                continue
            _refuse(rejects, start, unit, faults)
        score = np.concatenate([np.empty((0, len(COLUMNS)), np.float32), *parts])
        return Prepared({"score": score}, np.array(kept, np.int64), rejects)

    def _plan(self, unit: list[dict[str, Any]], is_new: bool) -> np.ndarray | list[Fault]:
        if not is_new:
            return [Fault(None, "signals_scattered", {"columns": ", ".join(TOGETHER)})]
        junction = read_junction(unit, self.config)
        return junction if isinstance(junction, list) else plan_rows(junction, self.config)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return {"config": to_dict(self.config)}, {}

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> PlanPreprocessor:
        return cls(from_dict(Config, state["config"]))


def _refuse(rejects: Rejects, start: int, unit: list[dict[str, Any]], faults: list[Fault]) -> None:
    """Each record at fault with its own reasons; the others with the one that breaks the plan."""
    own = {fault.row for fault in faults if fault.row is not None}
    for fault in faults:
        for at in [fault.row] if fault.row is not None else range(len(unit)):
            rejects.add(start + at, unit[at]["record_id"], fault.key, **fault.values)
    if own:
        other = unit[min(own)]["record_id"]
        for at in set(range(len(unit))) - own:
            if start + at not in rejects:
                rejects.add(start + at, unit[at]["record_id"], "unit", other=other)
