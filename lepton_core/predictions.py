"""The result of scoring: columns of one length, checked against the task's output Spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lepton_core.rejects import Rejects
from lepton_core.spec import Spec

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Predictions:
    """One row a scored record, in input order, and the records that were refused.

    Args:
        columns: name -> Arrow array [n]; begins with ``record_id``, ends with ``bundle``.
        spec: the task's output Spec; names and types must agree.
        rejects: the records that were not scored.
        rows: int64 [n], where each scored record stood in the input as a whole, from 0.
        raw: the model's outputs, name -> array [n, ...]; kept apart from what was decided on them.

    Raises:
        ValueError: when names, types or lengths disagree with the Spec.
    """

    columns: Mapping[str, pa.Array]
    spec: Spec
    rejects: Rejects
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    raw: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if tuple(self.columns) != self.spec.names:
            raise ValueError(f"columns are {self.spec.names}. Received: {tuple(self.columns)}")
        lengths = {name: len(values) for name, values in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns have one length. Received: {lengths}")
        for column in self.spec:
            received = self.columns[column.name].type
            if received != column.arrow_type():
                raise ValueError(f"{column.name} is {column.arrow_type()}. Received: {received}")

    def __len__(self) -> int:
        return len(self.columns["record_id"])

    def __getitem__(self, name: str) -> np.ndarray:
        """One column as numpy [n]."""
        return self.columns[name].to_numpy(zero_copy_only=False)

    def to_arrow(self) -> pa.Table:
        """All columns as an Arrow table."""
        return pa.table(dict(self.columns), schema=self.spec.arrow_schema())

    def to_pandas(self) -> pd.DataFrame:
        """All columns as a pandas data frame."""
        return self.to_arrow().to_pandas()

    def take(self, positions: pa.Array) -> Predictions:
        """The predictions at some positions, int64 [m], in that order."""
        at = positions.to_numpy(zero_copy_only=False)
        return replace(
            self,
            columns={name: values.take(positions) for name, values in self.columns.items()},
            rows=self.rows[at],
            raw={name: values[at] for name, values in self.raw.items()},
        )


def build(
    spec: Spec,
    record_id: pa.Array,
    outputs: Mapping[str, Any],
    bundle: str,
    rejects: Rejects,
    rows: np.ndarray,
    raw: Mapping[str, np.ndarray],
) -> Predictions:
    """Predictions from a decision's outputs.

    Args:
        spec: the task's output Spec.
        record_id: ids [n] of the scored records.
        outputs: name -> numpy or Arrow array [n] for every column but the first and the last.
        bundle: address of the bundle that scored, the same in every row.
        rejects: the records that were not scored.
        rows: int64 [n], where each record stood in the input.
        raw: the model's outputs.
    """
    columns: dict[str, pa.Array] = {}
    for column in spec:
        if column.name == "record_id":
            values: Any = record_id
        elif column.name == "bundle":
            values = pa.repeat(pa.scalar(bundle, pa.string()), len(record_id))
        else:
            values = outputs[column.name]
        if isinstance(values, pa.ChunkedArray):
            values = values.combine_chunks()
        if not isinstance(values, pa.Array):
            values = pa.array(values, column.arrow_type())
        columns[column.name] = values
    return Predictions(columns, spec, rejects, rows, raw)


def concat(parts: list[Predictions]) -> Predictions:
    """Several results of one task, one after the other."""
    spec = parts[0].spec
    rejects = Rejects()
    for part in parts:
        rejects.extend(part.rejects)
    columns = {n: pa.concat_arrays([part.columns[n] for part in parts]) for n in spec.names}
    rows = np.concatenate([part.rows for part in parts])
    raw = {n: np.concatenate([part.raw[n] for part in parts]) for n in parts[0].raw}
    return Predictions(columns, spec, rejects, rows, raw)
