"""A split that stays as it is when verdicts and further records come: they only teach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.evaluation.classes import with_classes, without_classes
from lepton_core.evaluation.part_split import together
from lepton_core.evaluation.protocols import Protocol
from lepton_core.solution import Task
from lepton_core.training.splits import Split


class FixedSplit(Protocol):
    """The parts of a data set as they were, and what came later in the training part.

    Two models can be compared only on the same test records. A verdict changes the label of a
    record, and a further record changes how many there are: either would draw a random split anew.
    So the parts are those of the data set alone, with the labels that it brings. What got its label
    later, and what lies elsewhere, is learned from and never tested on; nor is anything that
    belongs together with a validation or test record (an identical file, another picture of the
    same part).

    For records that stand alone. Where records have a time, the test is what came last, its labels
    come by verdicts, and the protocol keeps them apart itself.

    Args:
        task: what the records are for.
        protocol: splits the data set.
        first: its records [n], with the labels that it brings.

    Raises:
        DataError: as the protocol, where the data set alone cannot be split.
    """

    name = "fixed"

    def __init__(self, task: Task, protocol: Protocol, first: pa.Table) -> None:
        (label, *_) = task.inputs.of_role("label")
        self._task, self._protocol, self._label = task, protocol, label.name
        truth = protocol.with_truth(first)
        self._parts = protocol.split(truth)
        self._first = without_classes(truth, label.name)
        self._has_classes = self._first.num_columns < truth.num_columns
        if label.name not in self._first.column_names:
            nothing = pa.nulls(first.num_rows, label.arrow_type())
            self._first = self._first.append_column(label.name, nothing)
        self._labelled = pc.is_valid(self._first.column(label.name)).to_numpy()

    def test_ids(self) -> pa.Array:
        """The ids of the test records."""
        ids = self._first.column("record_id").take(pa.array(self._parts.test))
        return ids.cast(pa.string()).combine_chunks()

    def with_further(self, further: Sequence[pa.Table]) -> pa.Table:
        """The data set's records, with what the protocol tells of them, and then the further ones.

        Args:
            further: checked records, with ids that differ from all others.
        """
        return pa.concat_tables([self._first, *further], promote_options="default")

    def with_truth(self, records: pa.Table) -> pa.Table:
        """All records with the classes of all of them, where the protocol adds those.

        Args:
            records: of :meth:`with_further`, with the labels of now.
        """
        return with_classes(records, self._label) if self._has_classes else records

    def split(self, records: pa.Table) -> Split:
        """The data set's own parts, and in training what else has a label.

        What turned out to be of a kind that the protocol does not learn from leaves them.
        """
        learned, _ = self.further(records)
        may = self._protocol.may_learn(records)
        train, valid = (rows[may[rows]] for rows in (self._parts.train, self._parts.valid))
        return Split(np.sort(np.concatenate([train, learned])), valid, self._parts.test)

    def further(self, records: pa.Table) -> tuple[np.ndarray, np.ndarray]:
        """Rows learned from beside the data set's own part, and labelled ones that are not.

        Returns:
            both int64, ascending. The second are those that belong together with a validation or
            test record.
        """
        apart = np.concatenate([self._parts.valid, self._parts.test])
        fresh = pc.is_valid(records.column(self._label)).to_numpy().copy()
        fresh[: self._first.num_rows] &= ~self._labelled
        fresh[np.concatenate([self._parts.train, apart])] = False
        fresh &= self._protocol.may_learn(records)
        held = np.zeros(records.num_rows, bool)
        if fresh.any():
            groups = _groups(records, self._task, self._protocol.group)
            held = np.isin(groups, groups[apart])
        return np.flatnonzero(fresh & ~held), np.flatnonzero(fresh & held)

    def describe(self) -> dict[str, Any]:
        return {**self._protocol.describe(), "what_came_later": "in the training part"}


def _groups(records: pa.Table, task: Task, group: str) -> np.ndarray:
    """What belongs together, strings [n]."""
    images = [c.name for c in task.inputs.of_role("feature") if c.dtype == "image"]
    if images:
        return together(records, group, images[0])
    own = pc.binary_join_element_wise("\0", records["record_id"], "")
    names = records[group].cast(pa.string()) if group in records.column_names else own
    return np.array(pc.coalesce(names, own).to_pylist(), str)
