"""The start of every page: which records, which bundle, and their scores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import Task
from lepton_core.ui.loader import choose_bundle
from lepton_core.ui.scored import Scored, score, show_rejects
from lepton_core.ui.uploader import DATA, SAMPLE, Source, choose_kind, read_source


def choose_scored(
    task: Task, datasets: bool = False, further: Mapping[str, Path] | None = None
) -> tuple[Scored, Source] | None:
    """Draw the choice of records and bundle in the sidebar, and score the one with the other.

    Args:
        task: what the page is for.
        datasets: whether the task's data sets on this machine can be chosen too.
        further: bundles beside the shipped ones, by name; :attr:`Scored.folder` tells which it is.

    Returns:
        the scored records and where they came from; None where there is nothing to show yet, which
        the page then says.
    """
    with st.sidebar:
        st.subheader(t("ui.source.title"), anchor=False)
        kind = choose_kind(task, datasets)
        # Above what a file that cannot be read says, so that the choice is there at once.
        place = st.container()
    source = read_source(task, kind)
    with place:
        st.subheader(t("ui.bundle.title"), anchor=False)
        known = kind.removeprefix(DATA)
        preferred = "sample" if kind == SAMPLE else task.default_bundle
        if known in task.bundles():
            preferred = known
        folder = choose_bundle(task, preferred, bundle_slot(task, kind), further)
    if source is None:
        return None
    scored = score(source, folder)
    show_rejects(scored)
    if not len(scored.score):
        st.info(t("ui.nothing_scored", n=scored.read), icon=":material/inbox:")
        return None
    return scored, source


def bundle_slot(task: Task, kind: str) -> str:
    """Key of the choice of a bundle for one kind of source."""
    return f"ui.bundle.{task.name}.{kind}"
