"""Pictures to tiles, and the maps of their tiles back to score, map and regions of each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Self

import cv2
import numpy as np

from lepton_core.preprocessing import Prepared
from lepton_core.tiles import TileGrid

from ..surface.preprocessing import Preprocessor as TiledPictures
from .config import ScoreConfig
from .maps import MOST_REGIONS, SIDE, regions, score_of, small, smoothed

_SHARED = ("tile", "channels", "scale", "gate")


class Preprocessor(TiledPictures):
    """Each picture as `surface` takes it: its own scale, the gate, the region that is inspected.

    Args:
        grid: the tiles' size.
        channels: 1 for grey, 3 for colour.
        scale: factor by which all pictures are shrunk or enlarged.
        score: how a map becomes a score.
        limit: value of the map from which a place is marked; infinity marks nothing.
    """

    def __init__(
        self,
        grid: TileGrid,
        channels: int = 1,
        scale: float = 1.0,
        score: ScoreConfig | None = None,
        limit: float = np.inf,
    ) -> None:
        super().__init__(grid, channels, scale)
        self.score, self.limit = score or ScoreConfig(), limit

    def gather(
        self, outputs: Mapping[str, np.ndarray], prepared: Prepared
    ) -> Mapping[str, np.ndarray]:
        """One row a part: ``score`` [n], ``map`` [n, 96, 96] and ``regions`` [n, K, 6], float32.

        Args:
            outputs: ``map`` float32 [t, h, w] of the tiles, higher is stranger.
            prepared: of :meth:`transform`.
        """
        assert prepared.parts is not None
        scores, maps, found = [], [], []
        ends = np.cumsum(prepared.parts).tolist()
        for count, end, size in zip(prepared.parts, ends, prepared.notes["size"], strict=True):
            height, width = (int(side) for side in size)
            cells = self.joined(outputs["map"][end - int(count) : end], (height, width))
            scores.append(score_of(cells, self.score))
            maps.append(small(cells))
            own = (round(height / self.scale), round(width / self.scale))
            stride = self.grid.height / outputs["map"].shape[1] / self.scale
            found.append(regions(cells, self.limit, own, stride, self.score))
        return {
            "score": np.array(scores, np.float32),
            "map": np.array(maps, np.float32).reshape(-1, SIDE, SIDE),
            "regions": np.array(found, np.float32).reshape(-1, MOST_REGIONS, 6),
        }

    def joined(self, tiles: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """The smoothed map of a picture from those of its tiles.

        Args:
            tiles: float32 [t, h, w].
            size: height and width of the picture as it was cut.

        Returns:
            float32 [rows, columns]; outside the region that is inspected nothing is strange.
        """
        cells = np.ascontiguousarray(self.grid.join(tiles[..., None], *size)[..., 0])
        cells = smoothed(cells, self.score)
        if self.region is None:
            return cells
        inside = self.region.inside(*size).astype(np.uint8)
        rows, columns = cells.shape
        looked_at = cv2.resize(inside, (columns, rows), interpolation=cv2.INTER_NEAREST) != 0
        return np.where(looked_at, cells, cells[looked_at].min(initial=cells.max()))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        whole, arrays = super().state()
        told = {name: whole[name] for name in _SHARED if name in whole}
        # JSON knows no infinity.
        limit = float(self.limit) if np.isfinite(self.limit) else None
        return {**told, "score": asdict(self.score), "limit": limit}, arrays

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        told = {name: state[name] for name in _SHARED if name in state}
        made = super().from_state(told, arrays)
        made.score = ScoreConfig(**state["score"])
        made.limit = np.inf if state["limit"] is None else state["limit"]
        return made
