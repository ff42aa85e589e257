"""The view of what to show to whom: a customer, an item, and what the shop's lists are like."""

from __future__ import annotations

import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task

VIEW = "retail_recommender.next_item.view"
TASK = "retail_recommender/next_item"


def view() -> None:
    """Draw the view below a heading that stands already."""
    st.caption(t(f"{VIEW}.caption"))
    # Imported here, so that what stands above is on the screen while the rest loads.
    from lepton_core.decision import Rank
    from lepton_core.ui.choosing import choose_scored
    from lepton_core.ui.loader import load

    from .dashboard_next_item_catalogue import show_catalogue
    from .dashboard_next_item_customer import show_customer
    from .dashboard_next_item_item import show_item
    from .dashboard_next_item_settings import choose_settings
    from .next_item.shop import Shop

    task = find_task(TASK)
    chosen = choose_scored(task)
    if chosen is None:
        return
    scored, source = chosen
    pipeline = load(task.bundle(scored.address.partition("@")[2]))
    assert isinstance(pipeline.decision, Rank)
    asked = choose_settings(pipeline.decision)
    if asked is None:
        return
    shop = Shop(pipeline.with_decision(asked))
    customer, item, catalogue = st.tabs([t(f"{VIEW}.tab.{name}") for name in _TABS])
    with customer:
        show_customer(shop, scored, source.key)
    with item:
        show_item(shop)
    with catalogue:
        show_catalogue(shop, pipeline.decision, scored)


_TABS = ("customer", "item", "catalogue")
