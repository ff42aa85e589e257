"""What studies of the inspection found: figures, tables and verdicts."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.csv_button import csv_button
from lepton_core.ui.figures import Figure, show_figures
from lepton_core.ui.plain import plain

from .quality.agreement import Agreement, Share
from .quality.gauge import GaugeStudy

_PAGE = "defect_detection.quality.page"
_COLORS = {"good": "success", "conditional": "warning", "bad": "error"}
_ICONS = {"good": "check_circle", "conditional": "help", "bad": "cancel"}


def _judged(verdict: str, text: str) -> None:
    show = {"success": st.success, "warning": st.warning, "error": st.error}[_COLORS[verdict]]
    show(text, icon=f":material/{_ICONS[verdict]}:")


def show_gauge(found: GaugeStudy, parts: int, operators: int) -> None:
    """Draw what a gauge study found.

    Args:
        found: variation by source.
        parts: number of parts.
        operators: number of people.
    """
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


def show_agreement(found: Agreement) -> None:
    """Draw how verdicts agree, with each other and with the truth."""
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
    st.dataframe(table, hide_index=True, height="content", column_config=config, placeholder="–")


def _download(table: pa.Table, name: str) -> None:
    csv_button(t(f"{_PAGE}.study.download"), lambda: table, name)
