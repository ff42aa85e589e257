"""Events to the arrays of the network, with what must be remembered of each machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.entities import StateArray, waves
from lepton_core.events import EventTable, refuse_late
from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.spec import Column, Spec
from lepton_core.tabular import TablePreprocessor

from .task import INPUTS

# Computed by `with_past`. The network keeps the rest of the past by itself, in its state.
PAST = (Column("gap_log", "float64"), Column("vibration_ratio", "float64"))
FEATURES = Spec((*INPUTS.of_role("feature"), *PAST))


class EventPreprocessor(Preprocessor):
    """The columns of each event and what its machine's past says of them, as scaled features.

    Args:
        table: scaling and categories, fitted or not.
    """

    def __init__(self, table: TablePreprocessor | None = None) -> None:
        self.table = table or TablePreprocessor(FEATURES)

    def new_history(self) -> EventTable:
        """When each machine was last seen, its number of events and its mean vibration."""
        return EventTable(StateArray("events"), StateArray("vibration"))

    def fit(self, records: pa.Table) -> EventPreprocessor:
        """Scaling and categories from checked training records."""
        self.table.fit(self.with_past(records, self.new_history())[0])
        return self

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Features ``x`` float32 [n, F] and the machine's slot of each event.

        An event older than its machine's previous one is refused.
        """
        # Not `history or ...`: a memory of nobody yet is empty, but it is one.
        history = self.new_history() if history is None else history
        seen, prepared = self.with_past(records, history)
        return Prepared(self.table.transform(seen).arrays, *prepared)

    def with_past(self, records: pa.Table, history: EventTable) -> tuple[pa.Table, tuple[Any, ...]]:
        """Events with the columns ``PAST``, seen from before each of them.

        Args:
            records: checked records [N], in order of arrival.
            history: what came before; is moved on.

        Returns:
            the events that are in order [n], and their positions, the refused ones, their slots.
        """
        slots = history.slots(records.column("machine"))
        gaps = history.gaps(slots, records.column("time").cast(pa.int64()).to_numpy())
        kept, rejects = refuse_late(records, gaps, entity="machine", time="time")
        if len(rejects):
            records, slots, gaps = records.take(pa.array(kept)), slots[kept], gaps[kept]
        usual = self._usual(slots, records.column("vibration").to_numpy(), history)
        ratio = records.column("vibration").to_numpy() / np.maximum(usual, 1e-3)
        # The first event of a machine has no past: NaN, which the table takes as missing.
        for column, values in zip(PAST, (np.log(gaps + 60.0), ratio), strict=True):
            records = records.append_column(column.name, pa.array(values, from_pandas=True))
        return records, (kept, rejects, slots)

    def _usual(self, slots: np.ndarray, value: np.ndarray, history: EventTable) -> np.ndarray:
        """Each machine's mean so far [n], NaN at its first event; then the event counts too."""
        count, mean = history["events"], history["vibration"]
        usual = np.empty(len(slots))
        # One event of each machine at a time: any cut of the events into batches gives the same.
        for rows in waves(slots):
            at = slots[rows]
            usual[rows] = np.where(count[at] > 0, mean[at], np.nan)
            count[at] += 1
            mean[at] += (value[rows] - mean[at]) / count[at]
        return usual

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return self.table.state()

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
    ) -> EventPreprocessor:
        return cls(TablePreprocessor.from_state(state, arrays))


def prepare(
    records: pa.Table, fit_on: np.ndarray
) -> tuple[EventPreprocessor, np.ndarray, np.ndarray]:
    """A preprocessor fitted on some events, and the features of all.

    Args:
        records: checked events [N] in order of time.
        fit_on: int64 [n], the events that scaling and categories are learned from; what came
            before each of them is remembered from all.

    Returns:
        the preprocessor, ``x`` float32 [N, F], and the machine's slot of each event int64 [N].
    """
    preprocessor = EventPreprocessor()
    seen, (_, _, slots) = preprocessor.with_past(records, preprocessor.new_history())
    preprocessor.table.fit(seen.take(pa.array(fit_on)))
    return preprocessor, preprocessor.table.transform(seen).arrays["x"], slots
