"""Several views of each picture, their outputs averaged: test-time augmentation as an option.

A picture moved by a few pixels is the same picture to a reader, and not quite to a network. The
mean over such copies is steadier; it costs as many runs of the model. The bundle stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lepton_core.errors import UsageError
from lepton_core.runtime.base import Runtime

# Down and right, as multiples of the step; the first is the picture as it is.
_MOVES = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1))
MOST_VIEWS = len(_MOVES)
# Of the shorter side: three pixels of 224, one of 28.
_STEP = 0.0125


class ViewsRuntime(Runtime):
    """Another runtime, asked several times about each picture ``x`` uint8 [n, H, W, C].

    Copies are moved by a hundredth of the shorter side (at least a pixel) to the right, left, down,
    up and both ways; the edge is repeated. Every output is the mean over them; an output [n, h, w,
    K] (a map over the picture) is moved back before. A map's mean stays what it was, so that a
    score that is the mean of its map stays that.

    Args:
        runtime: what runs the model.
        views: copies of each picture, 1 to 9.

    Raises:
        UsageError: ``usage.views`` for another number; ``usage.views_pictures`` where the model
            takes no pictures.
    """

    def __init__(self, runtime: Runtime, views: int) -> None:
        if not 1 <= views <= MOST_VIEWS:
            raise UsageError("usage.views", received=views, most=MOST_VIEWS)
        roles = runtime.roles()
        inputs = runtime.input_shapes("main") if "main" in roles else {}
        if list(inputs) != ["x"] or len(inputs["x"]) != 4:
            raise UsageError("usage.views_pictures")
        self._runtime, self._moves = runtime, _MOVES[:views]
        self.name, self.views = runtime.name, views

    @classmethod
    def open(cls, folder: Path, threads: int | None = None) -> ViewsRuntime:
        """The default runtime over a folder's models, with five views."""
        from lepton_core.runtime.onnx import OnnxRuntime

        return cls(OnnxRuntime.open(folder, threads), 5)

    def roles(self) -> tuple[str, ...]:
        return self._runtime.roles()

    def input_shapes(self, role: str) -> dict[str, tuple[int | None, ...]]:
        return self._runtime.input_shapes(role)

    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        if role != "main" or not len(inputs["x"]):
            return self._runtime.run(role, inputs)
        x = inputs["x"]
        step = max(1, round(_STEP * min(x.shape[1:3])))
        total: dict[str, np.ndarray] = {}
        for down, right in self._moves:
            moved = _moved(x, down * step, right * step)
            for name, values in self._runtime.run(role, {"x": moved}).items():
                back = values
                if values.ndim == 4:
                    rows, columns = (
                        v / p for v, p in zip(values.shape[1:3], x.shape[1:3], strict=True)
                    )
                    back = _moved_back(values, down * step * rows, right * step * columns)
                total[name] = back if name not in total else total[name] + back
        return {name: values / np.float32(len(self._moves)) for name, values in total.items()}


def _moved(x: np.ndarray, down: int, right: int) -> np.ndarray:
    """Pictures moved by whole pixels, the edge repeated."""
    if not (down or right):
        return x
    rows = np.clip(np.arange(x.shape[1]) - down, 0, x.shape[1] - 1)
    columns = np.clip(np.arange(x.shape[2]) - right, 0, x.shape[2] - 1)
    return x.take(rows, 1).take(columns, 2)


def _moved_back(values: np.ndarray, down: float, right: float) -> np.ndarray:
    """Maps [n, h, w, K] moved up and to the left by parts of a cell, each mean kept."""
    out = values
    for axis, move in ((1, down), (2, right)):
        size = values.shape[axis]
        place = np.clip(np.arange(size) + move, 0, size - 1)
        low = np.floor(place).astype(np.int64)
        shape = [1, 1, 1, 1]
        shape[axis] = size
        share = (place - low).reshape(shape).astype(values.dtype)
        after = np.minimum(low + 1, size - 1)
        out = out.take(low, axis) * (1 - share) + out.take(after, axis) * share
    return out + (values.mean((1, 2), keepdims=True) - out.mean((1, 2), keepdims=True))
