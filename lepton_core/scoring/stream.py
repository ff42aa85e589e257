"""Scores JSON lines as they come, one answer a line, and survives a kill with its exact memory.

Standard input cannot be read again, so what comes is written to the run's folder before it is
scored. A restart takes the memory of the last commit and replays what was written since.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from typing import IO, Any

import pyarrow as pa

from lepton_core.errors import DataError, UsageError
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.records.json_lines import text_of
from lepton_core.records.source import one_line
from lepton_core.scoring.journal import Journal
from lepton_core.scoring.run import Run
from lepton_core.scoring.summary import Summary
from lepton_core.spec import FURTHER, Spec

MOST_LINES = 1024
COMMIT_RECORDS = 20_000
COMMIT_SECONDS = 30.0
_END = None


def score_stream(
    pipeline: Pipeline,
    lines: IO[bytes],
    answers: IO[str],
    run: Run | None = None,
    mapping: dict[str, str] | None = None,
) -> Summary:
    """Answer each JSON line, in order; ends with the input.

    Lines that are there are scored together, without waiting for more. A record id that was
    answered before is answered again with its stored score and is not applied a second time, unless
    the task's records come again with more known of them (:attr:`Task.again`). A
    record that cannot be scored is answered with its reasons.

    Args:
        pipeline: what scores.
        lines: one JSON object a line, as bytes.
        answers: takes one JSON object a line: the columns of the predictions, or ``record_id``,
            ``rejected`` and its reasons.
        run: where the stream is kept, for a restart; None keeps nothing.
        mapping: their name -> ours.

    Returns:
        counts of this process and, with a run, of those before.

    Raises:
        UsageError: ``usage.stream_together``: the task's records make no sense one by one.
    """
    if pipeline.task.together:
        raise UsageError(
            "usage.stream_together",
            task=pipeline.task.name,
            columns=", ".join(pipeline.task.together),
        )
    return _Stream(pipeline, answers, run, mapping or {}).serve(lines)


class _Stream:
    def __init__(
        self, pipeline: Pipeline, answers: IO[str], run: Run | None, mapping: dict[str, str]
    ) -> None:
        self._pipeline, self._answers, self._run = pipeline, answers, run
        self._mapping = mapping
        on_repeat = "trust" if pipeline.task.again else "answer"
        self._session = run.session if run else pipeline.open_session(on_repeat)
        self._summary = run.summary if run else Summary(pipeline.address, "-")
        self._log: IO[bytes] | None = None
        self._since, self._committed = 0, time.monotonic()

    def serve(self, lines: IO[bytes]) -> Summary:
        started = time.monotonic()
        if self._run:
            self._replay(self._run.journal)
        for batch in batches_of(lines):
            if batch:
                self._keep(batch)
                self._step(batch, answer=True)
            if self._is_time_to_commit(idle=not batch):
                self._commit("running")
        self._commit("stopped")
        if self._run is None:
            self._summary.seconds = round(time.monotonic() - started, 3)
        return self._summary

    def _replay(self, journal: Journal) -> None:
        """Bring the memory to where it was; these lines were answered, or will be sent again."""
        path = journal.stream_log
        if not path.exists():
            return
        whole = 0
        with path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                batch = [text.encode("utf-8", "surrogateescape") for text in json.loads(line)]
                self._step(batch, answer=False)
        # A line cut off by the kill was never scored.
        os.truncate(path, whole)

    def _keep(self, batch: list[bytes]) -> None:
        if self._run is None:
            return
        # One line a batch: the replay then makes the same batches, and the same floats. Bytes that
        # are no UTF-8 come back as they were, so that they are refused again.
        texts = [line.decode("utf-8", "surrogateescape") for line in batch]
        path = self._run.journal.stream_log
        try:
            if self._log is None:
                self._log = path.open("ab")
            self._log.write(json.dumps(texts).encode() + b"\n")
            self._log.flush()
        except OSError as error:
            raise DataError("data.cannot_write", out=path, reason=error) from error

    def _step(self, batch: list[bytes], answer: bool) -> None:
        first = self._session.cursor
        extra = self._run.selection.extra if self._run else ()
        records, faults = table_of(batch, self._pipeline.task.inputs, self._mapping, extra)
        work = self._pipeline.prepare(records, "stream", first, whole=False)
        for position, reason in faults.items():
            work.checked.rejects.replace(first + position, None, "json", reason=reason)
        predictions = self._session.take(work)
        if self._run:
            repeated = self._session.repeated
            self._run.write(predictions, work, records, "stream", repeated=repeated)
        else:
            for reject in predictions.rejects:
                self._summary.refuse(reject, reject.row)
            self._summary.count(len(batch), predictions, 0)
        self._since += len(batch)
        if answer:
            for text in answers_of(predictions, first, len(batch)):
                self._answers.write(text + "\n")
            self._answers.flush()

    def _is_time_to_commit(self, idle: bool) -> bool:
        waited = time.monotonic() - self._committed
        return self._since >= COMMIT_RECORDS or bool(
            self._since and waited >= (1.0 if idle else COMMIT_SECONDS)
        )

    def _commit(self, status: str) -> None:
        self._since, self._committed = 0, time.monotonic()
        if self._run is None:
            return
        if self._log is not None:
            self._log.close()
            self._log = None
        self._run.commit({"row": self._session.cursor}, status)


def batches_of(lines: IO[bytes], wait_s: float = 1.0) -> Iterator[list[bytes]]:
    """The lines that are there, up to ``MOST_LINES`` at a time; an empty list after a wait.

    Args:
        lines: read in a thread of its own; blank lines are passed over.
        wait_s: seconds without a line after which the caller is given a turn.
    """
    waiting: queue.Queue[bytes | None] = queue.Queue(maxsize=4 * MOST_LINES)
    faults: list[BaseException] = []

    def read() -> None:
        try:
            for line in lines:
                if line.strip():
                    waiting.put(line.strip())
        # Whatever reading raises belongs to the caller's thread, which would wait for ever.
        except BaseException as error:
            faults.append(error)
        waiting.put(_END)

    threading.Thread(target=read, name="lines", daemon=True).start()
    while True:
        try:
            batch = [waiting.get(timeout=wait_s)]
        except queue.Empty:
            yield []
            continue
        while len(batch) < MOST_LINES and batch[-1] is not _END:
            try:
                batch.append(waiting.get_nowait())
            except queue.Empty:
                break
        yield [line for line in batch if line is not _END]
        if batch[-1] is _END:
            if faults:
                raise faults[0]
            return


def table_of(
    batch: list[bytes], spec: Spec, mapping: dict[str, str], extra: Sequence[str] = ()
) -> tuple[pa.Table, dict[int, str]]:
    """Lines as a table of text columns, which the check reads cell by cell.

    Args:
        batch: JSON objects [n].
        spec: whose columns are taken; others are passed over, unless it takes further ones.
        mapping: their name -> ours.
        extra: further columns to take, under the lines' own names.

    Returns:
        a table [n] with every column of the Spec and of ``extra``, and position -> fault of lines
        that are no JSON object, whose row is empty.
    """
    wanted = tuple(dict.fromkeys((*spec.over(_names_in(batch, spec, mapping)).names, *extra)))
    rows: list[list[str | None]] = []
    faults: dict[int, str] = {}
    for position, line in enumerate(batch):
        row: list[str | None] = [None] * len(wanted)
        try:
            value = json.loads(line)
            if isinstance(value, dict):
                record = _named(value, mapping)
                found = [text_of(record.get(name)) for name in wanted]
                # Half a surrogate pair is JSON and yet no text.
                "".join(text for text in found if text).encode()
                row = found
            else:
                faults[position] = f"it holds {type(value).__name__}"
        except (ValueError, RecursionError) as error:
            faults[position] = one_line(error)
        rows.append(row)
    columns = {
        name: pa.array([row[place] for row in rows], pa.string())
        for place, name in enumerate(wanted)
    }
    return pa.table(columns), faults


def _named(value: dict[str, Any], mapping: dict[str, str]) -> dict[str, Any]:
    # Our names last: a mapped one wins over one that stands there already.
    return value | {ours: value[name] for name, ours in mapping.items() if name in value}


def _names_in(batch: list[bytes], spec: Spec, mapping: dict[str, str]) -> list[str]:
    """Every name that the lines have, where the Spec takes further columns; else none."""
    found: dict[str, None] = {}
    for line in batch if FURTHER in spec else ():
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue  # told with its row
        if isinstance(value, dict):
            found |= dict.fromkeys(name for name in _named(value, mapping) if name not in mapping)
    return list(found)


def answers_of(predictions: Predictions, first: int, n: int) -> Iterator[str]:
    """The answer to each of ``n`` lines, in order, as JSON."""
    by_row: dict[int, Any] = dict(
        zip(predictions.rows.tolist(), predictions.to_arrow().to_pylist(), strict=True)
    )
    for reject in predictions.rejects:
        told = reject.to_json()
        by_row[reject.row] = {"record_id": told["record_id"], "rejected": told["reasons"]}
    for row in range(first, first + n):
        yield json.dumps(by_row[row], ensure_ascii=False, default=str)
