"""Two bundles on the customers of the page: whose lists hold the next choice more often."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t

if TYPE_CHECKING:
    from lepton_core.solution import Task
    from lepton_core.ui.scored import Scored

    from .next_item.comparison import Compared

_PAGE = "retail_recommender.next_item.view.compare"


def show_comparison(task: Task, scored: Scored, bundles: Mapping[str, Path]) -> None:
    """Draw the choice of another bundle, both one's figures, and one customer's two lists.

    Args:
        task: whose bundles.
        scored: customers, and the bundle that the page is about.
        bundles: name -> folder of all that can be chosen.
    """
    from lepton_core.ui.frame import show_error
    from lepton_core.ui.loader import load

    others = {name: folder for name, folder in bundles.items() if folder != scored.folder}
    if not others:
        st.info(t(f"{_PAGE}.none"), icon=":material/info:")
        return
    name = st.selectbox(
        t(f"{_PAGE}.other"),
        list(others),
        index=None,
        placeholder=t(f"{_PAGE}.choose"),
        key="retail_recommender.next_item.other",
    )
    if name is None:
        st.caption(t(f"{_PAGE}.caption"))
        return
    assert scored.folder is not None
    pipelines = (load(scored.folder), load(others[name]))
    slot = "retail_recommender.next_item.compared"
    key = (scored.key, str(others[name]))
    kept = st.session_state.get(slot)
    if kept is None or kept[0] != key:
        from .next_item.comparison import compare_lists

        try:
            with st.spinner(t(f"{_PAGE}.working")):
                kept = key, compare_lists(pipelines, scored.records)
        except LeptonError as error:
            show_error(error)
            return
        st.session_state[slot] = kept
    names = (scored.address.partition("@")[2], name)
    _figures(kept[1], names)
    _lists(pipelines, scored, names)


def _figures(found: Compared, names: tuple[str, str]) -> None:
    import pyarrow as pa

    from lepton_core.ui.loader import metric_name

    one, other = names if names[0] != names[1] else (f"{names[0]} (1)", f"{names[1]} (2)")
    rows: list[dict[str, Any]] = []
    for key in found.first:
        gain = found.gains.get(key)
        told = "" if gain is None else f"{gain[0]:+.3f} ({gain[1]:+.3f} … {gain[2]:+.3f})"
        rows.append(
            {
                t(f"{_PAGE}.figure"): metric_name(key, "retail_recommender"),
                one: f"{found.first[key]:.3f}",
                other: f"{found.second[key]:.3f}",
                t(f"{_PAGE}.gain"): told,
            }
        )
    st.dataframe(pa.Table.from_pylist(rows), hide_index=True, height="content")
    low, high = found.gains["hr10"][1:]
    verdict = "better" if low > 0 else "worse" if high < 0 else "open"
    st.markdown(t(f"{_PAGE}.{verdict}", first=one, second=other, n=found.customers))
    st.caption(t(f"{_PAGE}.fair"))
    if found.same_items < 1:
        st.caption(t(f"{_PAGE}.items", share=found.same_items))


def _lists(pipelines: Any, scored: Scored, names: tuple[str, str]) -> None:
    from lepton_core.ui.plain import plain

    from .dashboard_next_item_customer import show_suggestions
    from .next_item.shop import Shop

    ids = scored.records.column("record_id").to_pylist()
    who = st.selectbox(t(f"{_PAGE}.customer"), ids, key="retail_recommender.next_item.both")
    history = scored.records.column("items")[ids.index(who)].as_py()
    for place, pipeline, name in zip(st.columns(2, gap="medium"), pipelines, names, strict=True):
        with place:
            st.subheader(plain(name), anchor=False)
            shop = Shop(pipeline)
            show_suggestions(shop, shop.suggest(history), f"{_PAGE}.nothing")
