"""How far the readings can be trusted: on the labelled pictures here, and on the model's card."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lepton_core.errors import DataError
from lepton_core.evaluation.calibration import reliability
from lepton_core.evaluation.fairness import wilson
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.metrics import auc
from lepton_core.messages import t
from lepton_core.ui.charts import reliability_chart, score_histogram
from lepton_core.ui.class_charts import confusion_chart, probability_histogram
from lepton_core.ui.figures import CHART, Figure, show_figures
from lepton_core.ui.plain import plain

from .dashboard_xray_card import show_card
from .dashboard_xray_charts import operating_curve
from .dashboard_xray_desk import Desk
from .dashboard_xray_groups import show_groups
from .dashboard_xray_readings import LEAST_LABELLED, Readings

_RELIABILITY_BINS = 8


def show_quality(desk: Desk) -> None:
    """The whole view; what needs labels says so where there are none."""
    readings = desk.readings
    judged = readings.judged
    if readings.unseen is not None:
        n = int((judged >= 0).sum())
        text = t("medical_imaging.quality.learned", bundle=plain(desk.scored.address), n=n)
        st.caption(text)
    if (judged >= 0).sum() < LEAST_LABELLED:
        st.info(t("medical_imaging.quality.no_labels"), icon=":material/label_off:")
    elif readings.is_two and min((judged == 1).sum(), (judged == 0).sum()) >= LEAST_LABELLED:
        show_figures(_figures(desk))
        _say_clear(readings)
    if readings.is_two:
        _show_two(readings)
    else:
        _show_many(readings)
    show_groups(readings)
    show_card(desk.scored.card)


def _figures(desk: Desk) -> list[Figure]:
    """Shares at the operating point, each with its 95% interval."""
    readings = desk.readings
    judged, called = readings.judged, readings.codes == 1
    sick, well = judged == 1, judged == 0
    shares = (
        ("sensitivity", called, sick),
        ("specificity", ~called, well),
        ("ppv", sick, called & (judged >= 0)),
        ("npv", well, ~called & (judged >= 0)),
    )
    found = [_auc(desk.scored.key, readings), *_coverage(readings)]
    for name, hit, among in shares:
        n = int(among.sum())
        if not n:
            continue
        hits = int((hit & among).sum())
        low, high = wilson(hits, n)
        found.append(
            Figure(
                t(f"medical_imaging.quality.{name}"),
                f"{hits / n:.1%}",
                t("medical_imaging.quality.interval", low=low, high=high, n=n),
                t(f"medical_imaging.quality.help.{name}", finding=readings.classes[1]),
            )
        )
    return found


def _say_clear(readings: Readings) -> None:
    """How right the model is where it is sure; nothing where it is never unsure."""
    clear = (readings.judged >= 0) & ~readings.review
    hits, n = int((readings.codes == readings.judged)[clear].sum()), int(clear.sum())
    if n and readings.review.any():
        low, high = wilson(hits, n)
        share = hits / n
        st.caption(t("medical_imaging.quality.clear", n=n, share=share, low=low, high=high))


def _coverage(readings: Readings) -> list[Figure]:
    """How often the prediction sets hold the class; none where the bundle has no sets."""
    decision, judged = readings.decision, readings.judged
    there = judged >= 0
    sets = decision.sets(readings.scored.score[there])
    if sets is None or decision.conformal is None:
        return []
    hits, n = int(sets[np.arange(len(sets)), judged[there]].sum()), len(sets)
    low, high = wilson(hits, n)
    return [
        Figure(
            t("medical_imaging.quality.coverage"),
            f"{hits / n:.1%}",
            t("medical_imaging.quality.interval", low=low, high=high, n=n),
            t("medical_imaging.quality.help.coverage", coverage=decision.conformal.coverage),
        )
    ]


def _auc(key: str, readings: Readings) -> Figure:
    value, low, high = _auc_of(key, readings.scored.score, readings.judged)
    return Figure(
        t("medical_imaging.quality.auc"),
        f"{value:.3f}",
        f"{low:.3f} – {high:.3f}",
        t("medical_imaging.quality.help.auc"),
    )


@st.cache_data(show_spinner=False, max_entries=8, scope="session")
def _auc_of(key: str, _score: np.ndarray, judged: np.ndarray) -> tuple[float, float, float]:
    there = judged >= 0
    found = bootstrap(auc, judged[there], _score[there], n=300)
    return found.value, found.low, found.high


def _show_two(readings: Readings) -> None:
    judged = readings.judged
    knows_both = min((judged == 1).sum(), (judged == 0).sum()) >= LEAST_LABELLED
    left, right = st.columns(2, gap="medium")
    with left:
        title = t("medical_imaging.quality.curve")
        st.subheader(title, anchor=False)
        if knows_both:
            figure = operating_curve(readings)
            st.plotly_chart(figure, key="xray.quality.curve", config=CHART, alt=title)
        else:
            st.caption(t("medical_imaging.quality.few"))
    with right:
        title = t("medical_imaging.quality.reliability")
        st.subheader(title, anchor=False)
        chart = reliability_chart(judged, readings.probability, _RELIABILITY_BINS)
        if chart is None:
            st.caption(t("medical_imaging.quality.few"))
        else:
            st.plotly_chart(chart, key="xray.quality.reliability", config=CHART, alt=title)
            _say_reliability(readings)
    title = t("medical_imaging.quality.distribution")
    st.subheader(title, anchor=False)
    figure = score_histogram(readings.two)
    st.plotly_chart(figure, key="xray.quality.histogram", config=CHART, alt=title)


def _say_reliability(readings: Readings) -> None:
    there = readings.judged >= 0
    try:
        curve = reliability(readings.judged[there], readings.probability[there], _RELIABILITY_BINS)
    except DataError:
        return
    far = np.abs(curve.probability - curve.rate)
    worst = float(far.max())
    mean = float((far * curve.count).sum() / curve.count.sum())
    st.caption(t("medical_imaging.quality.far", mean=mean, worst=worst))


def _show_many(readings: Readings) -> None:
    outcomes = readings.many
    left, right = st.columns(2, gap="medium")
    with left:
        title = t("ui.classes.confusion")
        st.subheader(title, anchor=False)
        matrix = confusion_chart(outcomes)
        if matrix is None:
            st.caption(t("ui.classes.no_known"))
        else:
            st.plotly_chart(matrix, key="xray.quality.confusion", config=CHART, alt=title)
    with right:
        title = t("ui.classes.distribution")
        st.subheader(title, anchor=False)
        figure = probability_histogram(outcomes)
        st.plotly_chart(figure, key="xray.quality.probability", config=CHART, alt=title)
