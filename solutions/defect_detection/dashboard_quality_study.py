"""Studies of the inspection itself: a gauge's repeatability, and whether verdicts agree."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.solution import find_task
from lepton_core.spreadsheet import to_csv
from lepton_core.ui.figures import Figure, show_figures
from lepton_core.ui.frame import show_error
from lepton_core.ui.plain import plain
from lepton_core.ui.uploader import SUFFIXES

from .dashboard_quality_data import INSPECTIONS, TASK
from .quality.agreement import Agreement, Share
from .quality.gauge import GaugeStudy
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
_COLORS = {"good": "success", "conditional": "warning", "bad": "error"}
_ICONS = {"good": "check_circle", "conditional": "help", "bad": "cancel"}


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
            _show_gauge(found, len(parts), len(operators))
        else:
            _show_agreement(agreement_of(table, name))
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
    st.download_button(
        t(f"{_PAGE}.study.example"),
        lambda: to_csv(sample),
        file_name=f"{kind}_study.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
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


def _judged(verdict: str, text: str) -> None:
    show = {"success": st.success, "warning": st.warning, "error": st.error}[_COLORS[verdict]]
    show(text, icon=f":material/{_ICONS[verdict]}:")


def _show_gauge(found: GaugeStudy, parts: int, operators: int) -> None:
    text = t(f"{_PAGE}.study.gauge_{found.verdict}", share=found.share, categories=found.categories)
    _judged(found.verdict, text)
    shown = [
        Figure("%GRR", f"{found.share:.1%}", help=t(f"{_PAGE}.study.help_grr")),
        Figure("ndc", f"{found.categories:,}", help=t(f"{_PAGE}.study.help_ndc")),
        Figure(t(f"{_PAGE}.study.parts"), f"{parts} × {operators}"),
    ]
    if found.tolerance_share is not None:
        shown.insert(1, Figure(t(f"{_PAGE}.study.of_tolerance"), f"{found.tolerance_share:.1%}"))
    show_figures(shown)
    total = found.total
    sources = (
        ("gauge", found.gauge),
        ("repeatability", found.repeatability),
        ("reproducibility", found.reproducibility),
        ("part", found.part),
        ("total", total),
    )
    variation = pa.Table.from_pylist(
        [
            {
                "source": t(f"{_PAGE}.study.row.{name}"),
                "deviation": sigma,
                "share": 100 * sigma / total,
                "variance": 100 * (sigma / total) ** 2,
            }
            for name, sigma in sources
        ]
    )
    left, right = st.columns(2, gap="medium")
    with left:
        _table(variation, {"deviation": "%.4g", "share": "%.1f%%", "variance": "%.1f%%"})
    with right:
        anova = pa.Table.from_pylist(
            [
                {
                    "source": t(f"{_PAGE}.study.row.{name}"),
                    "df": row.df,
                    "squares": row.squares,
                    "f": row.f,
                    "p": row.p,
                }
                for name, row in found.anova.items()
            ]
        )
        _table(anova, {"df": "%d", "squares": "%.4g", "f": "%.2f", "p": "%.3f"})
        st.caption(t(f"{_PAGE}.study.{'pooled' if found.pooled else 'kept'}"))
    _download(variation, "gauge_study.csv")


def _show_agreement(found: Agreement) -> None:
    shown = [Figure(t(f"{_PAGE}.study.between"), *_shares(found.between))]
    if found.kappa_between is not None:
        shown.append(Figure(t(f"{_PAGE}.study.kappa"), f"{found.kappa_between:.2f}"))
    if found.all_right is not None:
        shown.append(Figure(t(f"{_PAGE}.study.all_right"), *_shares(found.all_right)))
    show_figures(shown)
    for one in found.appraisers:
        if one.verdict:
            name = plain(one.name)
            _judged(one.verdict, t(f"{_PAGE}.study.appraiser_{one.verdict}", name=name))
    rows = [
        {
            "appraiser": one.name,
            "within": _percent(one.within),
            "kappa_within": one.kappa_within,
            "effectiveness": _percent(one.effectiveness),
            "miss": _percent(one.miss),
            "false_alarm": _percent(one.false_alarm),
            "kappa_reference": one.kappa_reference,
        }
        for one in found.appraisers
    ]
    kinds = {name: pa.string() if name == "appraiser" else pa.float64() for name in rows[0]}
    table = pa.Table.from_pylist(rows, schema=pa.schema(kinds))
    percent = dict.fromkeys(("within", "effectiveness", "miss", "false_alarm"), "%.1f%%")
    _table(table, percent | {"kappa_within": "%.2f", "kappa_reference": "%.2f"})
    pairs = [
        f"{plain(a)} – {plain(b)}: {'-' if kappa is None else f'{kappa:.2f}'}"
        for (a, b), kappa in found.pairs.items()
    ]
    if pairs:
        st.caption(t(f"{_PAGE}.study.pairs", pairs=" · ".join(pairs)))
    st.caption(t(f"{_PAGE}.study.guide"))
    _download(table, "agreement_study.csv")


def _shares(share: Share) -> tuple[str, str]:
    low, high = share.interval
    return f"{share.value:.1%}", f"{low:.0%} … {high:.0%}"


def _percent(share: Share | None) -> float | None:
    return None if share is None else 100 * share.value


def _table(table: pa.Table, formats: dict[str, str]) -> None:
    column = st.column_config
    config: dict[str, Any] = {}
    for name in table.column_names:
        title = t(f"{_PAGE}.study.column.{name}")
        config[name] = (
            column.NumberColumn(title, format=formats[name])
            if name in formats
            else column.TextColumn(title)
        )
    st.dataframe(table, hide_index=True, height="content", column_config=config)


def _download(table: pa.Table, name: str) -> None:
    st.download_button(
        t(f"{_PAGE}.study.download"),
        lambda: to_csv(table),
        file_name=name,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
