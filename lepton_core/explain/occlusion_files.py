"""Occlusion maps of pictures as files, for any task whose pictures a map can be made of."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.explain.files import FileExplainer, file_name
from lepton_core.explain.occlusion_map import occlusion_map, overlay
from lepton_core.images import decode, resize
from lepton_core.predictions import Predictions

# The longer side of what is written, in pixels; a map has 8 x 8 cells.
_LONGEST = 1024


class OcclusionOverlay(FileExplainer):
    """Each picture with what speaks for its label in red and what speaks against it in blue.

    About 80 variants of a picture are scored for one map. Colours are full where a picture's own
    map is strongest: two pictures do not compare.
    """

    formats: ClassVar[dict[str, str]] = {"overlay": "the picture with its map, as PNG"}
    usual: ClassVar[tuple[str, ...]] = ("overlay",)

    def write(self, record: pa.Table, scored: Predictions, folder: Path) -> None:
        import cv2

        record_id = record["record_id"][0].as_py()
        picture = decode(record["image"][0].as_py()["bytes"])
        if picture is None:
            raise DataError("explain.not_a_picture", record=record_id)
        height, width = picture.shape[:2]
        factor = min(_LONGEST / max(height, width), 1.0)
        small = resize(picture, (max(round(height * factor), 1), max(round(width * factor), 1)))
        seen = overlay(small, occlusion_map(self.pipeline, record))
        encoded = cv2.imencode(".png", cv2.cvtColor(seen, cv2.COLOR_RGB2BGR))[1]
        (folder / f"{file_name(record_id)}.overlay.png").write_bytes(encoded.tobytes())
