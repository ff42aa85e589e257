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
from .model import scores
from .model import train as train_model
from .preprocessing import ChurnPreprocessor
from .sample import generate
from .task import CLASSES, INPUTS

_PARITY_ROWS = 64


def train(job: TrainingJob) -> Trained:
    """Features and network from the training rows, the decision from the validation rows.

    Without validation rows training runs all its epochs and the decision is left unfitted.

    Args:
        job: checked records and their split.
    """
    config: Config = job.config
    features, split = config.features, job.split
    known = job.records.take(pa.array(split.train))
    preprocessor = ChurnPreprocessor(INPUTS, features.most_categories, features.least_rows)
    preprocessor.fit(known)
    x, y = preprocessor.transform(known).arrays["x"], labels_of(known, "left")
    valid = None
    if len(split.valid):
        held = job.records.take(pa.array(split.valid))
        valid = preprocessor.transform(held).arrays["x"], labels_of(held, "left")
    model = train_model(x, y, valid, config.model, job.seed, job.run, job.verbose)
    decision = Classify(CLASSES)
    reference = {"feature_quantiles": np.quantile(x, np.linspace(0, 1, 11), axis=0)}
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
    figures = {"parameters": int(model.count_params()), "features": x.shape[1]}
    scoring = {"main": ScoringModel(model, ("score",), _parity(preprocessor))}
    return Trained(preprocessor, decision, scoring, model, reference, figures)


def _parity(preprocessor: ChurnPreprocessor) -> dict[str, np.ndarray]:
    """Inputs for comparing runtimes, from the generator: no real record enters a bundle."""
    records = check(generate(seed=1).slice(0, _PARITY_ROWS), INPUTS).table
    return preprocessor.transform(records).arrays
