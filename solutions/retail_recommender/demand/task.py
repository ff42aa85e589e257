"""The declaration of ``retail_recommender/demand``."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

INPUTS = Spec(
    (
        Column(
            "record_id",
            "string",
            "id",
            required=False,
            made_of=("series", "store", "time"),
            description="number of the record; series, store and time where there is none",
        ),
        Column("time", "timestamp", "time", description="a day of the week, or the day, sold in"),
        Column("series", "string", "entity", description="what is sold: a product, or a store"),
        Column(
            "store",
            "string",
            "meta",
            required=False,
            description="where, if the same is sold in several; each is forecast by itself",
        ),
        Column(
            "category",
            "string",
            "meta",
            required=False,
            description="what it is like: a new product begins as others of its category",
        ),
        Column(
            "quantity",
            "float64",
            required=False,
            description="what was sold; empty for a period to come, which is then forecast. "
            "Below 0 where more came back than was sold: no demand",
        ),
        Column(
            "stock_out",
            "float64",
            low=0.0,
            high=1.0,
            required=False,
            description="share of the period in which it could not be bought, 0 if empty",
        ),
        Column(
            "holiday",
            "float64",
            low=0.0,
            high=1.0,
            required=False,
            description="1 for a period with a holiday, known ahead; 0 if empty",
        ),
        Column(
            "promotion",
            "float64",
            low=0.0,
            high=1.0,
            required=False,
            description="1 for a period with a promotion, known ahead; 0 if empty",
        ),
        Column(
            "price",
            "float64",
            low=0.0,
            required=False,
            description="price of a unit, known ahead; as before if empty",
        ),
    )
)

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("value", "float32", "output", low=0.0, description="demand in the period"),
        Column("low", "float32", "output", low=0.0, description="lower end of its interval"),
        Column("high", "float32", "output", low=0.0, description="upper end of its interval"),
        Column(
            "ahead",
            "int64",
            "output",
            low=0,
            description="periods since the series' last known sale; 0 where the sale of this "
            "period is known itself: then it is what was expected one period before",
        ),
        Column("review", "bool", "output", description="something makes the forecast doubtful"),
        Column("reason", "string", "output", description="what does, empty for nothing"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Forecasts the demand of many products or stores for the next periods (weeks or days), "
        "each with an interval that holds it in about nine of ten cases, from what was sold and "
        "from what is known ahead: the calendar, holidays, promotions and prices. A planner, or "
        "retail_recommender/orders, decides by it what to order."
    ),
    "not_for": (
        "Ordering without a person's look at what is unusual; deciding on staff or people; more "
        "periods ahead than the horizon it was trained for."
    ),
    "limits": (
        "What no past period shows (a new competitor, a first promotion, a strike) is not "
        "foreseen. Weather, fuel prices, unemployment and prices of others are not known ahead "
        "and not used. Between the last known sale and the period that is forecast, promotions "
        "and holidays of other periods are not looked at. Sales of a period with stock-outs tell "
        "the least that was asked for; they are not scored as truths. Intervals hold for periods "
        "like those of the validation part: retrain when the business changes."
    ),
}

TASK = Task(
    name="retail_recommender/demand",
    title="retail_recommender.demand.title",
    package="solutions.retail_recommender.demand",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:DemandPreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="retail_demand_sample",
    protocols={"*": "protocols:latest"},
    measures="evaluation:measures",
    baselines="baselines:baselines",
    about=ABOUT,
    headline=("wape", "coverage90"),
    stateful=True,
)
