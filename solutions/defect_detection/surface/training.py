"""Trains the network on a job's records and gives the parts of its bundle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.decision import Detect
from lepton_core.errors import DataError
from lepton_core.evaluation.classes import class_codes, class_names
from lepton_core.evaluation.rows import take_rows
from lepton_core.picture_gate import PictureGate
from lepton_core.preprocessing import Prepared
from lepton_core.tiles import TileGrid
from lepton_core.training.job import TrainingJob

from .classes import ordered_classes
from .config import Config
from .deciding import decide, pixel_threshold
from .learning import BOXES, LABEL, MASK, Part, annotated, parts, tiles_of
from .model import heads, score
from .model import train as train_model
from .model_batches import Tiles
from .preprocessing import SCALE, Preprocessor
from .region import read_region
from .sample import generate

# What tells the network of places, by what the truth tells.
_PLACES = {MASK: "pixels", BOXES: "candidates", "": ""}


def train(job: TrainingJob) -> Trained:
    """A network trained on the training pictures; thresholds and gate set on validation ones.

    Where records bring masks it learns pixels, where they bring boxes, boxes; otherwise only which
    class a part is of. Without validation pictures the decision is left unfitted and nothing is
    refused. What does not decode is left out.

    Args:
        job: checked records with their classes (the protocol's `with_truth`), and their split.

    Raises:
        DataError: ``defect_detection.surface.no_pictures``.
        UsageError: the region's file cannot be used.
    """
    config: Config = job.config
    classes = ordered_classes(class_names(job.records, LABEL))
    preprocessor = _preprocessor(config)
    some = take_rows(job.records, job.split.train)
    kind = annotated(some)
    learned = parts(some, class_codes(some, LABEL, classes), classes, preprocessor)
    if not learned:
        raise DataError("defect_detection.surface.no_pictures", n=some.num_rows)
    sizes = np.array([part.picture.shape[:2] for part in learned])
    preprocessor.grid = TileGrid.fit(sizes, config.picture.tile, config.picture.overlap)
    preprocessor.places = _PLACES[kind]
    tiles = tiles_to_learn(learned, classes, preprocessor, kind)
    model = train_model(
        tiles,
        config.model,
        config.augmentation,
        config.moves,
        job.seed,
        run=job.run,
        verbose=job.verbose,
    )
    decision = Detect(classes, (0.5,) * (len(classes) - 1), iou=config.decision.iou)
    valid = take_rows(job.records, job.split.valid)
    held = parts(valid, class_codes(valid, LABEL, classes), classes, preprocessor)
    if held:
        prepared = _prepared(held, preprocessor)
        outputs = score(model, prepared.arrays["x"])
        if kind == MASK:
            found = pixel_threshold(outputs, prepared, held, preprocessor)
            preprocessor.pixel_threshold = found
        gathered = preprocessor.gather(outputs, prepared)
        decision = decide(gathered, held, classes, preprocessor, config.decision)
    if held and config.picture.gate:
        preprocessor.gate = PictureGate.fit(
            (part.picture for part in learned),
            (part.picture for part in held),
            config.picture.gate_rate,
        )
    codes = np.array([part.code for part in learned])
    brightness = np.array([part.picture.mean() for part in learned])
    return Trained(
        preprocessor,
        decision,
        {"main": ScoringModel(model, heads(model), {"x": _parity(preprocessor)})},
        model,
        {
            "brightness_quantiles": np.quantile(brightness, np.linspace(0, 1, 11)),
            "class_counts": np.bincount(codes, minlength=len(classes)),
        },
        {
            "parameters": int(model.count_params()),
            "classes": len(classes),
            "tiles": len(tiles),
            "tile": [preprocessor.grid.height, preprocessor.grid.width],
        },
    )


def _preprocessor(config: Config) -> Preprocessor:
    """As configured; its tiles are chosen when the pictures are known."""
    picture = config.picture
    made = Preprocessor(
        TileGrid(32, 32, 0),
        picture.channels,
        picture.scale,
        picture.mm_per_px,
        least_area=config.decision.least_area,
    )
    if picture.roi:
        made.region = read_region(picture.roi)
    return made


def tiles_to_learn(
    learned: Sequence[Part], classes: tuple[str, ...], preprocessor: Preprocessor, kind: str
) -> Tiles:
    """The tiles of parts with what is known of each.

    Args:
        learned: the parts.
        classes: the name for no defect, then the defect classes.
        preprocessor: cuts them.
        kind: of :func:`~.learning.annotated`.

    Returns:
        those of a part whose defect nobody marked are not ``told``; where it has several, they are
        left out.
    """
    each, told = [], []
    for part in learned:
        one = tiles_of(part, preprocessor, kind)
        is_told = not kind or (part.mask if kind == MASK else part.boxes) is not None
        # Of a part whose defect nobody marked it is not known which tiles show it.
        if is_told or len(one.x) == 1:
            each.append(one)
            told.append(np.full(len(one.x), is_told))
    return Tiles(
        np.concatenate([one.x for one in each]),
        np.concatenate([one.image for one in each]),
        classes[1:],
        [boxes for one in each for boxes in one.boxes] if kind == BOXES else None,
        np.concatenate([one.masks for one in each]) if kind == MASK else None,
        np.concatenate([one.valid for one in each]),
        np.concatenate(told),
    )


def _prepared(held: Sequence[Part], preprocessor: Preprocessor) -> Prepared:
    """Validation parts as `transform` would prepare them, before there is a gate."""
    tiles = [preprocessor.grid.cut(preprocessor.seen(part.picture)) for part in held]
    return Prepared(
        {"x": np.concatenate(tiles)},
        np.array([part.row for part in held], np.int64),
        parts=np.array([len(one) for one in tiles], np.int64),
        notes={
            "size": np.array([part.picture.shape[:2] for part in held], np.int64),
            SCALE: np.full(len(held), np.nan, np.float32),
        },
    )


def _parity(preprocessor: Preprocessor) -> np.ndarray:
    """Tiles that no real record has a part in, uint8 [16, height, width, C]."""
    bare = Preprocessor(preprocessor.grid, preprocessor.channels)
    x: np.ndarray = bare.transform(generate(seed=1, pictures=16)).arrays["x"]
    return x[:16]
