"""Bundles on a page: which one, what is known about it, loaded once for everybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from lepton_core.errors import UsageError
from lepton_core.messages import has_message, t
from lepton_core.solution import Task
from lepton_core.ui.plain import plain

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline


def choose_bundle(
    task: Task, preferred: str, key: str, further: Mapping[str, Path] | None = None
) -> Path:
    """Draw the choice among a task's shipped bundles, with the chosen one's facts.

    Args:
        task: whose bundles.
        preferred: the bundle chosen at first, where it is shipped.
        key: name of the widget; another key forgets the choice.
        further: name -> folder of bundles beside them, such as those trained on the page.

    Returns:
        the chosen bundle's folder.

    Raises:
        UsageError: when the task ships none.
    """
    shipped = {**(further or {}), **task.bundles()}
    if not shipped:
        raise UsageError("ui.no_bundle", task=task.name)
    names = list(shipped)
    if st.session_state.get(key) not in (None, *names):  # one that was removed meanwhile
        del st.session_state[key]
    chosen = st.selectbox(
        t("ui.bundle.label"),
        names,
        index=names.index(preferred) if preferred in names else 0,
        key=key,
        help=t("ui.bundle.help", folder=plain(str(task.folder / "bundles"))),
        persist_state="session",
    )
    folder = shipped[chosen]
    card = read_card(folder)
    st.caption(card_line(card))
    figures = figure_line(card, task)
    if figures:
        st.caption(t("ui.bundle.figures", figures=figures))
    return folder


def load(folder: Path) -> Pipeline:
    """The pipeline of a bundle, loaded once and shared by all sessions.

    Raises:
        BundleError: when it is broken.
    """
    with st.spinner(t("ui.bundle.loading", bundle=plain(folder.name))):
        return _load(str(folder), bundle_stamp(folder))


def bundle_stamp(folder: Path) -> int:
    """A number that changes when the bundle is made anew."""
    manifest = folder / "manifest.json"
    return manifest.stat().st_mtime_ns if manifest.exists() else 0


@st.cache_resource(show_spinner=False, max_entries=8)
def _load(folder: str, stamp: int) -> Pipeline:
    from lepton_core.bundle import load_bundle

    return load_bundle(folder)


def read_card(folder: Path) -> dict[str, Any]:
    """``card.json`` of a bundle; empty where it cannot be read, which loading will tell."""
    try:
        return dict(json.loads((folder / "card.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def card_line(card: Mapping[str, Any]) -> str:
    """What data a bundle was made from, and under which licence, as one line."""
    data = card.get("data", {})
    name, licence = data.get("name", "-"), data.get("licence", "-")
    return t("ui.bundle.data", data=plain(name), licence=plain(licence))


def figure_line(card: Mapping[str, Any], task: Task) -> str:
    """The headline figures of a bundle on its own test part, as one line."""
    metrics = card.get("metrics", {})
    solution = task.name.partition("/")[0]
    named = [(metric_name(key, solution), metrics[key]) for key in task.headline if key in metrics]
    return " · ".join(f"{name} {figure['value']:.3f}" for name, figure in named)


def metric_name(key: str, solution: str) -> str:
    """A metric's name in the page's language; its key where no catalogue names it."""
    for name in (f"{solution}.metric.{key}", f"evaluate.metric.{key}"):
        if has_message(name):
            return t(name)
    return key
