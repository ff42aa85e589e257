"""One item: what is known of it, what is like it, and what is bought along with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from lepton_core.messages import t

if TYPE_CHECKING:
    from .next_item.shop import Shop

_ONE = "retail_recommender.next_item.view.item"


def show_item(shop: Shop) -> None:
    """Draw an item's page, under the settings of the page.

    Args:
        shop: whose items.
    """
    from lepton_core.ui.figures import Figure, show_figures

    from .dashboard_next_item_customer import show_suggestions

    items = shop.decision.items
    catalogue = items.catalogue
    order = np.argsort(-items.counts, kind="stable").tolist()
    code = st.selectbox(
        t(f"{_ONE}.choose"),
        order,
        key="retail_recommender.next_item.item",
        format_func=lambda code: f"{catalogue.title(code)} ({catalogue.ids[code]})",
        help=t(f"{_ONE}.choose_help"),
    )
    rank = 1 + int((items.counts > items.counts[code]).sum())
    figures = [
        Figure(t(f"{_ONE}.chosen"), f"{int(items.counts[code]):,}", t(f"{_ONE}.rank", rank=rank))
    ]
    if catalogue.category_codes[code] >= 0:
        name = catalogue.categories[catalogue.category_codes[code]]
        figures.append(Figure(t(f"{_ONE}.category"), name))
    for name in ("price", "margin", "stock"):
        value = catalogue.numbers.get(name, np.full(len(items), np.nan))[code]
        if np.isfinite(value):
            text = f"{value:,.0f}" if name == "stock" else f"{value:,.2f}"
            figures.append(Figure(t(f"{_ONE}.{name}"), text))
    show_figures(figures)
    left, right = st.columns(2, gap="medium")
    item = catalogue.ids[code]
    with left:
        st.subheader(t(f"{_ONE}.similar"), anchor=False, help=t(f"{_ONE}.similar_help"))
        show_suggestions(shop, shop.similar(item), f"{_ONE}.nothing")
    with right:
        st.subheader(t(f"{_ONE}.together"), anchor=False, help=t(f"{_ONE}.together_help"))
        show_suggestions(shop, shop.together(item), f"{_ONE}.nothing")
