"""The declaration of ``retail_recommender/demand``."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

INPUTS = Spec(
    (
        Column("record_id", "string", "id", description="number of the record, each stands once"),
        Column("time", "timestamp", "time", description="when the value was taken, UTC"),
        Column("series", "string", "entity", description="which series: a site, product or meter"),
        Column("value", "float64", description="the value at that time, in the series' unit"),
        Column(
            "event_ahead",
            "int64",
            low=0,
            high=1,
            required=False,
            description="1 if an event is planned for the time that is forecast, else 0 or empty",
        ),
    )
)

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("value", "float32", "output", description="forecast for `horizon` steps later"),
        Column("low", "float32", "output", description="lower end of the interval"),
        Column("high", "float32", "output", description="upper end of the interval"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Forecasts the value of each series a fixed number of steps ahead, with an interval that "
        "holds the truth in about nine of ten cases, so that a person can plan by it."
    ),
    "not_for": (
        "Deciding without a person; series that are not taken at equal steps; more steps ahead "
        "than the horizon it was trained for."
    ),
    "limits": (
        "What never happened in the training data is not foreseen. A series with a short past gets "
        "a forecast from what there is, with the steps before it marked as absent, and a less sure "
        "one. The interval holds for data like the validation data: retrain when the world changes."
    ),
}

TASK = Task(
    name="retail_recommender/demand",
    title="retail_recommender.demand.title",
    package="solutions.retail_recommender.demand",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:ForecastPreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="retail_demand_sample",
    protocols={"*": "evaluation:by_time"},
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    about=ABOUT,
    headline=("mae", "wape", "coverage90"),
    stateful=True,
)
