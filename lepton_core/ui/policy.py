"""A threshold chosen by what it is for: capacity, cost, precision, or the probability itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from lepton_core.decision import Classify
from lepton_core.decision.policies import (
    capacity_threshold,
    cost_threshold,
    precision_threshold,
)
from lepton_core.messages import t
from lepton_core.ui.threshold import at, meaning, threshold_slider

CAPACITY, COST, PRECISION, PROBABILITY = "capacity", "cost", "precision", "probability"
WAYS = (CAPACITY, COST, PRECISION, PROBABILITY)
_MOST_CASES = 50


@dataclass(frozen=True)
class Workload:
    """Scored records that a threshold is chosen on.

    Args:
        key: differs between any two sources and bundles.
        score: float32 [n], raw.
        known: int8 [n], 1 positive, 0 negative, -1 not known or not usable, because the bundle
            learned from it.
        day: int64 [n], the day of each record.
        entity: int64 [n], whose record it is; several on one day are one case.
        amount: float64 [n], what is at stake, in one currency.
        since: the first day of what is known, where that is not all.
    """

    key: str
    score: np.ndarray
    known: np.ndarray
    day: np.ndarray
    entity: np.ndarray
    amount: np.ndarray
    since: str = ""

    @property
    def span_days(self) -> int:
        """Days from the first record to the last."""
        return int(self.day.max() - self.day.min()) + 1 if len(self.day) else 0

    @property
    def knows_both(self) -> bool:
        """Whether positives and negatives are known: without them only capacity can decide."""
        return bool((self.known == 1).any() and (self.known == 0).any())


@dataclass(frozen=True)
class Costs:
    """What a wrong decision costs.

    Args:
        review: of looking at one alert, in the amounts' currency.
        factor: part of a missed positive's amount that is lost, 1 for all of it.
    """

    review: float
    factor: float


@dataclass(frozen=True)
class Chosen:
    """A decision, and how its threshold was chosen.

    Args:
        way: one of ``WAYS``.
        decision: with the threshold.
        cases: alerted entities a day that were asked for; None for another way.
    """

    way: str
    decision: Classify
    cases: int | None = None


def choose_threshold(decision: Classify, work: Workload, key: str, words: str) -> Chosen:
    """Draw the choice of a way and of what it needs, and one sentence on what comes of it.

    Nothing is scored again.

    Args:
        decision: the bundle's own.
        work: the records.
        key: of the widgets; the session remembers them while they are not shown. A page that
            writes one of ``WAYS`` under ``KEY.way`` into the session's state chooses it.
        words: prefix of the message keys ``meaning``, ``known``, ``known_since``, as for
            :func:`~lepton_core.ui.threshold.threshold_slider`, and ``capacity``.
    """
    names = {way: t(f"ui.policy.{way}") for way in WAYS}
    # Not a default of the widget: a page may choose a way by its key.
    st.session_state.setdefault(f"{key}.way", CAPACITY)
    way = st.segmented_control(
        t("ui.policy.label"),
        list(WAYS),
        required=True,
        format_func=names.__getitem__,
        key=f"{key}.way",
        help=t("ui.policy.help"),
        persist_state="session",
    )
    if way == PROBABILITY:
        moved = threshold_slider(
            decision, work.score, work.known, work.span_days, key, words, work.since
        )
        return Chosen(PROBABILITY, moved)
    if way in (COST, PRECISION) and not work.knows_both:
        st.info(t("ui.policy.no_known"), icon=":material/help:")
        return Chosen(way, decision)
    cases = None
    if way == COST:
        threshold = _cost(work.key, cost_inputs(key), decision, work)
    elif way == PRECISION:
        threshold = _precision(work.key, _precision_input(key), decision, work)
    else:
        cases = _capacity_input(decision, work, key, words)
        threshold = _capacity(work.key, cases, decision, work)
    chosen = at(decision, threshold)
    text = meaning(chosen, work.score, work.known, work.span_days, words, work.since)
    st.markdown(f"{t('ui.policy.from', threshold=threshold)} {text}")
    return Chosen(str(way), chosen, cases)


def cost_inputs(key: str) -> Costs:
    """Draw what a review costs and what part of a missed amount is lost.

    Args:
        key: as for :func:`choose_threshold`, which asks for the same where the way is cost.
    """
    with st.container(horizontal=True):
        review = st.number_input(
            t("ui.policy.review_cost"),
            min_value=0.0,
            value=5.0,
            step=1.0,
            format="%.2f",
            key=f"{key}.review_cost",
            help=t("ui.policy.review_cost_help"),
            persist_state="session",
        )
        percent = st.number_input(
            t("ui.policy.at_stake"),
            min_value=0,
            max_value=1000,
            value=100,
            step=10,
            key=f"{key}.at_stake",
            help=t("ui.policy.at_stake_help"),
            persist_state="session",
        )
    return Costs(float(review or 0.0), float(percent or 0) / 100)


def _precision_input(key: str) -> float:
    percent = st.slider(
        t("ui.policy.at_least"),
        min_value=5,
        max_value=99,
        value=50,
        format="%d %%",
        key=f"{key}.at_least",
        help=t("ui.policy.at_least_help"),
        persist_state="session",
    )
    return percent / 100


def _capacity_input(decision: Classify, work: Workload, key: str, words: str) -> int:
    own = cases_a_day(decision, work)
    most = max(_MOST_CASES, 2 * own)
    return int(
        st.slider(
            t(f"{words}.capacity"),
            min_value=1,
            max_value=most,
            value=own,
            key=f"{key}.cases.{most}",
            help=t("ui.policy.capacity_help", own=own),
            persist_state="session",
        )
    )


def cases_a_day(decision: Classify, work: Workload) -> int:
    """Entities that a decision alerts on an average day, each counted once a day; at least 1."""
    called = decision.probability(work.score) >= np.float32(decision.threshold)
    pairs = np.stack([work.day[called], work.entity[called]])
    return max(round(np.unique(pairs, axis=1).shape[1] / max(len(np.unique(work.day)), 1)), 1)


@st.cache_data(show_spinner=False, max_entries=200)
def _capacity(key: str, cases: int, _decision: Classify, _work: Workload) -> float:
    probability = _decision.probability(_work.score)
    return capacity_threshold(probability, _work.day, _work.entity, cases)


@st.cache_data(show_spinner=False, max_entries=200)
def _cost(key: str, costs: Costs, _decision: Classify, _work: Workload) -> float:
    probability = _decision.probability(_work.score)
    return cost_threshold(probability, _work.known, _work.amount, costs.review, costs.factor)


@st.cache_data(show_spinner=False, max_entries=200)
def _precision(key: str, precision: float, _decision: Classify, _work: Workload) -> float:
    return precision_threshold(_decision.probability(_work.score), _work.known, precision)
