"""The shop's lists as a whole: how much of the catalogue they show, and of its long tail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t

if TYPE_CHECKING:
    from lepton_core.decision import Rank
    from lepton_core.ui.scored import Scored

    from .next_item.shop import Shop

_ALL = "retail_recommender.next_item.view.catalogue"
_MOST = 200
# More lists than these take too long to make at each move of a slider.
_CUSTOMERS = 2_000


def show_catalogue(shop: Shop, own: Rank, scored: Scored) -> None:
    """Draw what the lists of all customers are like, beside those that the bundle makes by itself.

    Args:
        shop: answers under the settings of the page.
        own: the bundle's own decision.
        scored: the customers.
    """
    from lepton_core.ui.csv_button import csv_button
    from lepton_core.ui.figures import CHART, show_figures, table_height

    from .dashboard_next_item_customer import column_config

    decision = shop.decision
    some = slice(0, _CUSTOMERS)
    score, history = scored.score[some], scored.raw["history"][some]
    codes, _ = decision.lists(score, history)
    before, _ = own.lists(score, history)
    if len(scored.score) > len(score):
        st.caption(t(f"{_ALL}.some", n=len(score), of=len(scored.score)))
    show_figures(_figures(decision, codes, before))
    st.plotly_chart(_chart(decision, codes), key="retail_recommender.next_item.tail", config=CHART)
    shown = np.bincount(codes[codes >= 0], minlength=len(decision.items))
    table = _table(decision, shown)
    st.subheader(t(f"{_ALL}.items"), anchor=False)
    st.dataframe(
        table,
        hide_index=True,
        height=table_height(table.num_rows),
        column_config=column_config(table),
    )
    csv_button(
        t(f"{_ALL}.download"),
        lambda: _lists(decision, scored),
        "lists.csv",
        "retail_recommender.next_item.lists",
    )


def _figures(decision: Rank, codes: np.ndarray, before: np.ndarray) -> list[Any]:
    from lepton_core.evaluation.ranking import item_coverage, strata
    from lepton_core.ui.figures import Figure

    n = len(decision.items)
    tail = strata(decision.items.counts) == 2

    def told(name: str, value: float, was: float, shape: str) -> Figure:
        note = t(f"{_ALL}.before", value=format(was, shape)) if was != value else ""
        help = t(f"{_ALL}.{name}_help")
        return Figure(t(f"{_ALL}.{name}"), format(value, shape), note, help)

    def share(lists: np.ndarray) -> float:
        found = lists[lists >= 0]
        return float(tail[found].mean()) if len(found) else 0.0

    def largest(lists: np.ndarray) -> float:
        counts = np.bincount(lists[lists >= 0], minlength=n)
        return float(counts.max() / max(len(lists), 1))

    width = codes.shape[1]
    found = [
        told("coverage", item_coverage(codes, n, width), item_coverage(before, n, width), ".0%"),
        told("tail", share(codes), share(before), ".0%"),
        told("largest", largest(codes), largest(before), ".0%"),
    ]
    margin = decision.items.catalogue.numbers.get("margin")
    if margin is not None and np.isfinite(margin).any():
        now, was = (float(np.nanmean(margin[lists[lists >= 0]])) for lists in (codes, before))
        found.append(told("margin", now, was, ",.2f"))
    return found


def _chart(decision: Rank, codes: np.ndarray) -> Any:
    """Share of all choices and of all lists, by how often an item was chosen."""
    import plotly.graph_objects as go

    counts = decision.items.counts
    order = np.argsort(-counts, kind="stable")
    shown = np.bincount(codes[codes >= 0], minlength=len(counts))
    x = np.arange(1, len(counts) + 1) / len(counts)
    figure = go.Figure()
    for name, values in (("chosen", counts), ("lists", shown)):
        share = np.cumsum(values[order]) / max(int(values.sum()), 1)
        figure.add_scatter(x=x, y=share, name=t(f"{_ALL}.chart.{name}"), mode="lines")
    figure.update_layout(
        height=320,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={"title": t(f"{_ALL}.chart.x"), "tickformat": ".0%"},
        yaxis={"title": t(f"{_ALL}.chart.y"), "tickformat": ".0%", "rangemode": "tozero"},
        legend={"orientation": "h", "y": 1.1},
    )
    return figure


def _table(decision: Rank, shown: np.ndarray) -> pa.Table:
    """Items by how many lists they are in; after them those that are in none, the popular first."""
    catalogue, counts = decision.items.catalogue, decision.items.counts
    order = np.lexsort((-counts, -shown))[:_MOST]
    columns: dict[str, Any] = {
        "item": [catalogue.ids[code] for code in order],
        "title": [catalogue.title(code) for code in order],
        "lists": shown[order],
        "chosen": counts[order],
    }
    for name in ("price", "margin", "stock"):
        if catalogue.knows(name):
            columns[name] = pa.array(catalogue.numbers[name][order], from_pandas=True)
    return pa.table(columns)


def _lists(decision: Rank, scored: Scored) -> pa.Table:
    """Every customer's list, an item a row: what a mail program takes."""
    codes, scores = decision.lists(scored.score, scored.raw["history"])
    there = codes >= 0
    row, place = np.nonzero(there)
    catalogue = decision.items.catalogue
    ids = scored.records.column("record_id").combine_chunks()
    return pa.table(
        {
            "customer": ids.take(pa.array(row)),
            "place": place + 1,
            "item": catalogue.id_array.take(pa.array(codes[there])),
            "title": [catalogue.title(code) for code in codes[there].tolist()],
            "score": scores[there],
        }
    )
