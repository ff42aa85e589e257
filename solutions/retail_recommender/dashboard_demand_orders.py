"""What to order: stock and costs to be typed in, and the orders that the forecast asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t

from .dashboard_demand_data import units

if TYPE_CHECKING:
    import pandas as pd

    from .dashboard_demand_data import Demand
    from .orders.config import Config

VIEW = "retail_recommender.demand.view"
_WORD = "retail_recommender.orders"
_KEY = "demand.orders"
# What a person may change of each product, and whether an empty cell means something.
EDITED = ("on_hand", "on_order", "cost", "pack", "least", "room")


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
    config = _settings(demand)
    edited = _stock(demand, some, key)
    records = order_records(demand, some, edited)
    found = make_orders(records, config)
    if found is None:
        return
    _told(records, found, config)
    _of_one(demand, records, found, name)


def _settings(demand: Demand) -> Config:
    """The sliders; the settings of the orders that they stand for."""
    from .orders.config import Config

    start = Config()
    period = t(f"{VIEW}.weeks" if demand.in_weeks else f"{VIEW}.days")
    horizon = float(demand.config.data.horizon)
    supply = start.supply
    left, middle, right = st.columns(3, gap="medium")
    with left:
        service = st.slider(
            t(f"{VIEW}.service"),
            50.0,
            99.9,
            95.0,
            0.1,
            "%.1f%%",
            key=f"{_KEY}.service",
            help=t(f"{VIEW}.service_help"),
        )
        by_cost = st.toggle(
            t(f"{VIEW}.by_cost"), key=f"{_KEY}.by_cost", help=t(f"{VIEW}.by_cost_help")
        )
    with middle:
        lead = st.slider(
            t(f"{VIEW}.lead", period=period),
            0.0,
            horizon,
            min(2.0, horizon),
            0.5,
            key=f"{_KEY}.lead",
        )
        lead_sd = st.slider(
            t(f"{VIEW}.lead_sd", period=period),
            0.0,
            4.0,
            0.0,
            0.1,
            key=f"{_KEY}.lead_sd",
            help=t(f"{VIEW}.lead_sd_help"),
        )
    with right:
        review = st.slider(
            t(f"{VIEW}.review", period=period),
            1.0,
            max(horizon, 2.0),
            1.0,
            1.0,
            key=f"{_KEY}.review",
        )
        budget = st.number_input(
            t(f"{VIEW}.budget"),
            0.0,
            None,
            0.0,
            100.0,
            key=f"{_KEY}.budget",
            help=t(f"{VIEW}.budget_help"),
        )
    holding = supply.holding
    if by_cost:
        with st.container(horizontal=True):
            holding = (
                st.number_input(
                    t(f"{VIEW}.holding"),
                    0.01,
                    100.0,
                    0.5,
                    0.1,
                    key=f"{_KEY}.holding",
                    help=t(f"{VIEW}.holding_help"),
                )
                / 100.0
            )
            shortage = (
                st.number_input(
                    t(f"{VIEW}.shortage"),
                    0.1,
                    1000.0,
                    30.0,
                    1.0,
                    key=f"{_KEY}.shortage",
                    help=t(f"{VIEW}.shortage_help"),
                )
                / 100.0
            )
        ratio = shortage / (shortage + holding * review)
        service = 100.0 * min(max(ratio, 0.5), 0.9999)
        st.caption(t(f"{VIEW}.service_by_cost", service=service / 100.0))
    supply = replace(
        supply,
        lead=float(lead),
        lead_sd=float(lead_sd),
        review=float(review),
        service=float(service) / 100.0,
        holding=float(holding),
    )
    plan = replace(start.plan, correlation=round(demand.correlation, 3), budget=float(budget))
    return replace(start, supply=supply, plan=plan)


def _stock(demand: Demand, names: list[str], key: str) -> pd.DataFrame:
    """The stock of each product, to be changed; begins with figures that are nobody's."""
    import pandas as pd

    base = pd.DataFrame({"series": names, **start_stock(demand, names)})
    titles = {name: t(f"{_WORD}.column.{name}") for name in base.columns}
    column = st.column_config
    config: dict[str, Any] = {
        name: column.NumberColumn(
            titles[name],
            help=t(f"{_WORD}.column_help.{name}"),
            min_value=None if name == "on_hand" else 0.0,
            width="small",
        )
        for name in EDITED
    }
    config["series"] = column.TextColumn(titles["series"], disabled=True)
    with st.expander(t(f"{VIEW}.stock"), icon=":material/inventory_2:"):
        st.caption(t(f"{VIEW}.stock_help"))
        edited = st.data_editor(
            base,
            hide_index=True,
            column_config=config,
            placeholder="–",
            height=300,
            key=f"{_KEY}.stock.{key}.{demand.address}",
        )
    return edited


def start_stock(demand: Demand, names: list[str]) -> dict[str, list[float | None]]:
    """What the page supposes of each product until a person tells better: two periods' demand on
    hand, and the last price as cost."""
    price = demand.column("price")
    found: dict[str, list[float | None]] = {name: [] for name in EDITED}
    for name in names:
        rows = demand.rows(name)
        known = rows[np.isfinite(price[rows])]
        value = demand.told(demand.value, demand.coming(name))
        found["on_hand"].append(float(np.round(value[:2].sum())))
        found["on_order"].append(0.0)
        found["cost"].append(float(price[known[-1]]) if len(known) else 1.0)
        found["pack"].append(1.0)
        found["least"].append(0.0)
        found["room"].append(None)
    return found


def order_records(demand: Demand, names: list[str], stock: pd.DataFrame) -> pa.Table:
    """The periods to come as records of ``retail_recommender/orders``, products in order."""
    from lepton_core.solution import find_task

    schema = find_task("retail_recommender/orders").inputs.arrow_schema()
    rows: list[dict[str, Any]] = []
    for name, told in zip(names, stock.to_dict("records"), strict=True):
        coming = demand.coming(name)
        ends = [demand.told(v, coming) for v in (demand.low, demand.value, demand.high)]
        supply = {n: None if told[n] is None or told[n] != told[n] else told[n] for n in EDITED}
        # A pack of nothing is no pack.
        supply["pack"] = supply["pack"] or None
        for place, row in enumerate(coming.tolist()):
            rows.append(
                {
                    "record_id": f"{name}/{place + 1}",
                    "plan": "all",
                    "series": name,
                    "time": demand.time[row].astype("datetime64[us]").item(),
                    "low": float(ends[0][place]),
                    "value": float(ends[1][place]),
                    "high": float(ends[2][place]),
                    **supply,
                    "on_hand": supply["on_hand"] or 0.0,
                    "cost": 1.0 if supply["cost"] is None else supply["cost"],
                }
            )
    return pa.Table.from_pylist(rows, schema=schema)


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


def plan_file(records: pa.Table, config: Config) -> pa.Table:
    """The records with what the sliders say in their columns, for ``lepton score``."""
    n, supply = records.num_rows, config.supply
    told = {"lead": supply.lead, "lead_sd": supply.lead_sd, "review": supply.review}
    told |= {"service": supply.service}
    if config.plan.budget:
        told["budget"] = config.plan.budget
    for name, value in told.items():
        at = records.column_names.index(name)
        records = records.set_column(at, name, pa.array([value] * n, pa.float64()))
    cost = np.maximum(records["cost"].to_numpy(), 1e-9)
    at = records.column_names.index("holding")
    return records.set_column(at, "holding", pa.array(cost * supply.holding))


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
