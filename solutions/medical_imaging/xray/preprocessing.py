"""Pictures to the array of the network; what is no picture of its kind is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pyarrow as pa

from lepton_core.pictures import PicturePreprocessor
from lepton_core.preprocessing import Prepared

from .gate import Gate
from .gate_records import foreign

FORMATS = ("dicom", "nifti")


class Preprocessor(PicturePreprocessor):
    """Decoded, stretched to a square, and looked at by the gate where there is one.

    Args:
        side: height and width in pixels.
        channels: 1 for grey, 3 for colour.

    Attributes:
        gate: what refuses pictures of another kind than it was fitted on; None refuses nothing.
    """

    def __init__(self, side: int = 112, channels: int = 1) -> None:
        super().__init__(side, side, channels, formats=FORMATS)
        self.gate: Gate | None = None

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Checked records [n] to ``x`` uint8 [m, side, side, channels] of those that are read."""
        prepared = super().transform(records)
        if self.gate is None or not len(prepared.kept):
            return prepared
        x, kept = prepared.arrays["x"], prepared.kept
        others = foreign(self.gate, x, records.column(self.column), kept)
        if not others:
            return prepared
        self.refuse(prepared.rejects, records, others)
        ok = ~np.isin(kept, list(others))
        return Prepared({"x": x[ok]}, kept[ok], prepared.rejects)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        own = {"side": self.height, "channels": self.channels}
        if self.gate is None:
            return own, {}
        state, arrays = self.gate.state()
        return {**own, "gate": state}, {f"gate.{name}": a for name, a in arrays.items()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        made = cls(state["side"], state["channels"])
        if "gate" in state:
            own = {n.removeprefix("gate."): a for n, a in arrays.items() if n.startswith("gate.")}
            made.gate = Gate.from_state(state["gate"], own)
        return made
