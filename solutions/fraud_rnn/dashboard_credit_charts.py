"""The charts of the credit page: a client's six months, and rates by group."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
from plotly.subplots import make_subplots

from lepton_core.evaluation.fairness import ALL
from lepton_core.messages import t
from lepton_core.ui.charts import INK, NEGATIVE, POSITIVE, THRESHOLD, UNKNOWN, layout
from lepton_core.ui.columns import word

from .credit.clients import Clients
from .credit.task import MONTHS

_PAGE = "fraud_rnn.credit.page"
_TASK = "fraud_rnn/credit"
_PAID = "#3f9a6b"
_MOST_BEHIND = 9


def months_chart(clients: Clients) -> go.Figure:
    """Bills and payments of one client against the limit, the delay of each month below.

    Args:
        clients: the numbers of one client, months oldest first.
    """
    names = [t(f"{_PAGE}.months.back", n=back) for back in range(MONTHS - 1, 0, -1)]
    names.append(t(f"{_PAGE}.months.latest"))
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.68, 0.32], vertical_spacing=0.06
    )
    for values, name, color in (
        (clients.bill[0], "bill", UNKNOWN),
        (clients.paid[0], "paid", _PAID),
    ):
        label = t(f"{_PAGE}.months.{name}")
        figure.add_bar(
            x=names,
            y=values,
            name=label,
            marker={"color": color, "line": {"width": 0}},
            hovertemplate=f"%{{x}}<br>{label}: %{{y:,.0f}}<extra></extra>",
            row=1,
            col=1,
        )
    limit = float(clients.limit[0])
    figure.add_scatter(
        x=names,
        y=[limit] * MONTHS,
        name=t(f"{_PAGE}.months.limit"),
        mode="lines",
        line={"color": THRESHOLD, "width": 1.4, "dash": "dash"},
        hovertemplate=f"{t(f'{_PAGE}.months.limit')}: {limit:,.0f}<extra></extra>",
        row=1,
        col=1,
    )
    delay = clients.delay[0]
    texts = [_delay_word(code) for code in delay]
    figure.add_bar(
        x=names,
        # A sliver where nothing is late, so that there is something to point at.
        y=np.maximum(delay, 0.06),
        marker={"color": np.where(delay > 0, POSITIVE, NEGATIVE).tolist(), "line": {"width": 0}},
        text=texts,
        textposition="outside",
        textfont={"size": 11, "color": INK},
        cliponaxis=False,
        showlegend=False,
        hovertemplate="%{x}<br>%{text}<extra></extra>",
        row=2,
        col=1,
    )
    figure.update_layout(**layout(340), barmode="group", bargap=0.25, bargroupgap=0.05)
    figure.update_yaxes(fixedrange=True, nticks=5, tickformat="~s", row=1, col=1)
    top = max(float(delay.max()), 1.0)
    figure.update_yaxes(
        fixedrange=True,
        range=[0, min(top, _MOST_BEHIND) * 1.5],
        showticklabels=False,
        showgrid=False,
        zeroline=False,
        title_text=t(f"{_PAGE}.months.delay"),
        row=2,
        col=1,
    )
    figure.update_xaxes(fixedrange=True, showgrid=False, tickfont={"size": 11})
    return figure


def _delay_word(code: float) -> str:
    if code > 0:
        return t(f"{_PAGE}.months.behind", n=int(code))
    return t(f"{_PAGE}.months." + {0: "part", -1: "whole", -2: "unused"}[int(code)])


def groups_chart(report: pa.Table, rate: str) -> go.Figure:
    """One rate of every group with its interval, and the rate of all as a line.

    Args:
        report: from :func:`lepton_core.evaluation.fairness.by_group`.
        rate: one of its rates.
    """
    rows = [row for row in report.to_pylist() if row["group"] != ALL and row[rate] is not None]
    figure = go.Figure()
    colors = dict(zip(dict.fromkeys(row["attribute"] for row in rows), _cycle(), strict=False))
    for attribute, color in colors.items():
        some = [row for row in rows if row["attribute"] == attribute]
        values = np.array([row[rate] for row in some])
        figure.add_scatter(
            x=values,
            y=[_group_name(row) for row in some],
            mode="markers",
            name=word(_TASK, "group", attribute),
            marker={"color": color, "size": 10},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": np.array([row[f"{rate}_high"] for row in some]) - values,
                "arrayminus": values - np.array([row[f"{rate}_low"] for row in some]),
                "color": color,
                "thickness": 1.6,
                "width": 4,
            },
            customdata=[[r["n"], r[f"{rate}_low"], r[f"{rate}_high"]] for r in some],
            hovertemplate="%{y}: %{x:.1%} (%{customdata[1]:.1%} – %{customdata[2]:.1%}), "
            "n = %{customdata[0]:,}<extra></extra>",
        )
    everyone = next((row[rate] for row in report.to_pylist() if row["group"] == ALL), None)
    if everyone is not None:
        figure.add_vline(x=everyone, line={"color": INK, "width": 1.2, "dash": "dot"})
    figure.update_layout(**_tall(len(rows)))
    figure.update_yaxes(autorange="reversed", fixedrange=True, showgrid=True, automargin=True)
    title = t(f"evaluate.groups.{rate}")
    figure.update_xaxes(tickformat=".0%", fixedrange=True, title_text=title, rangemode="tozero")
    return figure


def _group_name(row: dict[str, Any]) -> str:
    """A group's name; those that two attributes share carry the attribute's."""
    name = word(_TASK, "group", row["group"])
    if row["group"] in ("other", "unknown"):
        return f"{word(_TASK, 'group', row['attribute'])}: {name}"
    return name


def _cycle() -> tuple[str, ...]:
    return (UNKNOWN, THRESHOLD, _PAID, POSITIVE)


def _tall(count: int) -> dict[str, Any]:
    return layout(max(30 * count + 90, 200))
