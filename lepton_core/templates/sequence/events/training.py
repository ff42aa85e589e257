"""Trains the network on a job's records and gives the parts of its bundle."""

from __future__ import annotations

import numpy as np

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.decision import Classify, Policy
from lepton_core.models.recurrent import score_histories
from lepton_core.tabular import labels_of
from lepton_core.training.job import TrainingJob

from .config import Config
from .model import build_step
from .model import train as train_model
from .preprocessing import EventPreprocessor, prepare
from .sample import generate
from .task import CLASSES

_PARITY_ROWS = 64


def train(job: TrainingJob) -> Trained:
    """Features of the whole past, a network trained on the training rows, a fitted decision.

    Where there are validation rows, they stop the training early and set calibration and
    threshold; otherwise the decision is left unfitted.

    Args:
        job: checked records in order of time, and their split.
    """
    config: Config = job.config
    split = job.split
    learned = np.concatenate([split.train, split.valid])
    # Nothing after the last event that is learned from is looked at.
    records = job.records.slice(0, int(learned.max()) + 1)
    preprocessor, x, slots = prepare(records, split.train)
    labels = labels_of(records, "failure")
    train_mask, valid_mask = np.zeros(len(x), bool), np.zeros(len(x), bool)
    train_mask[split.train], valid_mask[split.valid] = True, True
    model = train_model(
        x,
        slots,
        labels,
        train_mask,
        config.model,
        job.seed,
        valid_mask=valid_mask if len(split.valid) else None,
        patience=config.split.patience if len(split.valid) else None,
        run=job.run,
        verbose=job.verbose,
    )
    decision = Classify(CLASSES)
    if len(split.valid):
        decision = Classify.fit(
            score_histories(model, x, slots)[split.valid],
            labels[split.valid],
            classes=CLASSES,
            policy=Policy("alert_rate", config.split.alert_rate),
            review_share=config.split.review_share,
            fitted_on={"part": "validation"},
        )
    step = ScoringModel(build_step(model), ("score", "h_next"), _parity(preprocessor, config))
    reference = {"feature_quantiles": np.quantile(x[split.train], np.linspace(0, 1, 11), axis=0)}
    figures = {"parameters": int(model.count_params()), "features": x.shape[1]}
    return Trained(preprocessor, decision, {"step": step}, model, reference, figures)


def _parity(preprocessor: EventPreprocessor, config: Config) -> dict[str, np.ndarray]:
    """Inputs for comparing runtimes, from our own generator: no real record enters a bundle."""
    x = preprocessor.transform(generate(seed=1, machines=20).slice(0, _PARITY_ROWS)).arrays["x"]
    h = np.random.default_rng(0).uniform(-1, 1, (len(x), config.model.gru_units))
    return {"x": x, "h": h.astype(np.float32)}
