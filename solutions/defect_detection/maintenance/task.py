"""The declaration of ``defect_detection/maintenance``."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import FURTHER, Column, Spec

PARTS = ("train", "test")

INPUTS = Spec(
    (
        Column(
            "record_id",
            "string",
            "id",
            required=False,
            made_of=("unit", "cycle", "time"),
            description="number of the record; unit and cycle where there is none",
        ),
        Column("unit", "string", "entity", description="the machine, by name or number"),
        Column(
            "cycle",
            "int64",
            low=0,
            required=False,
            description="how many cycles, hours or days it has run; or else the column time",
        ),
        Column(
            "time",
            "timestamp",
            "meta",
            required=False,
            description="when it was measured, UTC; counted in steps of data.step_minutes",
        ),
        Column(
            "rul",
            "float64",
            "meta",
            unit="cycles",
            low=0.0,
            required=False,
            description="cycles left until failure, where known; else the unit's last cycle tells",
        ),
        Column(
            "running",
            "bool",
            "meta",
            required=False,
            description="true where the unit had not failed at the end of its records",
        ),
        Column(
            "part",
            "string",
            "meta",
            required=False,
            choices=PARTS,
            description="what the unit is for, where the data set fixes it: train or test",
        ),
        Column(
            FURTHER,
            "float64",
            required=False,
            description="every further column of numbers is a sensor, under its own name",
        ),
    )
)

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("value", "float32", "output", unit="cycles", low=0.0, description="cycles left"),
        Column("low", "float32", "output", unit="cycles", low=0.0, description="lower end"),
        Column("high", "float32", "output", unit="cycles", low=0.0, description="upper end"),
        Column("alarm", "bool", "output", description="fails within the cycles of the alarm"),
        Column("review", "bool", "output", description="something makes the value doubtful"),
        Column("reason", "string", "output", description="what does, empty for nothing"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Tells from a machine's sensors, cycle by cycle, how many cycles it still runs, with an "
        "interval that holds the truth in about nine of ten cases, and warns a stated number of "
        "cycles ahead, so that a person can plan the maintenance."
    ),
    "not_for": (
        "Safety functions and stopping a machine without a person; failures that no sensor "
        "announces; machines, sensors or operating conditions other than those it learned from."
    ),
    "limits": (
        "It knows the ways of failing that its training machines showed. Remaining life is told up "
        "to the cap only: beyond it, worn and sound machines look alike. The interval holds for "
        "machines like the training machines and a cycle taken at random of their lives, not for "
        "each part of the life by itself. Records that cannot be right are refused; doubtful ones "
        "(missing or stuck sensors, jumps, values far outside) are scored and marked for review."
    ),
}

TASK = Task(
    name="defect_detection/maintenance",
    title="defect_detection.maintenance.title",
    package="solutions.defect_detection.maintenance",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:LifePreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="maintenance_sample",
    explainer="reasons:SensorOcclusion",
    protocols={"*": "evaluation:by_unit"},
    measures="evaluation:measures",
    baselines="baselines:baselines",
    about=ABOUT,
    headline=("rmse", "mae", "coverage90"),
    default_bundle="sample",
    stateful=True,
)
