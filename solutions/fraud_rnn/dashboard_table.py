"""The table of transactions that the queue and a past show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t

from .dashboard_book import Book, Marks
from .dashboard_book_cases import CONFIRMED, DISMISSED, OPEN, Cases


def queue_table(
    book: Book,
    marks: Marks,
    rows: np.ndarray,
    *,
    without: str = "",
    cases: Cases | None = None,
) -> pa.Table:
    """Some transactions, flags, known labels and verdicts in words.

    Args:
        book: the transactions.
        marks: at the threshold.
        rows: which, in the order shown.
        without: ``card`` or ``terminal`` in a list of one of these, where it would say the same in
            every line; such a list spans alerts and others, which it tells apart.
        cases: what people said; None leaves the column out.
    """
    known = {1: t("fraud_rnn.known.fraud"), 0: t("fraud_rnn.known.genuine")}
    flags = [
        t("fraud_rnn.flag.alert") if alert else t("fraud_rnn.flag.review") if review else None
        for alert, review in zip(marks.alert[rows], marks.review[rows], strict=True)
    ]
    columns: dict[str, Any] = {
        "time": book.take("time", rows),
        "card": book.take("card", rows),
        "terminal": book.take("terminal", rows),
        "amount": book.amount[rows],
        "probability": 100.0 * marks.probability[rows],
        "flag": _badges(flags),
    }
    if cases is not None:
        words = {name: t(f"fraud_rnn.status.{name}") for name in (OPEN, CONFIRMED, DISMISSED)}
        # In a past of thousands, "open" would say no more than that nobody looked.
        words |= {OPEN: ""} if without else {}
        columns["status"] = _badges([words[cases.status(int(row))] for row in rows])
    if (book.known[rows] >= 0).any():
        columns["known"] = _badges([known.get(value) for value in book.known[rows].tolist()])
    if len(set(flags)) == 1 and not without:
        # The queue's own name says it already.
        columns.pop("flag")
    if not book.has_terminals:
        columns.pop("terminal")
    columns.pop(without, None)
    return pa.table(columns)


def _badges(words: list[Any]) -> pa.Array:
    return pa.array([[word] if word else [] for word in words], pa.list_(pa.string()))


def table_columns(with_day: bool = False) -> dict[str, Any]:
    """How Streamlit shows the columns of :func:`queue_table`."""
    config = st.column_config
    flags = [t("fraud_rnn.flag.alert"), t("fraud_rnn.flag.review")]
    known = [t("fraud_rnn.known.fraud"), t("fraud_rnn.known.genuine")]
    status = [t(f"fraud_rnn.status.{name}") for name in (OPEN, CONFIRMED, DISMISSED)]
    moment = "MM-DD HH:mm" if with_day else "HH:mm:ss"
    name = {n: t(f"fraud_rnn.column.{n}") for n in ("time", "card", "terminal", "amount")}
    return {
        "time": config.DatetimeColumn(name["time"], format=moment, timezone="UTC"),
        "card": config.TextColumn(name["card"]),
        "terminal": config.TextColumn(name["terminal"]),
        "amount": config.NumberColumn(name["amount"], format="%.2f"),
        "probability": config.ProgressColumn(
            t("fraud_rnn.column.probability"),
            format="%.1f%%",
            min_value=0.0,
            max_value=100.0,
            width=110,
        ),
        "flag": config.MultiselectColumn(
            t("fraud_rnn.column.flag"), options=flags, color=["red", "orange"], width=76
        ),
        "status": config.MultiselectColumn(
            t("fraud_rnn.column.status"), options=status, color=["blue", "red", "green"], width=88
        ),
        "known": config.MultiselectColumn(
            t("fraud_rnn.column.known"), options=known, color=["red", "gray"], width=80
        ),
    }
