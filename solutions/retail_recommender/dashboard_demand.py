"""The view of the demand: one product now and ahead, all products, and what to order of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task

if TYPE_CHECKING:
    from .dashboard_demand_data import Demand

VIEW = "retail_recommender.demand.view"
TASK = "retail_recommender/demand"
_SHOWN = (26, 52, 104, 208)


def view() -> None:
    """Draw the view below a heading that stands already."""
    st.caption(t(f"{VIEW}.caption"))
    # Imported here, so that what stands above is on the screen while the rest loads.
    from lepton_core.settings import from_dict
    from lepton_core.ui.choosing import choose_scored
    from lepton_core.ui.figures import show_figures
    from lepton_core.ui.loader import load

    from .dashboard_demand_data import Demand
    from .dashboard_demand_orders import show_orders

    task = find_task(TASK)
    chosen = choose_scored(task, datasets=True)
    if chosen is None:
        return
    scored, source = chosen
    config = from_dict(task.hook(task.config), scored.card["settings"])
    kept = st.session_state.setdefault("demand.kept", {})
    if scored.key not in kept:
        kept.clear()
        folder = task.bundle(scored.address.partition("@")[2])
        kept[scored.key] = Demand.of(task, scored, load(folder), config)
    demand: Demand = kept[scored.key]
    before = _before(demand)
    show_figures(demand.figures(before))
    if demand.is_added:
        st.caption(t(f"{VIEW}.added", n=config.data.horizon))
    name = _one(demand, source.key, before)
    _all(demand, before)
    show_orders(demand, source.key, name)


def _before(demand: Demand) -> int:
    """How far ahead the forecasts of the past are judged and drawn."""
    horizon = demand.config.data.horizon
    choices = sorted({1, max(horizon // 4, 1), max(horizon // 2, 1), horizon})
    return int(
        st.segmented_control(
            t(f"{VIEW}.before"),
            choices,
            default=choices[min(1, len(choices) - 1)],
            required=True,
            key=f"demand.before.{horizon}",
            help=t(f"{VIEW}.before_help"),
        )
    )


def _one(demand: Demand, key: str, before: int) -> str:
    """One product: what is to come, in words and drawn; its name."""
    from lepton_core.ui.figures import CHART

    from .dashboard_demand_chart import demand_chart
    from .dashboard_demand_data import units

    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = str(st.selectbox(t(f"{VIEW}.product"), demand.names, key=f"demand.product.{key}"))
        shown = st.segmented_control(
            t(f"{VIEW}.shown"), _SHOWN, default=52, required=True, key="demand.shown"
        )
    coming = demand.coming(name)
    if len(coming):
        ends = [demand.told(v, coming) for v in (demand.low, demand.value, demand.high)]
        told = {end: units(v[0]) for end, v in zip(("low", "value", "high"), ends, strict=True)}
        total = units(float(ends[1].sum()))
        first = str(demand.time[coming[0]].astype("datetime64[D]"))
        st.markdown(t(f"{VIEW}.said", time=first, total=total, n=len(coming), **told))
        flags = [flag for flag in demand.reason[coming[0]].split("; ") if flag]
        if flags:
            words = "; ".join(t(f"retail_recommender.demand.reason.{flag}") for flag in flags)
            st.warning(t(f"{VIEW}.doubt", reasons=words), icon=":material/visibility:")
    else:
        st.caption(t(f"{VIEW}.no_coming"))
    figure = demand_chart(demand, name, int(shown), before)
    st.plotly_chart(figure, key="demand.chart", config=CHART)
    return name


def _all(demand: Demand, before: int) -> None:
    """Every product with what is to come, and all forecasts to take away."""
    from lepton_core.ui.csv_button import csv_button
    from lepton_core.ui.figures import table_height

    st.subheader(t(f"{VIEW}.all"), anchor=False)
    table = demand.by_series(before)
    names = {name: t(f"{VIEW}.column.{name}") for name in table.column_names}
    config: dict[str, Any] = {name: st.column_config.Column(title) for name, title in names.items()}
    for name in ("last", "next", "next_low", "next_high", "horizon"):
        config[name] = st.column_config.NumberColumn(names[name], format="localized")
    config["wape"] = st.column_config.NumberColumn(names["wape"], format="%.1f%%", width="small")
    table = _rounded(table)
    st.dataframe(
        table,
        hide_index=True,
        height=table_height(table.num_rows, 360),
        column_config=config,
        placeholder="–",
    )
    n = len(demand.time)
    csv_button(t("ui.forecast.download", n=n), demand.table, "demand.csv", "demand.csv")


def _rounded(table: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {
        name: pc.round(table[name], 1) if pa.types.is_floating(table[name].type) else table[name]
        for name in table.column_names
    }
    return pa.table(columns)
