"""How far the readings can be trusted: on the labelled pictures here, and on the model's card."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
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
from lepton_core.ui.loader import metric_name
from lepton_core.ui.plain import plain

from .dashboard_xray_charts import operating_curve
from .dashboard_xray_desk import Desk
from .dashboard_xray_readings import LEAST_LABELLED, Readings

_LEAST_GROUP = 5
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
    if readings.is_two:
        _show_two(readings)
    else:
        _show_many(readings)
    _show_groups(readings)
    _show_card(desk)


def _figures(desk: Desk) -> list[Figure]:
    """Shares at the operating point, each with its 95% interval."""
    readings = desk.readings
    judged, called = readings.judged, readings.codes == 1
    sick, well = judged == 1, judged == 0
    clear = (judged >= 0) & ~readings.review
    shares = (
        ("sensitivity", called, sick),
        ("specificity", ~called, well),
        ("ppv", sick, called & (judged >= 0)),
        ("npv", well, ~called & (judged >= 0)),
        ("clear_right", readings.codes == judged, clear),
    )
    found = [_auc(desk.scored.key, readings), *_coverage(readings)]
    for name, hit, among in shares:
        n = int(among.sum())
        if not n or (name == "clear_right" and not readings.review.any()):
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


def _show_groups(readings: Readings) -> None:
    """How groups of labelled pictures fare, where the data names groups."""
    from .xray.subgroups import subgroups

    groups = subgroups(readings.scored.records)
    names = sorted(set(groups.tolist()))
    if len(names) < 2:
        return
    st.subheader(t("medical_imaging.quality.groups"), anchor=False)
    rows = [row for name in names if (row := _group(readings, name, groups == name))]
    if not rows:
        st.caption(t("medical_imaging.quality.few"))
        return
    columns = ("group", "n", "with_finding", "found", "false_alarms")
    st.dataframe(
        pa.table(
            {
                t(f"medical_imaging.quality.{name}"): [row[at] for row in rows]
                for at, name in enumerate(columns)
            }
        ),
        hide_index=True,
        placeholder="–",
        height="content",
    )
    st.caption(t("medical_imaging.quality.groups_help"))


def _group(readings: Readings, name: str, member: np.ndarray) -> list[Any] | None:
    """A group's name, size, positives, and two shares with intervals; None where too small."""
    judged = readings.judged
    there = member & (judged >= 0)
    if there.sum() < _LEAST_GROUP:
        return None
    if not readings.is_two:
        right = (readings.codes == judged) & there
        return [name, int(there.sum()), None, _share(right, there), None]
    called, sick, well = readings.codes == 1, there & (judged == 1), there & (judged == 0)
    return [
        t("medical_imaging.quality.rest") if name == "-" else name,
        int(there.sum()),
        int(sick.sum()),
        _share(called & sick, sick),
        _share(called & well, well),
    ]


def _share(hit: np.ndarray, among: np.ndarray) -> str | None:
    hits, n = int(hit.sum()), int(among.sum())
    if not n:
        return None
    low, high = wilson(hits, n)
    return f"{hits / n:.1%} ({low:.1%} – {high:.1%})"


def _show_card(desk: Desk) -> None:
    """The figures that the model was shipped with."""
    metrics = desk.scored.card.get("metrics", {})
    if not metrics:
        return
    st.subheader(t("medical_imaging.quality.card"), anchor=False)
    st.dataframe(_metric_table(metrics.items()), hide_index=True, height="content")
    data = desk.scored.card.get("data", {}).get("name", "-")
    st.caption(t("medical_imaging.quality.card_help", data=plain(data)))


def _metric_table(metrics: Iterable[tuple[str, dict[str, Any]]]) -> pa.Table:
    names, values, intervals = [], [], []
    for key, figure in metrics:
        names.append(metric_name(key, "medical_imaging"))
        values.append(f"{figure['value']:.3f}")
        intervals.append(f"{figure['low']:.3f} – {figure['high']:.3f}")
    return pa.table(
        {
            t("medical_imaging.quality.measure"): names,
            t("medical_imaging.quality.value"): values,
            t("medical_imaging.quality.interval_95"): intervals,
        }
    )
