"""The charts of costs, precision and capacity by threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from lepton_core.decision.curves import CapacityCurve, CostCurve, PrecisionRecall
from lepton_core.messages import t
from lepton_core.ui.charts import INK, POSITIVE, THRESHOLD, UNKNOWN, layout

from .dashboard_book_curves import CostSummary
from .dashboard_charts import log_axis

_LEAST = 1e-4


def cost_chart(curve: CostCurve, threshold: float, summary: CostSummary) -> go.Figure:
    """Total cost a day by threshold, with what it is made of.

    Args:
        curve: sums over ``summary.days`` days.
        threshold: the chosen one, which is marked.
        summary: with the best one, which is marked too.
    """
    figure = go.Figure()
    x = np.maximum(curve.threshold, _LEAST)
    lines: tuple[tuple[str, np.ndarray, dict[str, Any]], ...] = (
        ("missed", curve.missed, {"color": POSITIVE, "width": 1.4, "dash": "dot"}),
        ("review", curve.review, {"color": INK, "width": 1.4, "dash": "dash"}),
        ("total", curve.total, {"color": UNKNOWN, "width": 2.6}),
    )
    for name, values, line in lines:
        label = t(f"fraud_rnn.curves.{name}")
        figure.add_scatter(
            x=x,
            y=values / summary.days,
            mode="lines",
            name=label,
            line=line,
            hovertemplate=f"%{{x:.2%}}<br>{label}: %{{y:,.2f}}<extra></extra>",
        )
    points = (
        ("best_point", summary.best_threshold, summary.best, "star", UNKNOWN),
        ("chosen_point", threshold, summary.chosen, "diamond", THRESHOLD),
    )
    for name, at, value, symbol, color in points:
        label = t(f"fraud_rnn.curves.{name}")
        figure.add_scatter(
            x=[max(at, _LEAST)],
            y=[value],
            mode="markers",
            name=label,
            marker={"symbol": symbol, "size": 14, "color": color, "line": {"width": 1}},
            hovertemplate=f"{label}<br>%{{x:.2%}}: %{{y:,.2f}}<extra></extra>",
        )
    # Reviewing everything costs so much that the rest would lie flat on the axis.
    top = 1.6 * max(summary.nothing, summary.chosen, summary.best)
    figure.update_layout(**layout(320))
    figure.update_xaxes(
        type="log", title_text=t("fraud_rnn.curves.threshold"), fixedrange=True, **_percents()
    )
    figure.update_yaxes(
        title_text=t("fraud_rnn.curves.cost_axis"), range=[0, top or 1.0], fixedrange=True
    )
    return figure


def precision_recall_chart(
    curve: PrecisionRecall, precision: float | None, recall: float
) -> go.Figure:
    """Precision by recall.

    Args:
        curve: by threshold.
        precision: at the chosen threshold; None where nothing is alerted.
        recall: at the chosen threshold.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=curve.recall,
        y=curve.precision,
        mode="lines",
        name=t("fraud_rnn.curves.every_threshold"),
        line={"color": UNKNOWN, "width": 2.2},
        customdata=curve.threshold,
        hovertemplate=(
            f"{t('fraud_rnn.curves.recall')} %{{x:.0%}}<br>{t('fraud_rnn.curves.precision')} "
            f"%{{y:.0%}}<br>{t('fraud_rnn.curves.threshold')} %{{customdata:.1%}}<extra></extra>"
        ),
    )
    if precision is not None:
        figure.add_scatter(
            x=[recall],
            y=[precision],
            mode="markers",
            name=t("fraud_rnn.curves.chosen_point"),
            marker={"symbol": "diamond", "size": 14, "color": THRESHOLD},
            hoverinfo="skip",
        )
    figure.update_layout(**layout(300))
    share = {"range": [0, 1.03], "tickformat": ".0%", "fixedrange": True}
    figure.update_xaxes(title_text=t("fraud_rnn.curves.recall"), **share)
    figure.update_yaxes(title_text=t("fraud_rnn.curves.precision"), **share)
    return figure


def capacity_chart(curve: CapacityCurve, chosen: float) -> go.Figure:
    """Amount expected and known to be caught, by cards looked at a day.

    Args:
        curve: by threshold.
        chosen: cards a day at the chosen threshold, which are marked.
    """
    figure = go.Figure()
    lines = (
        ("expected", curve.expected, {"color": UNKNOWN, "width": 2.2}),
        ("caught", curve.caught, {"color": POSITIVE, "width": 2.2}),
    )
    for name, values, line in lines:
        # Nothing is drawn where no outcome is known: zero would say that nothing is caught.
        if not np.nanmax(values, initial=0.0) > 0:
            continue
        label = t(f"fraud_rnn.curves.capacity_{name}")
        figure.add_scatter(
            x=curve.per_day,
            y=values,
            mode="lines",
            name=label,
            line=line,
            hovertemplate=f"%{{x:.1f}}<br>{label}: %{{y:,.2f}}<extra></extra>",
        )
    at = max(chosen, 0.1)
    figure.add_vline(x=at, line={"color": THRESHOLD, "width": 1.4, "dash": "dash"})
    figure.add_annotation(
        # On a logarithmic axis an annotation's place is given as its logarithm.
        x=np.log10(at),
        y=0.04,
        yref="paper",
        text=t("fraud_rnn.curves.cards", n=chosen),
        showarrow=False,
        xanchor="left",
        xshift=5,
        font={"color": THRESHOLD},
    )
    figure.update_layout(**layout(300))
    figure.update_xaxes(
        title_text=t("fraud_rnn.curves.cards_axis"), **log_axis(np.maximum(curve.per_day, 0.1))
    )
    figure.update_yaxes(
        title_text=t("fraud_rnn.curves.amount_axis"), rangemode="tozero", fixedrange=True
    )
    return figure


def _percents() -> dict[str, Any]:
    ticks = [1e-4, 1e-3, 0.01, 0.1, 0.5, 1.0]
    return {
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [f"{100 * value:,.10g}%" for value in ticks],
    }
