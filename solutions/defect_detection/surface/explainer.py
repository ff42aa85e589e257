"""What was found on each part, as files: the picture with boxes and map, and tables of defects."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from lepton_core.decision.sizes import measured
from lepton_core.predictions import Predictions

from ..part_files import PartExplainer, write_overlay

_OF_PART = ("record_id", "verdict", "probability")
_OF_DEFECT = (
    *("label", "x0", "y0", "x1", "y1", "length_px", "width_px", "area_px2"),
    *("length_mm", "width_mm", "area_mm2"),
)


class Explainer(PartExplainer):
    """Overlay of each part, and the defects of all parts as JSON and CSV."""

    formats: ClassVar[dict[str, str]] = {
        "overlay": "the picture with defects and map, as PNG",
        "json": "defects.json, a part an entry",
        "csv": "defects.csv, a defect a row",
    }
    told: ClassVar[str] = "defects"

    def write(self, record: pa.Table, scored: Predictions, folder: Path) -> None:
        row = scored.to_arrow().to_pylist()[0]
        scale = float(np.asarray(scored.raw["mm_per_px"])[0])
        table = measured(scored.columns["defects"], scale if np.isfinite(scale) else None)
        defects = table.drop_columns(["row"]).to_pylist()
        if "overlay" in self.asked.formats:
            write_overlay(record, scored.raw["map"][0], defects, row["verdict"], folder)
        told = {name: row[name] for name in row if name not in ("defects", "count")}
        mm = scale if np.isfinite(scale) else None
        self.parts.append({**told, "count": row["count"], "mm_per_px": mm, "defects": defects})

    @staticmethod
    def table(parts: list[dict[str, Any]]) -> pa.Table:
        """A row a defect; a part without any has one row, with the defect's cells empty.

        Args:
            parts: entries of ``defects.json``.
        """
        rows: list[dict[str, Any]] = []
        for part in parts:
            head = {name: part[name] for name in _OF_PART}
            for number, box in enumerate(part["defects"], 1):
                own = {name: box[name] for name in _OF_DEFECT}
                told = {"defect": number, "defect_probability": box["probability"]}
                rows.append({**head, **told, **own})
            if not part["defects"]:
                rows.append(head)
        kinds = {name: pa.string() for name in ("record_id", "verdict", "label")}
        names = (*_OF_PART, "defect", *_OF_DEFECT, "defect_probability")
        types = {"defect": pa.int64(), **kinds}
        fields = [pa.field(name, types.get(name, pa.float32())) for name in names]
        return pa.Table.from_pylist(rows, schema=pa.schema(fields))
