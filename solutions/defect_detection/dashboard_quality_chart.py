"""Control charts of results: which chart, whose limits, and every violation in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.solution import find_task
from lepton_core.spreadsheet import to_csv
from lepton_core.ui.figures import CHART, Figure, show_figures, table_height
from lepton_core.ui.frame import show_error
from lepton_core.ui.plain import plain

from .dashboard_quality_data import TASK, Results, choose_columns
from .quality.charts import KINDS
from .quality.config import BaselineConfig, ChartConfig, Config
from .quality.grouping import PERIODS, as_records, group_parts, usable
from .quality.history import LABELS, OUT_OF_CONTROL
from .quality.reading import is_measured
from .quality.rules import RULES, WESTERN_ELECTRIC

if TYPE_CHECKING:
    import pyarrow as pa

    from lepton_core.pipeline import Pipeline
    from lepton_core.predictions import Predictions
    from lepton_core.rejects import Reject

_PAGE = "defect_detection.quality.page"
_KEY = "defect_detection.quality.chart"
_COLUMNS = {
    "p": ("inspected", "defective", "verdict", "label"),
    "np": ("inspected", "defective", "verdict", "label"),
    "u": ("inspected", "defect_count"),
    "c": ("defect_count",),
    "xbar_r": ("values", "value"),
    "xbar_s": ("values", "value"),
    "i_mr": ("value",),
}
_MOST_TOLD = 200
_MOST_SAID = 4


@dataclass(frozen=True)
class Chart:
    """One chart of one set of results.

    Args:
        kind: the chart's.
        records: checked records [n] that became points or parts of one.
        predictions: of these, row by row.
        baseline: how many of the records its limits come from; 0 for a bundle's frozen limits.
    """

    kind: str
    records: pa.Table
    predictions: Predictions
    baseline: int

    @property
    def complete(self) -> np.ndarray:
        """bool [n]: the rows that are points."""
        return self.predictions["complete"]

    def lines(self) -> list[str]:
        """The lines that have points, in order of their first."""
        names = np.array([name or "" for name in self.records.column("line").to_pylist()])
        return list(dict.fromkeys(names[self.complete].tolist()))

    def of(self, line: str) -> np.ndarray:
        """Rows of a line's points, int64."""
        names = np.array([name or "" for name in self.records.column("line").to_pylist()])
        return np.flatnonzero((names == line) & self.complete)


def show_chart(results: Results) -> None:
    """Draw the tab."""
    with st.container(border=True):
        chart = _choose(results)
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
    _figures(chart, rows)
    from .dashboard_quality_drawing import control_chart, spread_chart

    name = t(f"{_PAGE}.kind.{chart.kind}")
    st.plotly_chart(control_chart(chart, rows), key=f"{_KEY}.main", config=CHART, alt=name)
    below = spread_chart(chart, rows)
    if below is not None:
        title = t(f"{_PAGE}.chart.spread")
        st.plotly_chart(below, key=f"{_KEY}.spread", config=CHART, alt=title)
    _tell(chart, rows)
    st.download_button(
        t(f"{_PAGE}.chart.download", n=int(chart.complete.sum())),
        lambda: to_csv(table_of(chart, np.flatnonzero(chart.complete))),
        file_name=f"chart_{chart.kind}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _choose(results: Results) -> Chart | None:
    """The settings above the chart, and the chart itself."""
    left, right = st.columns([6, 6])
    by_label = "label" in results.mapping or "verdict" in results.mapping
    with left:
        kind = st.selectbox(
            t(f"{_PAGE}.kind.label"),
            KINDS,
            format_func=lambda one: t(f"{_PAGE}.kind.{one}"),
            key=f"{_KEY}.kind",
            help=t(f"{_PAGE}.kind.help"),
        )
    with right:
        rules = st.multiselect(
            t(f"{_PAGE}.rules"),
            RULES,
            default=WESTERN_ELECTRIC,
            format_func=lambda rule: t(f"defect_detection.quality.rule.{rule}"),
            key=f"{_KEY}.rules",
            help=t(f"{_PAGE}.rules_help"),
        )
    wanted = (*_COLUMNS[kind], "time", "line", "subgroup")
    mapping, wide = choose_columns(results, wanted)
    try:
        table = as_records(results.table, mapping, wide if is_measured(kind) else ())
        config = Config(chart=ChartConfig(kind, _size(kind, by_label), tuple(rules)))
        return _draw_on(results, table, config)
    except LeptonError as error:
        show_error(error)
        return None


def _size(kind: str, by_label: bool) -> int:
    least = 2 if kind.startswith("xbar") else 1
    if not by_label and kind not in ("xbar_r", "xbar_s"):
        return 50
    first = 5 if is_measured(kind) else 50
    return int(
        st.number_input(
            t(f"{_PAGE}.size"),
            least,
            100_000,
            max(first, least),
            key=f"{_KEY}.size.{kind}",
            help=t(f"{_PAGE}.size_help"),
        )
    )


def _draw_on(results: Results, table: pa.Table, config: Config) -> Chart | None:
    from lepton_core.checking import check
    from lepton_core.ui.loader import load

    from .quality.preprocessing import ChartPreprocessor

    task = find_task(TASK)
    checked = check(table, task.inputs, results.name)
    records, refused = usable(checked.table, config.chart.kind, config.chart.unsure)
    _show_refused([*checked.rejects, *refused])
    if not records.num_rows:
        return None
    by = _grouping(records, config.chart.kind)
    if by:
        records = group_parts(records, config.chart.kind, by, config.chart.unsure)
    until = _baseline(records.num_rows)
    if until is None:
        pipeline = load(task.bundle())
        if pipeline.preprocessor.config.chart.kind != config.chart.kind:  # type: ignore[attr-defined]
            st.warning(t(f"{_PAGE}.chart.other_kind"), icon=":material/swap_horiz:")
    else:
        own = ChartPreprocessor(config).fit(records.slice(0, until))
        pipeline = _pipeline(own, results.name)
    predictions = pipeline.score(records)
    import pyarrow as pa

    kept = records.take(pa.array(predictions.rows))
    kind = pipeline.preprocessor.config.chart.kind  # type: ignore[attr-defined]
    return Chart(kind, kept, predictions, until or 0)


def _pipeline(preprocessor: Any, name: str) -> Pipeline:
    from lepton_core.pipeline import Pipeline
    from lepton_core.runtime.no_model import NoModel

    from .quality.training import DECISION

    return Pipeline(find_task(TASK), name, preprocessor, NoModel(), DECISION)


def _grouping(records: pa.Table, kind: str) -> str:
    """By what single parts are put together; empty for equally many each."""
    has_time = records.column("time").null_count < records.num_rows
    has_key = records.column("subgroup").null_count < records.num_rows
    counted = "values" if is_measured(kind) else "inspected"
    if kind in ("c", "i_mr") or records.column(counted).null_count == 0:
        return ""
    options = ["", *(PERIODS if has_time else ()), *(("subgroup",) if has_key else ())]
    return str(
        st.selectbox(
            t(f"{_PAGE}.by.label"),
            options,
            format_func=lambda one: t(f"{_PAGE}.by.{one or 'size'}"),
            key=f"{_KEY}.by",
        )
    )


def _baseline(n: int) -> int | None:
    """How many records the limits come from; None for the shipped bundle's frozen ones."""
    frozen = st.toggle(t(f"{_PAGE}.frozen"), key=f"{_KEY}.frozen", help=t(f"{_PAGE}.frozen_help"))
    if frozen:
        return None
    share = st.slider(
        t(f"{_PAGE}.baseline"),
        10,
        100,
        round(100 * BaselineConfig().share),
        5,
        format="%d%%",
        key=f"{_KEY}.baseline",
        help=t(f"{_PAGE}.baseline_help"),
    )
    return max(round(n * share / 100), 1)


def _show_refused(refused: list[Reject]) -> None:
    if not refused:
        return
    first = refused[0]
    key, values = first.reasons[0]
    reason = plain(t(f"reject.{key}", **values))
    text = t(f"{_PAGE}.chart.refused", n=len(refused), row=first.row + 1, reason=reason)
    st.warning(text, icon=":material/block:")


def _figures(chart: Chart, rows: np.ndarray) -> None:
    label = chart.predictions["label"][rows]
    signals = int((label == LABELS[OUT_OF_CONTROL]).sum())
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
    import pyarrow as pa

    at = pa.array(rows)
    table = chart.predictions.to_arrow().take(at)
    for place, name in enumerate(("time", "line", "subgroup"), start=1):
        table = table.add_column(place, name, chart.records.column(name).take(at))
    return table
