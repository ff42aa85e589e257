"""The declaration of ``traffic_video/forecast``."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import FURTHER, Column, Spec

# What a station may be split into; each part is a series of its own.
PARTS = ("direction", "lane", "size")
INPUTS = Spec(
    (
        Column(
            "record_id",
            "string",
            "id",
            required=False,
            made_of=("station", "direction", "lane", "size", "time"),
            description="number of the record; station and time where there is none",
        ),
        Column("time", "timestamp", "time", description="when the interval began, UTC"),
        Column("station", "string", "entity", description="which station, line or detector"),
        Column(
            "count",
            "float64",
            low=0.0,
            description="vehicles counted in the interval, or their speed where that is forecast",
        ),
        *(
            Column(
                name,
                "string",
                "meta",
                required=False,
                description=f"{name} that a station is split into; each is forecast by itself",
            )
            for name in PARTS
        ),
        Column(
            "flag",
            "string",
            "meta",
            required=False,
            description="says that a part of the interval was watched; such a count is not used",
        ),
    )
)

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column(
            FURTHER,
            "float32",
            "output",
            low=0.0,
            description="value, low and high for each time ahead: value_15 is 15 minutes later",
        ),
        Column("review", "bool", "output", description="something makes the forecast doubtful"),
        Column("reason", "string", "output", description="what does, empty for nothing"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Forecasts the counts (or speeds) of each station for the next 5 to 60 minutes, several "
        "times ahead at once, each with an interval that holds the truth in about nine of ten "
        "cases, so that a person or a signal plan can go by it."
    ),
    "not_for": (
        "Controlling signals without a person's check of the plan; safety functions; more than an "
        "hour ahead; stations whose counts are not taken in equal intervals."
    ),
    "limits": (
        "Incidents, works and events that the last counts do not show yet are not foreseen. A "
        "public holiday is forecast as its weekday. Intervals hold for days like those of the "
        "validation part: retrain when the traffic changes. A station that training did not know, "
        "a past with many gaps and a detector that stands still are forecast and marked for "
        "review; their intervals are not wider for it."
    ),
}

TASK = Task(
    name="traffic_video/forecast",
    title="traffic_video.forecast.title",
    package="solutions.traffic_video.forecast",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:CountsPreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="counts_sample",
    protocols={
        "*": "protocols:by_time",
        "pems_station": "protocols:pems_station",
        "los_loop": "protocols:los_loop",
    },
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    about=ABOUT,
    headline=("mae", "wape", "coverage90"),
    stateful=True,
)
