"""Records to orders; all that the task computes happens here."""

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
from .reading import read_plan

TOGETHER = ("plan",)


class OrderPreprocessor(Preprocessor):
    """The orders of each plan, and what they mean for each of its products and periods.

    Args:
        config: what holds for products that do not tell their own, and how plans are made.
    """

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()

    def new_history(self) -> PlannedUnits:
        return PlannedUnits()

    def fit(self, records: pa.Table) -> OrderPreprocessor:
        """Nothing is learned: an order comes from the forecast and the stock that are given."""
        return self

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """A row of numbers a record; plans that cannot be made are refused."""
        memory = history or self.new_history()
        rejects, parts = Rejects(), []
        kept: list[int] = []
        names = unit_names(records, TOGETHER)
        rows = records.to_pylist()
        for start, end in pairwise([*unit_starts(names).tolist(), len(rows)]):
            unit = rows[start:end]
            found = self._plan(unit, memory.is_new(names[start].as_py()))
            if isinstance(found, np.ndarray):
                parts.append(found)
                kept += range(start, end)
                continue
            refuse_unit(rejects, start, unit, found)
        score = np.concatenate([np.empty((0, len(COLUMNS)), np.float32), *parts])
        return Prepared({"score": score}, np.array(kept, np.int64), rejects)

    def _plan(self, unit: list[dict[str, Any]], is_new: bool) -> np.ndarray | list[Fault]:
        if not is_new:
            return [Fault(None, "orders_scattered", {"columns": ", ".join(TOGETHER)})]
        read = read_plan(unit, self.config)
        return read if isinstance(read, list) else plan_rows(*read, len(unit))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return {"config": to_dict(self.config)}, {}

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> OrderPreprocessor:
        return cls(from_dict(Config, state["config"]))
