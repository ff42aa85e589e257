"""The declaration of ``traffic_video/counting``."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

INPUTS = Spec(
    (
        Column("record_id", "string", "id", description="the frame: clip.mp4#000123"),
        Column("time", "timestamp", "time", description="when it was taken, UTC"),
        Column("frame", "frame", description="the picture of a camera that stands still"),
        Column(
            "mask",
            "frame",
            "label",
            required=False,
            description="0 background, 50 shadow, 255 vehicle, others not known; to learn from",
        ),
    )
)

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("time", "timestamp", "output", description="of the frame, all files on one clock"),
        Column("score", "float32", "output", unit="logit", description="of the surest vehicle"),
        Column("vehicles", "int64", "output", low=0, description="vehicles in the frame"),
        Column("tracks", "tracks", "output", description="where each vehicle is, and was unknown"),
        Column("crossings", "string", "output", description="JSON list of lines that are crossed"),
        Column("camera", "string", "output", description="ok, or what makes counts unsure"),
        Column("review", "bool", "output", description="counts are not to be trusted here"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Counts vehicles in the video of a fixed camera, by line and direction, and follows each "
        "through the picture. A person draws the lines, and looks where the camera column says "
        "that counts are not to be trusted."
    ),
    "not_for": (
        "Moving cameras; telling who drives; enforcement; counting people. Do not act on a single "
        "crossing without looking at it."
    ),
    "limits": (
        "A vehicle that is hidden all the way is not counted; two that cover each other from first "
        "to last count as one. In the first seconds of a clip the background is still learned. At "
        "night headlights stand for vehicles, and counts are less sure: the column camera says so. "
        "Size classes were learned from rendered vehicles alone."
    ),
}

TASK = Task(
    name="traffic_video/counting",
    title="traffic_video.counting.title",
    package="solutions.traffic_video.counting",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:CountingPreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="road_sample",
    protocols={"cdnet_highway": "evaluation:highway", "*": "evaluation:by_stretch"},
    measures="evaluation:measures",
    figures="evaluation:figures",
    baselines="evaluation:baselines",
    deciding="deciding:by_file",
    explainer="explainer:Explainer",
    about=ABOUT,
    headline=("f_measure",),
    default_bundle="roads",
    stateful=True,
)
