"""Learns a product from good parts alone and gives the parts of its bundle."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.decision import Outlier
from lepton_core.decision.good_parts import GoodParts
from lepton_core.errors import DataError
from lepton_core.evaluation.part_split import together
from lepton_core.evaluation.rows import take_rows
from lepton_core.images import decode_each, resize
from lepton_core.messages import t
from lepton_core.picture_gate import PictureGate
from lepton_core.rejects import Refusal
from lepton_core.tiles import TileGrid
from lepton_core.training.job import TrainingJob
from lepton_core.training.steps import shown

from ..surface.region import read_region
from .config import Config
from .maps import score_of
from .model import Tell, learn, maps
from .painting import paint
from .preprocessing import Preprocessor
from .sample import generate
from .splits import good_rows

_PARITY_TILES = 4
LEAST_FOR_GATE = 10
# How much farther than painted parts a picture may lie before it is taken for something else.
_GATE_ROOM = 1.5


class _Parts(NamedTuple):
    """Pictures of good parts, uint8 [h, w, C] each as scaled, and the part of each, [n]."""

    pictures: list[np.ndarray]
    groups: np.ndarray


def train(job: TrainingJob) -> Trained:
    """A model of good parts, its threshold set by those held out.

    Training and validation rows that are not good are left out, as is what does not decode.
    Without held-out good parts the decision is left unfitted: a person looks at every part.

    Args:
        job: checked records, and their split.

    Raises:
        DataError: ``defect_detection.anomaly.no_good`` or ``.nothing_decodes``.
        UsageError: an unknown method or backbone.
    """
    config: Config = job.config
    tell = job.tell or (_console() if job.verbose else _nobody)
    learned = _read(job.records, job.split.train, config, tell)
    scale, picture = config.picture.scale, config.picture
    grid = TileGrid.fit(
        np.array([one.shape[:2] for one in learned.pictures]),
        picture.largest_tile,
        picture.overlap,
    )
    preprocessor = Preprocessor(grid, picture.channels, scale, config.score)
    if picture.roi:
        preprocessor.region = read_region(picture.roi)
    seen = [preprocessor.seen(one) for one in learned.pictures]
    model = learn(
        seen,
        learned.groups,
        config,
        grid,
        job.seed,
        run=job.run,
        tell=tell,
        verbose=job.verbose and job.tell is None,
    )
    decision, reference = Outlier(), {}
    held = _Parts([], np.empty(0))
    if len(good_rows(job.records, job.split.valid, config.split.good)):
        held = _read(job.records, job.split.valid, config, tell)
        scores, highest = _scores(model, preprocessor, held.pictures, tell)
        rates = config.decision
        decision = Outlier.fit(
            scores,
            groups=held.groups,
            false_reject=rates.false_reject,
            unsure=rates.unsure,
            fitted_on={"part": "good validation parts"},
        )
        preprocessor.limit = GoodParts.of(highest, held.groups).threshold(rates.pixel_rate)
        reference["score_quantiles"] = np.quantile(scores, np.linspace(0, 1, 11))
        if decision.falls_short and job.verbose:
            print(t("decision.few_good_parts", **decision.shortfall), file=sys.stderr)
    if picture.gate and len(learned.pictures) >= LEAST_FOR_GATE:
        preprocessor.gate = _gate(learned.pictures, held.pictures, picture.gate_rate, job.seed)
    brightness = [float(picture.mean()) for picture in learned.pictures]
    reference["brightness_quantiles"] = np.quantile(brightness, np.linspace(0, 1, 11))
    return Trained(
        preprocessor,
        decision,
        {"main": ScoringModel(model, ("map",), {"x": _parity_tiles(preprocessor)})},
        model,
        reference,
        {
            "method": config.method,
            "parameters": int(model.count_params()),
            "good_pictures": len(learned.pictures),
            "good_parts": len(np.unique(learned.groups)),
            "tile": [grid.height, grid.width],
            "promised_false_reject": decision.false_reject,
            "asked_false_reject": config.decision.false_reject,
        },
    )


def _read(records: pa.Table, rows: np.ndarray, config: Config, tell: Tell) -> _Parts:
    """The good parts among some rows.

    Raises:
        DataError: ``defect_detection.anomaly.no_good`` or ``.nothing_decodes``.
    """
    good = good_rows(records, rows, config.split.good)
    if not len(good):
        known = sorted({str(name) for name in take_rows(records, rows)["label"].to_pylist()})
        raise DataError(
            "defect_detection.anomaly.no_good",
            n=len(rows),
            good=config.split.good,
            received=", ".join(known[:5]) or "-",
        )
    some = take_rows(records, good)
    groups = together(some, "part")
    pictures, kept = [], []
    scaled = Preprocessor(TileGrid(32, 32, 0), config.picture.channels, config.picture.scale)
    for row, found in enumerate(decode_each(some["image"], channels=config.picture.channels)):
        if not isinstance(found, Refusal):
            pictures.append(scaled.picture(found))
            kept.append(row)
        tell("read", row + 1, some.num_rows)
    if not pictures:
        raise DataError("defect_detection.anomaly.nothing_decodes", n=some.num_rows)
    return _Parts(pictures, groups[kept])


def _scores(
    model: object, preprocessor: Preprocessor, pictures: list[np.ndarray], tell: Tell
) -> tuple[np.ndarray, np.ndarray]:
    """Score and highest value of the map of each picture, float32 [n] each."""
    scores, highest = [], []
    for number, picture in enumerate(pictures, start=1):
        tiles = maps(model, preprocessor.grid.cut(preprocessor.seen(picture)))
        cells = preprocessor.joined(tiles, picture.shape[:2])
        scores.append(score_of(cells, preprocessor.score))
        highest.append(float(cells.max()))
        tell("held_out", number, len(pictures))
    return np.array(scores, np.float32), np.array(highest, np.float32)


def _gate(learned: list[np.ndarray], held: list[np.ndarray], rate: float, seed: int) -> PictureGate:
    """What refuses pictures of something else.

    A defective part is strange too, and must be failed, not refused. So the gate gets to know good
    parts with painted defects as well, and room beyond those.
    """
    rng = np.random.default_rng(seed)

    def both(pictures: list[np.ndarray]) -> list[np.ndarray]:
        return [*pictures, *(_painted(one, pictures, rng) for one in pictures)]

    gate = PictureGate.fit(both(learned), both(held), rate, seed)
    return replace(gate, limit=gate.limit * _GATE_ROOM)


def _painted(picture: np.ndarray, others: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """A part with painted defects, uint8 [h, w, C]."""
    other = resize(others[rng.integers(len(others))], (picture.shape[0], picture.shape[1]))
    drawn = paint(picture.astype(np.float32), other.astype(np.float32), rng)[0]
    return np.rint(drawn).astype(np.uint8)


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
