"""The choice among a page's views, side by side, which the address may name."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st


def choose_view(names: Mapping[str, str], label: str, key: str, parameter: str = "") -> str:
    """Draw the choice among views; the session remembers it.

    Args:
        names: view -> what its button says; the first is shown at first.
        label: what is chosen, for screen readers.
        key: of the widget. A page that writes a view there, from a button, shows it at the next
            run.
        parameter: of the address that holds the view, so that a reload, or a colleague who gets
            the link, is at the same place; empty for none.

    Returns:
        the chosen view.
    """
    asked = st.query_params.get(parameter) if parameter else None
    st.session_state.setdefault(key, asked if asked in names else next(iter(names)))
    chosen = str(
        st.segmented_control(
            label,
            list(names),
            required=True,
            format_func=names.__getitem__,
            key=key,
            label_visibility="collapsed",
            persist_state="session",
        )
    )
    if parameter and asked != chosen:
        st.query_params[parameter] = chosen
    return chosen
