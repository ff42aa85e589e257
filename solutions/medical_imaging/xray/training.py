"""Trains the network on a job's records and gives the parts of its bundle."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.decision import Classify, ClassifyMany
from lepton_core.evaluation.classes import class_codes, class_names
from lepton_core.evaluation.rows import take_rows
from lepton_core.image_header import read_header
from lepton_core.training.job import TrainingJob

from .classes import ordered_classes
from .config import Config
from .deciding import decide
from .gate import Gate
from .model import train as train_model
from .preprocessing import Preprocessor
from .sample import generate

_LARGEST_SIDE = 224
_LEAST_SIDE = 16


def train(job: TrainingJob) -> Trained:
    """A network trained on the training pictures; gate and decision set on validation ones.

    Where there are no validation pictures the decision is left unfitted and nothing is refused as
    foreign. What does not decode is left out.

    Args:
        job: checked records with their classes (the protocol's `with_truth`), and their split.
    """
    config: Config = job.config
    classes = ordered_classes(class_names(job.records, "label"), config.decision.positive)
    some = take_rows(job.records, job.split.train)
    side = config.picture.side or usual_side(some)
    preprocessor = Preprocessor(side, config.picture.channels)
    x, codes = _read(some, classes, preprocessor)
    valid = take_rows(job.records, job.split.valid)
    valid_x, valid_codes = _read(valid, classes, preprocessor)
    model = train_model(
        x,
        codes,
        len(classes),
        config.model,
        config.augmentation,
        job.seed,
        run=job.run,
        verbose=job.verbose,
    )
    decision: Classify | ClassifyMany
    decision = Classify(classes) if len(classes) == 2 else ClassifyMany(classes)
    if len(valid_x):
        preprocessor.gate = Gate.fit(x, valid_x, rate=config.decision.gate_rate)
        decision = decide(
            model, valid_x, valid_codes, classes, config.decision, config.augmentation, job.seed
        )
    parity = Preprocessor(side, config.picture.channels).transform(generate(seed=1, pictures=16))
    brightness = x.mean(axis=(1, 2, 3))
    return Trained(
        preprocessor,
        decision,
        {"main": ScoringModel(model, ("score", "map"), parity.arrays)},
        model,
        {
            "brightness_quantiles": np.quantile(brightness, np.linspace(0, 1, 11)),
            "class_counts": np.bincount(codes, minlength=len(classes)),
        },
        {"parameters": int(model.count_params()), "classes": len(classes), "side": side},
    )


def usual_side(records: pa.Table) -> int:
    """The middle of the pictures' shorter sides, in pixels, between 16 and 224.

    Args:
        records: training pictures [n].
    """
    sides = []
    for data in pc.struct_field(records["image"], "bytes").to_pylist():
        header = read_header(data or b"")
        # What is no everyday picture comes from a device whose pictures have thousands of pixels.
        sides.append(min(header.width, header.height) if header else _LARGEST_SIDE)
    return int(np.clip(np.median(sides), _LEAST_SIDE, _LARGEST_SIDE)) if sides else _LARGEST_SIDE


def _read(
    records: pa.Table, classes: tuple[str, ...], preprocessor: Preprocessor
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures `x` and class numbers of the records that decode."""
    prepared = preprocessor.transform(records)
    return prepared.arrays["x"], class_codes(records, "label", classes)[prepared.kept]
