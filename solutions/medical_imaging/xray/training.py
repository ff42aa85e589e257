"""Trains the network on a job's records and gives the parts of its bundle."""

from __future__ import annotations

from typing import NamedTuple

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
from .gate_records import origin
from .model import maps
from .model import train as train_model
from .output.evidence import HIGH, high_evidence
from .preprocessing import Preprocessor
from .sample import generate
from .splits import people

# With 224 pixels nothing was gained in what was tried (docs/experiments/xray.md).
_LARGEST_SIDE = 112
_LEAST_SIDE = 16


class _Pictures(NamedTuple):
    """Pictures `x` uint8 [n, side, side, C], class numbers [n], and whose each is, [n]."""

    x: np.ndarray
    codes: np.ndarray
    people: np.ndarray


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
    learned = _read(some, classes, preprocessor)
    held = _read(take_rows(job.records, job.split.valid), classes, preprocessor)
    x = learned.x
    model = train_model(
        x,
        learned.codes,
        len(classes),
        config.model,
        config.augmentation,
        job.seed,
        run=job.run,
        verbose=job.verbose,
    )
    reference = {
        "brightness_quantiles": np.quantile(x.mean(axis=(1, 2, 3)), np.linspace(0, 1, 11)),
        "class_counts": np.bincount(learned.codes, minlength=len(classes)),
    }
    decision: Classify | ClassifyMany
    decision = Classify(classes) if len(classes) == 2 else ClassifyMany(classes)
    if len(held.x):
        rate = config.decision.gate_rate
        preprocessor.gate = Gate.fit(x, held.x, rate=rate, origin=origin(some))
        decision = decide(model, *held, classes, config.decision)
        reference[HIGH] = np.array(high_evidence(decision, maps(model, held.x)))
    parity = Preprocessor(side, config.picture.channels).transform(generate(seed=1, pictures=16))
    return Trained(
        preprocessor,
        decision,
        # In the order in which Keras flattens them: by name.
        {"main": ScoringModel(model, ("map", "score"), parity.arrays)},
        model,
        reference,
        {"parameters": int(model.count_params()), "classes": len(classes), "side": side},
    )


def usual_side(records: pa.Table) -> int:
    """The middle of the pictures' shorter sides, in pixels, between 16 and 112.

    Args:
        records: training pictures [n].
    """
    sides = []
    for data in pc.struct_field(records["image"], "bytes").to_pylist():
        header = read_header(data or b"")
        # What is no everyday picture comes from a device whose pictures have thousands of pixels.
        sides.append(min(header.width, header.height) if header else _LARGEST_SIDE)
    return int(np.clip(np.median(sides), _LEAST_SIDE, _LARGEST_SIDE)) if sides else _LARGEST_SIDE


def _read(records: pa.Table, classes: tuple[str, ...], preprocessor: Preprocessor) -> _Pictures:
    """The records that decode."""
    prepared = preprocessor.transform(records)
    codes = class_codes(records, "label", classes)
    return _Pictures(prepared.arrays["x"], codes[prepared.kept], people(records)[prepared.kept])
