"""How counting is judged: its masks against true ones; stretches of a clip are tested."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.evaluation.protocols import Protocol
from lepton_core.evaluation.report import Measured
from lepton_core.frames import frames_of
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.records.video_names import last_number
from lepton_core.training.job import TrainingJob
from lepton_core.training.splits import Split

from .blobs import filled
from .config import CLASSICAL, Config
from .masks import pixel_counts
from .preprocessing import FRAME, MASK, CountingPreprocessor

# Neighbouring frames are near copies: resampled are stretches of so many.
_STRETCH = 50
_ROUNDS = 400
# Grey levels by which two frames differ where something moves.
_DIFFERS = 25
_STEP = 32


class ByStretch(Protocol):
    """The first part of the frames may be learned from, the last one is tested.

    Between them lies a gap, whose frames are near copies of both.

    Args:
        learn: share of the frames, above 0.
        gap: share of the frames that is left out.
    """

    name = "by_stretch"

    def __init__(self, learn: float = 0.4, gap: float = 0.1) -> None:
        self._learn, self._gap = learn, gap

    def split(self, records: pa.Table) -> Split:
        n = records.num_rows
        until, start = round(n * self._learn), round(n * (self._learn + self._gap))
        if not 0 < until <= start < n:
            raise DataError("traffic_video.counting.error.few_frames", n=n)
        valid = max(until // 5, 1)
        rows = np.arange(n)
        return Split(rows[: until - valid], rows[until - valid : until], rows[start:])

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "learn_share": self._learn, "gap_share": self._gap}


class Highway(Protocol):
    """Frames 470 to 770 may be learned from, 871 to 1700 are tested."""

    name = "cdnet_highway_871_1700"

    def split(self, records: pa.Table) -> Split:
        ids = records.column("record_id").to_pylist()
        numbers = np.array([last_number(one.rpartition("#")[2]) or 0 for one in ids])
        learn = np.flatnonzero((numbers >= 470) & (numbers <= 770))
        test = np.flatnonzero((numbers >= 871) & (numbers <= 1700))
        if len(learn) < 2 or not len(test):
            raise DataError("traffic_video.counting.error.few_frames", n=len(ids))
        return Split(learn[: -len(learn) // 5], learn[-len(learn) // 5 :], test)

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "learn": "470-770", "test": "871-1700"}


def by_stretch(config: Config) -> Protocol:
    """The protocol of any clip."""
    return ByStretch()


def highway(config: Config) -> Protocol:
    """The protocol of cdnet_highway."""
    return Highway()


def measures(records: pa.Table, scores: np.ndarray, decision: Any) -> dict[str, Measured]:
    """Of a baseline, whose scores are pixel counts, what :func:`figures` tells of a bundle.

    Args:
        records: the test records [n].
        scores: of a baseline int64 [n, 3]; of a bundle [n], which tell nothing of pixels.
        decision: not needed.
    """
    return _rates(scores) if scores.ndim == 2 else {}


def figures(records: pa.Table, predictions: Predictions, pipeline: Pipeline) -> dict[str, Measured]:
    """``f_measure``, ``precision`` and ``recall`` of pixels where masks are known.

    As changedetection.net counts them: shadow is background, pixels at unknown edges and outside
    the region do not count. Intervals by resampling stretches of 50 frames.
    """
    return _rates(predictions.raw["pixels"])


def _rates(pixels: np.ndarray) -> dict[str, Measured]:
    """Figures of right, false and missed pixels int64 [n, 3]; -1 where no mask is known."""
    known = pixels[pixels[:, 0] >= 0].astype(np.float64)
    if not len(known):
        return {}
    cuts = range(0, len(known), _STRETCH)
    parts = np.array([known[at : at + _STRETCH].sum(axis=0) for at in cuts])
    rng = np.random.default_rng(0)
    drawn = parts[rng.integers(0, len(parts), (_ROUNDS, len(parts)))].sum(axis=1)
    found = {}
    for key, rate in (("f_measure", _f), ("precision", _precision), ("recall", _recall)):
        low, high = np.quantile([rate(*row) for row in drawn], [0.025, 0.975])
        found[key] = Measured(rate(*known.sum(axis=0)), float(low), float(high))
    return found


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """What two frames alone tell, and background subtraction where the bundle has a network.

    Returns:
        ``frame_difference`` (with the frame before, closed and filled) and
        ``background_subtraction``: right, false and missed pixels int64 [test rows, 3].
    """
    until = int(job.split.test.max()) + 1
    records = job.records.slice(0, until)
    found = {"frame_difference": _by_difference(records)[job.split.test]}
    if job.config.detector != CLASSICAL:
        classical = replace(job.config, detector=CLASSICAL)
        found["background_subtraction"] = _by_background(records, classical)[job.split.test]
    return found


def _by_difference(records: pa.Table) -> np.ndarray:
    columns = frames_of(records.column(FRAME)), frames_of(records.column(MASK))
    pixels = np.full((records.num_rows, 3), -1, np.int64)
    before: np.ndarray | None = None
    for row, (frame, truth) in enumerate(zip(*columns, strict=True)):
        if frame is None:
            continue
        if truth is not None and before is not None and before.shape == frame.shape:
            differs = cv2.absdiff(frame, before).max(axis=2) > _DIFFERS
            solid = cv2.morphologyEx(differs.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7)))
            pixels[row] = pixel_counts(filled(solid) > 0, truth[..., 0])
        before = frame
    return pixels


def _by_background(records: pa.Table, config: Config) -> np.ndarray:
    maker = CountingPreprocessor(config)
    history = maker.new_history()
    pixels = np.full((records.num_rows, 3), -1, np.int64)
    for start in range(0, records.num_rows, _STEP):
        prepared = maker.transform(records.slice(start, _STEP), history)
        told = maker.gather(prepared.arrays, prepared, history)
        pixels[start + prepared.kept] = told["pixels"]
    return pixels


def _f(right: float, false: float, missed: float) -> float:
    return 2 * right / max(2 * right + false + missed, 1)


def _precision(right: float, false: float, missed: float) -> float:
    return right / max(right + false, 1)


def _recall(right: float, false: float, missed: float) -> float:
    return right / max(right + missed, 1)
