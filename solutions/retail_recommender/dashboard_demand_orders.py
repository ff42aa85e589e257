"""What to order: stock and costs to be typed in, and the orders that the forecast asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t

from .dashboard_demand_data import units
from .dashboard_demand_stock import edit_stock, order_records, plan_file
from .dashboard_demand_supply import choose_supply

if TYPE_CHECKING:
    from .dashboard_demand_data import Demand
    from .orders.config import Config

VIEW = "retail_recommender.demand.view"
_WORD = "retail_recommender.orders"
_KEY = "demand.orders"


def show_orders(demand: Demand, key: str, name: str) -> None:
    """Draw settings, stock and the orders that follow from them.

    Args:
        demand: with periods to come.
        key: of the source.
        name: the product whose stock is drawn.
    """
    st.subheader(t(f"{VIEW}.orders"), anchor=False, help=t(f"{VIEW}.orders_help"))
    some = [one for one in demand.names if len(demand.coming(one))]
    if not some:
        st.caption(t(f"{VIEW}.no_coming"))
        return
    config = choose_supply(demand)
    edited = edit_stock(demand, some, key)
    records = order_records(demand, some, edited)
    found = make_orders(records, config)
    if found is None:
        return
    _told(records, found, config)
    _of_one(demand, records, found, name)


def make_orders(records: pa.Table, config: Config) -> pa.Table | None:
    """The outputs of the task, row by row; None where the plan cannot be made, which is told."""
    from .orders.preprocessing import OrderPreprocessor
    from .orders.training import DECISION

    prepared = OrderPreprocessor(config).transform(records)
    for reject in prepared.rejects:
        key, values = reject.reasons[0]
        if key != "unit":
            st.error(t(f"reject.{key}", **values))
            return None
    columns = DECISION.apply({"score": prepared.arrays["score"]})
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def _told(records: pa.Table, found: pa.Table, config: Config) -> None:
    """All orders in figures and as a table to take away."""
    import pyarrow.compute as pc

    from lepton_core.ui.csv_button import csv_button
    from lepton_core.ui.figures import Figure, show_figures, table_height

    first = pc.is_valid(found["order"])
    orders, names = found.filter(first), records["series"].filter(first)
    sums = {
        n: float(pc.sum(orders[n]).as_py() or 0.0) for n in ("spend", "missing", "expected_cost")
    }
    n = int((orders["order"].to_numpy() > 0).sum())
    figures = [
        Figure(t(f"{VIEW}.ordered"), f"{n:,}", t(f"{VIEW}.of_products", n=len(names))),
        Figure(t(f"{_WORD}.column.spend"), units(sums["spend"])),
        Figure(t(f"{_WORD}.column.missing"), units(sums["missing"]), "", t(f"{VIEW}.missing_help")),
        Figure(
            t(f"{_WORD}.column.expected_cost"),
            units(sums["expected_cost"]),
            "",
            t(f"{VIEW}.cost_help"),
        ),
    ]
    if config.plan.budget:
        worth, gap = float(orders["worth"][0].as_py()), float(orders["gap"][0].as_py())
        note = t(f"{VIEW}.gap", gap=gap)
        figures.append(Figure(t(f"{VIEW}.worth"), f"{worth:.3f}", note, t(f"{VIEW}.worth_help")))
    show_figures(figures)
    shown = ("order", "spend", "wanted", "position", "demand", "reorder_point", "safety_stock")
    table = pa.table({"series": names})
    for name in (*shown, "reached"):
        values = np.asarray(orders[name].to_numpy(), np.float64)
        scaled = 100.0 * values if name == "reached" else values
        table = table.append_column(name, pa.array(np.round(scaled, 1)))
    words = [
        "; ".join(t(f"{_WORD}.note.{flag}") for flag in (text or "").split("; ") if flag)
        for text in orders["notes"].to_pylist()
    ]
    table = table.append_column("notes", pa.array(words))
    titles = {name: t(f"{_WORD}.column.{name}") for name in table.column_names}
    column_config: dict[str, Any] = {
        name: st.column_config.NumberColumn(titles[name], format="localized", width="small")
        for name in shown
    }
    column_config["series"] = st.column_config.TextColumn(titles["series"])
    column_config["reached"] = st.column_config.NumberColumn(
        titles["reached"], format="%.1f%%", width="small"
    )
    column_config["notes"] = st.column_config.TextColumn(titles["notes"], width="medium")
    st.dataframe(
        table,
        hide_index=True,
        height=table_height(table.num_rows, 420),
        column_config=column_config,
    )
    with st.container(horizontal=True):
        csv_button(
            t(f"{VIEW}.download_orders", n=len(names)), lambda: table, "orders.csv", f"{_KEY}.csv"
        )
        csv_button(
            t(f"{VIEW}.download_plan"),
            lambda: plan_file(records, config),
            "plan.csv",
            f"{_KEY}.plan",
        )


def _of_one(demand: Demand, records: pa.Table, found: pa.Table, name: str) -> None:
    """What the order makes of the stock of the product chosen above."""
    from lepton_core.ui.figures import CHART

    from .dashboard_demand_chart import stock_chart

    rows = np.flatnonzero(np.array(records["series"].to_pylist(), object) == name)
    if not len(rows):
        return
    told = {n: found[n][int(rows[0])].as_py() for n in ("order", "reorder_point", "safety_stock")}
    said = {n: units(float(value)) for n, value in told.items()}
    st.markdown(t(f"{VIEW}.order_said", product=name, **said))
    some = found.take(pa.array(rows))
    time = demand.time[demand.coming(name)]
    stock, risk = (np.asarray(some[n].to_numpy(), np.float64) for n in ("stock", "out_risk"))
    st.plotly_chart(stock_chart(time, stock, risk), key=f"{_KEY}.chart", config=CHART)
    st.caption(t(f"{VIEW}.stock_chart"))
