"""The declaration of ``my_solution/events``."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

INPUTS = Spec(
    (
        Column("record_id", "string", "id", description="number of the event"),
        Column("time", "timestamp", "time", description="when it happened, UTC"),
        Column("machine", "string", "entity", description="the machine, by name or number"),
        Column("kind", "string", description="what happened: start, adjustment, warning, repair"),
        Column("load", "float64", unit="%", low=0.0, high=150.0, description="share of full load"),
        Column("vibration", "float64", unit="mm/s", low=0.0, description="velocity, RMS"),
        Column(
            "failure",
            "int64",
            "label",
            low=0,
            high=1,
            required=False,
            description="1 where the machine failed within a week, empty while unknown",
        ),
    )
)

# Both classes: what the label is below the threshold, and from it on.
CLASSES = ("runs_on", "fails_soon")

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("score", "float32", "output", unit="logit", description="raw, for ranking"),
        Column("probability", "float32", "output", low=0.0, high=1.0, description="of a failure"),
        Column("label", "string", "output", choices=CLASSES),
        Column("review", "bool", "output", description="near the threshold: let a person look"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Ranks machine events by how likely the machine fails within a week, so that the "
        "maintenance team sees the worst first. It reads each machine's past events; a person "
        "decides on every stop."
    ),
    "not_for": (
        "Stopping machines without a person; safety functions; machines of another type than "
        "those it was trained on."
    ),
    "limits": (
        "A machine's first events are scored without a past. Failures that no event announces "
        "cannot be seen. The embedded sample is simulated: retrain on your own events before you "
        "act on a score."
    ),
}

TASK = Task(
    name="my_solution/events",
    title="my_solution.events.title",
    package="my_solution.events",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:EventPreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="my_solution_sample",
    protocols={"*": "evaluation:ByDays"},
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    about=ABOUT,
    headline=("auc", "ap", "f1"),
    stateful=True,
)
