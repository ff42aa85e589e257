"""The declaration of ``defect_detection/quality``: a computed task, its bundle holds settings."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

INPUTS = Spec(
    (
        Column("record_id", "string", "id", description="each stands once"),
        Column("time", "timestamp", "time", required=False, description="when it was inspected"),
        Column(
            "line",
            "string",
            "entity",
            required=False,
            description="line, machine or product: each has limits of its own",
        ),
        Column("subgroup", "string", "meta", required=False, description="lot, shift or hour"),
        Column("inspected", "int64", low=0, required=False, description="parts in the subgroup"),
        Column("defective", "int64", low=0, required=False, description="defective parts"),
        Column("defect_count", "int64", low=0, required=False, description="defects found"),
        Column(
            "values",
            "string",
            required=False,
            description="a subgroup's measured values, with spaces or semicolons between them",
        ),
        Column("value", "float64", required=False, description="one part's measured value"),
        Column(
            "verdict",
            "string",
            required=False,
            description="of one part: pass, fail or unsure, as surface and anomaly write it",
        ),
        Column("label", "string", required=False, description="of one part: good, or what it has"),
        Column(
            "disturbed",
            "bool",
            "meta",
            required=False,
            description="whether something was wrong with the process, where that is known",
        ),
    )
)

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("point", "int64", "output", description="number of the subgroup on its line"),
        Column(
            "complete",
            "bool",
            "output",
            description="whether the record completes a subgroup; only then it is judged",
        ),
        Column("size", "int64", "output", description="parts in the subgroup so far"),
        Column("value", "float32", "output", description="what stands on the chart"),
        Column("centre", "float32", "output", description="empty in a new line's baseline"),
        Column("lower", "float32", "output", description="lower control limit"),
        Column("upper", "float32", "output", description="upper control limit"),
        Column("score", "float32", "output", description="distance from the centre in sigmas"),
        Column("spread", "float32", "output", description="range, deviation or moving range"),
        Column("spread_centre", "float32", "output"),
        Column("spread_lower", "float32", "output"),
        Column("spread_upper", "float32", "output"),
        Column(
            "label",
            "string",
            "output",
            description="in_control, out_of_control, baseline or gathering",
        ),
        Column("rules", "string", "output", description="the violated rules"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Tells from counts or measurements over time whether a line runs as it did in its "
        "baseline, by control charts with run rules, so that a person looks for a cause when it "
        "does not."
    ),
    "not_for": (
        "Sorting parts: a chart judges the process. Data that depend on the value before "
        "(temperatures taken every second), for which the limits are too narrow."
    ),
    "limits": (
        "The limits are those of the baseline: a baseline that was disturbed hides disturbances. "
        "A chart in control signals too, every 92 points on average with the four Western "
        "Electric rules and every 370 with the limits alone. Counts with a mean below about 5 in "
        "a subgroup signal more often."
    ),
}

TASK = Task(
    name="defect_detection/quality",
    title="defect_detection.quality.title",
    package="solutions.defect_detection.quality",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:ChartPreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="quality_sample",
    protocols={"*": "evaluation:by_baseline"},
    measures="evaluation:measures",
    figures="evaluation:figures",
    baselines="evaluation:baselines",
    about=ABOUT,
    headline=("recall", "false_alarm"),
    stateful=True,
)
