"""From what the network says of a picture's tiles to what is known of the part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from lepton_core.decision.candidates import GEOMETRY, NOTHING
from lepton_core.tiles import TileGrid, enlarged

from .components import components
from .region import Region

CANDIDATES = 300
MAP_SIDE = 96
# Boxes that overlap more than this are one to whoever decides, too.
_SAME = 0.7
# Share of a box that must lie in the region.
_INSIDE = 0.2


@dataclass(frozen=True)
class Merging:
    """Puts the outputs of one picture's tiles together.

    Args:
        grid: how it was cut.
        scale: by how much it was enlarged before.
        places: what tells where defects are: ``candidates``, ``pixels`` or nothing.
        pixel_threshold: probability from which a pixel belongs to a defect.
        least_area: of connected pixels, square pixels of the picture as it is cut.
        region: what is inspected; None for all.
    """

    grid: TileGrid
    scale: float
    places: str
    pixel_threshold: float
    least_area: float
    region: Region | None

    def part(
        self, outputs: Mapping[str, np.ndarray], size: tuple[int, int]
    ) -> dict[str, np.ndarray]:
        """What is known of one part.

        Args:
            outputs: ``image`` [t, 1 + C] and ``candidates`` or ``pixels`` of its tiles.
            size: height and width of the picture as it was cut.

        Returns:
            ``score`` [1, 1 + C]: logits, 0 for no defect; of each class that of the tile that looks
            most like it. ``candidates`` [1, 300, 5 + C] and ``map`` [1, 96, 96].
        """
        image = np.asarray(outputs["image"], np.float32)
        score = (image - image[:, :1]).max(axis=0)
        count = len(score) - 1
        boxes, area, logits = np.empty((0, 4)), np.empty(0), np.empty((0, count))
        shown = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
        if self.places == "candidates":
            boxes, area, logits = self._boxes(outputs["candidates"], size)
            shown = _painted(boxes, logits, size)
        elif self.places == "pixels":
            maps, stride = self.maps(outputs["pixels"], size)
            boxes, area, logits = components(
                maps, stride, size, self.pixel_threshold, self.least_area, CANDIDATES
            )
            shown = _shrunk(maps[..., 1:].max(axis=2))
        rows = np.zeros((CANDIDATES, GEOMETRY + count), np.float32)
        rows[:, GEOMETRY:] = NOTHING
        rows[: len(boxes), :4] = boxes / self.scale
        rows[: len(boxes), 4] = area / self.scale**2
        rows[: len(boxes), GEOMETRY:] = logits
        return {"score": score[None], "candidates": rows[None], "map": shown[None]}

    def maps(self, pixels: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, int]:
        """Probabilities of the picture's cells, float32 [h, w, 1 + C], and their stride in pixels.

        Args:
            pixels: logits [t, th, tw, 1 + C] of its tiles.
            size: height and width of the picture as it was cut.
        """
        logits = np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
        raised = np.exp(logits - logits.max(axis=0))
        maps = self.grid.join(np.moveaxis(raised / raised.sum(axis=0), 0, -1), *size)
        stride = self.grid.height // pixels.shape[1]
        if self.region is not None:
            # A cell counts where its middle does.
            h, w = maps.shape[:2]
            rows = np.minimum(np.arange(h) * stride + stride // 2, size[0] - 1)
            columns = np.minimum(np.arange(w) * stride + stride // 2, size[1] - 1)
            maps[~self.region.inside(*size)[rows[:, None], columns]] = np.eye(maps.shape[2])[0]
        return maps, stride

    def classes(self, pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Class number of each pixel of the picture as it was cut, 0 for none, uint8 [H, W].

        Args:
            pixels: logits [t, th, tw, 1 + C] of its tiles.
            size: height and width of the picture as it was cut.
        """
        maps, stride = self.maps(pixels, size)
        whole = enlarged(np.ascontiguousarray(1 - maps[..., 0]), stride, *size)
        above = (whole >= self.pixel_threshold).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(above, connectivity=8)
        large = stats[:, cv2.CC_STAT_AREA] >= self.least_area
        rows, columns = (np.arange(side) // stride for side in size)
        kinds = (maps[..., 1:].argmax(axis=2) + 1).astype(np.uint8)[rows[:, None], columns]
        return np.where((above > 0) & large[labels], kinds, np.uint8(0))

    def _boxes(
        self, candidates: np.ndarray, size: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        boxes, logits = self.grid.join_boxes(
            candidates[..., :4], candidates[..., 4:], *size, iou=_SAME, most=CANDIDATES
        )
        if self.region is not None:
            # A defect at the region's edge goes on beyond it, as at that of a picture.
            inside = self.region.inside(*size)
            ends = np.concatenate([np.floor(boxes[:, :2]), np.ceil(boxes[:, 2:])], axis=1)
            shares = [inside[y0:y1, x0:x1].mean() for x0, y0, x1, y1 in ends.astype(np.int64)]
            stays = np.array(shares) >= _INSIDE
            boxes, logits = boxes[stays], logits[stays]
        return boxes, np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), logits


def _shrunk(cells: np.ndarray) -> np.ndarray:
    """A map [h, w] as [96, 96], such that a single cell is not lost."""
    block = tuple(-(-side // MAP_SIDE) for side in cells.shape[::-1])
    if max(block) > 1:
        cells = cv2.dilate(cells, np.ones(block[::-1], np.uint8))
    cells = np.ascontiguousarray(cells)
    return np.asarray(cv2.resize(cells, (MAP_SIDE, MAP_SIDE), interpolation=cv2.INTER_LINEAR))


def _painted(boxes: np.ndarray, logits: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Boxes as a map [96, 96] of the likeliest that covers each place."""
    shown = np.zeros((MAP_SIDE, MAP_SIDE), np.float32)
    told = 0.5 * (1 + np.tanh(0.5 * logits.max(axis=1, initial=NOTHING)))
    spans = boxes * (MAP_SIDE / np.array([size[1], size[0]] * 2))
    low, high = np.floor(spans[:, :2]).astype(int), np.ceil(spans[:, 2:]).astype(int)
    # The likeliest last, over all others.
    for box in np.argsort(told, kind="stable"):
        (x0, y0), (x1, y1) = low[box], high[box]
        shown[y0:y1, x0:x1] = told[box]
    return shown
