"""What was found in a part, as a table: class, probability, sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.decision.detect import Detect
from lepton_core.decision.sizes import measured
from lepton_core.messages import t
from lepton_core.ui.figures import table_height

from .dashboard_part_drawing import class_color
from .dashboard_parts import Parts

_TABLE = "defect_detection.part.table"


def defect_table(parts: Parts, row: int) -> pa.Table:
    """The defects of a part, a row each, numbered as they are in the picture.

    Sizes are in millimetres where the picture's scale is known, otherwise in pixels.
    """
    scale = float(parts.scale[row])
    table = measured(parts.defects.slice(row, 1), scale if scale > 0 else None)
    unit, square = ("mm", "mm2") if scale > 0 else ("px", "px2")
    n = table.num_rows
    columns: dict[str, Any] = {
        "number": pa.array(range(1, n + 1), pa.int64()),
        "label": [parts.name(str(name)) for name in table["label"].to_pylist()],
        # Never certain: 100.0% would say that nothing can be wrong.
        "probability": np.clip(100.0 * table["probability"].to_numpy(), 0.1, 99.9),
        **_counts(parts, table),
        "length": table[f"length_{unit}"],
        "width": table[f"width_{unit}"],
        "area": table[f"area_{square}"],
        "place": [
            f"{x:.0f}, {y:.0f}"
            for x, y in zip(table["x0"].to_pylist(), table["y0"].to_pylist(), strict=True)
        ],
    }
    return pa.table(columns)


def _counts(parts: Parts, table: pa.Table) -> dict[str, list[bool]]:
    """Which defects are probable enough to count; nothing for a model of good parts."""
    decision = parts.decision
    if not isinstance(decision, Detect):
        return {}
    floors = dict(zip(decision.defects, decision.thresholds, strict=True))
    pairs = zip(table["label"].to_pylist(), table["probability"].to_pylist(), strict=True)
    return {"counts": [share >= np.float32(floors[name]) for name, share in pairs]}


def show_defects(parts: Parts, row: int) -> None:
    """Draw the table, or say that nothing was found."""
    if not len(parts.boxes(row)):
        st.caption(t(f"{_TABLE}.none"))
        return
    table, config = defect_table(parts, row), st.column_config
    unit = "mm" if parts.scale[row] > 0 else "px"
    names = {name: t(f"{_TABLE}.{name}") for name in ("length", "width", "area")}
    st.dataframe(
        table,
        hide_index=True,
        height=table_height(table.num_rows, 320),
        key=f"defect.table.{parts.scored.key}.{row}",
        column_config={
            "number": config.NumberColumn("#", width=30),
            "label": config.TextColumn(t(f"{_TABLE}.label"), width=80),
            "probability": config.ProgressColumn(
                t(f"{_TABLE}.{'strange' if parts.is_outlier else 'probability'}"),
                format="%.1f%%",
                min_value=0.0,
                max_value=100.0,
                width=82,
            ),
            "length": config.NumberColumn(names["length"], format="%.1f", width=58),
            "width": config.NumberColumn(names["width"], format="%.1f", width=58),
            "area": config.NumberColumn(names["area"], format="%.1f", width=58),
            "place": config.TextColumn(t(f"{_TABLE}.place"), width=58),
            "counts": config.CheckboxColumn(
                t(f"{_TABLE}.counts"), width=52, help=t(f"{_TABLE}.counts_help")
            ),
        },
        alt=t(f"{_TABLE}.title"),
    )
    st.caption(t(f"{_TABLE}.{'no_scale' if unit == 'px' else 'scaled'}"))


def legend(parts: Parts, row: int) -> str:
    """Which color is which class, for the classes in a part, as HTML; empty for none."""
    from html import escape

    labels = dict.fromkeys(str(box["label"]) for box in parts.boxes(row))
    return " ".join(
        f'<span style="white-space:nowrap;margin-right:.8rem">'
        f'<span style="color:{class_color(parts.decision.classes, name)}">■</span> '
        f"{escape(parts.name(name))}</span>"
        for name in labels
    )
