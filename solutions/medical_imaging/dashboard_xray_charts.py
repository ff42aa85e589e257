"""Charts of X-ray readings: one picture's probability, pictures like it, the operating curve."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from lepton_core.decision import Classify
from lepton_core.messages import t
from lepton_core.ui.charts import NEGATIVE, POSITIVE, THRESHOLD, UNKNOWN, layout, safe

from .dashboard_xray_readings import Readings
from .xray.output.pdf_report import percent

_BINS = 20
_TICKS = (0, 0.25, 0.5, 0.75, 1)
_REVIEW = "rgba(230, 150, 30, 0.22)"


def probability_line(
    probability: float,
    interval: tuple[float, float] | None,
    steady: tuple[float, float] | None,
    decision: Classify,
) -> go.Figure:
    """One probability on a line from 0 to 1, with intervals, operating point and review band.

    Args:
        probability: of the finding, 0..1.
        interval: 95%, of the calibration; None where it is not known.
        steady: lowest and highest under small changes; None where not measured.
        decision: whose threshold and band are marked.
    """
    figure = go.Figure()
    low, high = decision.band
    if high > 0:
        figure.add_vrect(x0=low, x1=high, fillcolor=_REVIEW, line_width=0, layer="below")
    for ends, color, width in ((steady, NEGATIVE, 3), (interval, UNKNOWN, 8)):
        if ends is not None:
            figure.add_scatter(
                x=list(ends),
                y=[0, 0],
                mode="lines",
                line={"color": color, "width": width},
                hovertemplate=f"{ends[0]:.1%} – {ends[1]:.1%}<extra></extra>",
            )
    figure.add_scatter(
        x=[probability],
        y=[0],
        mode="markers+text",
        text=[f"<b>{safe(percent(probability))}</b>"],
        textposition="top center" if 0.08 < probability < 0.92 else _side(probability),
        textfont={"size": 16},
        marker={
            "size": 17,
            "color": POSITIVE if probability >= decision.threshold else NEGATIVE,
            "line": {"width": 2, "color": "#ffffff"},
        },
        cliponaxis=False,
        hovertemplate="%{x:.1%}<extra></extra>",
    )
    figure.add_vline(x=decision.threshold, line={"color": THRESHOLD, "width": 1.6, "dash": "dash"})
    figure.add_annotation(
        x=decision.threshold,
        y=-0.85,
        text=t("medical_imaging.viewer.point", threshold=decision.threshold),
        showarrow=False,
        font={"color": THRESHOLD, "size": 11},
        xanchor="left" if decision.threshold < 0.5 else "right",
        xshift=4 if decision.threshold < 0.5 else -4,
    )
    figure.update_layout(**layout(118), showlegend=False)
    figure.update_xaxes(
        range=[-0.03, 1.03], tickvals=_TICKS, tickformat=".0%", fixedrange=True, showgrid=False
    )
    figure.update_yaxes(visible=False, range=[-1.1, 1.3], fixedrange=True)
    return figure


def _side(probability: float) -> str:
    return "top right" if probability < 0.5 else "top left"


def similar_histogram(readings: Readings, row: int) -> go.Figure:
    """How many pictures have which probability, by known class, with one picture marked."""
    figure = go.Figure()
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    judged = readings.judged
    layers = [(t("medical_imaging.quality.unknown"), judged < 0, UNKNOWN)]
    if readings.is_two:
        layers += [
            (readings.classes[0], judged == 0, NEGATIVE),
            (readings.classes[1], judged == 1, POSITIVE),
        ]
    else:
        right = readings.codes == judged
        layers += [
            (t("ui.classes.right"), (judged >= 0) & right, NEGATIVE),
            (t("ui.classes.wrong"), (judged >= 0) & ~right, POSITIVE),
        ]
    for name, some, color in layers:
        if some.any():
            figure.add_bar(
                x=(edges[1:] + edges[:-1]) / 2,
                y=np.histogram(readings.probability[some], edges)[0],
                width=1.0 / _BINS,
                name=name,
                marker={"color": color, "line": {"width": 0}},
                hovertemplate=f"%{{x:.0%}}<br>{name}: %{{y:,}}<extra></extra>",
            )
    share = float(readings.probability[row])
    figure.add_vline(
        x=share,
        line={"color": THRESHOLD, "width": 2},
        annotation_text=t("medical_imaging.viewer.this", probability=safe(percent(share))),
        annotation_position="top right" if share < 0.6 else "top left",
        annotation_font_color=THRESHOLD,
    )
    figure.update_layout(**layout(230), barmode="stack", bargap=0)
    axis = "probability" if readings.is_two else "of_label"
    title = t(f"medical_imaging.quality.{axis}")
    figure.update_xaxes(range=[0, 1], tickformat=".0%", title_text=title, fixedrange=True)
    figure.update_yaxes(
        title_text=t("medical_imaging.quality.pictures"),
        fixedrange=True,
        nticks=5,
        tickformat="d",
        # Few pictures: no halves of them.
        dtick=1 if len(readings) < 2 * _BINS else None,
    )
    return figure


def operating_curve(readings: Readings) -> go.Figure:
    """Sensitivity against false alarms over all thresholds, with the operating point marked.

    Args:
        readings: of two classes, with judged pictures of both.
    """
    judged = readings.judged
    there = judged >= 0
    shares, labels = readings.probability[there], judged[there] == 1
    order = np.argsort(-shares, kind="stable")
    # Pictures of equal probability are taken for the finding together.
    ends = np.append(np.flatnonzero(np.diff(shares[order])), len(order) - 1)
    hits, n = np.cumsum(labels[order])[ends], ends + 1
    sick, well = int(labels.sum()), int((~labels).sum())
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": NEGATIVE, "width": 1, "dash": "dot"},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=np.concatenate([[0.0], (n - hits) / well]),
        y=np.concatenate([[0.0], hits / sick]),
        mode="lines",
        line={"color": UNKNOWN, "width": 2.2, "shape": "hv"},
        customdata=np.concatenate([[1.0], shares[order][ends]]),
        hovertemplate="%{customdata:.1%}: %{y:.1%} / %{x:.1%}<extra></extra>",
    )
    called = readings.codes == 1
    alarms = float(called[judged == 0].mean())
    found = float(called[judged == 1].mean())
    figure.add_scatter(
        x=[alarms],
        y=[found],
        mode="markers+text",
        text=[f"{found:.0%} / {alarms:.0%}"],
        textposition="bottom right" if alarms < 0.6 else "bottom left",
        textfont={"color": THRESHOLD},
        marker={"size": 12, "color": THRESHOLD, "line": {"width": 2, "color": "#ffffff"}},
        hoverinfo="skip",
    )
    figure.update_layout(**layout(), showlegend=False)
    axis = {"tickformat": ".0%", "fixedrange": True, "range": [-0.02, 1.02]}
    figure.update_xaxes(title_text=t("medical_imaging.quality.false_alarms"), **axis)
    figure.update_yaxes(title_text=t("medical_imaging.quality.sensitivity"), **axis)
    return figure
