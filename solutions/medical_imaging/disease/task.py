"""The declaration of ``medical_imaging/disease``: how likely is a heart or vessel disease?"""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

from .factors import FACTORS

# Both classes: what the label is below the threshold, and from it on.
CLASSES = ("lower", "raised")


def _facts() -> tuple[Column, ...]:
    """A column a factor. None is required of all: a bundle says which it needs."""
    return tuple(
        Column(
            factor.name,
            "float64",
            unit=factor.unit,
            required=False,
            description=factor.description or f"{factor.name} in {factor.unit}",
        )
        for factor in FACTORS
    )


INPUTS = Spec(
    (
        Column("record_id", "string", "id", description="number of the visit; each stands once"),
        Column("patient", "string", "entity", required=False, description="pseudonym; one person"),
        Column("visit", "timestamp", "meta", required=False, description="day of the visit"),
        Column("age_days", "float64", unit="days", required=False, description="in place of age"),
        Column("sex", "string", required=False, description="male or female, in words"),
        Column("gender", "float64", required=False, description="1 woman, 2 man"),
        *_facts(),
        Column(
            "disease",
            "int64",
            "label",
            low=0,
            high=1,
            required=False,
            description="1 if the disease was found, 0 if not, empty while not known",
        ),
        Column(
            "no_disease",
            "int64",
            "meta",
            low=0,
            high=1,
            required=False,
            description="the same the other way round, as the Cleveland copy has it; read where "
            "`disease` is empty",
        ),
    )
)

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("score", "float32", "output", unit="logit", description="raw, for ranking"),
        Column("probability", "float32", "output", low=0.0, high=1.0, description="estimated risk"),
        Column("label", "string", "output", choices=CLASSES),
        Column("review", "bool", "output", description="near the threshold: let a person look"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Assists staff of a practice or a health programme: estimates from a patient's table how "
        "likely a heart or vessel disease is, so that those at higher risk are looked at first. It "
        "does not diagnose; a clinician decides. The bundles cardio and heart_cleveland are for "
        "evaluation: retrain on your own patients."
    ),
    "not_for": (
        "Diagnosis; starting, changing or stopping a treatment; triage of emergencies; children; "
        "insurance or employment; telling what a treatment would do: the what-if shows what goes "
        "together in the data, not what causes what."
    ),
    "limits": (
        "It knows one population each, and probabilities hold for patients like those. In cardio "
        "half of the patients have the disease, far more than in a practice: recalibrate on your "
        "own. Smoking and alcohol are what people said of themselves. heart_cleveland has 303 "
        "patients who were sent to angiography: its intervals are wide."
    ),
}

TASK = Task(
    name="medical_imaging/disease",
    title="medical_imaging.disease.title",
    package="solutions.medical_imaging.disease",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:PatientPreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="disease_sample",
    explainer="reasons:PatientExplainer",
    protocols={
        "cardio": "evaluation:cardio",
        "heart_cleveland": "evaluation:cleveland",
        "*": "evaluation:by_patient",
    },
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    fairness="fairness:report",
    about=ABOUT,
    headline=("auc", "ece", "recall"),
    default_bundle="cardio",
)
