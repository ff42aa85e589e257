"""How data is split and scored, as objects: the protocol of a published figure or a default."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lepton_core.evaluation.rows import in_steps
from lepton_core.predictions import Predictions, concat
from lepton_core.records.video import FRAME_BATCH_ROWS, takes_frames
from lepton_core.rejects import Rejects

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline
    from lepton_core.training.splits import Split


@dataclass(frozen=True)
class Fold:
    """One part of a protocol that is trained and tested by itself.

    Args:
        name: for the report.
        split: rows trained on, validated on and tested on.
        seed: added to the seed of the run, for protocols that train one split several times.
    """

    name: str
    split: Split
    seed: int = 0


class Protocol(ABC):
    """How records of a task are split.

    Attributes:
        name: for reports, ``handbook``.
        group: the column that names what stays in one part; empty where records stand alone.
        makes_cases: whether :meth:`with_truth` makes several cases of one record.
    """

    name: str
    group: str = ""
    makes_cases: bool = False

    def with_truth(self, records: pa.Table) -> pa.Table:
        """The records with what is true of them, where other records tell it.

        A task whose truth stands in its records' own label column leaves this as it is. For a
        forecast the truth is a later record of the same series, and is added here as a column
        outside the Spec, which scoring never sees. Called once, on all records, before
        :meth:`split`; trainer, measures and baselines get what it returns.

        Args:
            records: checked records [n], in order.

        Returns:
            the same rows in the same order, with further columns. Where records are whole
            histories, of which a part is what another part predicts, it makes cases of each
            (``makes_cases``), and :meth:`origins` tells of which; given cases it returns them.
        """
        return records

    def origins(self, records: pa.Table) -> np.ndarray:
        """Which of the records [n] each row of :meth:`with_truth` is made of, int64 [m]."""
        return np.arange(records.num_rows)

    @abstractmethod
    def split(self, records: pa.Table) -> Split:
        """Rows that one bundle is trained, validated and tested on."""

    def may_learn(self, records: pa.Table) -> np.ndarray:
        """Which records may be learned from where they come after the split, bool [n]; all of them.

        A protocol that learns from some kinds of records alone, as from good parts, says so here.
        """
        return np.ones(records.num_rows, bool)

    def folds(self, records: pa.Table) -> list[Fold]:
        """What ``evaluate --train`` trains and tests in turn; one fold unless overridden."""
        return [Fold("test", self.split(records))]

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """The protocol in plain words and numbers, for the card and the report."""


def score_rows(pipeline: Pipeline, records: pa.Table, rows: np.ndarray) -> Predictions:
    """Predictions of some records, with the history a task needs; memory stays flat.

    Args:
        pipeline: what scores.
        records: records, in order.
        rows: ascending int64 [n]. A stateful task reads every record up to the last of them, but
            answers for these only; a stateless one reads these only.

    Returns:
        one row for each of ``rows`` that was not refused; the predictions' ``rows``, and those of
        the refused ones, are positions in ``records``.
    """
    rows = np.asarray(rows, np.int64)
    session = pipeline.open_session()
    if pipeline.task.stateful:
        until = int(rows.max()) + 1 if len(rows) else 0
        # Frames of a video do not fit in memory twice over; any cut gives the same.
        step = FRAME_BATCH_ROWS if takes_frames(pipeline.task.inputs) else max(until, 1)
        cuts = range(0, max(until, 1), step)
        scored = concat([session.step(records.slice(at, min(step, until - at))) for at in cuts])
        return scored.take(pa.array(np.flatnonzero(np.isin(scored.rows, rows))))
    parts = []
    for table in in_steps(records, rows):
        # A step is a part of the input: what is unreadable in all of it is a fault of its records.
        work = pipeline.prepare(table, first_row=session.cursor, whole=False)
        parts.append(session.take(work))
    scored = concat(parts)
    rejects = Rejects()
    for reject in scored.rejects:
        for key, values in reject.reasons:
            rejects.add(int(rows[reject.row]), reject.record_id, key, **values)
    return replace(scored, rows=rows[scored.rows], rejects=rejects)
