"""What a challenger learns from: a data set, verdicts on it, and records from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.data.feedback import Joined, join_verdicts
from lepton_core.data.further import load_further
from lepton_core.errors import DataError, UsageError
from lepton_core.evaluation.fixed_split import FixedSplit
from lepton_core.evaluation.protocols import Protocol
from lepton_core.messages import listed, t
from lepton_core.solution import Task


@dataclass(frozen=True)
class Gathered:
    """All records of a training, how they are split, and what became of verdicts.

    Args:
        records: those of the data set in their order, then the further ones.
        protocol: splits them.
        joined: what became of the verdicts; None without any.
        held: ids of test records whose verdicts change nothing.
        counts: how many further records were learned from, for the card; empty where nothing came
            beside the data set.
    """

    records: pa.Table
    protocol: Protocol
    joined: Joined | None = None
    held: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


def gather(
    task: Task,
    first: pa.Table,
    protocol: Protocol,
    *,
    further: Sequence[str] = (),
    mapping: Mapping[str, str] | None = None,
    verdicts: pa.Table | None = None,
    classes: Sequence[str] | None = None,
    correct_test: bool = False,
    note: Callable[[str], None],
) -> Gathered:
    """Records, verdicts and further records, such that the test part stays what it is.

    Records that stand alone (pictures) are split as the data set alone is, see
    :class:`~lepton_core.evaluation.fixed_split.FixedSplit`, and a verdict on a test record changes
    nothing there unless ``correct_test`` says so. Where records have a time, every verdict is a
    label that came late, and the protocol keeps the test apart.

    Args:
        task: what they are for.
        first: the data set's checked records, with the labels that it brings.
        protocol: splits them.
        further: names or paths of further records; they are learned from and never tested on.
        mapping: their column name -> ours, of the further records.
        verdicts: as :func:`~lepton_core.data.feedback.join_verdicts` takes them; None for none.
        classes: of the champion.
        correct_test: whether verdicts on test records correct their truth there.
        note: told what was found, a line a fact.

    Raises:
        UsageError: ``also.ordered``, ``also.option``.
        DataError: as :func:`~lepton_core.data.further.load_further` and the protocol.
    """
    ordered = bool(task.inputs.of_role("time"))
    if ordered and (further or correct_test):
        raise UsageError("also.ordered", task=task.name)
    if correct_test and verdicts is None:
        raise UsageError("also.option", option="--correct-test", other="--feedback")
    if verdicts is None and not further:
        return Gathered(first, protocol)
    fixed = None if ordered else _fixed(task, protocol, first, needed=bool(further))
    if fixed is None:
        assert verdicts is not None
        joined = join_verdicts(first, verdicts, task, classes)
        _tell(joined.lines("en"), note)
        return Gathered(joined.records, protocol, joined)
    own = fixed.with_further([])
    records = fixed.with_further(load_further(further, own, task, mapping or {}, note))
    told, held = None, ()
    if verdicts is not None:
        if not correct_test:
            on_test = pc.is_in(verdicts["record_id"], fixed.test_ids())
            held = tuple(verdicts["record_id"].filter(on_test).to_pylist())
            verdicts = verdicts.filter(pc.invert(on_test))
        told = join_verdicts(records, verdicts, task, classes)
        records = told.records
        _tell(told.lines("en"), note)
    if held:
        note(t("feedback.held", language="en", n=len(held), ids=listed(held)))
    learned, apart = fixed.further(records)
    counts = {
        "further": records.num_rows - own.num_rows,
        "learned": len(learned),
        "apart": len(apart),
        "held": len(held),
    }
    note(t("also.learned", language="en", **counts))
    return Gathered(records, fixed, told, held, counts)


def about(gathered: Gathered) -> dict[str, Any]:
    """What the section ``data`` of a card says of it: counts alone, no record."""
    found: dict[str, Any] = {}
    if gathered.joined is not None:
        found["feedback"] = gathered.joined.counts()
    if gathered.counts:
        found["gathered"] = dict(gathered.counts)
    return found


def _fixed(task: Task, protocol: Protocol, first: pa.Table, needed: bool) -> FixedSplit | None:
    """The split of the data set alone; None where only verdicts will tell any class in it."""
    try:
        return FixedSplit(task, protocol, first)
    except DataError:
        if needed or _has_labels(first, task):
            raise
        return None


def _has_labels(records: pa.Table, task: Task) -> bool:
    names = [c.name for c in task.inputs.of_role("label") if c.name in records.column_names]
    return any(records.column(name).null_count < records.num_rows for name in names)


def _tell(lines: Sequence[str], note: Callable[[str], None]) -> None:
    for line in lines:
        note(line)
