"""A detector of your own: an ONNX file with YOLO-type output, behind the same interface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from lepton_core.decision.overlap import thinned
from lepton_core.errors import UsageError

from .blobs import Blobs
from .config import BlobConfig
from .detectors import Detector, Look
from .size_classes import OF_COCO, SIZES

# The grey that Darknet and all after it fill the margins of a picture with.
_MARGIN = 114
# The vehicles among the classes of COCO: bicycle, car, motorcycle, bus, truck.
COCO_VEHICLES, COCO_CLASSES = (1, 2, 3, 5, 7), 80
# Boxes that overlap more are one thing.
_SAME = 0.5
# Less sure boxes are dropped; those in between go on with tracks only.
_LEAST_SURE = 0.1
_LAYOUTS = ("rows", "columns", "boxes")


@dataclass(frozen=True)
class YoloForm:
    """What the file takes and gives.

    Args:
        source: name of its input, float32 [n, 3, size, size], red green blue in 0..1.
        result: name of its output.
        size: side of the square picture in pixels.
        layout: ``rows`` [n, boxes, 4 + 1 + classes] with the sureness of any thing before those of
            the classes (YOLOv5); ``columns`` [n, 4 + classes, boxes] (YOLOv8 and after);
            both with middle, width and height in pixels; ``boxes`` [n, boxes, 6] with corners,
            sureness and class, each thing once (YOLOv10 and exports that select boxes).
        classes: numbers of those that are vehicles.
    """

    source: str = "images"
    result: str = "output0"
    size: int = 640
    layout: str = "columns"
    classes: tuple[int, ...] = COCO_VEHICLES

    @classmethod
    def of(cls, path: str) -> YoloForm:
        """Found out from a file.

        Raises:
            UsageError: ``traffic_video.counting.error.yolo``, with what is wrong with it.
        """
        import onnxruntime

        try:
            session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        # onnxruntime raises its own classes, unrelated to each other, for a bad file.
        except Exception as error:
            reason = str(error).splitlines()[0][:160]
            raise _wrong(path, f"it cannot be loaded ({reason})") from error
        if len(session.get_inputs()) != 1:
            raise _wrong(path, f"it has {len(session.get_inputs())} inputs")
        node = session.get_inputs()[0]
        if len(node.shape) != 4 or node.shape[1] != 3 or node.type != "tensor(float)":
            raise _wrong(path, f"its input is {node.type} {node.shape}")
        sides = [side for side in node.shape[2:] if isinstance(side, int)]
        if len(set(sides)) > 1:
            raise _wrong(path, f"its input is not square: {node.shape}")
        size = sides[0] if sides else 640
        trial = np.zeros((1, 3, size, size), np.float32)
        result = session.get_outputs()[0].name
        try:
            found = session.run([result], {node.name: trial})[0]
        except Exception as error:
            raise _wrong(path, f"it fails on a picture ({str(error)[:120]})") from error
        layout = _layout(np.shape(found))
        if layout is None:
            raise _wrong(path, f"its output is {list(np.shape(found))}")
        return cls(node.name, result, size, layout)


class Yolo(Detector):
    """A detector file at work.

    Args:
        form: what it takes and gives.
        config: how large things are at least.
    """

    one_by_one = True

    def __init__(self, form: YoloForm, config: BlobConfig) -> None:
        self._form, self._config = form, config

    def inputs(self, looks: Sequence[Look], size: tuple[int, int]) -> dict[str, np.ndarray]:
        side = self._form.size
        x = np.empty((len(looks), 3, side, side), np.float32)
        for row, look in enumerate(looks):
            x[row] = letterbox(look.original, side).transpose(2, 0, 1) / np.float32(255.0)
        return {self._form.source: x}

    def things(self, outputs: Mapping[str, np.ndarray], row: int, size: tuple[int, int]) -> Blobs:
        box, sure, number = self._boxes(outputs[self._form.result][row])
        keep = thinned(box, sure, _SAME)
        # Letterboxed around the picture's middle; of the same shape at any scale.
        scale = self._form.size / max(size)
        margin = (np.array(size[::-1]) * scale - self._form.size) / 2
        placed = (box[keep] + np.tile(margin, 2)) / scale
        low, high = np.zeros(4), np.array([size[1], size[0], size[1], size[0]])
        placed = np.clip(placed, low, high).astype(np.float32)
        area = (placed[:, 2:] - placed[:, :2]).prod(axis=1)
        sizes = sizes_of(number[keep])
        found = Blobs(placed, area, sure[keep].astype(np.float32), sizes=sizes)
        return found.take(np.flatnonzero(area >= self._config.least_area * size[0] * size[1]))

    def _boxes(self, said: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Corners [m, 4] in pixels of the input, how sure each is a vehicle [m], its class [m]."""
        form = self._form
        if form.layout == "boxes":
            is_one = np.isin(said[:, 5].astype(np.int64), form.classes)
            rows = said[is_one & (said[:, 4] >= _LEAST_SURE)]
            # How many classes there are cannot be seen here, so what they mean is not known.
            unknown = np.full(len(rows), -1, np.int64)
            return rows[:, :4].astype(np.float64), rows[:, 4], unknown
        rows = said.T if form.layout == "columns" else said
        scores = rows[:, 4:] if form.layout == "columns" else rows[:, 5:] * rows[:, 4:5]
        wanted = [number for number in form.classes if number < scores.shape[1]]
        # A detector with one class knows nothing but vehicles.
        of_wanted = scores[:, wanted or [0]]
        sure, number = of_wanted.max(axis=1), np.array(wanted or [0])[of_wanted.argmax(axis=1)]
        if scores.shape[1] != COCO_CLASSES:  # what its classes mean is not known
            number[:] = -1
        keep = sure >= _LEAST_SURE
        rows = rows[keep]
        half = rows[:, 2:4] / 2
        corners = np.concatenate([rows[:, :2] - half, rows[:, :2] + half], axis=1)
        return corners, sure[keep], number[keep]


def sizes_of(numbers: np.ndarray) -> np.ndarray:
    """Of classes of COCO [m] which of ``SIZES`` they are, float32 [m, 3]; NaN of others.

    Example:
        >>> sizes_of(np.array([7, 2, 99])).tolist()
        [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [nan, nan, nan]]
    """
    found = np.full((len(numbers), len(SIZES)), np.nan, np.float32)
    for row, number in zip(found, numbers.tolist(), strict=True):
        if number in OF_COCO:
            row[:] = 0.0
            row[OF_COCO[number]] = 1.0
    return found


def letterbox(picture: np.ndarray, side: int) -> np.ndarray:
    """A picture [h, w, 3] in the middle of a grey square [side, side, 3]."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else 1)
    out = np.full((side, side, 3), _MARGIN, np.uint8)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    out[top : top + size[1], left : left + size[0]] = small
    return out


def _layout(shape: tuple[int, ...]) -> str | None:
    if len(shape) != 3 or shape[0] != 1:
        return None
    if shape[2] == 6 and shape[1] <= 1000:
        return "boxes"
    if shape[1] < shape[2] and shape[1] >= 5:
        return "columns"
    return "rows" if shape[2] >= 6 else None


def _wrong(path: str, fault: str) -> UsageError:
    return UsageError("traffic_video.counting.error.yolo", path=path, fault=fault)
