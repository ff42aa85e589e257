"""The choice of a day, with steps to its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from lepton_core.messages import t


def choose_day(days: Sequence[date], key: str, help: str = "") -> date:
    """Draw the choice of a day, the last one at first.

    Args:
        days: at least one, ascending.
        key: of the widget; another key forgets the choice. A page that writes a day under it into
            the session's state, before this is called, goes there.
        help: one sentence on what a day is; by default that it is one in UTC.
    """
    if st.session_state.get(key) not in days:
        st.session_state[key] = days[-1]
    at = days.index(st.session_state[key])
    names = {day: f"{day.isoformat()}  {t(f'ui.day.weekday.{day.weekday()}')}" for day in days}
    st.markdown(t("ui.day.label"), help=help or t("ui.day.help"))
    with st.container(horizontal=True, gap="xsmall", wrap=False):
        for name, step in (("previous", -1), ("next", 1)):
            st.button(
                "",
                icon=f":material/chevron_{'left' if step < 0 else 'right'}:",
                key=f"{key}.{name}",
                help=t(f"ui.day.{name}"),
                disabled=not 0 <= at + step < len(days),
                on_click=_go,
                args=(key, days[min(max(at + step, 0), len(days) - 1)]),
            )
        chosen = st.selectbox(
            t("ui.day.label"),
            days,
            format_func=names.__getitem__,
            key=key,
            label_visibility="collapsed",
            persist_state="session",
        )
    return chosen or days[-1]


def _go(key: str, day: date) -> None:
    st.session_state[key] = day
