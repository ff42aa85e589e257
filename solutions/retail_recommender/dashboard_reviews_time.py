"""How products are received over time, and what their reviews talk about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.charts import layout
from lepton_core.ui.csv_button import csv_button
from lepton_core.ui.figures import CHART, table_height
from lepton_core.ui.loader import load
from lepton_core.ui.plain import plain
from lepton_core.ui.timeline import date_ticks

from .dashboard_reviews import VIEW
from .reviews.preprocessing import ReviewPreprocessor
from .reviews.topics import Topics, find_topics
from .reviews.trend import PERIODS, period_start, trend, wilson

if TYPE_CHECKING:
    from lepton_core.ui.outcomes import Outcomes

_COLOURS = ("#2f7fb5", "#c98a1b", "#2f9e6e", "#8a63c9", "#d0453a", "#6c7a89")
_FIRST_SHOWN = 3
# Of more reviews than this a page finds topics in the latest alone.
_MOST_TOPICAL = 5000
_TOPICS = 8


@dataclass(frozen=True)
class Told:
    """Products and times of reviews, as far as they are known.

    Args:
        product: strings [n], empty where it is not known.
        time_us: int64 [n], microseconds since 1970 UTC, 0 where it is not known.
        dated: bool [n], where it is.
    """

    product: np.ndarray
    time_us: np.ndarray
    dated: np.ndarray

    @classmethod
    def of(cls, records: pa.Table) -> Told:
        """From checked reviews [n]."""
        time = records["time"].cast(pa.int64())
        product = np.array(pc.fill_null(records["product"], "").to_pylist(), object)
        dated = np.asarray(pc.is_valid(time).to_numpy(), bool)
        return cls(product, pc.fill_null(time, 0).to_numpy(), dated)

    def products(self) -> list[str]:
        """Their names, the most reviewed first."""
        names, counts = np.unique(self.product[self.product != ""].astype(str), return_counts=True)
        return names[np.argsort(-counts, kind="stable")].tolist()


def show_time(outcomes: Outcomes, key: str) -> None:
    """Draw the share of positive reviews over time, by product where these are known."""
    st.subheader(t(f"{VIEW}.time"), anchor=False)
    told = Told.of(outcomes.scored.records)
    if not told.dated.any():
        st.caption(t(f"{VIEW}.no_time"))
        return
    names = told.products()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            t(f"{VIEW}.products"),
            names,
            default=names[:_FIRST_SHOWN],
            key=f"reviews.products.{key}",
            placeholder=t(f"{VIEW}.all_products"),
            help=t(f"{VIEW}.products_help"),
        )
        period = _choose_period(key)
    lines = {name: told.dated & (told.product == name) for name in chosen}
    lines = lines or {t(f"{VIEW}.all_products"): told.dated}
    figure = go.Figure()
    for at, (name, some) in enumerate(lines.items()):
        _draw_line(figure, told, outcomes, name, some, period, _COLOURS[at % len(_COLOURS)])
    figure.update_layout(**layout(320))
    figure.update_xaxes(**date_ticks())
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", title_text=t(f"{VIEW}.share"))
    st.plotly_chart(figure, key="reviews.time", config=CHART, alt=t(f"{VIEW}.time"))
    st.caption(t(f"{VIEW}.time_help"))
    csv_button(
        t(f"{VIEW}.download_time"),
        lambda: _by_period(told, outcomes, names, period),
        "sentiment_over_time.csv",
        "reviews.download.time",
    )


def _choose_period(key: str) -> str:
    return str(
        st.segmented_control(
            t(f"{VIEW}.period"),
            PERIODS,
            default="month",
            required=True,
            format_func=lambda name: t(f"{VIEW}.periods.{name}"),
            key=f"reviews.period.{key}",
        )
    )


def _draw_line(
    figure: go.Figure,
    told: Told,
    outcomes: Outcomes,
    name: str,
    some: np.ndarray,
    period: str,
    colour: str,
) -> None:
    """A product's share with its interval, and a mark whose size is the number of reviews."""
    found = trend(told.time_us[some], outcomes.positive[some], period)
    rgb = ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    x = found.start.astype(str)
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([found.high, found.low[::-1]]),
        fill="toself",
        fillcolor=f"rgba({rgb},0.13)",
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(
        x=x,
        y=found.share,
        mode="lines+markers",
        name=name,
        line={"color": colour, "width": 2},
        marker={"size": np.clip(4 + np.sqrt(found.n), 5, 16)},
        customdata=np.stack([found.n, found.low, found.high], axis=1),
        hovertemplate=(
            "%{x}<br>%{y:.0%} (%{customdata[1]:.0%} – %{customdata[2]:.0%})"
            f"<br>{t(f'{VIEW}.column.n')}: %{{customdata[0]:,}}<extra></extra>"
        ),
    )


def _by_period(told: Told, outcomes: Outcomes, names: list[str], period: str) -> pa.Table:
    """Every product's periods as a table."""
    parts = []
    for name in names or [""]:
        some = told.dated & (told.product == name)
        found = trend(told.time_us[some], outcomes.positive[some], period)
        columns = {"product": [name] * len(found.n), "from": found.start.astype(str)}
        columns |= {"reviews": found.n, "positive": found.positive, "share": found.share}
        parts.append(pa.table({**columns, "low": found.low, "high": found.high}))
    return pa.concat_tables(parts)


def show_topics(outcomes: Outcomes, key: str) -> None:
    """Draw what reviews talk about, how often, how it is received, and how that moved."""
    st.subheader(t(f"{VIEW}.topics"), anchor=False)
    told = Told.of(outcomes.scored.records)
    everyone = t(f"{VIEW}.all_products")
    product = everyone
    if names := told.products():
        product = str(
            st.selectbox(t(f"{VIEW}.topics_of"), [everyone, *names], key=f"reviews.topics.{key}")
        )
    rows = np.flatnonzero((told.product == product) | (product == everyone))
    rows = rows[np.argsort(-told.time_us[rows], kind="stable")][:_MOST_TOPICAL]
    found = _topics(outcomes, product if product != everyone else "", rows)
    if not found.words:
        st.caption(t(f"{VIEW}.no_topics"))
        return
    table = _topic_table(found, outcomes.positive[rows], told, rows)
    columns: dict[str, Any] = {
        name: st.column_config.Column(t(f"{VIEW}.column.{name}")) for name in table.column_names
    }
    columns["share"] = st.column_config.ProgressColumn(
        t(f"{VIEW}.column.share"), format="percent", min_value=0.0, max_value=1.0
    )
    columns["recent"] = st.column_config.NumberColumn(
        t(f"{VIEW}.column.recent"), format="percent", help=t(f"{VIEW}.recent_help")
    )
    columns["by_month"] = st.column_config.BarChartColumn(t(f"{VIEW}.column.by_month"), y_min=0)
    st.dataframe(
        table,
        hide_index=True,
        height=table_height(table.num_rows),
        column_config=columns,
        key="reviews.topics.table",
        placeholder="–",
    )
    st.caption(t(f"{VIEW}.topics_help", n=len(rows), of=plain(product)))


def _topics(outcomes: Outcomes, product: str, rows: np.ndarray) -> Topics:
    """The topics of some reviews, kept for this session."""
    kept = st.session_state.setdefault("reviews.topics.kept", {})
    key = (outcomes.scored.key, product)
    if key not in kept:
        pipeline = load(outcomes.task.bundle(outcomes.scored.address.partition("@")[2]))
        assert isinstance(pipeline.preprocessor, ReviewPreprocessor)
        texts = outcomes.scored.records["text"].take(pa.array(rows)).to_pylist()
        words = pipeline.preprocessor.words(texts)
        normal = [[one.text.lower() for one in some] for some in words]
        while len(kept) >= 16:
            kept.pop(next(iter(kept)))
        kept[key] = find_topics(normal, _TOPICS)
    return kept[key]


def _topic_table(found: Topics, positive: np.ndarray, told: Told, rows: np.ndarray) -> pa.Table:
    """A line a topic."""
    months = period_start(told.time_us[rows], "month")
    dated = told.dated[rows]
    known = np.unique(months[dated])[-12:]
    last = dated & np.isin(months, known[-3:])
    lines = []
    for number in range(len(found.words)):
        some = found.topic == number
        n, good = int(some.sum()), int((some & positive).sum())
        low, high = wilson(np.array([good]), np.array([n]))
        recent = some & last
        lines.append(
            {
                "topic": " · ".join(found.words[number]),
                "n": n,
                "share": good / n,
                "interval": f"{low[0]:.0%} – {high[0]:.0%}",
                "recent": float(positive[recent].mean()) if recent.any() else None,
                "by_month": [int((some & dated & (months == month)).sum()) for month in known],
            }
        )
    return pa.Table.from_pylist(lines)
