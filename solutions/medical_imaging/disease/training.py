"""Trains on a job's records and gives the parts of the bundle."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.checking import check
from lepton_core.decision import Classify, Policy
from lepton_core.tabular import labels_of
from lepton_core.training.job import TrainingJob

from .config import Config
from .features import directions
from .impossible import possible
from .model import scores
from .model import train as train_model
from .patients import Patients
from .preprocessing import PatientPreprocessor, column_of
from .sample import generate
from .task import CLASSES, INPUTS

_PARITY_ROWS = 64


def arrays_of(
    preprocessor: PatientPreprocessor, records: pa.Table, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and labels 0 or 1 of some records, less those that the preprocessor refuses."""
    some = records.take(pa.array(rows))
    prepared = preprocessor.transform(some)
    return prepared.arrays["x"], labels_of(some, "disease")[prepared.kept]


def train(job: TrainingJob) -> Trained:
    """Features and network from the training rows, the decision from the validation rows.

    Without validation rows training runs all its epochs and the decision is left unfitted.

    Args:
        job: checked records and their split.
    """
    config: Config = job.config
    split = job.split
    preprocessor = PatientPreprocessor(config.patients)
    preprocessor.fit(job.records.take(pa.array(split.train)))
    x, y = arrays_of(preprocessor, job.records, split.train)
    shown = x
    if config.model.hide:
        hidden, again = _hidden(preprocessor, job, config.model.hide)
        x, y = np.concatenate([x, hidden]), np.concatenate([y, again])
    valid = arrays_of(preprocessor, job.records, split.valid) if len(split.valid) else None
    allowed = directions(preprocessor.factors, preprocessor.needed)
    model = train_model(x, y, valid, config.model, allowed, job.seed, job.run, job.verbose)
    decision = Classify(CLASSES)
    reference = {"feature_quantiles": np.quantile(shown, np.linspace(0, 1, 11), axis=0)}
    if valid is not None:
        found = scores(model, valid[0])
        decision = Classify.fit(
            found,
            valid[1],
            classes=CLASSES,
            policy=Policy(config.split.policy, config.split.policy_value),
            review_share=config.split.review_share,
            fitted_on={"part": "validation"},
        )
        reference["score_quantiles"] = np.quantile(found, np.linspace(0, 1, 101))
    figures = {
        "parameters": int(model.count_params()),
        "needs": ", ".join(map(column_of, preprocessor.needed)),
        "reads where given": ", ".join(map(column_of, preprocessor.optional)),
    }
    scoring = {"main": ScoringModel(model, ("score",), _parity(preprocessor))}
    return Trained(preprocessor, decision, scoring, model, reference, figures)


def _hidden(
    preprocessor: PatientPreprocessor, job: TrainingJob, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """The training records once more, each value that need not be given hidden by chance."""
    some = job.records.take(pa.array(job.split.train))
    patients, labels = Patients.of(some), labels_of(some, "disease")
    sound = np.flatnonzero(possible(patients))
    patients, labels = patients.take(sound), labels[sound]
    for name in preprocessor.needed:
        known = np.flatnonzero(~np.isnan(patients[name]))
        patients, labels = patients.take(known), labels[known]
    rng = np.random.default_rng([job.seed, 1])
    hidden = {
        name: np.where(rng.random(len(patients)) < share, np.nan, patients[name])
        for name in preprocessor.optional
    }
    return preprocessor.arrays(patients.changed(**hidden))["x"], labels


def _parity(preprocessor: PatientPreprocessor) -> dict[str, np.ndarray]:
    """Inputs for comparing runtimes, from the generator: no real record enters a bundle."""
    records = check(generate(seed=1, patients=_PARITY_ROWS), INPUTS).table
    return preprocessor.transform(records).arrays
