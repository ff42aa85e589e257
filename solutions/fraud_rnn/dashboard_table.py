"""The table of transactions that the queue and a card's list show."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t

from .dashboard_book import Book, Marks


def queue_table(book: Book, marks: Marks, rows: np.ndarray, with_day: bool = False) -> pa.Table:
    """What the queue and a card's list show of some rows, flags and known labels in words."""
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
        "flag": pa.array([[flag] if flag else [] for flag in flags], pa.list_(pa.string())),
    }
    if (book.known[rows] >= 0).any():
        names = [[known[k]] if k in known else [] for k in book.known[rows].tolist()]
        columns["known"] = pa.array(names, pa.list_(pa.string()))
    if len(set(flags)) == 1 and not with_day:
        # The queue's own name says it already.
        columns.pop("flag")
    if not book.has_terminals:
        columns.pop("terminal")
    if with_day:
        columns.pop("card")
    return pa.table(columns)


def table_columns(book: Book, with_day: bool = False) -> dict[str, Any]:
    """How Streamlit shows the columns of :func:`queue_table`."""
    config = st.column_config
    flags = [t("fraud_rnn.flag.alert"), t("fraud_rnn.flag.review")]
    known = [t("fraud_rnn.known.fraud"), t("fraud_rnn.known.genuine")]
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
            width=130,
        ),
        "flag": config.MultiselectColumn(
            t("fraud_rnn.column.flag"), options=flags, color=["red", "orange"], width=76
        ),
        "known": config.MultiselectColumn(
            t("fraud_rnn.column.known"), options=known, color=["red", "gray"], width=86
        ),
    }


def table_height(count: int, most: int = 480) -> int | Literal["content"]:
    """Height of a table with ``count`` rows: no empty lines below a short one."""
    return "content" if 34 * (count + 1) <= most else most
