"""What was found on inspected parts, as files: the picture with its map, and tables of places."""

from __future__ import annotations

import json
from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.explain.files import Asked, FileExplainer, file_name
from lepton_core.images import decode, resize
from lepton_core.pipeline import Pipeline
from lepton_core.spreadsheet import to_csv

_MAP_STRENGTH = 0.45
# Below it a map tints nothing: every surface has places that are a little unusual.
_MAP_FROM = 0.1
_LEAST_SIDE = 480
_COLOURS = {"fail": (214, 39, 40), "unsure": (255, 152, 0), "pass": (44, 160, 44)}


class PartExplainer(FileExplainer):
    """An overlay of each part, and what was found on all of them as JSON and CSV.

    Attributes:
        told: what the tables are called.
        parts: an entry a part, filled by :meth:`write`.
    """

    usual: ClassVar[tuple[str, ...]] = ("overlay", "json", "csv")
    told: ClassVar[str] = ""

    def __init__(self, pipeline: Pipeline, asked: Asked) -> None:
        super().__init__(pipeline, asked)
        self.parts: list[dict[str, Any]] = []

    @staticmethod
    @abstractmethod
    def table(parts: list[dict[str, Any]]) -> pa.Table:
        """A row a place; a part without any has one row, with the place's cells empty."""

    def finish(self, folder: Path) -> None:
        if "json" in self.asked.formats:
            text = json.dumps(self.parts, ensure_ascii=False, indent=1)
            (folder / f"{self.told}.json").write_text(text + "\n", encoding="utf-8")
        if "csv" in self.asked.formats:
            (folder / f"{self.told}.csv").write_bytes(to_csv(self.table(self.parts)))


def write_overlay(
    record: pa.Table, shown: np.ndarray, defects: list[dict[str, Any]], verdict: str, folder: Path
) -> None:
    """Writes ``<record>.overlay.png``, see :func:`overlay`.

    Args:
        record: one row, with its picture.
        shown: float [h, w], 0..1.
        defects: what is drawn as boxes.
        verdict: of the part.
        folder: where to.

    Raises:
        DataError: ``explain.not_a_picture``.
    """
    image = record.column("image")[0].as_py()
    picture = decode(image["bytes"], channels=3)
    if picture is None:
        raise DataError("explain.not_a_picture", record=image["path"])
    drawn = overlay(picture, shown, defects, verdict)
    done, encoded = cv2.imencode(".png", cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))
    assert done
    name = file_name(str(record.column("record_id")[0].as_py()))
    (folder / f"{name}.overlay.png").write_bytes(encoded.tobytes())


def overlay(
    picture: np.ndarray, shown: np.ndarray, defects: list[dict[str, Any]], verdict: str
) -> np.ndarray:
    """The picture with its map as a tint, a box a defect, and a frame in the verdict's colour.

    Args:
        picture: uint8 [H, W, 3], red, green, blue.
        shown: probability of a defect [h, w], stretched over it.
        defects: with ``label``, ``probability`` and ``x0 y0 x1 y1`` in its pixels.
        verdict: ``pass``, ``fail`` or ``unsure``.

    Returns:
        uint8 [H', W', 3], enlarged by a whole number where the picture is small.
    """
    factor = max(1, _LEAST_SIDE // max(picture.shape[:2]))
    height, width = (side * factor for side in picture.shape[:2])
    drawn = cv2.resize(picture, (width, height), interpolation=cv2.INTER_NEAREST)
    heat = resize(np.ascontiguousarray(shown, np.float32), (height, width))
    strength = np.clip((heat - _MAP_FROM) / (1 - _MAP_FROM), 0, 1)[..., None] * _MAP_STRENGTH
    tint = np.array([255, 60, 0], np.float32)
    drawn = np.rint(drawn * (1 - strength) + tint * strength).astype(np.uint8)
    colour = _COLOURS[verdict]
    line = max(1, round(max(height, width) / 400))
    size = max(0.4, max(height, width) / 1400)
    for number, box in enumerate(defects, 1):
        x0, y0, x1, y1 = (round(box[name] * factor) for name in ("x0", "y0", "x1", "y1"))
        cv2.rectangle(drawn, (x0, y0), (x1 - 1, y1 - 1), colour, line)
        # Letters of any language do not stand in OpenCV's font: a number leads to the table.
        place = (x0, y0 - 3 if y0 > 14 * size * 2 else y1 + round(22 * size))
        cv2.putText(drawn, str(number), place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, line)
    cv2.rectangle(drawn, (0, 0), (width - 1, height - 1), colour, 2 * line)
    return drawn
