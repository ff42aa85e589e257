"""Records to plans; all that the task computes happens here."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.planned import Fault, PlannedUnits, refuse_unit
from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.rejects import Rejects
from lepton_core.settings import from_dict, to_dict
from lepton_core.together import unit_names, unit_starts

from .columns import COLUMNS, plan_rows
from .config import Config
from .reading import read_junction

TOGETHER = ("intersection", "period")


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
            refuse_unit(rejects, start, unit, faults)
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
