"""Similar past cases of one alert, and what became of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.figures import CHART, table_height

from .dashboard_book_similar import LAST, Similar, similar_cases
from .dashboard_desk import Desk


def show_similar(desk: Desk, row: int) -> None:
    """Draw the nearest earlier transactions with a known outcome: share of frauds, chart, list."""
    from .dashboard_charts import similar_chart

    st.subheader(t("fraud_rnn.similar.title"), anchor=False)
    found = similar_cases(desk.book, desk.traits, row, desk.delay_days, desk.cases.judged)
    if not len(found.rows):
        st.info(t("fraud_rnn.empty.similar", days=desk.delay_days), icon=":material/history:")
        return
    frauds = int(found.fraud.sum())
    share = t("fraud_rnn.similar.share", frauds=frauds, n=len(found.rows), base=found.base)
    st.markdown(share, help=t("fraud_rnn.similar.help", n=found.candidates))
    left, right = st.columns([4, 8], gap="medium")
    with left:
        st.plotly_chart(
            similar_chart(desk, found, row),
            key="fraud.similar.chart",
            config=CHART,
            alt=share.replace("*", ""),
        )
    with right:
        st.dataframe(
            _table(desk, found),
            hide_index=True,
            placeholder="–",
            height=table_height(len(found.rows), 290),
            column_config=_columns(desk),
            alt=t("fraud_rnn.similar.title"),
        )


def _table(desk: Desk, found: Similar) -> pa.Table:
    book, traits, rows = desk.book, desk.traits, found.rows
    words = {True: t("fraud_rnn.known.fraud"), False: t("fraud_rnn.known.genuine")}
    columns: dict[str, Any] = {
        "outcome": pa.array([[words[bool(f)]] for f in found.fraud], pa.list_(pa.string())),
        "time": book.take("time", rows),
        "amount": book.amount[rows],
        "ratio": pa.array(traits.ratio[rows], from_pandas=True),
        "gap": pa.array(traits.gap_h[rows], from_pandas=True),
        "count": traits.count[rows],
        "frauds": traits.frauds[rows],
        "latest": traits.latest[rows],
        "probability": 100.0 * desk.marks.probability[rows],
        "distance": found.distance,
    }
    if not book.has_terminals:
        columns.pop("frauds")
        columns.pop("latest")
    return pa.table(columns)


def _columns(desk: Desk) -> dict[str, Any]:
    config = st.column_config
    words = [t("fraud_rnn.known.fraud"), t("fraud_rnn.known.genuine")]
    name = {
        key: t(f"fraud_rnn.similar.{key}") for key in ("times", "gap", "count", "frauds", "latest")
    }
    help_ = {
        key: t(f"fraud_rnn.trait_help.{key}")
        for key in ("ratio", "gap", "count", "frauds", "latest")
    }
    return {
        "outcome": config.MultiselectColumn(
            t("fraud_rnn.similar.outcome"), options=words, color=["red", "gray"], width=86
        ),
        "time": config.DatetimeColumn(
            t("fraud_rnn.column.time"), format="MM-DD HH:mm", timezone="UTC"
        ),
        "amount": config.NumberColumn(t("fraud_rnn.column.amount"), format="%.2f"),
        "ratio": config.NumberColumn(name["times"], format="× %.1f", help=help_["ratio"]),
        "gap": config.NumberColumn(name["gap"], format="%.1f h", help=help_["gap"], width=90),
        "count": config.NumberColumn(name["count"], help=help_["count"]),
        "frauds": config.NumberColumn(name["frauds"], help=help_["frauds"]),
        "latest": config.NumberColumn(name["latest"], help=help_["latest"]),
        "probability": config.NumberColumn(t("fraud_rnn.column.probability"), format="%.1f%%"),
        "distance": config.NumberColumn(
            t("fraud_rnn.similar.distance"),
            format="%.1f",
            help=t("fraud_rnn.similar.distance_help"),
        ),
    }


def trait_figures(desk: Desk, row: int) -> list[tuple[str, str]]:
    """What a person compares a transaction by: key and value ready to be shown."""
    traits = desk.traits
    ratio, gap = float(traits.ratio[row]), float(traits.gap_h[row])
    shown = [
        ("ratio", "–" if np.isnan(ratio) else f"× {ratio:,.1f}"),
        ("gap", "–" if np.isnan(gap) else _hours(gap)),
        ("count", f"{int(traits.count[row]):,}"),
    ]
    if desk.book.has_terminals:
        shown.append(("frauds", f"{int(traits.frauds[row]):,}"))
        shown.append(("latest", f"{int(traits.latest[row])} / {LAST}"))
    return shown


def _hours(hours: float) -> str:
    if hours < 1:
        return t("fraud_rnn.trait.minutes", n=hours * 60)
    return (
        t("fraud_rnn.trait.hours", n=hours)
        if hours < 48
        else t("fraud_rnn.trait.days", n=hours / 24)
    )
