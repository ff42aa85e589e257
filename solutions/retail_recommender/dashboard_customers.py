"""The view of customers: segments, one customer, and whom a campaign should write to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task
from lepton_core.ui.columns import word

if TYPE_CHECKING:
    from lepton_core.ui.scored import Scored

VIEW = "retail_recommender.customers.view"
TASK = "retail_recommender/customers"
_COLOURS = ["#2f9e6e", "#f3e6b8", "#d0453a"]


def view() -> None:
    """Draw the view below a heading that stands already."""
    st.caption(t(f"{VIEW}.caption"))
    # Imported here, so that what stands above is on the screen while the rest loads.
    from lepton_core.ui.choosing import choose_scored
    from lepton_core.ui.figures import Figure, show_figures

    from .dashboard_customers_campaign import show_campaign

    chosen = choose_scored(find_task(TASK), datasets=True)
    if chosen is None:
        return
    scored, source = chosen
    told = scored.decision.apply({"score": scored.score})
    columns = {name: _plain(values) for name, values in told.items()}
    days = int(scored.card["settings"]["data"]["horizon_days"])
    show_figures(
        [
            Figure(t(f"{VIEW}.customers"), f"{len(scored.score):,}"),
            Figure(t(f"{VIEW}.back", days=days), f"{(1 - columns['churn_risk']).sum():,.0f}"),
            Figure(t(f"{VIEW}.value", days=days), f"{columns['expected_value'].sum():,.0f}"),
        ]
    )
    _segments(columns)
    _one(scored, columns, source.key)
    show_campaign(
        scored.records.column("record_id").to_pylist(),
        columns["churn_risk"],
        columns["value_kept"],
        f"customers.{source.key}",
    )


def _plain(values: Any) -> np.ndarray:
    return np.asarray(values.to_pylist() if isinstance(values, pa.Array) else values)


def _segments(columns: dict[str, np.ndarray]) -> None:
    """The map of the segments: as large as their spending, as red as their risk."""
    import plotly.graph_objects as go
    from plotly.colors import sample_colorscale

    from lepton_core.ui.charts import layout
    from lepton_core.ui.figures import CHART

    st.subheader(t(f"{VIEW}.segments"), anchor=False)
    rows: list[dict[str, Any]] = []
    for name in np.unique(columns["segment"]).tolist():
        some = columns["segment"] == name
        rows.append(
            {
                "segment": word(TASK, "segment", name),
                "about": t(f"retail_recommender.customers.segment_help.{name}"),
                "n": int(some.sum()),
                "spent": round(float(columns["spent"][some].sum())),
                "risk": 100.0 * float(columns["churn_risk"][some].mean()),
                "value": round(float(columns["expected_value"][some].sum())),
            }
        )
    rows.sort(key=lambda row: -row["spent"])
    figure = go.Figure(
        go.Treemap(
            labels=[row["segment"] for row in rows],
            parents=[""] * len(rows),
            values=[row["spent"] for row in rows],
            text=[f"{row['n']:,}" for row in rows],
            # As colours and not as a scale, with which the ground would be dark.
            marker={"colors": sample_colorscale(_COLOURS, [row["risk"] / 100 for row in rows])},
            customdata=[row["risk"] for row in rows],
            pathbar={"visible": False},
            root={"color": "#eef2f6"},
            hovertemplate="%{label}<br>%{value:,.0f}<br>%{customdata:.0f}%<extra></extra>",
        )
    )
    figure.update_layout(**layout(320))
    title = t(f"{VIEW}.segments")
    st.plotly_chart(figure, key="customers.segments", config=CHART, alt=title)
    st.caption(t(f"{VIEW}.segments_help"))
    names = {name: t(f"{VIEW}.column.{name}") for name in rows[0]}
    table = pa.table({names[name]: [row[name] for row in rows] for name in names})
    config = {names["risk"]: st.column_config.NumberColumn(format="%.0f%%")}
    for name in ("spent", "value"):
        config[names[name]] = st.column_config.NumberColumn(format="localized")
    st.dataframe(table, hide_index=True, column_config=config)


def _one(scored: Scored, columns: dict[str, np.ndarray], key: str) -> None:
    """One customer: what is expected of them, and their latest lines."""
    from lepton_core.ui.figures import Figure, show_figures

    st.subheader(t(f"{VIEW}.one"), anchor=False)
    ids = scored.records.column("record_id").to_pylist()
    name = st.selectbox(t(f"{VIEW}.choose"), ids, key=f"customers.one.{key}")
    row = ids.index(name)
    value = {column: values[row] for column, values in columns.items()}
    ends = f"{value['value_low']:,.0f} – {value['value_high']:,.0f}"
    title = {column: t(f"retail_recommender.customers.column.{column}") for column in columns}
    show_figures(
        [
            Figure(title["segment"], word(TASK, "segment", str(value["segment"]))),
            Figure(title["churn_risk"], f"{value['churn_risk']:.0%}"),
            Figure(title["expected_value"], f"{value['expected_value']:,.0f}", ends),
            Figure(title["recency_days"], f"{value['recency_days']:,.0f}"),
            Figure(title["orders"], f"{value['orders']:,}"),
            Figure(title["spent"], f"{value['spent']:,.0f}"),
        ]
    )
    record = scored.records.slice(row, 1).to_pylist()[0]
    shown = {
        t(f"retail_recommender.customers.column.{column}"): (record.get(column) or [])[::-1][:50]
        for column in ("times", "items", "quantities", "prices")
        if record.get(column)
    }
    when = st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", timezone="UTC")
    config = {t("retail_recommender.customers.column.times"): when}
    st.dataframe(pa.table(shown), hide_index=True, height=220, column_config=config)
