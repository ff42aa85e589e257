"""Stock and costs of each product, as a person types them, as records of the orders task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t

if TYPE_CHECKING:
    import pandas as pd

    from .dashboard_demand_data import Demand
    from .orders.config import Config

VIEW = "retail_recommender.demand.view"
_WORD = "retail_recommender.orders"
_KEY = "demand.orders"
# What a person may change of each product.
EDITED = ("on_hand", "on_order", "cost", "pack", "least", "room")


def edit_stock(demand: Demand, names: list[str], key: str) -> pd.DataFrame:
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


def plan_file(records: pa.Table, config: Config) -> pa.Table:
    """The records with what the sliders say in their columns, for ``lepton score``."""
    n, supply = records.num_rows, config.supply
    told = {"lead": supply.lead, "lead_sd": supply.lead_sd, "order_every": supply.order_every}
    told |= {"service": supply.service}
    if config.plan.budget:
        told["budget"] = config.plan.budget
    for name, value in told.items():
        at = records.column_names.index(name)
        records = records.set_column(at, name, pa.array([value] * n, pa.float64()))
    cost = np.maximum(records["cost"].to_numpy(), 1e-9)
    at = records.column_names.index("holding")
    return records.set_column(at, "holding", pa.array(cost * supply.holding))
