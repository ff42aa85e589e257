"""Studies of the inspection itself: which one, and of which measurements or verdicts."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.solution import find_task
from lepton_core.ui.csv_button import csv_button
from lepton_core.ui.frame import show_error
from lepton_core.ui.uploader import SUFFIXES

from .dashboard_quality_data import INSPECTIONS, TASK
from .dashboard_quality_study_results import show_agreement, show_gauge
from .quality.studies import (
    GAUGE,
    VERDICTS,
    agreement_of,
    agreement_sample,
    gauge_of,
    gauge_sample,
)

_PAGE = "defect_detection.quality.page"
_KEY = "defect_detection.quality.study"
_KINDS = ("gauge", "agreement")


def show_study() -> None:
    """Draw the tab."""
    kind = st.segmented_control(
        t(f"{_PAGE}.study.label"),
        _KINDS,
        default=_KINDS[0],
        required=True,
        format_func=lambda one: t(f"{_PAGE}.study.{one}"),
        key=f"{_KEY}.kind",
    )
    st.caption(t(f"{_PAGE}.study.about_{kind}"))
    try:
        chosen = _choose(str(kind))
        if chosen is None:
            return
        table, name = chosen
        if kind == "gauge":
            tolerance = st.number_input(
                t(f"{_PAGE}.study.tolerance"),
                min_value=0.0,
                value=0.1 if name == "sample" else None,
                placeholder=t(f"{_PAGE}.capability.no_limit"),
                format="%g",
                key=f"{_KEY}.tolerance",
                help=t(f"{_PAGE}.study.tolerance_help"),
            )
            found, parts, operators = gauge_of(table, tolerance or None, name)
            show_gauge(found, len(parts), len(operators))
        else:
            show_agreement(agreement_of(table, name))
    except LeptonError as error:
        show_error(error)


def _choose(kind: str) -> tuple[pa.Table, str] | None:
    sources = ("sample", "file", "store") if kind == "agreement" else ("sample", "file")
    with st.sidebar:
        st.subheader(t("ui.source.title"), anchor=False)
        source = st.radio(
            t("ui.source.label"),
            sources,
            format_func=lambda one: t(f"{_PAGE}.study.source.{one}"),
            key=f"{_KEY}.source.{kind}",
        )
        if source == "file":
            needed = ", ".join(GAUGE if kind == "gauge" else (*VERDICTS, "reference"))
            uploaded = st.file_uploader(
                t("ui.source.upload"),
                type=SUFFIXES,
                key=f"{_KEY}.file.{kind}",
                help=t(f"{_PAGE}.study.file_help", columns=needed),
            )
    if source == "store":
        return _from_store()
    sample = gauge_sample() if kind == "gauge" else agreement_sample()
    csv_button(t(f"{_PAGE}.study.example"), lambda: sample, f"{kind}_study.csv")
    if source == "sample":
        return sample, "sample"
    if uploaded is None:
        st.info(t(f"{_PAGE}.study.nothing", columns=needed), icon=":material/upload_file:")
        return None
    from lepton_core.ui.uploaded import read_uploaded

    return read_uploaded(find_task(TASK), [uploaded]), uploaded.name


def _from_store() -> tuple[pa.Table, str] | None:
    """The suite's own verdicts of the latest run against what people said of the same parts."""
    from lepton_core.ui.verdict_store import open_store, show_store_error

    from .quality.reading import GOOD

    store = open_store()
    if store is None:
        show_store_error()
        return None
    task = st.selectbox(
        t(f"{_PAGE}.runs.task"),
        INSPECTIONS,
        format_func=lambda one: t(f"{one.replace('/', '.')}.title"),
        key=f"{_KEY}.task",
    )
    said = {row["record_id"]: row["verdict"] for row in store.latest(task).to_pylist()}
    rows: list[dict[str, Any]] = []
    for run in store.runs(task).to_pylist()[::-1]:
        for part in store.predictions(run["id"]).to_pylist():
            if part["record_id"] in said and part["label"]:
                truth, called = said[part["record_id"]], part["label"]
                rows.append(
                    {
                        "part": part["record_id"],
                        "appraiser": run["bundle"],
                        "verdict": "pass" if called.lower() in GOOD else "fail",
                        "reference": "pass" if truth.lower() in GOOD else "fail",
                    }
                )
        if rows:
            break
    if not rows:
        st.info(t(f"{_PAGE}.study.no_verdicts"), icon=":material/rate_review:")
        return None
    return pa.Table.from_pylist(rows), task
