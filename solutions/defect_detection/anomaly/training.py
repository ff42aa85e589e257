"""Learns a product from good parts alone and gives the parts of its bundle."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pyarrow as pa

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.decision import Outlier
from lepton_core.decision.good_parts import GoodParts
from lepton_core.errors import DataError, UsageError
from lepton_core.evaluation.part_split import together
from lepton_core.evaluation.rows import take_rows
from lepton_core.images import decode_each
from lepton_core.messages import t
from lepton_core.rejects import Refusal
from lepton_core.tiles import TileGrid
from lepton_core.training.job import TrainingJob
from lepton_core.training.steps import shown

from ..surface.region import read_region
from .config import METHODS, Config
from .gating import LEAST, gate_of
from .holding import Held, Parts, held_out, in_turns
from .model import Tell, learn
from .preprocessing import Preprocessor
from .sample import generate
from .splits import LABEL, PART, no_good, not_defective

_PARITY_TILES = 4
# Held-out scores are rounded up to so many steps of their range: between its ends a bundle keeps no
# picture's own number.
_STEPS = 500


def train(job: TrainingJob) -> Trained:
    """A model of good parts, its threshold set by those held out.

    Training and validation rows that are not good are left out, as is what does not decode. The
    threshold comes from parts that did not teach the model that judges them, see :mod:`.holding`;
    without any the decision is left unfitted, and a person looks at every part.

    Args:
        job: checked records, and their split.

    Raises:
        DataError: ``defect_detection.anomaly.no_good`` or ``.nothing_decodes``.
        UsageError: an unknown method or backbone.
    """
    config: Config = job.config
    if config.method not in METHODS:
        raise UsageError(
            "defect_detection.anomaly.method", received=config.method, known=", ".join(METHODS)
        )
    tell = job.tell or (_console() if job.verbose else _nobody)
    learned = _read(job.records, job.split.train, config, tell)
    held = Parts([], np.empty(0, learned.groups.dtype))
    if not_defective(job.records, config.split.good)[job.split.valid].any():
        held = _read(job.records, job.split.valid, config, tell)
    preprocessor = _preprocessor(learned, config)
    seen = [preprocessor.seen(one) for one in learned.pictures]
    model = learn(
        seen,
        learned.groups,
        config,
        preprocessor.grid,
        job.seed,
        run=job.run,
        tell=tell,
        verbose=job.verbose and job.tell is None,
    )
    judged = None
    if config.method == "contrast":
        preprocessor.profile, judged = in_turns(model, preprocessor, learned.and_also(held), tell)
    elif held.pictures:
        judged = held_out(model, preprocessor, held, tell)
    decision, reference = Outlier(_classes(config)), {}
    if judged is not None:
        decision = _decision(judged, config)
        preprocessor.limit = decision.places.threshold(config.decision.pixel_rate)
        reference["score_quantiles"] = np.quantile(judged.scores, np.linspace(0, 1, 11))
        if decision.falls_short and job.verbose:
            print(t("decision.few_good_parts", **decision.shortfall), file=sys.stderr)
    if config.picture.gate and len(learned.pictures) >= LEAST:
        rate = config.picture.gate_rate
        preprocessor.gate = gate_of(learned.pictures, held.pictures, rate, job.seed)
    brightness = [float(picture.mean()) for picture in learned.pictures]
    reference["brightness_quantiles"] = np.quantile(brightness, np.linspace(0, 1, 11))
    return Trained(
        preprocessor,
        decision,
        {"main": ScoringModel(model, (model.output_names[0],), {"x": _parity_tiles(preprocessor)})},
        model,
        reference,
        {
            "method": config.method,
            "parameters": int(model.count_params()),
            "good_pictures": len(learned.pictures) + len(held.pictures),
            "good_parts": len(np.unique([*learned.groups, *held.groups])),
            "tile": [preprocessor.grid.height, preprocessor.grid.width],
            "promised_false_reject": decision.false_reject,
            "asked_false_reject": config.decision.false_reject,
        },
    )


def _preprocessor(learned: Parts, config: Config) -> Preprocessor:
    """Tiles for pictures like these, and the region that is inspected."""
    picture = config.picture
    sizes = np.array([one.shape[:2] for one in learned.pictures])
    grid = TileGrid.fit(sizes, picture.largest_tile, picture.overlap)
    made = Preprocessor(grid, picture.channels, picture.scale, config.score)
    if picture.roi:
        made.region = read_region(picture.roi)
    return made


def _decision(judged: Held, config: Config) -> Outlier:
    """The threshold at the asked rate, from held-out good parts."""
    rates = config.decision
    decision = Outlier.fit(
        judged.scores,
        groups=judged.groups,
        false_reject=rates.false_reject,
        unsure=rates.unsure,
        classes=_classes(config),
        fitted_on={"part": judged.how},
        steps=_STEPS,
    )
    return replace(decision, places=GoodParts.of(judged.places, judged.groups, steps=_STEPS))


def _classes(config: Config) -> tuple[str, str]:
    """What good parts are called by their labels, which figures ask for, and all others."""
    return config.split.good, "defect"


def _read(records: pa.Table, rows: np.ndarray, config: Config, tell: Tell) -> Parts:
    """The good parts among some rows.

    Raises:
        DataError: ``defect_detection.anomaly.no_good`` or ``.nothing_decodes``.
    """
    good = rows[not_defective(records, config.split.good)[rows]]
    if not len(good):
        labels = np.array(take_rows(records, rows)[LABEL].to_pylist(), object)
        raise no_good(labels, config.split.good)
    some = take_rows(records, good)
    groups = together(records, PART)[good]
    pictures, kept = [], []
    scaled = Preprocessor(TileGrid(32, 32, 0), config.picture.channels, config.picture.scale)
    for row, found in enumerate(decode_each(some["image"], channels=config.picture.channels)):
        if not isinstance(found, Refusal):
            pictures.append(scaled.picture(found))
            kept.append(row)
        tell("read", row + 1, some.num_rows)
    if not pictures:
        raise DataError("defect_detection.anomaly.nothing_decodes", n=some.num_rows)
    return Parts(pictures, groups[kept])


def _parity_tiles(preprocessor: Preprocessor) -> np.ndarray:
    """Tiles of generated pictures, uint8 [4, h, w, C]."""
    plain = Preprocessor(preprocessor.grid, preprocessor.channels, preprocessor.scale)
    return plain.transform(generate(seed=1, pictures=16)).arrays["x"][:_PARITY_TILES]


def _console() -> Tell:
    """Steps on standard error but for the fitting, whose epochs are shown."""
    told = shown()

    def tell(step: str, done: int, total: int) -> None:
        if step != "fit":
            told(step, done, total)

    return tell


def _nobody(step: str, done: int, total: int) -> None:
    """Nobody asked."""
