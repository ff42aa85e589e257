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
from .changes import areas_of
from .channels import EDGE, GAP_CHANNELS
from .config import ScoreConfig
from .maps import MOST_REGIONS, SIDE, regions, score_of, small, smoothed
from .profile import Profile, figures_of

_OWN = "profile."
_SHARED = ("tile", "channels", "scale", "gate")


class Preprocessor(TiledPictures):
    """Each picture as `surface` takes it: its own scale, the gate, the region that is inspected.

    Args:
        grid: the tiles' size.
        channels: 1 for grey, 3 for colour.
        scale: factor by which all pictures are shrunk or enlarged.
        score: how a map becomes a score.
        limit: value of the map from which a place is marked; infinity marks nothing.

    Attributes:
        profile: what contrasts are usual (`method=contrast`); None for maps of a network.
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
        self.profile: Profile | None = None

    def gather(
        self, outputs: Mapping[str, np.ndarray], prepared: Prepared, history: Any = None
    ) -> Mapping[str, np.ndarray]:
        """One row a part: ``score`` [n], ``map`` [n, 96, 96] and ``regions`` [n, K, 6], float32.

        Args:
            outputs: of the tiles ``map`` float32 [t, h, w], higher is stranger, or ``cells``
                [t, h, w, D], contrasts.
            prepared: of :meth:`transform`.
        """
        assert prepared.parts is not None
        tiles = next(iter(outputs.values()))
        scores, maps, found = [], [], []
        ends = np.cumsum(prepared.parts).tolist()
        for count, end, size in zip(prepared.parts, ends, prepared.notes["size"], strict=True):
            height, width = (int(side) for side in size)
            score, cells = self.judged(tiles[end - int(count) : end], (height, width))
            scores.append(score)
            maps.append(small(cells))
            own = (round(height / self.scale), round(width / self.scale))
            stride = self.grid.height / tiles.shape[1] / self.scale
            found.append(regions(cells, self.limit, own, stride))
        return {
            "score": np.array(scores, np.float32),
            "map": np.array(maps, np.float32).reshape(-1, SIDE, SIDE),
            "regions": np.array(found, np.float32).reshape(-1, MOST_REGIONS, 6),
        }

    def judged(self, tiles: np.ndarray, size: tuple[int, int]) -> tuple[float, np.ndarray]:
        """Score and smoothed map of a picture from what is said of its tiles.

        Args:
            tiles: float32 [t, h, w], or contrasts [t, h, w, D].
            size: height and width of the picture as it was cut.

        Returns:
            the score, and float32 [rows, columns]; outside the region that is inspected nothing is
            strange.
        """
        if tiles.ndim == 4 and self.profile is not None:
            gaps, areas = self.contrasts(tiles, size)
            cells = np.concatenate([gaps, self.profile.units.distances(areas)], axis=-1)
            places = self._inside(self.profile.map_of(cells), size)
            return self.profile.score(figures_of(cells)), places
        whole = self.grid.join(tiles[..., None], *size)[..., 0]
        found = self._inside(smoothed(whole, self.score), size)
        return score_of(found, self.score), found

    def contrasts(
        self, tiles: np.ndarray, size: tuple[int, int]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """A picture's contrasts from those of its tiles, without those of its edge.

        Args:
            tiles: what `model_contrast` says of them, float32 [t, h, w, D].
            size: height and width of the picture as it was cut.

        Returns:
            gaps, float32 [rows, columns, ``GAP_CHANNELS``], not a number where nothing is looked
            at; and the areas whose changes count, see :func:`.changes.areas_of`.
        """
        joined = self.grid.join(tiles, *size)
        looked_at = self._looked_at(size, joined.shape[:2])
        inside = np.zeros(joined.shape[:2], bool)
        inside[EDGE:-EDGE, EDGE:-EDGE] = True
        if looked_at is not None:
            inside &= looked_at
        count = len(GAP_CHANNELS)
        joined[~inside, :count] = np.nan
        return joined[..., :count], areas_of(joined[..., count:], looked_at)

    def _inside(self, cells: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        looked_at = self._looked_at(size, cells.shape)
        if looked_at is None:
            return cells
        return np.where(looked_at, cells, cells[looked_at].min(initial=cells.max()))

    def _looked_at(self, size: tuple[int, int], shape: tuple[int, ...]) -> np.ndarray | None:
        """Which cells are inspected, bool [rows, columns]; None for all."""
        if self.region is None:
            return None
        inside = self.region.inside(*size).astype(np.uint8)
        small_size = (shape[1], shape[0])
        return cv2.resize(inside, small_size, interpolation=cv2.INTER_NEAREST) != 0

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        whole, arrays = super().state()
        told = {name: whole[name] for name in _SHARED if name in whole}
        # JSON knows no infinity.
        limit = float(self.limit) if np.isfinite(self.limit) else None
        if self.profile is not None:
            own = self.profile.to_arrays()
            arrays = arrays | {f"profile.{name}": values for name, values in own.items()}
        return {**told, "score": asdict(self.score), "limit": limit}, arrays

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        told = {name: state[name] for name in _SHARED if name in state}
        made = super().from_state(told, arrays)
        made.score = ScoreConfig(**state["score"])
        made.limit = np.inf if state["limit"] is None else state["limit"]
        own = {n.removeprefix(_OWN): a for n, a in arrays.items() if n.startswith(_OWN)}
        made.profile = Profile.from_arrays(own) if own else None
        return made
