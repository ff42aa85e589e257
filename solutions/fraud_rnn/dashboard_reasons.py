"""Why one transaction scored as it did, from the past that it was scored with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.charts import reason_bars
from lepton_core.ui.figures import CHART
from lepton_core.ui.loader import load

from .dashboard_book import Book, codes
from .dashboard_desk import Desk

if TYPE_CHECKING:
    from lepton_core.explain.base import Explanation

# So many earlier transactions are read again in about two seconds. Longer pasts are cut down,
# which moves the score that is explained; it is told from this difference on.
MOST_ROWS = 120_000
_TELL_FROM = 0.1
# Alerts of a day that are explained together.
_AT_ONCE = 40


def show_reasons(desk: Desk, row: int) -> None:
    """Draw the reasons of one transaction, the strongest first."""
    st.subheader(t("fraud_rnn.alert.reasons"), anchor=False)
    with st.spinner(t("fraud_rnn.alert.explaining")):
        found = explain_row(desk, row)
    if found is None or not found.reasons:
        st.caption(t("ui.reasons.nothing"))
        return
    told = "; ".join(f"{reason.text()} (+{reason.contribution:.1f})" for reason in found.reasons)
    figure = reason_bars(found.reasons)
    st.plotly_chart(figure, key=f"fraud.reasons.{row}", config=CHART, alt=told)
    st.caption(t("fraud_rnn.alert.reasons_help"))
    off = found.score - float(desk.book.score[row])
    if abs(off) >= _TELL_FROM:
        st.caption(t("fraud_rnn.alert.partly", n=MOST_ROWS, off=off))


def explain_row(desk: Desk, row: int) -> Explanation | None:
    """The reasons of a row; None where it is refused without the rest of its file.

    The past is read once for all alerts of the row's day, so that the next one is there at once.
    """
    kept, record_id = _kept(desk.scored.key), desk.record_id(row)
    if record_id not in kept:
        together = np.unique(np.append(desk.queue(desk.day_of(row))[:_AT_ONCE], row))
        if together[-1] >= MOST_ROWS:
            # Where the past is cut down, each one has its own.
            together = np.array([row])
        kept |= _explain(desk, together)
    return kept[record_id]


def _explain(desk: Desk, rows: np.ndarray) -> dict[str, Explanation | None]:
    """Record id -> reasons of some rows, from the past of the latest."""
    from lepton_core.solution import find_task

    task = find_task("fraud_rnn/transactions")
    records = desk.book.records.take(pa.array(past_rows(desk.book, int(rows[-1]), MOST_ROWS)))
    ids = [desk.record_id(row) for row in rows.tolist()]
    found = task.hook(task.explainer)().explain(load(desk.folder), records, ids)
    return dict.fromkeys(ids) | {one.record_id: one for one in found}


@st.cache_resource(show_spinner=False, max_entries=4, scope="session")
def _kept(key: str) -> dict[str, Explanation | None]:
    return {}


def past_rows(book: Book, row: int, most: int) -> np.ndarray:
    """The transactions that a row's reasons need, itself the last, in order of time.

    All that came before it where these are at most ``most``. Otherwise, the latest first: those of
    its card and its terminal, then those of the terminals that the card went to and of the cards
    that came to its terminal, which say what was unusual there.

    Args:
        book: in order of time.
        row: what is explained.
        most: rows at most.

    Returns:
        int64, ascending.
    """
    if row < most:
        return np.arange(row + 1)
    card = book.card[: row + 1]
    terminal = codes(book.records.column("terminal").slice(0, row + 1))
    of_card = card == card[row]
    at_terminal = (terminal == terminal[row]) & (terminal[row] >= 0)
    own = of_card | at_terminal
    places = np.unique(terminal[of_card & (terminal >= 0)])
    near = np.isin(terminal, places) | np.isin(card, np.unique(card[at_terminal]))
    chosen = np.flatnonzero(own)[-most:]
    more = np.flatnonzero(near & ~own)
    room = most - len(chosen)
    return np.sort(np.concatenate([chosen, more[-room:] if room else more[:0]]))
