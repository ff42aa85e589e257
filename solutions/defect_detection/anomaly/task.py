"""The declaration of ``defect_detection/anomaly``."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

INPUTS = Spec(
    (
        Column("record_id", "string", "id", description="path of the picture below its folder"),
        Column("image", "image", description="a PNG, JPEG, BMP, TIFF or WebP"),
        Column(
            "label",
            "string",
            "label",
            required=False,
            description="good or a defect: the folder that the picture lies in; empty if unknown",
        ),
        Column(
            "part",
            "string",
            "meta",
            required=False,
            description="what the picture shows, where one part has several pictures",
        ),
    )
)

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("score", "float32", "output", description="how strange the part looks"),
        Column(
            "p_value",
            "float32",
            "output",
            low=0.0,
            high=1.0,
            description="of good parts, at most this share looks as strange",
        ),
        Column("label", "string", "output", description="good or defect"),
        Column("verdict", "string", "output", choices=("pass", "unsure", "fail")),
        Column("review", "bool", "output", description="unsure: let a person look"),
        Column("defects", "boxes", "output", description="places stranger than good parts are"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Tells parts of one product that look as good ones do from those that do not, learned from "
        "pictures of good parts alone, at a stated rate of good parts that fail."
    ),
    "not_for": (
        "Naming or measuring a defect, which takes labels (`surface`); a product, camera, distance "
        "or lighting other than those of the good pictures; parts whose good pictures show defects."
    ),
    "limits": (
        "What is strange need not be a defect, and a defect that looks like good parts passes. The "
        "stated rate holds for parts from the same process as the held-out good ones, on average "
        "over trainings: after a change of light or material, teach again. Few good parts promise "
        "only high rates: n held-out parts none below 1 / (n + 1)."
    ),
}

TASK = Task(
    name="defect_detection/anomaly",
    title="defect_detection.anomaly.title",
    package="solutions.defect_detection.anomaly",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:Preprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="surface_sample",
    protocols={"magnetic_tile": "splits:TileSplit", "*": "splits:GoodSplit"},
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    explainer="explainer:Explainer",
    about=ABOUT,
    headline=("image_auroc", "false_reject"),
    default_bundle="magnetic_tile",
    # It learns from good parts alone, and a single defective one may be tested on.
    accepts=("missing_label", "no_labels", "one_class", "too_few"),
)
