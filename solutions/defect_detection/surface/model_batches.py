"""Tiles with their truth in batches, varied anew in every epoch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from lepton_core.training.augmentation import Augmentation, augment
from lepton_core.training.fit import Batches
from lepton_core.training.picture_batches import balanced_order

from .config import Moves
from .pasting import defects_of, paste

# Share of a defect's area that must be left in the picture for it to be still called one.
_LEFT = 0.3
# In place of a class in the target of boxes: nobody said where the defects of this tile are.
UNTOLD = -1.0


@dataclass(frozen=True)
class Tiles:
    """What is learned from.

    Args:
        x: uint8 [n, height, width, C].
        image: int64 [n], class number of each, 0 for good.
        classes: names of the defect classes, number 1 first.
        boxes: float32 [k, 5] of each tile: class number 1.., x0 y0 x1 y1 in pixels; None for none
            at all.
        masks: uint8 [n, height, width], class number of each pixel, 0 for none; None for none at
            all.
        valid: bool [n, height, width], the pixels that count; None for all.
        told: bool [n], the tiles of which somebody said where the defects are (nowhere, in a good
            one). Of the others only ``image`` is learned: what nobody marked is no background.
            None for all.
    """

    x: np.ndarray
    image: np.ndarray
    classes: tuple[str, ...]
    boxes: list[np.ndarray] | None = None
    masks: np.ndarray | None = None
    valid: np.ndarray | None = None
    told: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.x)


class TileBatches(Batches):
    """Tiles and what the heads shall say of them.

    Args:
        tiles: what is learned from.
        batch_size: tiles a batch.
        seed: of order and variation.
        moves: how they move.
        augmentation: other variation of the values; its moves are not used. None for none.
        pixel_stride: of the pixel head.
        smoothing: share of the image target that goes to the other classes.
        balanced: whether half of the tiles are good and each defect class comes as often as the
            others, for a set with few defects.
    """

    def __init__(
        self,
        tiles: Tiles,
        batch_size: int,
        seed: int,
        moves: Moves,
        augmentation: Augmentation | None,
        pixel_stride: int,
        smoothing: float,
        balanced: bool,
    ) -> None:
        self._classes = _turns(tiles.image) if balanced else []
        super().__init__((np.arange(len(tiles)),), batch_size, seed)
        self._tiles, self._moves, self._augmentation = tiles, moves, augmentation
        self._stride = pixel_stride
        count = 1 + len(tiles.classes)
        self._image_target = np.eye(count, dtype=np.float32) * (1.0 - smoothing)
        self._image_target += smoothing / count
        self._most_boxes = max((len(boxes) for boxes in tiles.boxes or []), default=0) or 1
        self._told = np.ones(len(tiles), bool) if tiles.told is None else tiles.told
        self._defects = {}
        if moves.pasted and tiles.masks is not None:
            self._defects = defects_of(tiles.x, tiles.masks)

    def _shuffled(self) -> np.ndarray:
        if not self._classes:
            return super()._shuffled()
        return balanced_order(
            self._classes, self.rows, np.random.default_rng([self._seed or 0, self._epoch])
        )

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Tiles uint8 [B, height, width, C] and a target for each head, see ``model.py``."""
        (rows,) = super().__getitem__(index)
        generator = np.random.default_rng([self._seed or 0, self._epoch, index])
        marked = [self._pasted(self._marked(int(row)), generator) for row in rows]
        made = [self._moved(one, generator) for one in marked]
        x = np.stack([one.x for one in made])
        if self._augmentation is not None:
            x = augment(x, self._augmentation, generator)
        targets = {"image": np.stack([one.image for one in made])}
        if self._tiles.boxes is not None:
            targets["candidates"] = np.zeros((len(made), self._most_boxes, 5), np.float32)
            for row, one in enumerate(made):
                targets["candidates"][row, : len(one.boxes)] = one.boxes
                if not one.told:
                    targets["candidates"][row, :, 0] = UNTOLD
        if self._tiles.masks is not None:
            targets["pixels"] = np.stack(
                [self._shares(one.mask, one.valid) for one in made]  # type: ignore[arg-type]
            )
        return x, targets

    def _marked(self, row: int) -> _Marked:
        tiles = self._tiles
        height, width = tiles.x.shape[1:3]
        boxes = np.zeros((0, 5), np.float32) if tiles.boxes is None else tiles.boxes[row]
        mask = None if tiles.masks is None else tiles.masks[row]
        valid = np.ones((height, width), np.uint8)
        if tiles.valid is not None:
            valid = tiles.valid[row].astype(np.uint8)
        told = bool(self._told[row])
        image = self._image_target[tiles.image[row]]
        return _Marked(tiles.x[row], image, boxes, mask, valid * np.uint8(told), told)

    def _pasted(self, one: _Marked, generator: np.random.Generator) -> _Marked:
        """With another tile's defect, where it has none of its own and chance wants it."""
        if not self._defects or one.mask is None or one.mask.any():
            return one
        if generator.random() >= self._moves.pasted:
            return one
        code = int(generator.choice(list(self._defects)))
        some = self._defects[code]
        defect = some[int(generator.integers(len(some)))]
        x, mask = paste(one.x, one.mask, one.valid, defect, generator)
        image = self._image_target[code] if mask.any() else one.image
        return replace(one, x=x, mask=mask, image=image)

    def _moved(self, one: _Marked, generator: np.random.Generator) -> _Marked:
        how = self._moves
        height, width = one.x.shape[:2]
        size = how.zoom ** generator.uniform(-1, 1)
        angle = np.deg2rad(how.rotation * generator.uniform(-1, 1))
        flip_x, flip_y, turn = generator.random(3) < 0.5
        right, down = how.shift * generator.uniform(-1, 1, 2) * (width, height)
        matrix = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        if how.flip_left_right and flip_x:
            matrix = matrix @ np.diag([-1.0, 1.0])
        if how.flip_up_down and flip_y:
            matrix = matrix @ np.diag([1.0, -1.0])
        if how.quarter_turns and height == width and turn:
            matrix = matrix @ np.array([[0.0, 1.0], [1.0, 0.0]])
        middle = np.array([(width - 1) / 2, (height - 1) / 2])
        whole = np.column_stack([matrix, middle - matrix @ middle + (right, down)])
        return _warped(one, whole)

    def _shares(self, mask: np.ndarray, valid: np.ndarray) -> np.ndarray:
        """Share of each class [h, w, 1 + C] in the pixels of the head, and which of them count."""
        height, width = mask.shape
        small = width // self._stride, height // self._stride
        count = 1 + len(self._tiles.classes)
        shares = np.empty((small[1], small[0], count + 1), np.float32)
        for code in range(count):
            share = (mask == code).astype(np.float32)
            shares[..., code] = cv2.resize(share, small, interpolation=cv2.INTER_AREA)
        counts = cv2.resize(valid.astype(np.float32), small, interpolation=cv2.INTER_AREA)
        shares[..., count] = counts > 0.5
        return shares


@dataclass(frozen=True)
class _Marked:
    """One tile, what it is (target [1 + C]), and what is marked on it."""

    x: np.ndarray
    image: np.ndarray
    boxes: np.ndarray
    mask: np.ndarray | None
    valid: np.ndarray
    told: bool


def _turns(codes: np.ndarray) -> list[np.ndarray]:
    """Rows of the classes that take turns; what is good takes one beside each defect class.

    Defects alike often teach the rare ones, and as many good tiles what is none: a network that
    sees few of them calls every stain a defect.
    """
    defects = [np.flatnonzero(codes == code) for code in np.unique(codes[codes > 0])]
    good = np.flatnonzero(codes == 0)
    return [*defects, *[good] * (max(len(defects), 1) if len(good) else 0)]


def _warped(one: _Marked, matrix: np.ndarray) -> _Marked:
    """The tile under an affine map [2, 3]; the surface goes on mirrored beyond its edge."""
    height, width = one.x.shape[:2]
    size = width, height
    x = cv2.warpAffine(one.x, matrix, size, borderMode=cv2.BORDER_REFLECT_101)
    mask = one.mask
    if mask is not None:
        # A mirrored surface shows its defects mirrored, too.
        mask = cv2.warpAffine(
            mask, matrix, size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT_101
        )
    # What is mirrored has no box: where there are boxes, it is shown plain.
    if len(one.boxes):
        x = cv2.warpAffine(one.x, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    valid = cv2.warpAffine(one.valid, matrix, size, flags=cv2.INTER_NEAREST)
    return _Marked(
        x.reshape(one.x.shape),
        one.image,
        _moved_boxes(one.boxes, matrix, size),
        mask,
        valid,
        one.told,
    )


def _moved_boxes(boxes: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Boxes around the moved corners, cut at the edges; those that are mostly outside are gone."""
    if not len(boxes):
        return boxes
    corners = boxes[:, [1, 2, 3, 2, 1, 4, 3, 4]].reshape(-1, 4, 2)
    moved = corners @ matrix[:, :2].T + matrix[:, 2]
    low, high = moved.min(axis=1), moved.max(axis=1)
    cut_low, cut_high = np.clip(low, 0, size), np.clip(high, 0, size)
    left = np.prod(cut_high - cut_low, axis=1) / np.maximum(np.prod(high - low, axis=1), 1e-6)
    stays = (left >= _LEFT) & ((cut_high - cut_low).min(axis=1) >= 3)
    found = np.column_stack([boxes[:, 0], cut_low, cut_high])[stays]
    return found.astype(np.float32)
