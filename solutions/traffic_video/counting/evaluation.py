"""How counting is judged: its masks against true ones; stretches of a clip are tested."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.evaluation.protocols import Protocol
from lepton_core.evaluation.report import Measured
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.records.video_names import last_number
from lepton_core.training.job import TrainingJob
from lepton_core.training.splits import Split

from .config import Config

# Neighbouring frames are near copies: resampled are stretches of so many.
_STRETCH = 50
_ROUNDS = 400


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
    """Nothing: what a frame shows is judged by :func:`figures`, which sees more than a score."""
    return {}


def figures(records: pa.Table, predictions: Predictions, pipeline: Pipeline) -> dict[str, Measured]:
    """``f_measure``, ``precision`` and ``recall`` of pixels where masks are known.

    As changedetection.net counts them: shadow is background, pixels at unknown edges and outside
    the region do not count. Intervals by resampling stretches of 50 frames.
    """
    pixels = predictions.raw["pixels"]
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
    """None: the classical pipeline is a bundle of its own, trained with detector=classical."""
    return {}


def _f(right: float, false: float, missed: float) -> float:
    return 2 * right / max(2 * right + false + missed, 1)


def _precision(right: float, false: float, missed: float) -> float:
    return right / max(right + false, 1)


def _recall(right: float, false: float, missed: float) -> float:
    return right / max(right + missed, 1)
