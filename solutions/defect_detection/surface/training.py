"""Trains the network on a job's records and gives the parts of its bundle."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.decision import ClassifyMany
from lepton_core.evaluation.classes import class_codes, class_names
from lepton_core.evaluation.rows import take_rows
from lepton_core.training.job import TrainingJob

from .config import Config
from .model import score
from .model import train as train_model
from .preprocessing import Preprocessor
from .sample import generate


def train(job: TrainingJob) -> Trained:
    """A network trained on the training pictures, and a decision fitted on validation.

    Where there are validation pictures, they stop the training early and set calibration and
    review limit; otherwise the decision is left unfitted. What does not decode is left out.

    Args:
        job: checked records with their classes (the protocol's `with_truth`), and their split.
    """
    config: Config = job.config
    classes = class_names(job.records, "label")
    preprocessor = Preprocessor(config.picture)
    x, codes = _read(job.records, job.split.train, preprocessor)
    valid_x, valid_codes = _read(job.records, job.split.valid, preprocessor)
    model = train_model(
        x,
        codes,
        len(classes),
        config.model,
        config.augmentation,
        job.seed,
        valid=(valid_x, valid_codes) if len(valid_x) else None,
        patience=config.split.patience if len(valid_x) else None,
        run=job.run,
        verbose=job.verbose,
    )
    decision = ClassifyMany(classes)
    if len(valid_x):
        decision = ClassifyMany.fit(
            score(model, valid_x),
            valid_codes,
            classes=classes,
            review_share=config.split.review_share,
            fitted_on={"part": "validation"},
        )
    parity = preprocessor.transform(generate(seed=1, pictures=16)).arrays
    brightness = x.mean(axis=(1, 2, 3))
    return Trained(
        preprocessor,
        decision,
        {"main": ScoringModel(model, ("score",), parity)},
        model,
        {
            "brightness_quantiles": np.quantile(brightness, np.linspace(0, 1, 11)),
            "class_counts": np.bincount(codes, minlength=len(classes)),
        },
        {"parameters": int(model.count_params()), "classes": len(classes)},
    )


def _read(
    records: pa.Table, rows: np.ndarray, preprocessor: Preprocessor
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures `x` and class numbers of those rows that decode."""
    some = take_rows(records, rows)
    prepared = preprocessor.transform(some)
    return prepared.arrays["x"], class_codes(some, "label")[prepared.kept]
