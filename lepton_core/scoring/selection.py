"""Which rows and columns of scored records are written: ``--select`` and ``--filter``."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError, UsageError
from lepton_core.expressions import Condition, names_in
from lepton_core.pipeline import Work
from lepton_core.predictions import Predictions
from lepton_core.solution import Task

ALL = "*"
_INPUT = "input."


class Selection:
    """What is written of each batch; the same columns for every batch.

    A name means a column of the predictions, otherwise one of the input, under the name that the
    task or else the file gives it. ``input.NAME`` means the input's where both have it, ``*`` all
    columns of the predictions.

    Args:
        task: whose predictions.
        select: names in the wanted order; empty for all predictions.
        condition: an expression over the same names; rows where it holds are written. All records
            are scored all the same, so that it changes no score.

    Raises:
        UsageError: a name stands twice.
    """

    def __init__(self, task: Task, select: Sequence[str] = (), condition: str = "") -> None:
        self._task = task
        self._condition_text = condition
        self._condition: Condition | None = None
        names: list[str] = []
        for name in select or (ALL,):
            names += task.outputs.names if name == ALL else [name]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise UsageError("usage.select_twice", columns=", ".join(twice))
        self._names = names
        self._types: dict[str, pa.DataType] = {}
        known = {c.name: c.arrow_type() for c in (*task.inputs, *task.outputs)}
        if condition and self._condition_names() <= set(known):
            # Parsed at once, so that a mistake in it fails before anything is read.
            self._condition = Condition.parse(condition, known)

    @property
    def columns(self) -> list[str]:
        """The written columns' names, in order."""
        return list(self._names)

    @property
    def extra(self) -> list[str]:
        """Columns of the input that are wanted and that the task does not read."""
        wanted = set(self._names) | self._condition_names()
        plain = {n.removeprefix(_INPUT) for n in wanted if n not in self._task.outputs}
        return sorted(plain - {*self._task.inputs.names})

    @property
    def is_plain(self) -> bool:
        """Whether the predictions are written as they are."""
        return self._names == list(self._task.outputs.names) and not self._condition_text

    def schema(self) -> pa.Schema:
        """The schema of what is written; known for columns of the file once one was seen."""
        outputs, inputs = self._task.outputs, self._task.inputs
        fields = []
        for name in self._names:
            plain = name.removeprefix(_INPUT)
            if name in outputs:
                kind = outputs[name].arrow_type()
            elif plain in inputs:
                kind = inputs[plain].arrow_type()
            else:
                kind = self._types.get(plain, pa.string())
            fields.append((name, kind))
        return pa.schema(fields)

    def apply(self, predictions: Predictions, work: Work, records: pa.Table) -> pa.Table:
        """The rows and columns to write of one batch.

        Args:
            predictions: of the batch.
            work: the same batch, checked.
            records: the same batch, as it was read.

        Raises:
            UsageError: the condition does not fit the columns.
            DataError: a column of the input changes its type.
        """
        table = predictions.to_arrow()
        if self.is_plain:
            return table
        positions = np.searchsorted(work.checked.rows, predictions.rows)
        first = work.first_row
        needed = {*self._names, *self._condition_names()}
        for name in sorted(needed - set(table.column_names)):
            plain = name.removeprefix(_INPUT)
            if plain in self._task.inputs:
                values = work.checked.table.column(plain).take(pa.array(positions))
            else:
                values = self._steady(plain, records, predictions.rows - first)
            table = table.append_column(name, values)
        if self._condition_text:
            if self._condition is None:
                kinds = {field.name: field.type for field in table.schema}
                self._condition = Condition.parse(self._condition_text, kinds)
            table = table.filter(self._condition(table))
        return table.select(self._names)

    def _steady(self, name: str, records: pa.Table, rows: np.ndarray) -> pa.ChunkedArray:
        """A column of the file in the type that its first batch had."""
        values = records.column(name).take(pa.array(rows))
        if name not in self._types:
            kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
            # A column that begins with a batch of gaps may go on with anything.
            self._types[name] = pa.string() if pa.types.is_null(kind) else kind
        kind = self._types[name]
        try:
            return values.cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DataError(
                "data.mixed_types", column=name, expected=str(kind), received=str(values.type)
            ) from error

    def types_text(self) -> str:
        """The types of the file's own columns so far, as text, for :meth:`restore`."""
        if not self._types:
            return ""
        return base64.b64encode(pa.schema(self._types).serialize().to_pybytes()).decode()

    def restore(self, types: str) -> None:
        """Take what :meth:`types_text` gave.

        Raises:
            ValueError: it was changed.
        """
        if types:
            schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(types, validate=True)))
            self._types = dict(zip(schema.names, schema.types, strict=True))

    def _condition_names(self) -> set[str]:
        return set(names_in(self._condition_text)) if self._condition_text else set()


def check_names(selection: Selection, found: Sequence[str], source: str) -> None:
    """Refuse a selected column that the file does not have.

    Raises:
        UsageError: naming the nearest columns.
    """
    for name in selection.extra:
        if name not in found:
            near = get_close_matches(name, found, n=3, cutoff=0.4) or list(found)
            raise UsageError(
                "usage.select_unknown", column=name, source=source, known=", ".join(near)
            )
