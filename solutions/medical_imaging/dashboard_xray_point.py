"""The operating point: the model's own, by stated sensitivity, or set by hand; never rescored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import streamlit as st

from lepton_core.decision import Classify, ClassifyMany
from lepton_core.decision.policies import Policy
from lepton_core.messages import t
from lepton_core.solution import Task
from lepton_core.ui.class_outcomes import ClassOutcomes
from lepton_core.ui.plain import plain
from lepton_core.ui.scored import Scored
from lepton_core.ui.threshold import at, probability_slider

from .dashboard_xray_readings import LEAST_LABELLED, Readings
from .xray.operating_points import OperatingPoint, operating_points, stated_points

OWN, SENSITIVITY, HAND = "own", "sensitivity", "hand"
_WAYS = (OWN, SENSITIVITY, HAND)


def choose_point(task: Task, scored: Scored, is_folded: bool = False) -> Readings:
    """Draw the operating point with what comes of it, and give the readings at it.

    Args:
        task: what was predicted.
        scored: the pictures.
        is_folded: whether it is drawn folded, where the room is for something else.
    """
    label = t("medical_imaging.point.label")
    with st.expander(label, icon=":material/tune:") if is_folded else st.container(border=True):
        if isinstance(scored.decision, ClassifyMany):
            outcomes = ClassOutcomes.choose(task, scored)
            return Readings.of(task, scored, outcomes.decision)
        own = Readings.of(task, scored, cast(Classify, scored.decision))
        left, right = st.columns([5, 7], gap="large", vertical_alignment="center")
        with left:
            decision, measured = _choose(own)
        readings = own if decision == own.decision else Readings.of(task, scored, decision)
        with right:
            st.markdown(_meaning(readings))
            st.caption(" ".join((*_measured(readings, measured), _band(readings))))
    return readings


def _choose(own: Readings) -> tuple[Classify, OperatingPoint | None]:
    """The decision at the chosen point, and what was measured there where that is stated."""
    decision = cast(Classify, own.decision)
    points, stated = _points(own), stated_points(decision)
    names = {way: t(f"medical_imaging.point.{way}") for way in _WAYS}
    key = f"xray.point.{own.scored.address}"
    way = st.segmented_control(
        t("medical_imaging.point.label"),
        list(_WAYS),
        default=OWN,
        required=True,
        format_func=names.__getitem__,
        key=f"{key}.way",
        help=t("medical_imaging.point.help"),
        persist_state="session",
    )
    if way == HAND:
        label, about = t("medical_imaging.point.threshold"), t("medical_imaging.point.help")
        return probability_slider(decision, label, about, f"{key}.hand"), None
    if way == SENSITIVITY and points:
        chosen = _sensitivity(decision, points, f"{key}.sensitivity")
        policy = Policy("recall", chosen.sensitivity)
        return moved(decision, policy, chosen.threshold), chosen if stated else None
    if way == SENSITIVITY:
        st.info(t("medical_imaging.point.none_stated"), icon=":material/help:")
    at_own = [point for point in stated if abs(point.threshold - decision.threshold) < 1e-6]
    return decision, at_own[0] if at_own else None


def _sensitivity(decision: Classify, points: list[OperatingPoint], key: str) -> OperatingPoint:
    of = {_percent(point): point for point in points}
    usual = min(points, key=lambda point: abs(point.threshold - decision.threshold))
    chosen = st.select_slider(
        t("medical_imaging.point.at_least"),
        list(of),
        value=_percent(usual),
        format_func=lambda percent: f"{percent}%",
        key=key,
        help=t("medical_imaging.point.at_least_help"),
        persist_state="session",
    )
    return of[chosen]


def _percent(point: OperatingPoint) -> int:
    return round(100 * point.sensitivity)


def moved(decision: Classify, policy: Policy, threshold: float) -> Classify:
    """The decision at another operating point, with the review band that belongs to it.

    Example:
        >>> chosen = moved(Classify(band=(0.2, 0.6)), Policy("recall", 0.9), 0.7)
        >>> chosen.band, chosen.policy.name
        ((0.2, 0.7), 'recall')
    """
    return replace(at(decision, threshold), policy=policy)


def _points(own: Readings) -> list[OperatingPoint]:
    """Points with different sensitivities, ascending.

    Those that the bundle states; one that states none is measured on the page's labelled pictures.
    """
    points, judged = stated_points(cast(Classify, own.decision)), own.judged
    if not points and min((judged == 1).sum(), (judged == 0).sum()) >= LEAST_LABELLED:
        points = operating_points(own.probability[judged >= 0], judged[judged >= 0])
    different = {_percent(point): point for point in points}
    return [different[share] for share in sorted(different)]


def _meaning(readings: Readings) -> str:
    """What the operating point is, and what it does to these pictures."""
    decision, finding = cast(Classify, readings.decision), plain(readings.classes[1])
    n, called = len(readings), int((readings.codes == 1).sum())
    text = t("medical_imaging.point.from", finding=finding, threshold=decision.threshold)
    return f"{text} {t('medical_imaging.point.here', n=called, of=n)}"


def _measured(readings: Readings, stated: OperatingPoint | None) -> Iterator[str]:
    """What the operating point reached where that is known, a sentence each."""
    if stated is not None:
        yield t(
            "medical_imaging.point.stated",
            sensitivity=stated.sensitivity,
            specificity=stated.specificity,
        )
    called, judged = readings.codes == 1, readings.judged
    sick, well = judged == 1, judged == 0
    if min(sick.sum(), well.sum()) >= LEAST_LABELLED:
        yield t(
            f"medical_imaging.point.{'known' if readings.unseen is None else 'known_test'}",
            n=int((judged >= 0).sum()),
            sensitivity=float(called[sick].mean()),
            specificity=float((~called)[well].mean()),
        )


def _band(readings: Readings) -> str:
    """The probabilities that are left to a person, and how many pictures that is."""
    low, high = cast(Classify, readings.decision).band
    if high <= 0:
        return t("medical_imaging.point.no_band")
    text = t(
        "medical_imaging.point.band",
        low=low,
        high=high,
        n=int(readings.review.sum()),
        share=float(readings.review.mean()) if len(readings) else 0.0,
    )
    if readings.decision.conformal is not None:
        coverage = readings.decision.conformal.coverage
        text += " " + t("medical_imaging.point.coverage", coverage=coverage)
    return text
