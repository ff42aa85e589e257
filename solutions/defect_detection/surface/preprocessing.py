"""Pictures of parts to tiles, and what the network says of the tiles back to the part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import cv2
import numpy as np
import pyarrow as pa

from lepton_core.images import decode_each, resize
from lepton_core.picture_gate import PictureGate
from lepton_core.preprocessing import Prepared
from lepton_core.preprocessing import Preprocessor as Base
from lepton_core.rejects import Refusal, Rejects
from lepton_core.tiles import TileGrid

from .merging import CANDIDATES, MAP_SIDE, Merging
from .region import Region

IMAGE, SCALE = "image", "mm_per_px"


class Preprocessor(Base):
    """Decoded, looked at by the gate, cut into tiles; gathers what is said of the tiles.

    Args:
        grid: the tiles.
        channels: 1 for grey, 3 for colour.
        scale: by how much pictures are enlarged before they are cut.
        mm_per_px: millimetres a pixel of the original where a record does not say; 0 unknown.
        places: what the network tells of places: ``candidates``, ``pixels`` or nothing.
        pixel_threshold: probability from which a pixel belongs to a defect, 0..1.
        least_area: area in square pixels below which connected pixels are no defect.

    Attributes:
        region: what is inspected; None for all.
        gate: what refuses pictures unlike those of training; None refuses nothing.
    """

    has_parts: ClassVar[bool] = True

    def __init__(
        self,
        grid: TileGrid,
        channels: int = 1,
        scale: float = 1.0,
        mm_per_px: float = 0.0,
        places: str = "",
        pixel_threshold: float = 0.5,
        least_area: float = 12.0,
    ) -> None:
        if channels not in (1, 3) or not scale > 0 or not mm_per_px >= 0:
            raise ValueError(
                "channels is 1 or 3, scale above 0, mm_per_px 0 or more. "
                f"Received: channels={channels}, scale={scale}, mm_per_px={mm_per_px}"
            )
        self.grid, self.channels = grid, channels
        self.scale, self.mm_per_px = scale, mm_per_px
        self.places, self.pixel_threshold = places, pixel_threshold
        self.least_area = least_area
        self.region: Region | None = None
        self.gate: PictureGate | None = None

    def fit(self, records: pa.Table) -> Self:
        """Nothing more is learned: tile size, threshold and gate are set by training."""
        return self

    def picture(self, decoded: np.ndarray) -> np.ndarray:
        """A decoded picture uint8 [H, W, C] at the size that it is cut at."""
        if self.scale == 1.0:
            return decoded
        height, width = (max(round(side * self.scale), 1) for side in decoded.shape[:2])
        return resize(decoded, (height, width))

    def seen(self, picture: np.ndarray) -> np.ndarray:
        """What the network sees of a picture at that size: outside the region nothing of it."""
        return picture if self.region is None else self.region.filled(picture)

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Checked records [n] to ``x`` uint8 [tiles, height, width, C] of those that are read."""
        tiles, kept, sizes, originals, rejects = [], [], [], [], Rejects()
        for row, decoded in enumerate(decode_each(records[IMAGE], channels=self.channels)):
            if isinstance(decoded, Refusal):
                self._refuse(rejects, records, row, decoded)
                continue
            picture = self.picture(decoded)
            refusal = None if self.gate is None else self.gate.refusal(picture)
            if refusal is not None:
                self._refuse(rejects, records, row, refusal)
                continue
            tiles.append(self.grid.cut(self.seen(picture)))
            kept.append(row)
            sizes.append(picture.shape[:2])
            originals.append(decoded.shape[:2])
        shape = (0, self.grid.height, self.grid.width, self.channels)
        rows = np.array(kept, np.int64)
        return Prepared(
            {"x": np.concatenate([np.empty(shape, np.uint8), *tiles])},
            rows,
            rejects,
            parts=np.array([len(one) for one in tiles], np.int64),
            notes={
                "size": np.array(sizes, np.int64).reshape(-1, 2),
                "original": np.array(originals, np.int64).reshape(-1, 2),
                SCALE: self._scales(records)[rows],
            },
        )

    def gather(
        self, outputs: Mapping[str, np.ndarray], prepared: Prepared, history: Any = None
    ) -> Mapping[str, np.ndarray]:
        """One row a part: ``score``, ``candidates``, ``map`` and ``mm_per_px``.

        Args:
            outputs: ``image`` [tiles, 1 + C], and ``candidates`` or ``pixels`` of the tiles.
            prepared: of n parts.

        Returns:
            ``score`` float32 [n, 1 + C]: logits, no defect first. ``candidates`` [n, 300, 5 + C]:
            x0 y0 x1 y1 and area in pixels of the original, logits of the defect classes, -30 where
            there is none. ``map`` [n, 96, 96]: probability of a defect, stretched over the picture.
            ``mm_per_px`` [n], not a number where not known.
        """
        assert prepared.parts is not None
        merging = self.merging
        ends = np.cumsum(prepared.parts)
        parts = []
        for row, end in enumerate(ends.tolist()):
            rows = slice(end - int(prepared.parts[row]), end)
            size = tuple(int(side) for side in prepared.notes["size"][row])
            own = {name: values[rows] for name, values in outputs.items()}
            parts.append(merging.part(own, (size[0], size[1])))
        classes = outputs["image"].shape[1]
        empty = {
            "score": np.empty((0, classes), np.float32),
            "candidates": np.empty((0, CANDIDATES, 4 + classes), np.float32),
            "map": np.empty((0, MAP_SIDE, MAP_SIDE), np.float32),
        }
        found = {name: np.concatenate([a, *(p[name] for p in parts)]) for name, a in empty.items()}
        return {**found, SCALE: prepared.notes[SCALE]}

    def defective_pixels(self, outputs: Mapping[str, np.ndarray], one: Prepared) -> np.ndarray:
        """Class number of each pixel of one part's original picture, 0 for none, uint8 [H, W].

        Args:
            outputs: ``pixels`` of its tiles.
            one: the part by itself.
        """
        size, original = (tuple(one.notes[name][0].tolist()) for name in ("size", "original"))
        found = self.merging.classes(outputs["pixels"], size)
        if size == original:
            return found
        return cv2.resize(found, original[::-1], interpolation=cv2.INTER_NEAREST)

    @property
    def merging(self) -> Merging:
        """What puts tiles together, with the settings as they are."""
        return Merging(
            self.grid,
            self.scale,
            self.places,
            self.pixel_threshold,
            self.least_area,
            self.region,
        )

    def _scales(self, records: pa.Table) -> np.ndarray:
        """Millimetres a pixel of each record, float32 [n]; not a number where not known."""
        usual = np.float32(self.mm_per_px or np.nan)
        if SCALE not in records.column_names:
            return np.full(records.num_rows, usual, np.float32)
        own = records[SCALE].cast(pa.float32()).to_numpy().astype(np.float32)
        return np.where(own > 0, own, usual)

    def _refuse(self, rejects: Rejects, records: pa.Table, row: int, refusal: Refusal) -> None:
        told = {"column": IMAGE, "received": records[IMAGE][row]["path"].as_py()}
        record_id = records["record_id"][row].as_py()
        rejects.add(row, record_id, refusal.key, **told, **refusal.values)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        grid = self.grid
        told: dict[str, Any] = {
            "tile": {"height": grid.height, "width": grid.width, "overlap": grid.overlap},
            "channels": self.channels,
            "scale": self.scale,
            "mm_per_px": self.mm_per_px,
            "places": self.places,
            "pixel_threshold": self.pixel_threshold,
            "least_area": self.least_area,
        }
        arrays: dict[str, np.ndarray] = {}
        if self.region is not None:
            arrays["region"] = self.region.mask
        if self.gate is not None:
            told["gate"], own = self.gate.state()
            arrays |= {f"gate.{name}": values for name, values in own.items()}
        return told, arrays

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        given = {name: value for name, value in state.items() if name not in ("tile", "gate")}
        made = cls(TileGrid(**state["tile"]), **given)
        if "region" in arrays:
            made.region = Region(arrays["region"])
        if "gate" in state:
            own = {n.removeprefix("gate."): a for n, a in arrays.items() if n.startswith("gate.")}
            made.gate = PictureGate.from_state(state["gate"], own)
        return made
