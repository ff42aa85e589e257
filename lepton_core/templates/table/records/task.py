"""The declaration of ``my_solution/records``: what goes in, what comes out, what does the work."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

# Step 2 of the README: one line a column of yours. Required columns refuse a record that lacks
# them; numbers outside low..high and text outside choices refuse it too.
INPUTS = Spec(
    (
        Column("record_id", "string", "id", description="number of the contract"),
        Column("renewal", "timestamp", "time", description="when it is due for renewal, UTC"),
        Column("age_months", "int64", unit="months", low=0, description="since it was signed"),
        Column("monthly_fee", "float64", unit="EUR", low=0.0, description="fee at the renewal"),
        Column(
            "fee_change",
            "float64",
            unit="%",
            required=False,
            description="against the last term; empty in the first one",
        ),
        Column("machines", "int64", low=1, description="number of machines covered"),
        Column("machine_age", "float64", unit="years", low=0.0, description="mean over them"),
        Column("calls_90d", "int64", low=0, description="service calls of the last 90 days"),
        Column(
            "response_hours",
            "float64",
            unit="h",
            low=0.0,
            required=False,
            description="mean until a technician came; empty without a call",
        ),
        Column("late_payments", "int64", low=0, description="in the last 12 months"),
        Column(
            "satisfaction",
            "float64",
            low=1.0,
            high=5.0,
            required=False,
            description="of the last survey, 1 worst to 5 best; empty where not answered",
        ),
        Column("auto_renewal", "bool", description="whether it renews unless cancelled"),
        Column("plan", "string", choices=("basic", "plus", "full"), description="scope of service"),
        Column("sector", "string", required=False, description="the client's line of business"),
        Column("region", "string", description="service region"),
        Column(
            "left",
            "int64",
            "label",
            low=0,
            high=1,
            required=False,
            description="1 if the client left at the renewal, empty while unknown",
        ),
    )
)

# Both classes: what the label is below the threshold, and from it on.
CLASSES = ("stays", "leaves")

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("score", "float32", "output", unit="logit", description="raw, for ranking"),
        Column("probability", "float32", "output", low=0.0, high=1.0, description="of leaving"),
        Column("label", "string", "output", choices=CLASSES),
        Column("review", "bool", "output", description="near the threshold: let a person look"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Ranks service contracts by how likely the client leaves at the renewal, so that the "
        "account team calls the right ones first. A person decides on every call and offer."
    ),
    "not_for": (
        "Setting prices or ending contracts without a person; judging employees; contracts of "
        "another kind than those it was trained on."
    ),
    "limits": (
        "It knows what stands in the columns and nothing else: a merger or a rival's offer it "
        "cannot see. The embedded sample is simulated: retrain on your own contracts before you "
        "act on a score."
    ),
}

TASK = Task(
    name="my_solution/records",
    title="my_solution.records.title",
    package="my_solution.records",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:RecordPreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="my_solution_sample",
    explainer="evaluation:RecordExplainer",
    protocols={"*": "evaluation:protocol"},
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    about=ABOUT,
    headline=("auc", "ap", "f1"),
)
