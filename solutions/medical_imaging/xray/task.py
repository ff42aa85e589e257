"""The declaration of ``medical_imaging/xray``."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

INPUTS = Spec(
    (
        Column("record_id", "string", "id", description="path, or pseudonym of a DICOM frame"),
        Column(
            "image",
            "image",
            formats=("dicom", "nifti"),
            description="a DICOM file, PNG, JPEG, BMP, TIFF, WebP, or slice of a NIfTI volume",
        ),
        Column(
            "label",
            "string",
            "label",
            required=False,
            description="the class: the folder that the picture lies in; empty while unknown",
        ),
        Column(
            "patient",
            "string",
            "meta",
            required=False,
            description="a pseudonym of the person; keeps a patient's pictures in one part",
        ),
        Column(
            "subgroup",
            "string",
            "meta",
            required=False,
            description="device, site or cause: figures are also told by it",
        ),
    )
)

# The classes are those of the training data; they stand in the bundle, not here.
OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("score", "float32", "output", unit="logit", description="before calibration"),
        Column("probability", "float32", "output", low=0.0, high=1.0, description="calibrated"),
        Column("label", "string", "output", description="the class at the operating point"),
        Column("review", "bool", "output", description="too unsure: read this one first"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "A reading aid for frontal chest X-rays: sorts a worklist by the probability of the class "
        "it was trained to find, marks the pictures it is unsure of and shows what its score rests "
        "on. It assists a qualified reader, who looks at every picture; it never diagnoses."
    ),
    "not_for": (
        "Diagnosis, or ruling out disease, without a reader; other body parts, lateral views, CT "
        "or photographs of films; other ages, devices or findings than those it was trained on. It "
        "is no medical device and has no regulatory clearance."
    ),
    "limits": (
        "One finding at a time: whatever else a picture shows is not mentioned. A high probability "
        "means that the picture resembles those with that label in the training data, whose labels "
        "came from readings and not from biopsies. Figures hold for the data set that is named; "
        "pictures of other hospitals are read worse, see the robustness table. The gate refuses "
        "pictures of another kind, not every picture that is unsuited."
    ),
}

TASK = Task(
    name="medical_imaging/xray",
    title="medical_imaging.xray.title",
    package="solutions.medical_imaging.xray",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:Preprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="xray_sample",
    protocols={
        "kermany_cxr": "splits:KermanySplit",
        "pneumoniamnist": "splits:MedMnistSplit",
        "*": "splits:PatientSplit",
    },
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    fairness="subgroups:report",
    about=ABOUT,
    headline=("auc", "accuracy"),
    explainer="explainer:Explainer",
    default_bundle="kermany_cxr",
)
