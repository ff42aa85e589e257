"""A model that knows just one thing: its score is one of the columns of a record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.preprocessing import Prepared, Preprocessor


class Reads(Preprocessor):
    """Scores a record by one of its columns."""

    def __init__(self, column: str) -> None:
        self.column = column

    def fit(self, records: pa.Table) -> Reads:
        return self

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        values = records.column(self.column).to_numpy().astype(np.float32)
        return Prepared({"x": values}, np.arange(len(values)))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return {}, {}

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> Reads:
        raise NotImplementedError
