"""The store behind a page: opened once, read often, and missed without harm."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.ui.plain import plain_but_code

if TYPE_CHECKING:
    import pyarrow as pa

    from lepton_core.store import Store, Verdict

# How old what a page shows of other people's verdicts may be, and when a store that could not be
# opened is tried again: each try may take seconds.
_FRESH_S = 5
_RETRY_S = 30


def open_store() -> Store | None:
    """The store that ``$LEPTON_STORE`` names; None where it cannot be opened.

    :func:`show_store_error` says why.
    """
    url = os.environ.get("LEPTON_STORE", "")
    failed: tuple[str, float, LeptonError] | None = st.session_state.get("ui.store.failed")
    if failed is not None and failed[0] == url and time.monotonic() - failed[1] < _RETRY_S:
        return None
    try:
        store = _open(url)
    except LeptonError as error:
        st.session_state["ui.store.failed"] = (url, time.monotonic(), error)
        return None
    st.session_state.pop("ui.store.failed", None)
    return store


def show_store_error() -> None:
    """Say why there is no store, what still works, and offer another try; nothing where it is."""
    failed: tuple[str, float, LeptonError] | None = st.session_state.get("ui.store.failed")
    if failed is None:
        return
    text = f"{t('ui.verdict.no_store')} {plain_but_code(failed[2].text())}"
    st.warning(text, icon=":material/database_off:")
    st.button(
        t("ui.verdict.try_again"),
        icon=":material/refresh:",
        key="ui.store.again",
        on_click=_forget_failure,
    )


def read_verdicts(task: str) -> pa.Table | None:
    """Every verdict on a task's records, withdrawn ones included, in order of time.

    What others said in the last seconds may be missing; what this page's people said is there.

    Returns:
        as ``Store.verdicts``; None where there is no store, or it cannot be read.
    """
    store = open_store()
    if store is None:
        return None
    try:
        return _read(store.url, task, store)
    except LeptonError as error:
        url = os.environ.get("LEPTON_STORE", "")
        st.session_state["ui.store.failed"] = (url, time.monotonic(), error)
        return None


def add_verdict(verdict: Verdict) -> None:
    """Add one verdict; everybody's pages read anew.

    Raises:
        LeptonError: there is no store, or it refuses; nothing was stored.
    """
    # The person asked for it: a store that was not there a moment ago is tried at once.
    _open(os.environ.get("LEPTON_STORE", "")).add_verdict(verdict)
    _read.clear()


def _forget_failure() -> None:
    st.session_state.pop("ui.store.failed", None)


@st.cache_resource(show_spinner=False)
def _open(url: str) -> Store:
    # SQLAlchemy takes half a second to import: not before somebody looks at verdicts.
    from lepton_core.store import Store

    return Store.open(url or None)


@st.cache_resource(show_spinner=False, ttl=_FRESH_S)
def _read(url: str, task: str, _store: Store) -> pa.Table:
    return _store.verdicts(task)
