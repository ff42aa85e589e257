"""Capability: how what the line makes fits between its specification limits."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.checking import check
from lepton_core.errors import DataError, LeptonError
from lepton_core.messages import t
from lepton_core.solution import find_task
from lepton_core.ui.csv_button import csv_button
from lepton_core.ui.figures import CHART, Figure, show_figures
from lepton_core.ui.frame import show_error

from .dashboard_quality_data import TASK, Results, choose_columns
from .quality.capability import Capability, Index, capability
from .quality.charts import Subgroup, estimate
from .quality.charts import place as place_point
from .quality.grouping import as_records, numbers_of

_PAGE = "defect_detection.quality.page"
_KEY = "defect_detection.quality.capability"
# The sample's own: 74 mm with 0.05 on both sides.
_SAMPLE_LIMITS = (73.95, 74.05)
_ENOUGH = 50


def show_capability(results: Results) -> None:
    """Draw the tab."""
    mapping, wide = choose_columns(results, ("values", "value", "line"))
    try:
        records = check(
            as_records(results.table, mapping, wide), find_task(TASK).inputs, results.name
        ).table
        records = _of_line(records, results.key)
        groups = numbers_of(records)
        if not groups:
            raise DataError("defect_detection.quality.error.no_values")
    except LeptonError as error:
        show_error(error)
        return
    values = np.concatenate(groups)
    lower, upper = _limits(results, values)
    found = None
    try:
        found = capability(groups, lower, upper)
    except LeptonError as error:
        show_error(error)
    if found is not None:
        _figures(found)
        _doubts(found, groups)
    from .dashboard_quality_figures import capability_chart

    title = t(f"{_PAGE}.tab.capability")
    figure = capability_chart(values, lower, upper, found)
    st.plotly_chart(figure, key=_KEY, config=CHART, alt=title)
    if found is not None:
        _indices(found)


def _of_line(records: pa.Table, key: str) -> pa.Table:
    names = records.column("line").to_pylist()
    lines = list(dict.fromkeys(name for name in names if name))
    if len(lines) < 2:
        return records
    line = st.segmented_control(
        t("defect_detection.quality.column.line"),
        lines,
        default=lines[0],
        required=True,
        key=f"{_KEY}.line.{key}",
    )
    return records.filter(pa.array([name == line for name in names]))


def _limits(results: Results, values: np.ndarray) -> tuple[float, float]:
    """The specification limits; an empty field is no limit."""
    first = _SAMPLE_LIMITS if results.is_sample else (None, None)
    spread = float(np.ptp(values)) or 1.0
    step = 10.0 ** math.floor(math.log10(spread / 10))
    digits = max(-math.floor(math.log10(step)), 0)
    ends = []
    for place, name, start in zip(st.columns(2), ("lsl", "usl"), first, strict=True):
        ends.append(
            place.number_input(
                t(f"{_PAGE}.capability.{name}"),
                value=start,
                step=step,
                format=f"%.{digits}f",
                placeholder=t(f"{_PAGE}.capability.no_limit"),
                key=f"{_KEY}.{name}.{results.key}",
                help=t(f"{_PAGE}.capability.limit_help"),
            )
        )
    lower, upper = ends
    return -math.inf if lower is None else lower, math.inf if upper is None else upper


def _figures(found: Capability) -> None:
    shown = [Figure(t(f"{_PAGE}.capability.n"), f"{found.n:,}")]
    for name, index in (("Cp", found.cp), ("Cpk", found.cpk), ("Pp", found.pp), ("Ppk", found.ppk)):
        if index is not None:
            note = f"{index.low:.2f} … {index.high:.2f}"
            help_ = t(f"{_PAGE}.capability.help_{name.lower()}")
            shown.append(Figure(name, f"{index.value:.2f}", note, help_))
    outside = t(f"{_PAGE}.capability.expected", ppm=1e6 * found.expected_outside)
    shown.append(
        Figure(t(f"{_PAGE}.capability.outside"), f"{1e6 * found.outside:,.0f} ppm", outside)
    )
    show_figures(shown)


def _doubts(found: Capability, groups: list[np.ndarray]) -> None:
    """What speaks against taking the indices at their word."""
    if not found.is_normal:
        st.warning(
            t(f"{_PAGE}.capability.not_normal", p=found.normal_p), icon=":material/ssid_chart:"
        )
    if found.n < _ENOUGH:
        st.warning(t(f"{_PAGE}.capability.few", n=found.n), icon=":material/data_alert:")
    several = [group for group in groups if len(group) > 1]
    if len(several) >= 2:
        made = [Subgroup(len(g), float(g.mean()), float(np.ptp(g))) for g in several]
        limits = estimate("xbar_r", made)
        beyond = sum(place_point("xbar_r", limits, one).is_beyond for one in made)
        # One in 370 lies beyond by chance.
        if beyond > 2 + len(made) / 100:
            text = t(f"{_PAGE}.capability.not_stable", n=beyond, of=len(made))
            st.warning(text, icon=":material/timeline:")


def _indices(found: Capability) -> None:
    """The indices with both intervals, to read and to take away."""
    rows = []
    for name, index in (("Cp", found.cp), ("Cpk", found.cpk), ("Pp", found.pp), ("Ppk", found.ppk)):
        if index is not None:
            rows.append({"index": name, **_row(index)})
    table = pa.Table.from_pylist(rows)
    names = ("index", "value", "low", "high", "resampled_low", "resampled_high")
    titles = {name: t(f"{_PAGE}.capability.column.{name}") for name in names}
    column = st.column_config
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        placeholder="–",
        column_config={
            name: column.NumberColumn(title, format="%.3f")
            if name != "index"
            else column.TextColumn(title)
            for name, title in titles.items()
        },
    )
    st.caption(t(f"{_PAGE}.capability.about"))
    csv_button(t(f"{_PAGE}.capability.download"), lambda: table, "capability.csv")


def _row(index: Index) -> dict[str, float | None]:
    low, high = index.resampled or (None, None)
    return {
        "value": index.value,
        "low": index.low,
        "high": index.high,
        "resampled_low": low,
        "resampled_high": high,
    }
