"""The running sum of each shop, and whether it has passed a limit that training records set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.entities import EntityTable, StateArray
from lepton_core.preprocessing import Prepared, Preprocessor


@dataclass(frozen=True)
class Config:
    """Its settings."""

    factor: float = 2.0


class RunningSum(Preprocessor):
    def __init__(self, limit: float = 0.0) -> None:
        self.limit = limit

    def new_history(self) -> EntityTable:
        return EntityTable(StateArray("sum"))

    def fit(self, records: pa.Table) -> RunningSum:
        self.limit = Config().factor * float(records.column("sold").to_numpy().mean())
        return self

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        table = self.new_history() if history is None else history
        slots = table.slots(records.column("shop"))
        score = np.zeros((records.num_rows, 3), np.float32)
        for row, sold in enumerate(records.column("sold").to_numpy()):
            table["sum"][slots[row]] += sold
            total = table["sum"][slots[row]]
            # Not known for a shop that has sold nothing.
            score[row] = total if total else np.nan, total > self.limit, int(total) % 4
        return Prepared({"score": score}, np.arange(records.num_rows))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return {"limit": self.limit}, {}

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> RunningSum:
        return cls(state["limit"])
