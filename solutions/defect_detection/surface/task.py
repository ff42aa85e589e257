"""The declaration of ``defect_detection/surface``."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

INPUTS = Spec(
    (
        Column("record_id", "string", "id", description="path of the picture below its folder"),
        Column("image", "image", description="a PNG, JPEG, BMP, TIFF or WebP of one part"),
        Column(
            "label",
            "string",
            "label",
            required=False,
            description="good, or the main defect class; empty while unknown",
        ),
        Column(
            "boxes",
            "boxes",
            "label",
            required=False,
            description="where which defects are; an empty list for none",
        ),
        Column(
            "mask",
            "image",
            "label",
            required=False,
            description="which pixels are defective: 0 for none, 255 or the class's number",
        ),
        Column(
            "part",
            "string",
            "meta",
            required=False,
            description="the part or place shown; its pictures stay in one part of a split",
        ),
        Column(
            "mm_per_px",
            "float32",
            "meta",
            unit="mm",
            low=0.0,
            required=False,
            description="millimetres a pixel of the picture, before the bundle's own",
        ),
    )
)

# The classes are those of the training data; they stand in the bundle, not here.
OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("score", "float32", "output", unit="logit", description="lead of some defect"),
        Column("probability", "float32", "output", low=0.0, high=1.0, description="of some defect"),
        Column("label", "string", "output", description="the main defect class, or good"),
        Column("verdict", "string", "output", choices=("pass", "fail", "unsure")),
        Column("review", "bool", "output", description="unsure: let a person look"),
        Column("count", "int64", "output", low=0, description="defects that count"),
        Column("defects", "boxes", "output", description="those, and doubtful ones where unsure"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Inspects pictures of parts of one product under one camera: which defects are where and "
        "how large, and whether the part passes the limits that were set. Unsure parts go to a "
        "person."
    ),
    "not_for": (
        "Other products, cameras, resolutions or lighting than it was trained on; defects of "
        "classes that it has not seen; safety-critical parts without a second inspection. Sizes in "
        "millimetres hold for a flat part square to the camera alone."
    ),
    "limits": (
        "Defects of a few pixels, or in what was not inspected, are not found. Escapes and false "
        "rejects are those of the named data; measure them on your own line before you rely on a "
        "verdict. The gate refuses pictures of another kind, not every picture that is unsuited: a "
        "change within what varied in training is not seen."
    ),
}

TASK = Task(
    name="defect_detection/surface",
    title="defect_detection.surface.title",
    package="solutions.defect_detection.surface",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:Preprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="surface_sample",
    protocols={
        "neu_det": "splits:NeuSplit",
        "magnetic_tile": "splits:TileSplit",
        "*": "splits:Split",
    },
    measures="evaluation:measures",
    figures="evaluation:figures",
    counts="evaluation:counts",
    baselines="evaluation:baselines",
    explainer="explainer:Explainer",
    about=ABOUT,
    headline=("accuracy", "image_auroc"),
)
