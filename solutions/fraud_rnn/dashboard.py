"""The fraud analyst's page: the alerts of a day, a card's past, and the threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task
from lepton_core.ui.frame import header

if TYPE_CHECKING:
    from lepton_core.decision import Classify
    from lepton_core.ui.scored import Scored
    from lepton_core.ui.uploader import Source


def page() -> None:
    """Draw the page."""
    header(t("fraud_rnn.title"), t("fraud_rnn.dashboard.caption"))
    # Imported below the heading, so that it is on the screen while the rest loads.
    from lepton_core.ui.scored import score, show_rejects
    from lepton_core.ui.uploader import SAMPLE, choose_kind, read_source

    task = find_task("fraud_rnn/transactions")
    with st.sidebar:
        st.subheader(t("ui.source.title"), anchor=False)
        kind = choose_kind(task)
        place = st.container()
    source = read_source(task, kind)
    with place:
        from lepton_core.ui.loader import choose_bundle

        st.subheader(t("ui.bundle.title"), anchor=False)
        preferred = "sample" if kind == SAMPLE else task.default_bundle
        folder = choose_bundle(task, preferred, f"fraud.bundle.{kind}")
    if source is None:
        return
    scored = score(source, folder)
    show_rejects(scored)
    if not len(scored.score):
        st.info(t("fraud_rnn.empty.nothing_scored", n=scored.read), icon=":material/inbox:")
        return
    _work(scored, source)


def _work(scored: Scored, source: Source) -> None:
    """Everything below the choice of data: day, threshold, figures, queue and card."""
    from lepton_core.ui.days import choose_day
    from lepton_core.ui.threshold import threshold_slider

    from . import dashboard_queue as queue
    from .dashboard_book import Marks, by_day, day_figures, unseen_from
    from .dashboard_card import show_card

    book = queue.book_of(scored)
    unseen = unseen_from(scored.card, source.name, source.table)
    with st.container(border=True):
        left, right = st.columns([4, 8], gap="large")
        with left:
            day = choose_day(
                book.days, f"fraud.day.{source.key}", t("fraud_rnn.dashboard.day_help")
            )
        with right:
            decision = threshold_slider(
                cast("Classify", scored.decision),
                book.score,
                book.known_since(unseen),
                book.span_days,
                f"fraud.threshold.{scored.address}",
                words="fraud_rnn.threshold",
                since=unseen.isoformat() if unseen else "",
            )
    marks = Marks.of(book, decision)
    figures = day_figures(book, marks, day)
    queue.show_figures(figures)
    if unseen is not None and day < unseen and figures.frauds is not None:
        st.caption(t("fraud_rnn.dashboard.learned", bundle=scored.address, day=unseen.isoformat()))
    st.subheader(t("fraud_rnn.chart.title"), anchor=False)
    queue.show_alerts_by_day(book, by_day(book, marks), day, f"fraud.day.{source.key}")
    left, right = st.columns([7, 5], gap="medium")
    with left:
        chosen = queue.show_queue(book, marks, day, scored)
    with right:
        show_card(book, marks, chosen, decision.threshold)
