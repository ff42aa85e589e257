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
    from lepton_core.ui.training_home import Trainings

    from .dashboard_next_item_catalogue import show_catalogue
    from .dashboard_next_item_compare import show_comparison
    from .dashboard_next_item_customer import show_customer
    from .dashboard_next_item_item import show_item
    from .dashboard_next_item_settings import choose_settings
    from .dashboard_next_item_training import show_training, tell_strange
    from .next_item.shop import Shop

    task = find_task(TASK)
    own = Trainings(TASK).bundles()
    chosen = choose_scored(task, further=own)
    if chosen is None:
        return
    scored, source = chosen
    assert scored.folder is not None
    pipeline = load(scored.folder)
    assert isinstance(pipeline.decision, Rank)
    tell_strange(scored)
    asked = choose_settings(pipeline.decision)
    if asked is None:
        return
    shop = Shop(pipeline.with_decision(asked))
    tabs = st.tabs([t(f"{VIEW}.tab.{name}") for name in _TABS])
    customer, item, catalogue, training, comparison = tabs
    with customer:
        show_customer(shop, scored, source.key)
    with item:
        show_item(shop)
    with catalogue:
        show_catalogue(shop, pipeline.decision, scored)
    with training:
        show_training(task, source)
    with comparison:
        show_comparison(task, scored, {**own, **task.bundles()})


_TABS = ("customer", "item", "catalogue", "training", "compare")
