"""How data is split and scored, as objects: the protocol of a published figure or a default."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lepton_core.predictions import Predictions

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline
    from lepton_core.training.splits import Split


@dataclass(frozen=True)
class Fold:
    """One part of a protocol that is trained and tested by itself.

    Args:
        name: for the report.
        split: rows trained on, validated on and tested on.
    """

    name: str
    split: Split


class Protocol(ABC):
    """How records of a task are split.

    Attributes:
        name: for reports, ``handbook``.
    """

    name: str

    def with_truth(self, records: pa.Table) -> pa.Table:
        """The records with what is true of them, where other records tell it.

        A task whose truth stands in its records' own label column leaves this as it is. For a
        forecast the truth is a later record of the same series, and is added here as a column
        outside the Spec, which scoring never sees. Called once, on all records, before
        :meth:`split`; trainer, measures and baselines get what it returns.

        Args:
            records: checked records [n], in order.

        Returns:
            the same rows in the same order, with further columns.
        """
        return records

    @abstractmethod
    def split(self, records: pa.Table) -> Split:
        """Rows that one bundle is trained, validated and tested on."""

    def folds(self, records: pa.Table) -> list[Fold]:
        """What ``evaluate --train`` trains and tests in turn; one fold unless overridden."""
        return [Fold("test", self.split(records))]

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """The protocol in plain words and numbers, for the card and the report."""


def score_rows(pipeline: Pipeline, records: pa.Table, rows: np.ndarray) -> Predictions:
    """Predictions of some records, in the given order, with the history a task needs.

    Args:
        pipeline: what scores.
        records: checked records, in order.
        rows: ascending int64 [n]. A stateful task reads every record up to the last of them, but
            answers for these only; a stateless one reads these only.

    Returns:
        one row for each of ``rows``. Checked records can still be refused by a preprocessor;
        these are absent, and stand in ``rejects``.
    """
    if not pipeline.task.stateful:
        return pipeline.score(records.take(pa.array(rows)))
    session = pipeline.open_session()
    until = int(rows.max()) + 1 if len(rows) else 0
    scored = session.step(records.slice(0, until))
    wanted = records.column("record_id").take(pa.array(rows)).combine_chunks()
    position = pa.compute.index_in(wanted, scored.columns["record_id"])
    return scored.take(position.drop_null())
