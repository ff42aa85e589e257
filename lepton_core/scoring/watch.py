"""Scores files as they arrive in a folder, each once, also across restarts."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lepton_core.errors import DataError
from lepton_core.records.opening import formats_of, open_records, takes_pictures
from lepton_core.scoring.arrivals import Arrival, Arrivals, key_of
from lepton_core.scoring.folder import FAILED_LOG, INPUTS_LOG
from lepton_core.scoring.inputs import shown
from lepton_core.scoring.moves import Moves, unmoved
from lepton_core.scoring.part_ids import PartIds
from lepton_core.scoring.part_reading import PartReading, open_parts
from lepton_core.scoring.run import Run
from lepton_core.scoring.summary import Summary

# Pictures a batch: the first of a queue does not wait for sixty others.
PART_BATCH_ROWS = 8
_LOOKING = 10


class Watcher:
    """Looks at a folder again and again and scores what is new there.

    Of a task on pictures, each file is a part: it is scored when it is whole, see
    :class:`~lepton_core.scoring.part_reading.PartReading`, under an id of its own. Tables are
    scored one after the other, each when it has not changed for ``quiet_s`` seconds. A file that
    is written again is a new one. A table that cannot be read is noted in ``_failed.jsonl`` and
    does not stop the others.

    Files are read where they are. With ``done`` they are moved there, each after what was found of
    it is on disk; what a kill left unmoved is moved at the next start.

    Args:
        run: the run that scores, with a folder of parts as output.
        folder: where files arrive.
        every_s: seconds between two looks.
        note: told of what cannot be read or moved.
        quiet_s: for how long a file whose end cannot be seen must stay the same.
        settle_s: for how long a picture that is not whole must stay the same to be refused; None
            for ``quiet_s``.
        done: where scored and refused files go; None leaves them.
        status: told the counts so far and how many files wait, after each look.

    Raises:
        DataError: ``data.unknown_column``: the output is to have a column that pictures lack.
    """

    def __init__(
        self,
        run: Run,
        folder: Path,
        every_s: float,
        note: Callable[[str], None],
        *,
        quiet_s: float = 0.0,
        settle_s: float | None = None,
        done: Path | None = None,
        status: Callable[[Summary, int], None] = lambda summary, waiting: None,
    ) -> None:
        self._run, self._folder, self._every_s, self._note = run, folder, every_s, note
        self._quiet_s, self._status = quiet_s, status
        self._spec = run.pipeline.task.inputs
        self._formats = formats_of(self._spec)
        self._pictures = takes_pictures(self._spec)
        ids, cursor = PartIds(), run.journal.manifest.cursor
        logged = {key_of(told["input"]) for told in run.journal.lines(FAILED_LOG)}
        left = unmoved(cursor)
        for told in run.journal.lines(INPUTS_LOG):
            # What was moved is gone: another file by its name is a new one, whatever it is like.
            if "to" not in told or key_of(told) in left:
                logged.add(key_of(told))
            if told.get("id"):
                ids.keep(str(told["name"]), str(told["id"]))
        self._arrivals = Arrivals(folder, self._formats if self._pictures else None, logged, note)
        self._told = ""
        self._moves = Moves(done, self._arrivals, ids, cursor, note)
        settle_s = quiet_s if settle_s is None else settle_s
        self._reading = PartReading(ids, self._formats, quiet_s, settle_s)
        if self._pictures:
            self._open_parts([]).close()

    def serve(self, idle_s: float | None = None) -> None:
        """Watch until interrupted, or until nothing has arrived for ``idle_s`` seconds.

        A folder that cannot be read any more, as when a network share is away, is waited for.

        Raises:
            DataError: the output cannot be written; the folder cannot be read at the first look.
        """
        since = time.monotonic()
        is_first = True
        while True:
            began = time.monotonic()
            try:
                found = self.look()
                self._tell("")
            except DataError as error:
                if error.key != "data.no_access" or is_first:
                    raise
                found = 0
                self._tell(error.text("en"))
            is_first = False
            if found:
                since = time.monotonic()
            elif idle_s is not None and time.monotonic() - since >= idle_s:
                return
            if not self._reading.has_more:
                # Looking at a folder in which very many files stay takes a tenth of a core at most.
                least = max(_LOOKING * self._arrivals.cost_s, 0.001)
                time.sleep(max(self._every_s - (time.monotonic() - began), least))

    def look(self) -> int:
        """Score what has arrived since the last look; returns how many files.

        Raises:
            DataError: ``data.no_access``: the folder is gone; ``data.cannot_write``.
        """
        arrivals = self._arrivals.look()
        self._moves.go_on()
        n = self._score_parts(arrivals) if self._pictures else self._score_tables(arrivals)
        if not n:
            self._note_moved()
        self._status(self._run.summary, len(arrivals) - n)
        return n

    def _open_parts(self, arrivals: list[Arrival]) -> Any:
        options = self._run.options
        return open_parts(
            str(self._folder),
            self._reading.pictures(arrivals, self._moves.is_taken),
            self._spec,
            dict(options.mapping),
            self._run.selection.extra,
            options.batch_rows or PART_BATCH_ROWS,
        )

    def _score_parts(self, arrivals: list[Arrival]) -> int:
        reading, log = self._reading, INPUTS_LOG
        failed: dict[str, Any] = {}
        try:
            with self._open_parts(arrivals) as reader:
                # Only the whole counts: another look may take other parts together.
                self._run.read(reader, str(self._folder), None, whole=False)
        except DataError as error:
            log, failed = self._failed(error)
        for one, part_id in reading.taken:
            line = {**one.told(), "name": one.name, "id": part_id} if part_id else one.told()
            self._settle(one, line, log, failed)
        if reading.taken:
            self._commit()
        return len(reading.taken)

    def _score_tables(self, arrivals: list[Arrival]) -> int:
        still = [one for one in arrivals if one.is_still(self._quiet_s)]
        # One that a kill interrupted goes first: any other would end what its cursor says.
        begun = self._run.journal.manifest.cursor.get("input")
        still.sort(key=lambda one: one.told() != begun)
        for one in still:
            self._score_table(one)
        return len(still)

    def _score_table(self, one: Arrival) -> None:
        run, log = self._run, INPUTS_LOG
        failed: dict[str, Any] = {}
        cursor = run.journal.manifest.cursor
        done = cursor.get("row", 0) if cursor.get("input") == one.told() else 0
        try:
            with open_records(
                one.path,
                self._spec,
                dict(run.options.mapping),
                extra=run.selection.extra,
                batch_rows=run.options.batch_rows,
            ) as reader:
                cursor = {"input": one.told(), **self._moves.cursor()}
                run.read(reader, shown(one.path, self._formats), cursor, done)
        except DataError as error:
            log, failed = self._failed(error)
        self._settle(one, one.told(), log, failed)
        self._commit()

    def _failed(self, error: DataError) -> tuple[str, dict[str, Any]]:
        """Where inputs that cannot be read are noted, and why they cannot."""
        if error.key == "data.cannot_write":
            raise error
        self._note(error.text("en"))
        return FAILED_LOG, dict(error.to_json()["error"])

    def _settle(self, one: Arrival, line: dict[str, Any], log: str, failed: dict[str, Any]) -> None:
        """Note that a file is done with, and that it is to be moved where it could be read."""
        self._arrivals.settle(one)
        if log == FAILED_LOG:
            self._run.journal.append(log, {"input": line, **failed})
            return
        line |= self._moves.plan(one.name, line.get("id", ""), "dicom" in self._formats)
        self._run.journal.append(log, line)

    def _commit(self) -> None:
        self._run.commit(self._moves.cursor())
        self._moves.move()

    def _note_moved(self) -> None:
        """Note, while there is time, that nothing is left to be moved.

        Else what is sent again just as it was would be taken, after a kill, for one that was left.
        """
        journal = self._run.journal
        cursor = dict(journal.manifest.cursor)
        if cursor.pop("moving", None) and not self._moves.cursor():
            journal.note(cursor)

    def _tell(self, text: str) -> None:
        """Say what is wrong, once until something else is; an empty text where nothing is."""
        if text and text != self._told:
            self._note(text)
        self._told = text
