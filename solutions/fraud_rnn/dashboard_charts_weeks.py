"""The charts of weeks and of rules: counts with their outcomes, precision, amounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lepton_core.messages import t
from lepton_core.ui.charts import INK, NEGATIVE, POSITIVE, THRESHOLD, UNKNOWN, layout

from .dashboard_book_rules import Added
from .dashboard_book_weeks import Week

_HATCHED = {"shape": "/", "size": 5, "solidity": 0.25, "fgcolor": INK, "bgcolor": "rgba(0,0,0,0)"}


def weeks_chart(weeks: list[Week], unseen: date | None) -> go.Figure:
    """Alerts a week by their outcome above, precision and recall below.

    What is not known yet is hatched above and left out below: it is not zero.

    Args:
        weeks: in order of time.
        unseen: the first day that the bundle did not learn from, which is marked; None for none.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    x = [week.start for week in weeks]
    layers: tuple[tuple[str, list[int], dict[str, Any]], ...] = (
        ("fraud", [week.caught for week in weeks], {"color": POSITIVE}),
        ("genuine", [week.judged - week.caught for week in weeks], {"color": NEGATIVE}),
        ("unknown", [week.alerts - week.judged for week in weeks], {"pattern": _HATCHED}),
    )
    for name, counts, marker in layers:
        if any(counts):
            label = t(f"fraud_rnn.chart.{name}")
            figure.add_bar(
                x=x,
                y=counts,
                name=label,
                marker={"line": {"width": 0}, **marker},
                hovertemplate=f"%{{x|%Y-%m-%d}}<br>{label}: %{{y}}<extra></extra>",
                row=1,
                col=1,
            )
    for name, values, color, symbol in (
        ("precision", [week.precision for week in weeks], UNKNOWN, "circle"),
        ("recall", [week.recall for week in weeks], THRESHOLD, "square"),
    ):
        label = t(f"fraud_rnn.curves.{name}")
        figure.add_scatter(
            x=x,
            y=values,
            mode="lines+markers",
            name=label,
            line={"color": color, "width": 2},
            marker={"size": 8, "symbol": symbol},
            hovertemplate=f"%{{x|%Y-%m-%d}}<br>{label}: %{{y:.0%}}<extra></extra>",
            row=2,
            col=1,
        )
    if unseen is not None and x[0] < unseen:
        figure.add_vline(
            x=unseen.isoformat(), line={"color": INK, "width": 1.2, "dash": "dot"}, row="all", col=1
        )
        figure.add_annotation(
            x=unseen.isoformat(),
            y=1.0,
            yref="y domain",
            text=t("fraud_rnn.weeks.unseen_from"),
            showarrow=False,
            xanchor="right",
            xshift=-4,
            font={"color": INK, "size": 11},
        )
    figure.update_layout(**layout(400), barmode="stack", bargap=0.3)
    figure.update_xaxes(**_weeks_axis(weeks))
    figure.update_yaxes(title_text=t("fraud_rnn.figure.alerts"), fixedrange=True, row=1, col=1)
    figure.update_yaxes(range=[-0.04, 1.06], tickformat=".0%", fixedrange=True, row=2, col=1)
    return figure


def caught_chart(weeks: list[Week]) -> go.Figure:
    """Amount of frauds caught and missed a week, for weeks whose labels have arrived."""
    figure = go.Figure()
    told = [week for week in weeks if week.fraud_amount is not None]
    x = [week.start for week in told]
    missed = [(week.fraud_amount or 0.0) - week.caught_amount for week in told]
    for name, values, color in (
        ("caught", [week.caught_amount for week in told], UNKNOWN),
        ("missed", missed, POSITIVE),
    ):
        label = t(f"fraud_rnn.weeks.amount_{name}")
        figure.add_bar(
            x=x,
            y=values,
            name=label,
            marker={"color": color, "line": {"width": 0}},
            hovertemplate=f"%{{x|%Y-%m-%d}}<br>{label}: %{{y:,.2f}}<extra></extra>",
        )
    figure.update_layout(**layout(240), barmode="stack", bargap=0.3)
    figure.update_xaxes(**_weeks_axis(told))
    figure.update_yaxes(title_text=t("fraud_rnn.column.amount"), fixedrange=True)
    return figure


def _weeks_axis(weeks: list[Week]) -> dict[str, Any]:
    """Ticks at Mondays, in numbers alone: month names would stay English on a Chinese page."""
    first, apart = weeks[0].start.isoformat(), max(1, -(-len(weeks) // 6))
    shown = {"tickformat": "%m-%d", "hoverformat": "%Y-%m-%d", "tickangle": 0}
    ticks = {"tick0": first, "dtick": apart * 7 * 86_400_000}
    return {"fixedrange": True, "showgrid": False, **shown, **ticks}


def rules_chart(added: Mapping[str, Added]) -> go.Figure:
    """What each rule hits: with the model, alone and fraud, alone and not known to be.

    Args:
        added: name of the rule -> what it finds, in the file's order.
    """
    figure = go.Figure()
    names = list(added)[::-1]
    for part, color in (("both", UNKNOWN), ("frauds", POSITIVE), ("others", NEGATIVE)):
        counts = [getattr(added[name], part) for name in names]
        if not any(counts):
            continue
        label = t(f"fraud_rnn.rules.{part}")
        figure.add_bar(
            x=counts,
            # A name is shown as it is: Plotly would read a number or a tag in it.
            y=[name.replace("<", "&lt;") for name in names],
            orientation="h",
            name=label,
            marker={"color": color, "line": {"width": 0}},
            hovertemplate=f"%{{y}}<br>{label}: %{{x:,}}<extra></extra>",
        )
    figure.update_layout(**layout(90 + 34 * len(names)), barmode="stack", bargap=0.35)
    figure.update_xaxes(title_text=t("fraud_rnn.rules.column.hits"), fixedrange=True)
    figure.update_yaxes(type="category", automargin=True, fixedrange=True)
    return figure
