"""Frames to the arrays of a detector, with the memory of the camera that took them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.frames import frames_of
from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.rejects import Rejects
from lepton_core.settings import from_dict, to_dict

from .camera import Seen
from .config import CLASSICAL, NETWORK, Config
from .detectors import Classical, Detector, Look, Network
from .gathering import gathered
from .history import CameraHistory
from .yolo import Yolo, YoloForm

FRAME, MASK = "frame", "mask"
_NOTES = {
    "camera": np.int64,
    "restarted": bool,
    "time": np.int64,
    "size": np.int64,
    "asked": bool,
}


class CountingPreprocessor(Preprocessor):
    """The scene made steady, and vehicles followed through it.

    Args:
        config: all settings.
        yolo: what your own detector takes and gives, where ``config.detector`` names one.
    """

    def __init__(self, config: Config | None = None, yolo: YoloForm | None = None) -> None:
        self.config = config or Config(detector=CLASSICAL)
        self.yolo = yolo
        self._detector = self._make()

    def _make(self) -> Detector:
        if self.config.detector == CLASSICAL:
            return Classical(self.config.blobs)
        if self.config.detector == NETWORK:
            return Network(self.config.blobs)
        return Yolo(self.yolo or YoloForm(), self.config.blobs)

    def fit(self, records: pa.Table) -> CountingPreprocessor:
        """Nothing is learned before scoring: each camera's background is, while it is looked at."""
        return self

    def new_history(self) -> CameraHistory:
        return CameraHistory(self.config)

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Frames of one camera in order, as the detector takes them.

        Args:
            records: with ``record_id``, ``time`` and ``frame``; colours red, green, blue.
            history: of the camera; a fresh one without.

        Returns:
            the detector's arrays, of those frames that it is asked about (see
            ``config.detector_fps``; of frames with a true mask all); notes for
            :func:`.gathering.gathered`. Refused are frames of another size than the first of the
            batch, and those that are not later than the one before.
        """
        memory: CameraHistory = self.new_history() if history is None else history
        ids = records.column("record_id").to_pylist()
        times = records.column("time").cast(pa.int64()).to_pylist()
        rejects, kept = Rejects(), []
        every: list[Seen] = []
        looks: list[Look] = []
        has_mask = pc.is_valid(records.column(MASK)).to_pylist()
        notes: dict[str, list[Any]] = {name: [] for name in _NOTES}
        shape: tuple[int, ...] | None = None
        size = (GRID_LEAST, GRID_LEAST)
        for row, frame in enumerate(frames_of(records.column(FRAME))):
            assert frame is not None  # the check refuses frames that are not there
            shape = shape or frame.shape
            if frame.shape != shape:
                told = {"received": _size(frame.shape), "expected": _size(shape)}
                rejects.add(row, ids[row], "frame_other_size", column=FRAME, **told)
                continue
            memory.look_at((frame.shape[0], frame.shape[1]))
            time_us = memory.clock.take(ids[row].rpartition("#")[0], times[row])
            if time_us is None:
                rejects.add(row, ids[row], "frame_late", column="time", received=times[row])
                continue
            small = shrunk(frame, self.config.scene.width)
            size = (small.shape[0], small.shape[1])
            seen = memory.camera.step(small, time_us / 1e6)
            is_asked = memory.ask(time_us, has_mask[row])
            if is_asked:
                looks.append(Look.of(memory.camera, seen, frame))
            every.append(seen)
            kept.append(row)
            notes["camera"].append(seen.state)
            notes["restarted"].append(seen.restarted)
            notes["time"].append(time_us)
            notes["size"].append((*size, *frame.shape[:2]))
            notes["asked"].append(is_asked)
        arrays = {name: np.array(notes[name], kind) for name, kind in _NOTES.items()}
        arrays["size"] = arrays["size"].reshape(-1, 4)
        arrays |= _truth(records, kept, every)
        given = self._detector.inputs(looks, size)
        alone = arrays["asked"].astype(np.int64) if self._detector.one_by_one else None
        return Prepared(given, np.array(kept, np.int64), rejects, parts=alone, notes=arrays)

    def gather(
        self, outputs: Mapping[str, np.ndarray], prepared: Prepared, history: Any = None
    ) -> Mapping[str, np.ndarray]:
        """Rows of tracks; see :func:`.gathering.gathered`."""
        memory = self.new_history() if history is None else history
        return gathered(outputs, prepared, memory, self._detector, self.config)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        yolo = None if self.yolo is None else to_dict(self.yolo)
        return {"config": to_dict(self.config), "yolo": yolo}, {}

    @classmethod
    def from_state(
        cls, state: dict[str, Any], arrays: dict[str, np.ndarray]
    ) -> CountingPreprocessor:
        yolo = None if state["yolo"] is None else from_dict(YoloForm, state["yolo"])
        return cls(from_dict(Config, state["config"]), yolo)


# Height and width of a picture where there is none.
GRID_LEAST = 16


def shrunk(frame: np.ndarray, width: int) -> np.ndarray:
    """A frame [H, W, C] at the width that things are looked for at, three colours.

    Example:
        >>> shrunk(np.zeros((720, 1280, 3), np.uint8), 320).shape
        (180, 320, 3)
    """
    if frame.shape[2] == 1:
        frame = cv2.cvtColor(frame, cv2.COLOR_GRAY2RGB)
    height, given = frame.shape[:2]
    if given <= width:
        return frame
    size = (width, max(round(height * width / given), GRID_LEAST))
    return cv2.resize(frame, size, interpolation=cv2.INTER_AREA)


def _truth(records: pa.Table, kept: list[int], seen: list[Seen]) -> dict[str, np.ndarray]:
    """True masks uint8 [n, H, W] of the kept records, made steady as these were, and which of them
    have one, bool [n].
    """
    if records.column(MASK).null_count == records.num_rows:
        return {}
    masks = list(frames_of(records.column(MASK)))
    shape = next((mask.shape for mask in masks if mask is not None), None)
    if shape is None:
        return {}
    every = np.zeros((len(kept), *shape[:2]), np.uint8)
    has = np.zeros(len(kept), bool)
    for at, (row, one) in enumerate(zip(kept, seen, strict=True)):
        mask = masks[row]
        if mask is not None and mask.shape == shape:
            every[at], has[at] = steadied(mask[..., 0], one), True
    return {"truth": every, "has_truth": has}


def steadied(mask: np.ndarray, seen: Seen) -> np.ndarray:
    """A true mask uint8 [H, W] of a frame, the shaking of the camera taken out as of the frame."""
    if seen.motion.is_still:
        return mask
    across = mask.shape[1] / seen.foreground.shape[1]
    matrix = seen.motion.matrix.copy()
    matrix[:, 2] *= across
    return replace(seen.motion, matrix=matrix).undone(mask, words=True)


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}x{shape[0]}x{shape[2]}"
