"""Control charts of results, and every violation in words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.csv_button import csv_button
from lepton_core.ui.figures import CHART, Figure, show_figures, table_height
from lepton_core.ui.plain import plain

from .dashboard_quality_chart_choice import Chart, choose_chart
from .dashboard_quality_data import Results
from .quality.history import LABELS, OUT_OF_CONTROL

_PAGE = "defect_detection.quality.page"
_KEY = "defect_detection.quality.chart"
_MOST_TOLD = 200
_MOST_SAID = 4


def show_chart(results: Results) -> None:
    """Draw the tab."""
    with st.container(border=True):
        chart = choose_chart(results)
    if chart is None:
        return
    if not chart.complete.any():
        st.info(t(f"{_PAGE}.chart.no_points"), icon=":material/hourglass_empty:")
        return
    lines = chart.lines()
    line = lines[0]
    if len(lines) > 1:
        line = st.segmented_control(
            t("defect_detection.quality.column.line"),
            lines,
            default=lines[0],
            required=True,
            key=f"{_KEY}.line.{results.key}",
        )
    rows = chart.of(line)
    # A line that is in control must not hide another that is not.
    counts = {name: _signals(chart, chart.of(name)) for name in lines if name != line}
    elsewhere = ", ".join(f"{plain(name or '-')} ({n:,})" for name, n in counts.items() if n)
    if elsewhere:
        st.caption(f":material/warning: {t(f'{_PAGE}.chart.elsewhere', lines=elsewhere)}")
    _figures(chart, rows)
    from .dashboard_quality_drawing import control_chart, spread_chart

    name = t(f"{_PAGE}.kind.{chart.kind}")
    st.plotly_chart(control_chart(chart, rows), key=f"{_KEY}.main", config=CHART, alt=name)
    below = spread_chart(chart, rows)
    if below is not None:
        title = t(f"{_PAGE}.chart.spread")
        st.plotly_chart(below, key=f"{_KEY}.spread", config=CHART, alt=title)
    _tell(chart, rows)
    csv_button(
        t(f"{_PAGE}.chart.download", n=int(chart.complete.sum())),
        lambda: table_of(chart, np.flatnonzero(chart.complete)),
        f"chart_{chart.kind}.csv",
    )


def _figures(chart: Chart, rows: np.ndarray) -> None:
    label = chart.predictions["label"][rows]
    signals = _signals(chart, rows)
    centre = chart.predictions["centre"][rows[-1]]
    shown = [
        Figure(t(f"{_PAGE}.chart.points"), f"{len(rows):,}"),
        Figure(
            t(f"{_PAGE}.chart.signals"),
            f"{signals:,}",
            t(f"{_PAGE}.chart.signal_share", share=signals / len(rows)),
        ),
    ]
    if np.isfinite(centre):
        shown.append(Figure(t("defect_detection.quality.column.centre"), _number(chart, centre)))
    state = LABELS[OUT_OF_CONTROL] if label[-1] == LABELS[OUT_OF_CONTROL] else str(label[-1])
    shown.append(Figure(t(f"{_PAGE}.chart.now"), t(f"defect_detection.quality.class.{state}")))
    show_figures(shown)


def _signals(chart: Chart, rows: np.ndarray) -> int:
    return int((chart.predictions["label"][rows] == LABELS[OUT_OF_CONTROL]).sum())


def _tell(chart: Chart, rows: np.ndarray) -> None:
    """Every violation: which point, which rules, in words; the latest first."""
    st.subheader(t(f"{_PAGE}.chart.told"), anchor=False)
    found = [row for row in rows[::-1] if chart.predictions["label"][row] == LABELS[OUT_OF_CONTROL]]
    if not found:
        st.success(t(f"{_PAGE}.chart.calm"), icon=":material/check_circle:")
        return
    for row in found[:_MOST_SAID]:
        st.markdown(
            "- "
            + t(
                f"{_PAGE}.chart.sentence",
                point=int(chart.predictions["point"][row]),
                name=plain(name_of(chart, row)),
                value=_number(chart, float(chart.predictions["value"][row])),
                why=words_of(str(chart.predictions["rules"][row])),
            )
        )
    if len(found) <= _MOST_SAID:
        return
    told = [
        {
            "point": int(chart.predictions["point"][row]),
            "when": name_of(chart, row),
            "value": float(chart.predictions["value"][row]),
            "why": words_of(str(chart.predictions["rules"][row])),
        }
        for row in found[:_MOST_TOLD]
    ]
    column = st.column_config
    st.dataframe(
        told,
        hide_index=True,
        height=table_height(len(told), 320),
        column_config={
            "point": column.NumberColumn(t("defect_detection.quality.column.point"), width=70),
            "when": column.TextColumn(t("defect_detection.quality.column.subgroup"), width=150),
            "value": column.NumberColumn(
                t("defect_detection.quality.column.value"), format="%.4g", width=90
            ),
            "why": column.TextColumn(t(f"{_PAGE}.chart.why"), width="large"),
        },
    )


def _number(chart: Chart, value: float) -> str:
    return f"{value:.2%}" if chart.kind == "p" else f"{value:,.5g}"


def words_of(rules: str) -> str:
    """Violated rules, as the output column joins them, as one sentence in the page's language."""
    names = [name for name in rules.split("; ") if name]
    return t(f"{_PAGE}.chart.and").join(t(f"defect_detection.quality.rule.{n}") for n in names)


def name_of(chart: Chart, row: int) -> str:
    """What a point is called: its subgroup and time, else its record's id."""
    time = chart.records.column("time")[row].as_py()
    subgroup = chart.records.column("subgroup")[row].as_py()
    parts = [subgroup or "", f"{time:%Y-%m-%d %H:%M}" if time else ""]
    named = " · ".join(dict.fromkeys(part for part in parts if part))
    return named or str(chart.records.column("record_id")[row].as_py())


def table_of(chart: Chart, rows: np.ndarray) -> pa.Table:
    """The points as a table, with time, line and subgroup, to take away."""
    at = pa.array(rows)
    table = chart.predictions.to_arrow().take(at)
    for place, name in enumerate(("time", "line", "subgroup"), start=1):
        table = table.add_column(place, name, chart.records.column(name).take(at))
    return table
