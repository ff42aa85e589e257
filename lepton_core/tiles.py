"""Pictures of any size as tiles of one size, and what is found in tiles back in the picture.

Nothing is stretched: a defect is as large in a tile as in its picture. A picture that is smaller
than a tile goes on beyond its right and lower edge as its last column and row; a larger one is
covered by tiles that overlap. How a picture is cut depends on its own size alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from lepton_core.tile_boxes import joined_boxes

# Tiles begin at multiples of it, so that places of networks with strides up to it coincide.
MULTIPLE = 32


@dataclass(frozen=True)
class TileGrid:
    """Tiles of one size.

    Args:
        height: of a tile, pixels; a multiple of ``MULTIPLE``.
        width: of a tile, pixels; a multiple of ``MULTIPLE``.
        overlap: pixels that neighbouring tiles share at least; below both sides less ``MULTIPLE``.

    Raises:
        ValueError: other sides, or an overlap that leaves no way forward.

    Example:
        >>> grid = TileGrid(64, 64, overlap=32)
        >>> grid.places(64, 100).tolist()
        [[0, 0], [0, 32], [0, 64]]
        >>> grid.cut(np.zeros((64, 100, 1), np.uint8)).shape
        (3, 64, 64, 1)
    """

    height: int
    width: int
    overlap: int = 64

    def __post_init__(self) -> None:
        sides = (self.height, self.width)
        if min(sides) < MULTIPLE or self.height % MULTIPLE or self.width % MULTIPLE:
            raise ValueError(f"sides are multiples of {MULTIPLE}. Received: {sides}")
        if not 0 <= self.overlap <= min(sides) - MULTIPLE:
            raise ValueError(
                f"overlap lies in 0..{min(sides) - MULTIPLE}. Received: {self.overlap}"
            )

    @classmethod
    def fit(cls, sizes: np.ndarray, most: int = 640, overlap: int = 64) -> TileGrid:
        """The tile size for pictures like these.

        The usual picture (the middle of the heights, the middle of the widths) is one tile where
        it is not larger than ``most``, otherwise the fewest equal tiles. Among larger tiles up to
        ``most``, the one that covers all pictures with the fewest pixels is taken.

        Args:
            sizes: heights and widths [n, 2] of the training pictures, pixels.
            most: largest side of a tile, pixels.
            overlap: pixels that neighbours share at least; less where tiles are small.

        Raises:
            ValueError: no pictures.

        Example:
            >>> TileGrid.fit(np.array([[200, 200], [200, 200]]))
            TileGrid(height=224, width=224, overlap=64)
            >>> TileGrid.fit(np.array([[1024, 1024]]))
            TileGrid(height=544, width=544, overlap=64)
        """
        given = np.asarray(sizes, np.int64)
        if given.ndim != 2 or given.shape[1] != 2 or not len(given):
            raise ValueError(f"sizes are [n, 2], at least one. Received: {list(given.shape)}")
        height, width = (_side(given[:, axis], most, overlap) for axis in (0, 1))
        return cls(height, width, max(0, min(overlap, min(height, width) - MULTIPLE)))

    def places(self, height: int, width: int) -> np.ndarray:
        """Upper left corners y, x int64 [t, 2] of a picture's tiles, row by row."""
        down = _starts(height, self.height, self.overlap)
        right = _starts(width, self.width, self.overlap)
        return np.stack(np.meshgrid(down, right, indexing="ij"), axis=-1).reshape(-1, 2)

    def cut(self, picture: np.ndarray) -> np.ndarray:
        """The tiles [t, height, width, ...] of a picture [H, W, ...], its edge repeated."""
        places = self.places(*picture.shape[:2])
        down, right = places[-1] + (self.height, self.width) - picture.shape[:2]
        around = [(0, max(down, 0)), (0, max(right, 0)), *[(0, 0)] * (picture.ndim - 2)]
        whole = np.pad(picture, around, mode="edge")
        return np.stack([whole[y : y + self.height, x : x + self.width] for y, x in places])

    def valid(self, height: int, width: int) -> np.ndarray:
        """Which pixels of a picture's tiles are its own, bool [t, tile height, tile width]."""
        y = self.places(height, width)[:, 0, None] + np.arange(self.height) < height
        x = self.places(height, width)[:, 1, None] + np.arange(self.width) < width
        return np.asarray(y[:, :, None] & x[:, None, :])

    def join(self, tiles: np.ndarray, height: int, width: int) -> np.ndarray:
        """One map of a picture from maps of its tiles.

        Where tiles overlap, each counts the less the nearer its edge is: a network knows least of
        what lies there.

        Args:
            tiles: [t, h, w, K]; h divides the tile's height by a stride of 1 to ``MULTIPLE``.
            height: of the picture, pixels.
            width: of the picture.

        Returns:
            float32 [H / stride, W / stride, K], rounded up: a new array in which each of the K maps
            lies in one piece, as nearly all that is done with them goes map by map.
        """
        stride = self.height // tiles.shape[1]
        rows, columns = -(-height // stride), -(-width // stride)
        places = self.places(height, width) // stride
        h, w, depth = tiles.shape[1:]
        # OpenCV turns an array several times as fast as NumPy.
        maps = (cv2.transpose(tile.reshape(-1, depth)).reshape(depth, h, w) for tile in tiles)
        if len(places) == 1:
            own = np.ascontiguousarray(next(maps)[:, :rows, :columns], np.float32)
            return np.moveaxis(own, 0, -1)
        reach = max(self.overlap // stride, 1)
        weight = _falling(h, reach)[:, None] * _falling(w, reach)
        end = places[-1] + (h, w)
        total = np.zeros((depth, *end), np.float32)
        weights = np.zeros(end, np.float32)
        for (y, x), tile in zip(places, maps, strict=True):
            total[:, y : y + h, x : x + w] += tile * weight
            weights[y : y + h, x : x + w] += weight
        return np.moveaxis(total[:, :rows, :columns] / weights[:rows, :columns], 0, -1)

    def join_boxes(
        self, boxes: np.ndarray, logits: np.ndarray, height: int, width: int, iou: float, most: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The boxes of a picture from those of its tiles.

        Args:
            boxes: x0 y0 x1 y1 float32 [t, k, 4] in pixels of each tile.
            logits: of the classes, float32 [t, k, C].
            height: of the picture, pixels.
            width: of the picture.
            iou: of two boxes of one class that overlap more than this, the better one stays.
            most: boxes that are kept, the best ones.

        Returns:
            boxes [m, 4] in pixels of the picture and their logits [m, C], the best first. What is
            cut at a seam is put together, or gives way to the whole of it in the next tile.
        """
        places = self.places(height, width)
        corner = places[:, [1, 0]].astype(np.float32)
        ends = corner + np.array([self.width, self.height], np.float32)
        tile = np.repeat(np.arange(len(places)), boxes.shape[1])
        placed = (boxes + np.tile(corner, 2)[:, None]).reshape(-1, 4)
        return joined_boxes(
            placed,
            logits.reshape(len(placed), -1),
            tile,
            np.concatenate([corner, ends], axis=1),
            (height, width),
            iou,
            most,
        )


def enlarged(cells: np.ndarray, stride: int, height: int, width: int) -> np.ndarray:
    """A map at the size of its picture, between the middles of its cells along straight lines.

    Args:
        cells: float32 [rows, columns], each ``stride`` pixels wide; they may reach out of it.
        stride: pixels a cell.
        height: of the picture.
        width: of the picture.

    Returns:
        float32 [height, width].
    """
    rows, columns = cells.shape[:2]
    whole = cv2.resize(cells, (columns * stride, rows * stride), interpolation=cv2.INTER_LINEAR)
    return np.asarray(whole[:height, :width])


def _side(sides: np.ndarray, most: int, overlap: int) -> int:
    usual = int(np.median(sides))
    largest = max(most // MULTIPLE * MULTIPLE, MULTIPLE)
    if usual > largest:
        count = 2
        while (side := _up(-(-(usual + (count - 1) * overlap) // count))) > largest:
            count += 1
        return side
    choices = range(max(_up(usual), MULTIPLE), largest + 1, MULTIPLE)
    found, counts = np.unique(sides, return_counts=True)
    work = {
        side: sum(
            side * len(_starts(int(one), side, min(overlap, side - MULTIPLE))) * int(n)
            for one, n in zip(found, counts, strict=True)
        )
        for side in choices
    }
    return min(work, key=lambda side: (work[side], side))


def _starts(length: int, side: int, overlap: int) -> np.ndarray:
    """Where tiles begin along one side of a picture, multiples of ``MULTIPLE``, evenly spread."""
    last = max(_up(length - side), 0) // MULTIPLE
    step = (side - overlap) // MULTIPLE
    count = -(-last // step)
    return np.rint(np.linspace(0, last, count + 1)).astype(np.int64) * MULTIPLE


def _up(pixels: int) -> int:
    return -(-pixels // MULTIPLE) * MULTIPLE


def _falling(size: int, reach: int) -> np.ndarray:
    """Weights float32 [size], 1 in the middle, falling along a line towards both ends."""
    place = np.arange(size) + 0.5
    return np.asarray(np.minimum(np.minimum(place, size - place) / reach, 1), np.float32)
