"""A network whose answers are known: what is dark is a defect, and light spots are another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa

from lepton_core.decision.detect import Detect
from lepton_core.pipeline import Pipeline
from lepton_core.records.pictures import IMAGE_TYPE
from lepton_core.runtime.base import Runtime
from lepton_core.solution import find_task
from lepton_core.tiles import TileGrid
from solutions.defect_detection.surface.preprocessing import Preprocessor

TASK = find_task("defect_detection/surface")
CLASSES = ("good", "hole", "blob")
GREY, DARK, LIGHT = 120, 20, 240
STRIDE = 4


class Seeing(Runtime):
    """Dark pixels are class 1, light ones class 2; either as pixels or as the boxes around them.

    Args:
        places: ``pixels`` or ``candidates``.
    """

    name = "seeing"

    def __init__(self, places: str) -> None:
        self.places = places

    @classmethod
    def open(cls, folder: Path, threads: int | None = None) -> Seeing:
        return cls("pixels")

    def roles(self) -> tuple[str, ...]:
        return ("main",)

    def input_shapes(self, role: str) -> dict[str, tuple[int | None, ...]]:
        return {"x": (None, 128, 128, 1)}

    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        kinds = np.stack([inputs["x"][..., 0] < 60, inputs["x"][..., 0] > 200], axis=-1)
        seen = kinds.any(axis=(1, 2))
        image = np.concatenate([np.zeros((len(seen), 1)), np.where(seen, 4.0, -4.0)], axis=1)
        found = {"image": image.astype(np.float32)}
        if self.places == "pixels":
            n, h, w, _ = kinds.shape
            cells = kinds.reshape(n, h // STRIDE, STRIDE, w // STRIDE, STRIDE, 2).mean(axis=(2, 4))
            logits = np.where(cells >= 0.5, 6.0, -6.0)
            nothing = np.zeros((*logits.shape[:3], 1))
            found["pixels"] = np.concatenate([nothing, logits], axis=3).astype(np.float32)
        else:
            found["candidates"] = np.stack([_boxes(one) for one in kinds])
        return found


def _boxes(kinds: np.ndarray) -> np.ndarray:
    """Candidates float32 [20, 6] around the connected pixels of both kinds."""
    rows = np.full((20, 6), -30, np.float32)
    place = 0
    for kind in (0, 1):
        _, _, stats, _ = cv2.connectedComponentsWithStats(kinds[..., kind].astype(np.uint8))
        for left, top, width, height, _ in stats[1:]:
            rows[place, :4] = left, top, left + width, top + height
            rows[place, 4 + kind] = 4.0
            place += 1
    return rows


def inspecting(places: str = "candidates", **settings: object) -> Pipeline:
    """A pipeline over tiles of 128 that overlap by 64.

    Args:
        places: what the network tells.
        settings: further ones of the preprocessor.
    """
    preprocessor = Preprocessor(TileGrid(128, 128, 64), places=places, **settings)  # type: ignore[arg-type]
    decision = Detect(CLASSES, (0.5, 0.5), fitted_on={"n": 1})
    return Pipeline(TASK, "defect_detection/surface@seeing", preprocessor, Seeing(places), decision)


def picture(height: int, width: int, *defects: tuple[int, int, int, int, int]) -> np.ndarray:
    """A grey part with rectangles x0, y0, x1, y1 of a grey value, uint8 [height, width]."""
    made = np.full((height, width), GREY, np.uint8)
    for x0, y0, x1, y1, value in defects:
        made[y0:y1, x0:x1] = value
    return made


def records(*pictures: np.ndarray, **columns: list[object]) -> pa.Table:
    """Raw records of pictures, ``0.png`` and so on."""
    images = [
        {"path": f"{at}.png", "bytes": cv2.imencode(".png", one)[1].tobytes(), "sha256": None}
        for at, one in enumerate(pictures)
    ]
    names = [image["path"] for image in images]
    return pa.table({"record_id": names, "image": pa.array(images, IMAGE_TYPE), **columns})


def found(pipeline: Pipeline, *pictures: np.ndarray, **columns: list[object]) -> list[list[list]]:
    """Label and corners of the defects of each part, sorted."""
    defects = pipeline.score(records(*pictures, **columns)).columns["defects"].to_pylist()
    return [
        sorted([box["label"], *(box[name] for name in ("x0", "y0", "x1", "y1"))] for box in row)
        for row in defects
    ]
