"""Kept scores with the labels of another decision; every other column stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision import Classify
from lepton_core.errors import DataError
from lepton_core.pipeline import Pipeline
from lepton_core.records.table import open_table
from lepton_core.redecide.kept import as_type, check_bundle, files_of
from lepton_core.rules.columns import BETWEEN, LIVE, SHADOW
from lepton_core.scoring.sinks import open_sink

# What a decision says of a score; the score itself, and places in a picture, stay as they are.
_DECIDED = ("probability", "p_value", "label", "verdict", "review")


def redecide_files(
    scores: Sequence[Path], pipeline: Pipeline, out: Path, overwrite: bool = False
) -> dict[str, int]:
    """Write kept scores with the labels of the pipeline's decision.

    Args:
        scores: files or folders that ``lepton score`` wrote, with ``score``.
        pipeline: with the decision to apply; with the rules too, where live ones had a hand.
        out: one file; whole or not there.
        overwrite: whether an older file may be replaced.

    Returns:
        label -> rows.

    Raises:
        DataError: ``decide.*``: no scores, those of another bundle, or rules that are not given.
        UsageError: ``usage.out*``: the output is impossible or taken.
    """
    counts: dict[str, int] = {}
    with ExitStack() as stack:
        sink = None
        for table in _tables(files_of(scores), pipeline):
            if sink is None:
                sink = stack.enter_context(open_sink(out, table.schema, overwrite))
            sink.write(table)
            for found in pc.value_counts(table.column("label")).to_pylist():
                name = str(found["values"])
                counts[name] = counts.get(name, 0) + int(found["counts"])
    return counts


def _tables(files: Sequence[Path], pipeline: Pipeline) -> Iterator[pa.Table]:
    schema: pa.Schema | None = None
    for path in files:
        with open_table(path) as reader:
            if "score" not in reader.schema_names:
                raise DataError("decide.no_scores", source=path, missing="score")
            for batch in reader.batches():
                check_bundle(path, batch, pipeline)
                table = _decided(path, batch, pipeline)
                schema = schema or table.schema
                if set(table.column_names) != set(schema.names):
                    raise DataError(
                        "data.other_columns",
                        source=path,
                        first=files[0],
                        expected=", ".join(schema.names),
                        received=", ".join(table.column_names),
                    )
                columns = [
                    as_type(path, table.column(field.name), field.type, field.name)
                    for field in schema
                ]
                yield pa.table(columns, schema=schema)


def _decided(path: Path, batch: pa.Table, pipeline: Pipeline) -> pa.Table:
    """A batch with the decision's columns in their place, new ones at the end."""
    spec = pipeline.task.outputs
    for place, name in enumerate(batch.column_names):
        if name in spec and name not in _DECIDED and spec[name].dtype != "boxes":
            column = as_type(path, batch.column(name), spec[name].arrow_type(), name)
            if name in (LIVE, SHADOW):
                column = pc.fill_null(column, "")  # a CSV tells no empty text from nothing
            batch = batch.set_column(place, name, column)
    score = batch.column("score").to_numpy()
    columns = pipeline.decision.apply({"score": score})
    ruled = _recorded(path, batch, pipeline)
    if ruled is not None and pipeline.rules is not None:
        assert isinstance(pipeline.decision, Classify)
        columns = pipeline.rules.act(columns, ruled, pipeline.decision.classes)
    for name in (name for name in _DECIDED if name in columns and name in spec):
        values = pa.array(columns[name], spec[name].arrow_type())
        if name in batch.column_names:
            batch = batch.set_column(batch.column_names.index(name), name, values)
        else:
            batch = batch.append_column(name, values)
    return batch


def _recorded(path: Path, batch: pa.Table, pipeline: Pipeline) -> np.ndarray | None:
    """The hits that scoring wrote down, bool [n, rules]; None where no live rule had a hand.

    Raises:
        DataError: ``decide.rules`` where the rules are not given; ``decide.other_rules`` where
            they are others; ``decide.rules_read`` where one reads what is being changed.
    """
    if LIVE not in batch.column_names:
        return None
    live = pc.fill_null(batch.column(LIVE).cast(pa.string()), "")
    if not pc.any(pc.not_equal(live, "")).as_py():
        return None
    if pipeline.rules is None:
        raise DataError("decide.rules", source=path)
    places = {rule.name: place for place, rule in enumerate(pipeline.rules.rules)}
    found = np.zeros((batch.num_rows, len(places)), bool)
    encoded = live.combine_chunks().dictionary_encode()
    codes = encoded.indices.to_numpy()
    for code, joined in enumerate(encoded.dictionary.to_pylist()):
        for name in joined.split(BETWEEN) if joined else ():
            rule = pipeline.rules.rules[places[name]] if name in places else None
            if rule is None or not rule.is_live:
                raise DataError("decide.other_rules", source=path, rule=name)
            if rule.when.names & {"label", "review"}:
                raise DataError("decide.rules_read", rule=name)
            found[codes == code, places[name]] = True
    return found
