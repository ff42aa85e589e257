"""A finished run noted in the store, from its output; the run itself knows nothing of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.checking import check
from lepton_core.decision import Classify
from lepton_core.errors import LeptonError, UsageError
from lepton_core.messages import t
from lepton_core.pipeline import Pipeline
from lepton_core.records.opening import expand_inputs
from lepton_core.records.table import open_table
from lepton_core.scoring.folder import MANIFEST
from lepton_core.scoring.inputs import identity
from lepton_core.scoring.options import Options
from lepton_core.scoring.run import selection_of
from lepton_core.scoring.summary import Summary
from lepton_core.spec import Spec

if TYPE_CHECKING:
    from lepton_core.store import Store


class Recorder:
    """Puts a run into files, and what it found, into a store.

    Args:
        store: where to.
        pipeline: what scores.
        options: what is written.
        everything: whether all predictions are stored; otherwise those that a person looks at:
            the alerts (the second of two classes, or the parts that fail) and what is marked for
            review.

    Raises:
        UsageError: what is written does not hold what is to be stored.
    """

    def __init__(
        self, store: Store, pipeline: Pipeline, options: Options, everything: bool = False
    ) -> None:
        self.store, self._pipeline, self._everything = store, pipeline, everything
        task = pipeline.task
        if options.partition:
            raise UsageError("usage.store_mode", option="--partition-by")
        wanted = [name for name in ("label", "verdict", "review") if name in task.outputs]
        if not everything and not wanted:
            raise UsageError("usage.store_none", task=task.name)
        written = selection_of(pipeline, options).columns
        missing = [n for n in ("record_id", *([] if everything else wanted)) if n not in written]
        if missing:
            raise UsageError("usage.store_select", missing=", ".join(missing))
        self._spec = Spec(tuple(column for column in task.outputs if column.name in written))

    def record(self, out: Path, inputs: Sequence[Path], summary: Summary, command: str) -> int:
        """Note the run that made ``out`` and return how many predictions were stored.

        The run is known by its output, so that a run that was resumed, or is recorded once more
        after a fault, is the same one and nothing is stored twice.

        Args:
            out: the finished output, a file or a folder of parts.
            inputs: what was scored.
            summary: of the run.
            command: the command line, for people.

        Raises:
            LeptonError: the store refuses; the predictions stand in ``out`` all the same.
        """
        task = self._pipeline.task
        made = identity(out / MANIFEST if out.is_dir() else out)
        key = hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()
        try:
            number = self.store.add_run(
                task.name,
                self._pipeline.address,
                command=command,
                inputs=[str(path) for path in inputs],
                started=datetime.now(UTC) - timedelta(seconds=summary.seconds),
                key=key,
            )
            stored = sum(self.store.add_predictions(number, part) for part in self._parts(out))
            counts = {"read": summary.read, "scored": summary.scored, "rejected": summary.rejected}
            if summary.read:  # nothing is counted where a complete output was left as it was
                self.store.finish_run(number, {**counts, "labels": summary.labels})
            elif stored:
                self.store.finish_run(number, {})
        except LeptonError as error:
            error.add_note(t("store.kept", language="en", out=out))
            raise
        return stored

    def _parts(self, out: Path) -> Iterator[pa.Table]:
        for path in expand_inputs([out], self._spec):
            try:
                reader = open_table(path, columns=self._spec.names)
            except LeptonError as error:
                if error.key == "data.empty":
                    continue  # no row passed the filter
                raise
            with reader:
                for batch in reader.batches():
                    yield self._chosen(check(batch, self._spec, str(path), whole=False).table)

    def _chosen(self, table: pa.Table) -> pa.Table:
        if self._everything:
            return table
        seen = pa.chunked_array([pa.repeat(pa.scalar(False), table.num_rows)])
        decision = self._pipeline.decision
        if "verdict" in table.column_names:
            seen = pc.equal(table["verdict"], "fail")
        elif isinstance(decision, Classify) and "label" in table.column_names:
            seen = pc.equal(table["label"], decision.classes[1])
        if "review" in table.column_names:
            seen = pc.or_kleene(seen, table["review"])
        return table.filter(seen)
