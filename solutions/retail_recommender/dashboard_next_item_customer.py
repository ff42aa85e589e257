"""One customer: what they chose, what to show them now, and because of what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t

if TYPE_CHECKING:
    from lepton_core.ui.scored import Scored

    from .next_item.shop import Shop, Suggestions

_ONE = "retail_recommender.next_item.view.customer"
_COLUMN = "retail_recommender.next_item.view.column"
_LATEST = 30


def show_customer(shop: Shop, scored: Scored, key: str) -> None:
    """Draw a customer's page.

    Args:
        shop: answers under the settings of the page.
        scored: customers with their histories.
        key: of the source; another one forgets the choice.
    """
    from lepton_core.ui.plain import plain

    ids = scored.records.column("record_id").to_pylist()
    name = st.selectbox(
        t(f"{_ONE}.choose"), ids, key=f"retail_recommender.next_item.customer.{key}"
    )
    row = ids.index(name)
    history = scored.records.column("items")[row].as_py()
    title = _title(shop)
    left, right = st.columns([5, 7], gap="medium")
    with left:
        st.subheader(t(f"{_ONE}.history", n=len(history)), anchor=False)
        added = st.multiselect(
            t(f"{_ONE}.add"),
            shop.decision.items.catalogue.ids,
            key=f"retail_recommender.next_item.added.{key}.{name}",
            format_func=lambda item: f"{title(item)} ({item})",
            help=t(f"{_ONE}.add_help"),
            placeholder=t(f"{_ONE}.add_none"),
        )
        _history(shop, scored, row, added)
    with right:
        st.subheader(t(f"{_ONE}.shown", name=plain(name)), anchor=False)
        # A quota is about all lists together; for one customer alone it says nothing.
        alone = replace(
            shop, pipeline=shop.pipeline.with_decision(replace(shop.decision, quota=0.0))
        )
        found = alone.suggest([*history, *added], because=True)
        for note in found.notes:
            st.caption(t(f"retail_recommender.next_item.note.{note}"))
        show_suggestions(shop, found, f"{_ONE}.nothing")


def show_suggestions(shop: Shop, found: Suggestions, nothing: str) -> None:
    """A table of items to show, with reasons where there are any.

    Args:
        shop: whose items.
        found: what to show.
        nothing: message key where there is nothing.
    """
    from lepton_core.ui.figures import table_height

    if not found.shown:
        st.info(t(nothing), icon=":material/inbox:")
        return
    catalogue = shop.decision.items.catalogue
    codes = catalogue.codes(pa.array(found.items, pa.string()))
    # The reason stands beside the title: on a phone the columns behind are out of sight.
    columns: dict[str, Any] = {"title": [one.title for one in found.shown]}
    if any(one.because for one in found.shown):
        title = _title(shop)
        columns["because"] = [title(one.because) if one.because else "" for one in found.shown]
    columns["category"] = [one.category for one in found.shown]
    columns["price"] = pa.array([one.price for one in found.shown], pa.float64())
    for name in ("margin", "stock"):
        if catalogue.knows(name):
            columns[name] = pa.array(catalogue.numbers[name][codes], from_pandas=True)
    columns["score"] = [one.score for one in found.shown]
    columns["item"] = found.items
    table = pa.table({n: v for n, v in columns.items() if _says(n, v)})
    st.dataframe(
        table,
        hide_index=True,
        height=table_height(table.num_rows),
        column_config=column_config(table),
    )


def column_config(table: pa.Table) -> dict[str, Any]:
    """Titles and formats of a table's columns."""
    formats = {"price": "%.2f", "margin": "%.2f", "score": "%.2f", "stock": "%.0f"}
    found: dict[str, Any] = {}
    for name in table.column_names:
        title = t(f"{_COLUMN}.{name}")
        found[name] = st.column_config.Column(title)
        if name in formats:
            found[name] = st.column_config.NumberColumn(title, format=formats[name])
        elif name == "time":
            found[name] = st.column_config.DatetimeColumn(title, format="YYYY-MM-DD HH:mm")
    return found


def _says(name: str, values: Any) -> bool:
    """Whether a column says anything of any item."""
    if name in ("item", "title", "score"):
        return True
    return any(value not in (None, "") for value in (pa.array(values).to_pylist()))


def _title(shop: Shop) -> Any:
    catalogue = shop.decision.items.catalogue

    def title(item: str) -> str:
        code = int(catalogue.codes(pa.array([item], pa.string()))[0])
        return catalogue.title(code) if code >= 0 else item

    return title


def _history(shop: Shop, scored: Scored, row: int, added: list[str]) -> None:
    """The latest choices, the last one first."""
    from lepton_core.ui.figures import table_height

    items = [*scored.records.column("items")[row].as_py(), *added]
    title = _title(shop)
    columns: dict[str, Any] = {"item": items, "title": [title(item) for item in items]}
    for name, ours in (("times", "time"), ("prices", "price")):
        if name in scored.records.column_names:
            told = scored.records.column(name)[row].as_py()
            if told and len(told) + len(added) == len(items):
                kind = pa.timestamp("us", tz="UTC") if ours == "time" else pa.float64()
                columns[ours] = pa.array([*told, *([None] * len(added))], kind)
    table = pa.table(columns).take(pa.array(np.arange(len(items))[::-1][:_LATEST]))
    if not len(items):
        st.caption(t(f"{_ONE}.no_history"))
        return
    st.dataframe(
        table,
        hide_index=True,
        height=table_height(table.num_rows),
        column_config=column_config(table),
    )
    if len(items) > _LATEST:
        st.caption(t(f"{_ONE}.more", n=len(items) - _LATEST))
