"""Which defects cause most of the trouble, by number or by what one costs."""

from __future__ import annotations

from dataclasses import asdict

import pyarrow as pa
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.csv_button import csv_button
from lepton_core.ui.figures import CHART, Figure, show_figures, table_height

from .dashboard_quality_data import Results, choose_columns
from .quality.grouping import class_totals
from .quality.pareto import Bar, pareto, vital_few

_PAGE = "defect_detection.quality.page"
_KEY = "defect_detection.quality.pareto"


def show_pareto(results: Results) -> None:
    """Draw the tab."""
    mapping, _ = choose_columns(results, ("label",))
    table = results.table
    if "label" in mapping and "defect_classes" not in table.column_names:
        table = table.select([mapping["label"]]).rename_columns(["label"])
    counts = class_totals(table)
    if not counts:
        st.info(t("defect_detection.quality.error.no_labels"), icon=":material/label_off:")
        return
    left, right = st.columns([7, 5], gap="medium")
    with right:
        weights = _weights(counts, results.key)
    bars = pareto(counts, weights)
    few = vital_few(bars)
    with left:
        from .dashboard_quality_figures import pareto_chart

        title = t(f"{_PAGE}.tab.pareto")
        weighted = len(set(weights.values())) > 1
        st.plotly_chart(pareto_chart(bars, weighted), key=_KEY, config=CHART, alt=title)
    names = ", ".join(bar.name for bar in few)
    show_figures(
        [
            Figure(t(f"{_PAGE}.pareto.defects"), f"{sum(counts.values()):,}"),
            Figure(t(f"{_PAGE}.pareto.classes"), f"{len(bars):,}"),
            Figure(
                t(f"{_PAGE}.pareto.few"),
                f"{len(few):,}",
                t(f"{_PAGE}.pareto.few_share", share=few[-1].cumulative if few else 0.0),
                help=names,
            ),
        ]
    )
    csv_button(t(f"{_PAGE}.pareto.download"), lambda: _table(bars), "pareto.csv")


def _weights(counts: dict[str, int], key: str) -> dict[str, float]:
    """What one defect of each class costs; the table is edited in place."""
    import pandas as pd

    st.caption(t(f"{_PAGE}.pareto.cost_help"))
    # The same base at every run: what a person edits is kept beside it by the widget.
    ordered = sorted(counts, key=lambda name: (-counts[name], name))
    base = pd.DataFrame(
        {"name": ordered, "count": [counts[n] for n in ordered], "cost": [1.0] * len(ordered)}
    )
    column = st.column_config
    edited = st.data_editor(
        base,
        hide_index=True,
        height=table_height(len(base), 320),
        disabled=["name", "count"],
        placeholder="–",
        key=f"{_KEY}.weights.{key}",
        column_config={
            "name": column.TextColumn(t(f"{_PAGE}.pareto.class")),
            "count": column.NumberColumn(t(f"{_PAGE}.pareto.count"), format="%d"),
            "cost": column.NumberColumn(t(f"{_PAGE}.pareto.one_costs"), min_value=0.0),
        },
    )
    costs = edited["cost"].fillna(1.0).tolist()
    return dict(zip(edited["name"].tolist(), map(float, costs), strict=True))


def _table(bars: list[Bar]) -> pa.Table:
    return pa.Table.from_pylist([asdict(bar) for bar in bars])
