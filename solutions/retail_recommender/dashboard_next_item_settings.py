"""Filters and order of the lists, as a person sets them; what they change is shown at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from lepton_core.messages import t

if TYPE_CHECKING:
    from lepton_core.decision import Rank

_SET = "retail_recommender.next_item.view.set"
_KEY = "retail_recommender.next_item"


def choose_settings(before: Rank) -> Rank | None:
    """Draw the settings; nothing is scored again for them.

    Args:
        before: the bundle's own decision, which the settings begin with.

    Returns:
        the decision that is asked for; None where it cannot be, which the page then says.
    """
    from lepton_core.errors import LeptonError
    from lepton_core.redecide.ranking import ranked
    from lepton_core.ui.frame import show_error

    with st.expander(t(f"{_SET}.title"), icon=":material/tune:", expanded=True):
        left, middle, right = st.columns(3, gap="medium")
        with left:
            told = _length(before) | _filters(before)
        with middle:
            told |= _prices(before)
        with right:
            told |= _order(before)
    try:
        return ranked(before, told)
    except LeptonError as error:
        show_error(error)
        return None


def _length(before: Rank) -> dict[str, Any]:
    most = min(50, len(before.items))
    k = st.number_input(
        t(f"{_SET}.k"), 1, most, min(before.k, most), key=f"{_KEY}.k", help=t(f"{_SET}.k_help")
    )
    seen = st.toggle(
        t(f"{_SET}.seen"), before.seen, key=f"{_KEY}.seen", help=t(f"{_SET}.seen_help")
    )
    return {"k": int(k), "seen": bool(seen)}


def _filters(before: Rank) -> dict[str, Any]:
    catalogue = before.items.catalogue
    told: dict[str, Any] = {}
    if catalogue.knows("stock"):
        help = t(f"{_SET}.in_stock_help")
        told["in_stock"] = st.toggle(
            t(f"{_SET}.in_stock"), before.filters.in_stock, key=f"{_KEY}.stock", help=help
        )
    if catalogue.knows("category"):
        told["categories"] = st.multiselect(
            t(f"{_SET}.categories"),
            catalogue.categories,
            list(before.filters.categories),
            key=f"{_KEY}.categories",
            placeholder=t(f"{_SET}.all"),
        )
    if not told:
        st.caption(t(f"{_SET}.no_catalogue"))
    return told


def _prices(before: Rank) -> dict[str, Any]:
    catalogue, told = before.items.catalogue, {}
    if catalogue.knows("price"):
        price = catalogue.numbers["price"]
        low, high = float(np.nanmin(price)), float(np.nanmax(price))
        if low < high:
            asked = st.slider(t(f"{_SET}.price"), low, high, (low, high), key=f"{_KEY}.price")
            # Untouched ends ask for nothing, so that items of unknown price stay.
            told["low_price"] = asked[0] if asked[0] > low else before.filters.low_price
            told["high_price"] = asked[1] if asked[1] < high else before.filters.high_price
    if catalogue.knows("category"):
        cap = st.number_input(
            t(f"{_SET}.per_category"),
            0,
            20,
            before.reordering.per_category,
            key=f"{_KEY}.cap",
            help=t(f"{_SET}.per_category_help"),
        )
        told["per_category"] = int(cap)
    return told


def _order(before: Rank) -> dict[str, Any]:
    order, told = before.reordering, {}
    names = ["diversity", *(["margin"] if before.items.catalogue.knows("margin") else [])]
    for name in names:
        told[name] = st.slider(
            t(f"{_SET}.{name}"),
            0.0,
            1.0,
            float(getattr(order, name)),
            0.05,
            key=f"{_KEY}.{name}",
            help=t(f"{_SET}.{name}_help"),
        )
    told["quota"] = st.slider(
        t(f"{_SET}.quota"),
        0.0,
        1.0,
        float(before.quota),
        0.05,
        key=f"{_KEY}.quota",
        help=t(f"{_SET}.quota_help"),
    )
    return told
