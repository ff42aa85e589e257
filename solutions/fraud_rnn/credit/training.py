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
from .preprocessing import CreditPreprocessor
from .sample import generate
from .task import CLASSES, INPUTS

_PARITY_ROWS = 64


def arrays_of(
    preprocessor: CreditPreprocessor, records: pa.Table, rows: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Inputs and labels 0 or 1 of some records, less those that the preprocessor refuses."""
    some = records.take(pa.array(rows))
    prepared = preprocessor.transform(some)
    return prepared.arrays, labels_of(some, "default")[prepared.kept]


def train(job: TrainingJob) -> Trained:
    """Features and network from the training rows, the decision from the validation rows.

    Without validation rows training runs all its epochs and the decision is left unfitted.

    Args:
        job: checked records and their split.
    """
    config: Config = job.config
    split = job.split
    preprocessor = CreditPreprocessor(config.features)
    preprocessor.fit(job.records.take(pa.array(split.train)))
    x, y = arrays_of(preprocessor, job.records, split.train)
    valid = arrays_of(preprocessor, job.records, split.valid) if len(split.valid) else None
    model = train_model(x, y, valid, config.model, job.seed, job.run, job.verbose)
    decision = Classify(CLASSES)
    levels = np.linspace(0, 1, 11)
    months = x["months"].reshape(-1, x["months"].shape[-1])
    reference = {"feature_quantiles": np.quantile(months, levels, axis=0)}
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
        "features": f"{months.shape[1]} a month, {x['client'].shape[1]} of the client",
    }
    scoring = {"main": ScoringModel(model, ("score",), _parity(preprocessor))}
    return Trained(preprocessor, decision, scoring, model, reference, figures)


def _parity(preprocessor: CreditPreprocessor) -> dict[str, np.ndarray]:
    """Inputs for comparing runtimes, from the generator: no real record enters a bundle."""
    records = check(generate(seed=1, clients=_PARITY_ROWS), INPUTS).table
    return preprocessor.transform(records).arrays
