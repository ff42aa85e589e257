"""The declaration of ``retail_recommender/customers``: who they are, their worth, who goes."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

INPUTS = Spec(
    (
        Column("record_id", "string", "id", rows="user", description="the customer, each once"),
        Column(
            "items",
            "list<string>",
            rows="item",
            description="ids of what the customer bought; a return takes back the same item",
        ),
        Column("times", "list<timestamp>", rows="time", description="when, UTC without a zone"),
        Column(
            "prices",
            "list<float64>",
            rows="price",
            description="what a piece cost, in one currency",
        ),
        # No role: returns are taken back here, for each moment by what was known then.
        Column(
            "quantities",
            "list<float64>",
            required=False,
            rows="quantity",
            description="how many, below 0 for a return; one of each where nobody says",
        ),
        Column(
            "as_of",
            "timestamp",
            "as_of",
            required=False,
            description="the day it is asked for, what came later is not read; in a table of "
            "order lines the latest time of all",
        ),
    )
)

SEGMENTS = (
    "champions",
    "loyal",
    "promising",
    "new",
    "needs_attention",
    "at_risk",
    "cannot_lose",
    "lost",
)

ERRORS = "retail_recommender.customers.error"
# What a score's numbers are, in order.
COLUMNS = (
    "churn_risk",
    "expected_value",
    "value_low",
    "value_high",
    "value_kept",
    "segment",
    "recency_days",
    "orders",
    "spent",
    "order_value",
)


def _told(name: str, description: str, unit: str = "") -> Column:
    return Column(name, "float32", "output", unit=unit, description=description)


OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("segment", "string", "output", choices=SEGMENTS),
        _told("churn_risk", "probability of no order within the bundle's horizon"),
        _told("expected_value", "what the customer is expected to spend within the horizon"),
        _told("value_low", "lower end of its 90% interval, 0 where no order is likely enough"),
        _told("value_high", "upper end of its 90% interval"),
        _told("value_kept", "what is expected of a customer who does order within the horizon"),
        _told("recency_days", "days since the last order", "days"),
        Column("orders", "int64", "output", description="days with an order, returns taken back"),
        _told("spent", "in all, returns taken back"),
        _told("order_value", "mean of an order"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Tells of each customer how recently, how often and for how much they bought, which "
        "segment that is, what they are expected to spend and how likely they do not come back "
        "within the horizon: so that a team writes to the right ones first. A person decides."
    ),
    "not_for": (
        "Prices or terms for single people; credit; customers without an order; shops whose "
        "contracts end on a known day (see retail_recommender/churn)."
    ),
    "limits": (
        "It knows orders and nothing else: no visits, no mails, no season that training did not "
        "see. Trained on spring, it knows no Christmas: read the calibration on the card. Who is "
        "likely to go is not who is likely to be won back: that only a test with a group that is "
        "not written to tells."
    ),
}

TASK = Task(
    name="retail_recommender/customers",
    title="retail_recommender.customers.title",
    package="solutions.retail_recommender.customers",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:CustomerPreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="retail_customers_sample",
    protocols={"*": "protocols:cut_offs"},
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    about=ABOUT,
    headline=("auc", "wape"),
    default_bundle="online_retail",
    again=True,
)
