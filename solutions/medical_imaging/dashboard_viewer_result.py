"""What the model says of a picture: probability, how steady it is, what came of similar ones."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple, cast

import numpy as np
import streamlit as st

from lepton_core.decision import Classify
from lepton_core.evaluation.fairness import wilson
from lepton_core.messages import t
from lepton_core.ui.class_charts import class_bars
from lepton_core.ui.figures import CHART
from lepton_core.ui.plain import plain

from .dashboard_viewer_steady import varied_scores
from .dashboard_xray_charts import probability_line, similar_histogram
from .dashboard_xray_desk import Desk
from .dashboard_xray_readings import LEAST_LABELLED, Readings
from .xray.output.pdf_report import percent

_NEAREST = 50
# Further away, a picture is not one of similar probability, however few are nearer.
_MOST_APART = 0.15
_LEAST_VARIED = 8
Ends = tuple[float, float]


def show_result(desk: Desk, row: int) -> None:
    """Probability with its intervals and the operating point, then the pictures most like it."""
    readings = desk.readings
    st.subheader(t("medical_imaging.viewer.result"), anchor=False)
    st.markdown(_said(readings, row))
    ends = {"interval": _interval(readings, row), "steady": _steady(desk, row)}
    if readings.is_two:
        decision = cast(Classify, readings.decision)
        share = float(readings.probability[row])
        figure = probability_line(share, ends["interval"], ends["steady"], decision)
        title = t("medical_imaging.viewer.probability_alt")
        st.plotly_chart(figure, key="xray.viewer.line", config=CHART, alt=title)
    else:
        many = readings.many
        shares = many.decision.probabilities(many.scored.score[row : row + 1])[0]
        figure = class_bars(many.classes, shares, int(many.known[row]))
        title = t("medical_imaging.viewer.classes_alt")
        st.plotly_chart(figure, key="xray.viewer.classes", config=CHART, alt=title)
    for name, found in ends.items():
        if found is not None:
            low, high = map(percent, found)
            text = t(f"medical_imaging.viewer.{name}", low=low, high=high)
            st.caption(text, help=t(f"medical_imaging.viewer.{name}_help"))
    if ends["steady"] is None:
        st.caption(t("medical_imaging.viewer.not_steady"))
    with st.expander(t("medical_imaging.viewer.similar"), icon=":material/bar_chart:"):
        _show_similar(readings, row)


def _said(readings: Readings, row: int) -> str:
    """What it is taken for and why, as a sentence that rules nothing out."""
    name = plain(readings.classes[readings.codes[row]])
    if not readings.is_two:
        share = percent(float(readings.probability[row]))
        text = t("medical_imaging.viewer.likeliest", name=name, probability=share)
    else:
        threshold = cast(Classify, readings.decision).threshold
        side = "above" if readings.codes[row] == 1 else "below"
        text = t(f"medical_imaging.output.pdf.{side}", threshold=f"{threshold:.1%}", label=name)
    if readings.review[row]:
        text += f" :orange-badge[{t('medical_imaging.output.pdf.unsure')}]"
    return text


def _interval(readings: Readings, row: int) -> Ends | None:
    """The 95% interval of the calibrated probability; None where the bundle does not tell."""
    if not isinstance(readings.decision, Classify):
        return None
    ends = readings.decision.interval(readings.scored.score[row : row + 1])
    return None if ends is None else (float(ends[0][0]), float(ends[1][0]))


def _steady(desk: Desk, row: int) -> Ends | None:
    """Lowest and highest probability of the picture as another exposure might have made it."""
    with st.spinner(t("medical_imaging.viewer.varying")):
        read = partial(desk.image, row)
        scores = varied_scores(desk.folder, desk.image_key(row), read)
    if len(scores) < _LEAST_VARIED:
        return None
    own = desk.readings.probability[row]
    probability = np.append(desk.readings.of_class(row, scores), own)
    return float(probability.min()), float(probability.max())


class Similar(NamedTuple):
    """Labelled pictures whose probability is nearest to one picture's.

    Args:
        n: how many.
        hits: how many of them were right to be called the class that the probability is of.
        low: their lowest probability.
        high: their highest.
    """

    n: int
    hits: int
    low: float
    high: float


def similar(readings: Readings, row: int) -> Similar | None:
    """The labelled pictures nearest to a row's probability, itself left out; None where too few."""
    there = readings.judged >= 0
    there[row] = False
    rows = np.flatnonzero(there)
    far = np.abs(readings.probability[rows] - readings.probability[row])
    order = np.argsort(far, kind="stable")[:_NEAREST]
    nearest = rows[order[far[order] <= _MOST_APART]]
    if len(nearest) < LEAST_LABELLED:
        return None
    right = readings.judged[nearest] == (1 if readings.is_two else readings.codes[nearest])
    some = readings.probability[nearest]
    return Similar(len(nearest), int(right.sum()), float(some.min()), float(some.max()))


def _show_similar(readings: Readings, row: int) -> None:
    found = similar(readings, row)
    if found is None:
        st.caption(t("medical_imaging.viewer.no_similar"))
    else:
        low, high = wilson(found.hits, found.n)
        values: dict[str, Any] = {
            "n": found.n,
            "from_": found.low,
            "to": found.high,
            "hits": found.hits,
            "share": found.hits / found.n,
            "low": low,
            "high": high,
        }
        name = readings.classes[1] if readings.is_two else ""
        key = "similar_two" if readings.is_two else "similar_many"
        st.markdown(t(f"medical_imaging.viewer.{key}", name=plain(name), **values))
    figure = similar_histogram(readings, row)
    title = t("medical_imaging.viewer.similar")
    st.plotly_chart(figure, key="xray.viewer.similar", config=CHART, alt=title)
