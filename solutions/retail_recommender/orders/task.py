"""The declaration of ``retail_recommender/orders``: a computed task, its bundle holds settings."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

# What each product's records may tell of its supply, and their least values.
SUPPLY = {
    "on_hand": (None, "units there now; below 0 where customers wait for some"),
    "on_order": (0.0, "units ordered and not delivered yet, 0 if empty"),
    "lead": (0.0, "periods from an order to its delivery"),
    "lead_sd": (0.0, "standard deviation of that"),
    "order_every": (0.01, "periods from one chance to order to the next"),
    "cost": (0.0, "price paid for a unit; needed where there is a budget"),
    "holding": (1e-9, "cost of a unit that is left over for a period"),
    "shortage": (1e-9, "cost of a unit that is asked for and not there; instead of service"),
    "pack": (1e-9, "units are ordered in multiples of it"),
    "least": (0.0, "the smallest order"),
    "room": (0.0, "units that find room at the place"),
    "budget": (0.0, "money for all orders of the plan"),
}

INPUTS = Spec(
    (
        Column(
            "record_id",
            "string",
            "id",
            required=False,
            made_of=("plan", "series", "store", "time"),
            description="one period to come of one product",
        ),
        Column("plan", "string", "meta", required=False, description="what shares a budget"),
        Column("series", "string", "meta", description="the product"),
        Column("store", "string", "meta", required=False, description="where"),
        Column("time", "timestamp", "meta", description="the period to come"),
        Column("value", "float64", low=0.0, description="its demand, as it is forecast"),
        Column("low", "float64", low=0.0, required=False, description="lower end, 90% interval"),
        Column("high", "float64", low=0.0, required=False, description="upper end, 90% interval"),
        *(
            Column(name, "float64", low=low, required=False, description=told)
            for name, (low, told) in SUPPLY.items()
        ),
        Column(
            "service",
            "float64",
            low=0.5,
            high=0.9999,
            required=False,
            description="probability that nothing is missing until the order after this arrives",
        ),
    )
)


def _told(name: str, description: str, unit: str = "") -> Column:
    return Column(name, "float32", "output", unit=unit, description=description)


OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        _told("order", "units to order now; in the product's first period, as all of these"),
        _told("spend", "what the order costs"),
        _told("wanted", "units that would be ordered without budget"),
        _told("reorder_point", "order as soon as stock and orders fall below it"),
        _told("safety_stock", "what it holds beyond the demand expected until then"),
        _told("position", "units on hand and on order now"),
        _told("demand", "expected until the order after this one arrives"),
        _told("reached", "probability that nothing is missing until then"),
        _told("missing", "units expected to be missing until then"),
        _told("expected_cost", "of what is left over and of what is missing until then"),
        _told("worth", "expected cost that one more unit of money in the budget would save"),
        _told("gap", "how far at most the plan's expected cost lies above the best possible"),
        _told("stock", "units expected at the end of this period, if this order is the last"),
        _told("out_risk", "probability that they do not suffice until then"),
        Column("notes", "string", "output", description="what a person should know"),
        Column("review", "bool", "output", description="whether a person should look at it"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Proposes what to order now of many products: from the demand that is forecast for the "
        "periods to come, with its intervals, and from stock, lead times, costs, packs, room and "
        "a shared budget. A planner looks at the proposals, changes and sends them."
    ),
    "not_for": (
        "Sending orders without a person; goods that perish within the lead time; products that "
        "stand in for each other; discounts by quantity."
    ),
    "limits": (
        "Demand beyond the forecast's last period goes on as its mean. What is missing counts as "
        "asked for and not sold; that customers come back later is not looked at. Open orders "
        "are taken to arrive before this one. The correlation of periods is one number for all."
    ),
}

TASK = Task(
    name="retail_recommender/orders",
    title="retail_recommender.orders.title",
    package="solutions.retail_recommender.orders",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:OrderPreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="retail_orders_sample",
    protocols={"*": "evaluation:all_records"},
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    about=ABOUT,
    headline=("expected_cost",),
    stateful=True,
    together=("plan",),
)
