"""What is strange on each part, as files: the picture with places and map, and tables of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from lepton_core.decision.outlier import Outlier
from lepton_core.predictions import Predictions

from ..heat import strange_level, strangeness
from ..part_files import PartExplainer, write_overlay

_OF_PART = ("record_id", "verdict", "p_value", "score")
_OF_PLACE = ("x0", "y0", "x1", "y1", "area", "probability")


class Explainer(PartExplainer):
    """Overlay of each part, and the strange places of all parts as JSON and CSV."""

    formats: ClassVar[dict[str, str]] = {
        "overlay": "the picture with strange places and map, as PNG",
        "json": "places.json, a part an entry",
        "csv": "places.csv, a strange place a row",
    }
    told: ClassVar[str] = "places"

    def write(self, record: pa.Table, scored: Predictions, folder: Path) -> None:
        row = scored.to_arrow().to_pylist()[0]
        places = row.pop("defects")
        if "overlay" in self.asked.formats:
            assert isinstance(self.pipeline.decision, Outlier)
            found = np.asarray(scored.raw["map"][0], np.float64)
            strange = strange_level(self.pipeline.decision, found)
            heat = strangeness(found, float(np.median(found)), strange)
            write_overlay(record, heat, places, row["verdict"], folder)
        self.parts.append({**row, "places": places})

    @staticmethod
    def table(parts: list[dict[str, Any]]) -> pa.Table:
        """A row a strange place; a part without any has one row, with the place's cells empty.

        Args:
            parts: entries of ``places.json``.
        """
        rows: list[dict[str, Any]] = []
        for part in parts:
            head = {name: part[name] for name in _OF_PART}
            for number, place in enumerate(part["places"], 1):
                rows.append({**head, "place": number, **{name: place[name] for name in _OF_PLACE}})
            if not part["places"]:
                rows.append(head)
        types = {"record_id": pa.string(), "verdict": pa.string(), "place": pa.int64()}
        names = (*_OF_PART, "place", *_OF_PLACE)
        fields = [pa.field(name, types.get(name, pa.float32())) for name in names]
        return pa.Table.from_pylist(rows, schema=pa.schema(fields))
