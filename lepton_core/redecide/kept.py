"""Scores that were kept, and what is known of their records: enough to choose a threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision import Classify, Outlier, Policy
from lepton_core.decision.truth import codes_of
from lepton_core.errors import DataError
from lepton_core.pipeline import Pipeline
from lepton_core.records.opening import expand_inputs
from lepton_core.records.table import open_table
from lepton_core.solution import Task
from lepton_core.spec import Spec

_US_A_DAY = 86_400_000_000


@dataclass(frozen=True)
class Kept:
    """Scores that were kept, with what is known of their records; None where nothing is.

    Args:
        score: float32 [n], raw.
        label: int8 [n], 1, 0 or -1 for not known.
        day: int64 [n], days since 1970 UTC.
        entity: int64 [n], number of the record's card, machine...
        amount: float64 [n].
        unmatched: scored records that the given records do not have; they are left out.
        learned: how many of the n are from the time that the bundle learned from, as far as its
            card and the records tell. On those a model looks better than it is.
    """

    score: np.ndarray
    label: np.ndarray | None = None
    day: np.ndarray | None = None
    entity: np.ndarray | None = None
    amount: np.ndarray | None = None
    unmatched: int = 0
    learned: int = 0

    def decide(self, decision: Classify, policy: Policy) -> Classify:
        """The decision with the threshold that ``policy`` chooses on these scores.

        Raises:
            DataError: ``decision.needs`` and what else the policy cannot do without.
        """
        return decision.with_policy(
            policy,
            self.score,
            self.label,
            day=self.day,
            entity=self.entity,
            amounts=self.amount,
        )


def read_kept(
    scores: Sequence[Path],
    pipeline: Pipeline,
    records: pa.Table | None = None,
    amount: str = "amount",
    since: datetime | None = None,
) -> Kept:
    """The kept scores of files, and what they or the records beside them tell.

    What was scored with ``--select '*,time,card,amount,input.label'`` needs no records beside it:
    an input column is looked for in the scores first, as ``input.NAME`` or as ``NAME`` where the
    predictions have none of that name.

    Args:
        scores: files or folders that ``lepton score`` wrote, with ``record_id`` and ``score``.
        pipeline: the bundle that scored them.
        records: checked records, matched by ``record_id``.
        amount: the input column that says what a record is worth.
        since: take the records from then on only, UTC.

    Raises:
        DataError: ``decide.*``: a column is missing, or another bundle scored.
    """
    task = pipeline.task
    sought = _columns_of(task, amount)
    parts = [_needed(path, pipeline, sought) for path in files_of(scores)]
    table = pa.concat_tables(parts, promote_options="default")
    matched = np.arange(table.num_rows)
    beside: pa.Table | None = None
    if records is not None:
        ids = records.column("record_id").combine_chunks()
        places = pc.index_in(table.column("record_id").combine_chunks(), ids)
        matched = np.flatnonzero(places.is_valid().to_numpy(zero_copy_only=False))
        beside = records.take(places.drop_null())
        if not len(matched):
            raise DataError("decide.unmatched", n=table.num_rows, of=records.num_rows)
        table = table.take(pa.array(matched))
    found: dict[str, pa.ChunkedArray] = {}
    for role, name in sought.items():
        if role in table.column_names:
            found[role] = table.column(role)
        elif beside is not None and name in beside.column_names:
            found[role] = beside.column(name)
    unmatched = sum(part.num_rows for part in parts) - len(matched)
    found["score"] = table.column("score")
    if since is not None:
        found = _from_then_on(found, since)
    score = found.pop("score").to_numpy()
    wrong = int((~np.isfinite(score)).sum())
    if wrong:
        raise DataError("decide.bad_score", n=wrong, of=len(score))
    learned = _learned(found.get("day"), pipeline)
    return Kept(score, **_arrays(found, pipeline), unmatched=unmatched, learned=learned)


def _from_then_on(
    found: Mapping[str, pa.ChunkedArray], since: datetime
) -> dict[str, pa.ChunkedArray]:
    if "day" not in found:
        raise DataError("decide.no_time")
    later = pc.greater_equal(found["day"], pa.scalar(since, found["day"].type))
    if not pc.any(later).as_py():
        last = pc.max(found["day"]).as_py()
        raise DataError("rules.none_since", since=since, last=last)
    return {name: column.filter(later) for name, column in found.items()}


def _learned(times: pa.ChunkedArray | None, pipeline: Pipeline) -> int:
    """How many records the bundle may have learned from, by their time."""
    until = pipeline.card.get("protocol", {}).get("learned_until")
    if times is None or until is None:
        return 0
    moment = pa.scalar(datetime.fromisoformat(until), times.type)
    return int(pc.sum(pc.less_equal(times, moment)).as_py() or 0)


def _columns_of(task: Task, amount: str) -> dict[str, str]:
    """What a policy may read -> the task's input column of it."""
    roles = {"label": "label", "day": "time", "entity": "entity"}
    found = {what: task.inputs.of_role(role) for what, role in roles.items()}
    named = {what: columns[0].name for what, columns in found.items() if columns}
    return {**named, "amount": amount} if amount in task.inputs else named


def files_of(scores: Sequence[Path]) -> list[Path]:
    """The files that paths of scores stand for, in order."""
    return expand_inputs(scores, Spec(()))


def _needed(path: Path, pipeline: Pipeline, sought: Mapping[str, str]) -> pa.Table:
    """``record_id``, ``score`` and what else can be of use in one file of scores."""
    outputs, inputs = pipeline.task.outputs, pipeline.task.inputs
    with open_table(path, batch_rows=1) as reader:
        there = reader.schema_names
    missing = [name for name in ("record_id", "score") if name not in there]
    if missing:
        raise DataError("decide.no_scores", source=path, missing=", ".join(missing))
    wanted = {"record_id": pa.string(), "score": pa.float32()}
    names = {"record_id": "record_id", "score": "score"}
    for what, name in sought.items():
        own = f"input.{name}" if f"input.{name}" in there else name
        if own in there and (own != name or name not in outputs):
            names[what], wanted[what] = own, inputs[name].arrow_type()
    read = [*names.values(), *({"bundle"} & set(there))]
    parts = []
    with open_table(path, columns=read) as reader:
        for batch in reader.batches():
            check_bundle(path, batch, pipeline)
            columns = [as_type(path, batch.column(o), wanted[n], o) for n, o in names.items()]
            parts.append(pa.table(columns, names=list(names)))
    return pa.concat_tables(parts)


def as_type(path: Path, column: pa.ChunkedArray, kind: pa.DataType, name: str) -> pa.ChunkedArray:
    """A column of a file in the type that it had when it was written.

    Raises:
        DataError: ``decide.unreadable``.
    """
    try:
        if pa.types.is_string(column.type) and not pa.types.is_string(kind):
            # How a CSV writes what is not there.
            column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
        return column.cast(kind)
    except pa.ArrowException as error:
        raise DataError(
            "decide.unreadable", source=path, column=name, expected=str(kind), reason=error
        ) from error


def check_bundle(path: Path, batch: pa.Table, pipeline: Pipeline) -> None:
    """Refuse the scores of another model.

    Raises:
        DataError: ``decide.other_bundle``.
    """
    if "bundle" not in batch.column_names:
        return
    own = {pipeline.address, *pipeline.card.get("decided_from", ())}
    for name in pc.unique(batch.column("bundle").cast(pa.string())).to_pylist():
        if name not in own:
            raise DataError(
                "decide.other_bundle", source=path, expected=pipeline.address, received=name
            )


def _arrays(found: Mapping[str, pa.ChunkedArray], pipeline: Pipeline) -> dict[str, np.ndarray]:
    """Arrays of :class:`Kept` from columns by what they mean."""
    arrays: dict[str, np.ndarray] = {}
    if "label" in found:
        arrays["label"] = _codes(found["label"], pipeline)
    if "day" in found:
        arrays["day"] = found["day"].cast(pa.int64()).to_numpy() // _US_A_DAY
    if "entity" in found:
        encoded = found["entity"].combine_chunks().dictionary_encode(null_encoding="encode")
        arrays["entity"] = encoded.indices.to_numpy().astype(np.int64)
    if "amount" in found:
        arrays["amount"] = found["amount"].cast(pa.float64()).to_numpy()
    return arrays


def _codes(labels: pa.ChunkedArray, pipeline: Pipeline) -> np.ndarray:
    """1, 0 or -1 for not known, int8 [n]; whatever a defect is called, it is a defect."""
    decision = pipeline.decision
    assert isinstance(decision, Classify | Outlier)
    if isinstance(decision, Classify):
        return codes_of(labels, decision.classes)
    names = labels.combine_chunks().cast(pa.string())
    return np.asarray(
        pc.fill_null(pc.if_else(pc.equal(names, decision.classes[0]), 0, 1), -1).to_numpy(
            zero_copy_only=False
        ),
        np.int8,
    )
