"""The one scoring path: records -> preprocessor -> runtime -> decision -> predictions.

Command line, evaluation, server, dashboard and monitor all go through :class:`Session`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lepton_core.checking import Checked, check
from lepton_core.decision import Decision
from lepton_core.entities import put_back, waves
from lepton_core.errors import UsageError
from lepton_core.predictions import Predictions, build
from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.recent import RecentIds
from lepton_core.rejects import Rejects
from lepton_core.rules import beside
from lepton_core.runtime.base import Runtime
from lepton_core.seen import SeenIds, TrustedIds
from lepton_core.solution import Task
from lepton_core.together import without_broken_units, without_mates

if TYPE_CHECKING:
    from lepton_core.rules import RuleSet

# A step's matrices of this many rows stay in a core's cache (measured: twice the rate of 8,192).
_ROWS_A_STEP = 1024
# Rows beyond the last full vector of a batch may come out with another last digit than the same
# rows elsewhere in it; filled up, any cut of the records gives the same scores to the last digit.
_ROWS_A_VECTOR = 16


@dataclass(frozen=True)
class Work:
    """A batch as far as it can be brought without knowing what came before it.

    Args:
        checked: the records that passed the Spec.
        n: records in the batch, refused ones included.
        first_row: where the first of them stands in the input as a whole.
        prepared: their arrays; None for a stateful task, which needs the past for them.
        outputs: the model's outputs for these arrays.
    """

    checked: Checked
    n: int
    first_row: int
    prepared: Prepared | None = None
    outputs: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Pipeline:
    """A loaded bundle; immutable and safe to share between threads.

    Args:
        task: what it does.
        address: ``solution/task@bundle``, written into every prediction.
        preprocessor: records to arrays.
        runtime: arrays to arrays.
        decision: raw output to label.
        card: what is known about it (``card.json``).
        folder: the bundle's folder; None for one that was not saved.
        rules: what acts beside the model; see :meth:`with_rules`.
    """

    task: Task
    address: str
    preprocessor: Preprocessor
    runtime: Runtime
    decision: Decision
    card: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None
    rules: RuleSet | None = None

    def score(self, records: pa.Table) -> Predictions:
        """Predictions of raw ``records``, as if nothing had come before them.

        Args:
            records: columns of the task's input Spec, a stateful task's in order of time.
        """
        return self.open_session().step(records)

    def open_session(self, on_repeat: str = "reject") -> Session:
        """A session that remembers what it was given.

        Args:
            on_repeat: a record id that came before is refused (``reject``, right for a file) or
                gets its stored answer (``answer``, right for a stream); it is not applied twice.
                ``trust`` remembers none: the caller gives each record an id of its own.
                The last 250,000 ids are remembered.
        """
        return Session(self, on_repeat)

    def prepare(
        self, records: pa.Table, source: str = "input", first_row: int = 0, whole: bool = True
    ) -> Work:
        """All that several threads can do for a batch at once; :meth:`Session.take` does the rest.

        Args:
            records: raw records [n].
            source: where they came from, for messages.
            first_row: where the first one stands in the input as a whole.
            whole: whether a column without one readable value is an error of the input; else each
                such record is refused.
        """
        checked = check(records, self.task.inputs, source, first_row, whole)
        checked = without_broken_units(checked, records, self.task.together, first_row)
        if self.task.stateful:
            return Work(checked, records.num_rows, first_row)
        prepared = self.preprocessor.transform(checked.table)
        return Work(checked, records.num_rows, first_row, prepared, self.outputs(prepared))

    def outputs(self, prepared: Prepared, history: Any = None) -> Mapping[str, np.ndarray]:
        """What the model says, one row a record, name -> array [n, ...].

        Args:
            prepared: arrays of records without a recurrent state.
            history: of a stateful task, the memory that they were prepared with.
        """
        if prepared.parts is not None:
            return _by_record(self.runtime, self.preprocessor, prepared, history)
        calls = self.preprocessor.calls(prepared.arrays)
        said = _joined([self.runtime.run("main", arrays) for arrays in calls])
        return self.preprocessor.gather(said, prepared, history)

    def with_decision(self, decision: Decision) -> Pipeline:
        """The same pipeline with another decision."""
        return replace(self, decision=decision)

    def with_views(self, views: int) -> Pipeline:
        """The same pipeline, asking its model about several views of each picture.

        Raises:
            UsageError: ``usage.views``, ``usage.views_pictures`` and ``usage.views_parts``.
        """
        from lepton_core.runtime.views import ViewsRuntime

        if self.preprocessor.has_parts:
            raise UsageError("usage.views_parts")
        return replace(self, runtime=ViewsRuntime(self.runtime, views))

    def with_rules(self, rules: RuleSet) -> Pipeline:
        """The same pipeline with rules beside its model.

        Its predictions have two columns more, ``rules`` and ``shadow_rules``, the names of those
        that hit; live ones act on ``label`` and ``review``. Score and probability stay.

        Raises:
            UsageError: ``rules.two_classes``, where the decision is of another kind.
        """
        return replace(self, task=beside.extended(self), rules=rules)


class Session:
    """Scores batches in order; belongs to one thread.

    Any cut of the same records into batches gives the same predictions.

    Args:
        pipeline: what scores.
        on_repeat: see :meth:`Pipeline.open_session`.
        trace: keep in ``traced`` what the model was given for the last batch: ``x`` and, for a
            recurrent model, each record's state before its step. For explanations.

    Attributes:
        cursor: how many records were given so far.
        repeated: int64 [n], the rows of the last batch whose ids had come before.
    """

    def __init__(self, pipeline: Pipeline, on_repeat: str = "reject", trace: bool = False) -> None:
        if on_repeat not in ("reject", "answer", "trust"):
            raise ValueError(f"on_repeat is reject, answer or trust. Received: {on_repeat!r}")
        self.pipeline = pipeline
        self.cursor = 0
        self._history = pipeline.preprocessor.new_history()
        self._seen = TrustedIds() if on_repeat == "trust" else SeenIds()
        self._answers = RecentIds() if on_repeat == "answer" else None
        self._hidden: dict[str, np.ndarray] = {}
        self._n_entities = 0
        self._trace = trace
        self.repeated = np.empty(0, np.int64)
        self.traced: dict[str, np.ndarray] = {}

    def step(self, records: pa.Table, source: str = "input") -> Predictions:
        """Predictions of the next batch.

        Args:
            records: raw records [n].
            source: where they came from, for messages.

        Returns:
            one row a scored record in input order; ``rejects`` and ``rows`` count from the
            session's first record on.
        """
        whole = self._answers is None
        return self.take(self.pipeline.prepare(records, source, self.cursor, whole))

    def take(self, work: Work) -> Predictions:
        """Predictions of the next batch, prepared by :meth:`Pipeline.prepare`; in order."""
        ids = work.checked.table.column("record_id").combine_chunks()
        seen = self._seen if self._answers is None else self._answers
        fresh, repeats = seen.split(ids)
        self.repeated = work.checked.rows[repeats]
        rejects = work.checked.rejects
        together = self.pipeline.task.together
        fresh, mates = without_mates(work.checked.table, together, fresh, repeats)
        for at, other in mates.items():
            rejects.add(int(work.checked.rows[at]), ids[at].as_py(), "unit", other=other)
        prepared, outputs = self._finish(work, fresh, repeats)
        scored = prepared.kept
        if self.pipeline.rules is not None:
            outputs["rule_hits"] = beside.hits(self.pipeline, work.checked.table, prepared, outputs)
        for reject in prepared.rejects:
            for key, values in reject.reasons:
                row = int(work.checked.rows[reject.row])
                rejects.add(row, reject.record_id, key, **values)
        if self._answers is not None:
            # A refused record is remembered too, without an answer: else its repetition would be
            # treated differently in the same batch and in the next.
            refused = np.setdiff1d(fresh, scored, assume_unique=True)
            self._answers.refuse(ids.take(pa.array(refused)))
            self._answers.remember(ids.take(pa.array(scored)), beside.packed(outputs))
            scored, outputs, repeats = self._answer(self._answers, ids, scored, outputs, repeats)
        _refuse_repeats(rejects, ids, repeats, work.checked.rows)
        self.cursor += work.n
        everyone = len(scored) == len(ids)
        return build(
            self.pipeline.task.outputs,
            ids if everyone else ids.take(pa.array(scored)),
            beside.decide(self.pipeline, outputs),
            self.pipeline.address,
            rejects,
            work.checked.rows if everyone else work.checked.rows[scored],
            outputs,
        )

    def _finish(
        self, work: Work, fresh: np.ndarray, repeats: np.ndarray
    ) -> tuple[Prepared, dict[str, np.ndarray]]:
        """Arrays and outputs of the records met for the first time, by position in the batch."""
        if work.prepared is None:
            table = work.checked.table
            given = table if not len(repeats) else table.take(pa.array(fresh))
            prepared = self.pipeline.preprocessor.transform(given, self._history)
            outputs = self._run(prepared)
            if len(repeats):
                prepared = prepared.moved(fresh)
            return prepared, outputs
        prepared, outputs = work.prepared, dict(work.outputs)
        self.traced = dict(prepared.arrays) if self._trace else {}
        if len(repeats):
            # Scored before anybody knew that they were repeated: their scores are dropped.
            keep = ~np.isin(prepared.kept, repeats)
            outputs = {name: values[keep] for name, values in outputs.items()}
            prepared = prepared.without(repeats, keep)
        return prepared, outputs

    def _answer(
        self,
        answers: RecentIds,
        ids: pa.Array,
        scored: np.ndarray,
        outputs: dict[str, np.ndarray],
        repeats: np.ndarray,
    ) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
        """Add the stored scores of repeated records, in input order; the last is who has none."""
        known, stored = answers.recall(ids.take(pa.array(repeats)))
        if not len(known):
            return scored, outputs, repeats
        rows = np.concatenate([scored, repeats[known]])
        order = np.argsort(rows, kind="stable")
        again = beside.unpacked(stored, outputs)
        merged = {n: np.concatenate([outputs[n], again[n]])[order] for n in again}
        return rows[order], merged, np.delete(repeats, known)

    def _run(self, prepared: Prepared) -> dict[str, np.ndarray]:
        self.traced = dict(prepared.arrays) if self._trace else {}
        if prepared.slots is None:
            return dict(self.pipeline.outputs(prepared, self._history))
        return self._run_steps(prepared.arrays["x"], prepared.slots, prepared.moves)

    def _run_steps(
        self, x: np.ndarray, slots: np.ndarray, moves: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """One step a record, each entity's state read before and written after."""
        self._grow(int(slots.max()) + 1 if len(slots) else 0)
        score = np.empty(len(x), np.float32)
        if self._trace:
            states = self._hidden.items()
            self.traced |= {n: np.empty((len(x), *s.shape[1:]), s.dtype) for n, s in states}
        for wave in waves(slots):
            for start in range(0, len(wave), _ROWS_A_STEP):
                rows = wave[start : start + _ROWS_A_STEP]
                at, n = slots[rows], len(rows)
                full = np.append(rows, np.repeat(rows[-1], -n % _ROWS_A_VECTOR))
                inputs = {name: state[slots[full]] for name, state in self._hidden.items()}
                for name in inputs if self._trace else ():
                    self.traced[name][rows] = inputs[name][:n]
                outputs = self.pipeline.runtime.run("step", {"x": x[full], **inputs})
                score[rows] = outputs["score"].reshape(len(full))[:n]
                moving = None if moves is None else moves[rows]
                for name, state in self._hidden.items():
                    put_back(state, at, outputs[f"{name}_next"][:n], moving)
        return {"score": score}

    def _grow(self, count: int) -> None:
        """Room for the states of ``count`` entities, new ones starting from zero."""
        self._n_entities = max(self._n_entities, count)
        for name, shape in self.pipeline.runtime.input_shapes("step").items():
            if name == "x":
                continue
            width = tuple(axis or 0 for axis in shape[1:])
            state = self._hidden.get(name, np.zeros((0, *width), np.float32))
            if len(state) < count:
                grown = np.zeros((max(count, 2 * len(state)), *width), np.float32)
                grown[: len(state)] = state
                state = grown
            self._hidden[name] = state

    def export_state(self) -> dict[str, np.ndarray]:
        """Everything the session remembers, as plain arrays, with the ``cursor``."""
        arrays = {"cursor": np.array(self.cursor, np.int64)}
        # Without the room for entities to come, which depends on the cut into batches.
        used = slice(self._n_entities)
        arrays |= {f"hidden.{name}": state[used].copy() for name, state in self._hidden.items()}
        seen = self._seen if self._answers is None else self._answers
        arrays |= {f"seen.{name}": values for name, values in seen.export().items()}
        if self._history is not None:
            arrays |= {f"history.{name}": a for name, a in self._history.export().items()}
        return arrays | beside.export(self.pipeline)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from where :meth:`export_state` was called, in this or another process."""
        self.cursor = int(arrays["cursor"])
        self._hidden = {name: a.copy() for name, a in _below("hidden.", arrays).items()}
        self._n_entities = max(map(len, self._hidden.values()), default=0)
        seen = self._seen if self._answers is None else self._answers
        seen.restore(_below("seen.", beside.restored(self.pipeline, arrays)))
        if self._history is not None:
            self._history.restore(_below("history.", arrays))


def _by_record(
    runtime: Runtime, preprocessor: Preprocessor, prepared: Prepared, history: Any
) -> dict[str, np.ndarray]:
    """Outputs of records with parts, the model asked about each part by itself.

    Parts are large (tiles of pictures): many at once fill the memory with intermediate results and
    are no faster. And each comes out the same to the last digit, whatever stands beside it.
    """
    if not len(prepared.kept):
        # Asked about a blank part, for names and shapes: not every model takes nothing.
        blank = {name: np.zeros((1, *a.shape[1:]), a.dtype) for name, a in prepared.arrays.items()}
        none = {name: values[:0] for name, values in runtime.run("main", blank).items()}
        return dict(preprocessor.gather(none, prepared, history))
    said = ((of_parts(runtime, one), one) for one in prepared.singles())
    found = [preprocessor.gather(outputs, one, history) for outputs, one in said]
    return {name: np.concatenate([record[name] for record in found]) for name in found[0]}


def of_parts(runtime: Runtime, one: Prepared) -> dict[str, np.ndarray]:
    """What the model says of each part of one record, not yet gathered: name -> array [parts, ...].

    Of a record without parts nothing at all.

    Args:
        runtime: what runs the model.
        one: of :meth:`Prepared.singles`.
    """
    rows = range(len(next(iter(one.arrays.values()))))
    each = [
        runtime.run("main", {name: values[at : at + 1] for name, values in one.arrays.items()})
        for at in rows
    ]
    names = each[0] if each else ()
    return {name: np.concatenate([row[name] for row in each]) for name in names}


def _joined(said: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """What the model said in one or several calls, in order."""
    if len(said) == 1:
        return said[0]
    return {name: np.concatenate([one[name] for one in said]) for name in said[0]}


def _below(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}


def _refuse_repeats(rejects: Rejects, ids: pa.Array, repeats: np.ndarray, rows: np.ndarray) -> None:
    for position in repeats.tolist():
        rejects.add(int(rows[position]), ids[position].as_py(), "repeated")
