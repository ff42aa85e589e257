"""One scoring run: batches through a session into output parts, committed by a journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.pipeline import Pipeline, Work
from lepton_core.predictions import Predictions
from lepton_core.records.source import RecordReader
from lepton_core.scoring.flow import Background, in_order
from lepton_core.scoring.folder import PARTS_LOG, REJECTED_LOG, shown
from lepton_core.scoring.journal import Journal
from lepton_core.scoring.options import Options
from lepton_core.scoring.parts import PartWriter, check_partition
from lepton_core.scoring.selection import Selection, check_names
from lepton_core.scoring.summary import Summary
from lepton_core.together import first_units, whole_units

Progress = Callable[[int, int | None], None]


class Run:
    """A session, what it has written, and how far it counts.

    Args:
        pipeline: what scores.
        journal: the run's folder.
        options: what is written.
        out: the output as the person named it, for messages and the summary.
        progress: called with records read and, where known, records in all.
        one_file: whether the parts become one file in the end.
        on_repeat: see :meth:`~lepton_core.pipeline.Pipeline.open_session`.

    Raises:
        DataError: the memory of the earlier run is damaged.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        journal: Journal,
        options: Options,
        out: Path,
        progress: Progress | None = None,
        one_file: bool = False,
        on_repeat: str = "reject",
    ) -> None:
        self.pipeline, self.journal, self.options = pipeline, journal, options
        self.selection = selection_of(pipeline, options)
        self.session = pipeline.open_session(on_repeat)
        self.summary = Summary(pipeline.address, str(out))
        self._out, self._progress, self._one_file = out, progress, one_file
        self._before = 0.0
        if journal.resumed and journal.manifest.summary:
            self.summary = Summary.from_json(journal.manifest.summary)
            self._before = self.summary.seconds
            self._restore()
            self.session.cursor = self.summary.read
        self._started = time.monotonic()
        self._background = Background(inline=options.n_threads <= 1)
        self._part = self._new_part()
        self._batches = 0

    def _restore(self) -> None:
        journal = self.journal
        state = journal.state()
        try:
            self.selection.restore(journal.manifest.types)
            if state:
                self.session.restore(state)
        except (KeyError, ValueError, TypeError, IndexError, pa.ArrowException) as error:
            path = journal.folder / journal.manifest.state
            raise DataError("journal.damaged", path=path, reason=error) from error

    def read(
        self,
        reader: RecordReader,
        source: str,
        cursor: Mapping[str, Any] | None,
        done: int = 0,
        total: int | None = None,
        *,
        whole: bool = True,
    ) -> None:
        """Score the records of an opened reader.

        Args:
            reader: gives ``batches()``.
            source: its name, for messages.
            cursor: what a commit notes of this source, besides the ``row`` reached; None commits
                nothing before its end.
            done: records of it that an earlier process has scored; they are passed over.
            total: records of the whole run, where known.
            whole: whether a column without one readable value in the first batch is an error of the
                source; else each such record is refused.
        """
        check_names(self.selection, reader.schema_names, source)
        first_of_source = self.session.cursor - done
        if not done:
            self._refuse_lines(reader, source)
        place, together = self.session.cursor, self.pipeline.task.together

        def numbered() -> Iterator[tuple[pa.Table, int]]:
            # In the reading thread, which alone knows how many records came before a batch.
            nonlocal place
            # What a camera sent before cannot be read again: it goes on with what it sends now.
            skip, left = 0 if reader.is_live else done, self._left()
            for batch in whole_units(reader.batches(), together):
                if skip >= batch.num_rows:
                    skip -= batch.num_rows
                    continue
                batch = batch.slice(skip)
                skip = 0
                if left is not None:
                    batch = first_units(batch, together, left)
                    left = max(left - batch.num_rows, 0)
                if batch.num_rows:
                    yield batch, place
                    place += batch.num_rows
                if left == 0:
                    return

        def work(item: tuple[pa.Table, int]) -> Work:
            batch, first = item
            # A column without one readable value is a wrong column where the source begins. Further
            # down it is what one bad record makes of a short last batch.
            return self.pipeline.prepare(batch, source, first, whole and first == first_of_source)

        with closing(in_order(numbered(), work, self.options.n_threads)) as scored:
            for (batch, _), prepared in scored:
                predictions = self.session.take(prepared)
                self.write(predictions, prepared, batch, source, first_of_source)
                if self._progress:
                    self._progress(self.summary.read, total)
                self._batches += 1
                if self._batches >= self.options.part_batches and cursor is not None:
                    self.commit({**cursor, "row": self.session.cursor - first_of_source})

    def _left(self) -> int | None:
        limit = self.options.limit
        return None if limit is None else max(limit - self.session.cursor, 0)

    @property
    def is_full(self) -> bool:
        """Whether as many records were read as shall be."""
        return self._left() == 0

    def write(
        self,
        predictions: Predictions,
        work: Work,
        batch: pa.Table,
        source: str,
        first_of_source: int = 0,
        repeated: np.ndarray | None = None,
    ) -> None:
        """Add a scored batch to the part that the next commit makes count.

        Args:
            predictions: of the batch.
            work: the same batch, checked.
            batch: the same batch, as it was read.
            source: its name, for messages.
            first_of_source: where the source begins in the input as a whole.
            repeated: rows, as ``predictions.rows``, that were written before and are not again.

        Raises:
            DataError: the disk is full or refuses; ``strict`` and a record was refused.
        """
        once = predictions
        if repeated is not None and len(repeated):
            left = np.flatnonzero(~np.isin(predictions.rows, repeated))
            once = predictions.take(pa.array(left))
        table = self.selection.apply(once, work, batch)
        try:
            self._refuse(predictions, source, first_of_source)
            self._background(self._part.write, table)
        except (OSError, pa.ArrowException) as error:
            raise DataError("data.cannot_write", out=self._out, reason=error) from error
        self.summary.count(batch.num_rows, predictions, table.num_rows)

    def _refuse_lines(self, reader: RecordReader, source: str) -> None:
        """Note the lines of which the reader could make no record."""
        for reject in getattr(reader, "rejects", ()):
            told = reject.to_json()
            self._check_strict(told, source)
            self.summary.refuse(reject, reject.row)
            self.journal.append(REJECTED_LOG, {**told, "source": source})

    def _check_strict(self, told: Mapping[str, Any], source: str) -> None:
        if self.options.strict:
            raise DataError(
                "data.strict",
                source=source,
                row=told["row"],
                record_id=told["record_id"],
                reason=told["reasons"][0]["message"],
            )

    def _refuse(self, predictions: Predictions, source: str, first_of_source: int) -> None:
        for reject in predictions.rejects:
            told = reject.to_json()
            told["row"] -= first_of_source
            self._check_strict(told, source)
            self.summary.refuse(reject, told["row"])
            self.journal.append(REJECTED_LOG, {**told, "source": source})

    def commit(self, cursor: dict[str, Any], status: str = "running") -> None:
        """Make all that was scored so far count.

        Args:
            cursor: where in the inputs that is.
            status: of the run from now on.

        Raises:
            DataError: the disk is full or refuses; what was committed before still stands.
        """
        try:
            self._background.wait()
            # An output without rows has its columns all the same.
            empty = status == "done" and not self.summary.parts and not self.options.partition
            files = self._part.close(self.selection.schema() if empty else None)
            if files:
                self.summary.parts += 1
            for path, rows in files.items():
                name = shown(path).relative_to(self.journal.folder).as_posix()
                self.journal.append(PARTS_LOG, {"file": name, "rows": rows})
            self.summary.seconds = round(self._before + time.monotonic() - self._started, 3)
            state = None if status == "done" else self.session.export_state()
            if state is not None and set(state) == {"cursor"}:
                state = None  # nothing is remembered but how many were read, which is counted
            types = self.selection.types_text()
            summary = self.summary.to_json()
            self.journal.commit(cursor, state, summary, status, files, types)
        except (OSError, pa.ArrowException) as error:
            raise DataError("data.cannot_write", out=self._out, reason=error) from error
        self._part = self._new_part()
        self._batches = 0

    def abort(self) -> None:
        """Drop what was not committed."""
        self._background.close()
        self._part.abort()
        # What cannot be removed now is when the run goes on.
        with suppress(OSError):
            self.journal.rollback()

    def close(self) -> None:
        """End the writing thread."""
        self._background.close()

    def _new_part(self) -> PartWriter:
        return PartWriter(
            self.journal.folder,
            self.journal.part_stem,
            self.options.suffix,
            self.options.compression,
            self.options.partition,
            # Parts that become one file are simply put behind each other.
            header=not (self._one_file and self.summary.parts),
        )


def selection_of(pipeline: Pipeline, options: Options) -> Selection:
    """What is written, by the options.

    Raises:
        UsageError: the options name what there is not.
    """
    selection = Selection(pipeline.task, options.select, options.condition)
    check_partition(options.partition, selection.columns)
    return selection
