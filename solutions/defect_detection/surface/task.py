"""The declaration of ``defect_detection/surface``."""

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
            description="the class: the folder that the picture lies in; empty while unknown",
        ),
    )
)

# The classes are those of the training data; they stand in the bundle, not here.
OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("score", "float32", "output", unit="logit", description="lead over the runner-up"),
        Column("probability", "float32", "output", low=0.0, high=1.0, description="of the label"),
        Column("label", "string", "output", description="the likeliest class"),
        Column("review", "bool", "output", description="too unsure: let a person look"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Sorts pictures of one camera and one kind of scene into the classes that it was trained "
        "on, with a probability each, and hands the unsure ones to a person."
    ),
    "not_for": (
        "Pictures of another kind, another camera or other lighting than it was trained on; "
        "several objects in one picture; telling where in a picture something is."
    ),
    "limits": (
        "Every picture gets one of the known classes, also one that shows something else. What is "
        "smaller than a few pixels after resizing cannot be seen. The embedded sample is "
        "simulated: retrain on your own pictures before you act on a label."
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
    protocols={"*": "evaluation:Split"},
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    explainer="evaluation:PictureExplainer",
    about=ABOUT,
    headline=("accuracy", "f1"),
)
