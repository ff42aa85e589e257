"""Which control chart of which results: kind, rules, subgroups and baseline, and the chart made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.solution import find_task
from lepton_core.ui.frame import show_error
from lepton_core.ui.plain import plain

from .dashboard_quality_data import TASK, Results, choose_columns
from .quality.charts import KINDS
from .quality.config import BaselineConfig, ChartConfig, Config
from .quality.grouping import PERIODS, as_records, group_parts, usable
from .quality.reading import is_measured
from .quality.rules import RULES, WESTERN_ELECTRIC

if TYPE_CHECKING:
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


def choose_chart(results: Results) -> Chart | None:
    """Draw the settings and make the chart; None where that cannot be, which the page then says."""
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
