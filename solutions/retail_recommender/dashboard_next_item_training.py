"""Training on the orders of the page, with progress; and which bundles pages have trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from lepton_core.messages import t

if TYPE_CHECKING:
    from lepton_core.solution import Task
    from lepton_core.ui.scored import Scored
    from lepton_core.ui.uploader import Source

_PAGE = "retail_recommender.next_item.view.training"
# Simple weights beside the network: shops of a few thousand orders gain most by them.
_SETTINGS = ("blend.kind=ordered_knn",)
# Of less than this part of their choices known, lists are about another shop.
_FEW = 0.5


def show_training(task: Task, source: Source) -> None:
    """Draw the way from the orders of the page to a bundle of their own.

    Args:
        task: what is trained.
        source: the records of the page.
    """
    from lepton_core.settings import apply_settings
    from lepton_core.ui.choosing import bundle_slot
    from lepton_core.ui.training_page import ask_to_train, show_trainings
    from lepton_core.ui.uploader import FILE, SAMPLE

    st.caption(t(f"{_PAGE}.caption"))
    config = apply_settings(task.hook(task.config)(), list(_SETTINGS))
    ask_to_train(task, source, _SETTINGS, config.model.epochs)
    kind = SAMPLE if source.is_sample else FILE

    def use(name: str) -> None:
        st.session_state[bundle_slot(task, kind)] = name

    show_trainings(task, use)


def tell_strange(scored: Scored) -> None:
    """Say so where the bundle knows few of what these customers chose: it is of another shop."""
    had = int((scored.raw["history"] > 0).sum())
    lists = scored.records.column("items").combine_chunks()
    chosen = len(lists.flatten())
    remembered = scored.raw["history"].shape[1]
    # Beyond what is remembered of a long history, nothing tells what was known.
    counted = int(np.minimum(np.diff(lists.offsets.to_numpy()), remembered).sum())
    if chosen and had < _FEW * counted:
        text = t(f"{_PAGE}.strange", share=1 - had / counted, bundle=scored.address)
        st.warning(text, icon=":material/help:")
