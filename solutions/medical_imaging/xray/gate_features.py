"""What the gate looks at in a picture: a thumbnail, where edges run, contrast and detail."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SIDE = 28
# Detail is told on a picture of at most this side: the grain of single pixels of a larger one is
# the device's.
_DETAIL_SIDE = 56
_CELLS, _DIRECTIONS = 7, 8
_CHUNK = 128
# Grey values that count as nothing: a flat picture has no shape that could be made larger.
_FLAT = 4.0


class Described(NamedTuple):
    """Described pictures.

    Args:
        thumbnails: mean 0 and standard deviation about 1 each, float32 [n, SIDE * SIDE].
        shapes: how strongly edges run in each of eight directions in 7 x 7 cells, float32 [n, 392].
        contrast: logarithm of the standard deviation of the grey values, float32 [n].
        detail: logarithm of how much neighbouring grey values bend, float32 [n].
    """

    thumbnails: np.ndarray
    shapes: np.ndarray
    contrast: np.ndarray
    detail: np.ndarray


def describe(x: np.ndarray) -> Described:
    """Describe pictures.

    Args:
        x: uint8 [n, H, W, C], H and W at least 8; colours count as their mean.

    Example:
        >>> found = describe(np.zeros((2, 64, 48, 1), np.uint8))
        >>> found.thumbnails.shape, found.shapes.shape
        ((2, 784), (2, 392))
    """
    # An empty batch has a chunk too, of no picture.
    starts = range(0, max(len(x), 1), _CHUNK)
    parts = [_describe(x[start : start + _CHUNK]) for start in starts]
    return Described(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _describe(x: np.ndarray) -> Described:
    grey = x[..., 0].astype(np.float32) if x.shape[-1] == 1 else x.mean(axis=-1, dtype=np.float32)
    small = reduce(grey, min(_DETAIL_SIDE, x.shape[1]), min(_DETAIL_SIDE, x.shape[2]))
    thumbnails = reduce(small, SIDE, SIDE).reshape(len(x), SIDE * SIDE)
    spread = thumbnails.std(axis=1)
    thumbnails = thumbnails - thumbnails.mean(axis=1, keepdims=True)
    thumbnails /= (spread + _FLAT)[:, None]
    bends = (np.abs(np.diff(small, 2, axis)).mean(axis=(1, 2)) + 0.5 for axis in (1, 2))
    detail = sum(np.log(bend) for bend in bends)
    return Described(thumbnails, _edges(small), np.log(spread + 1), np.asarray(detail))


def reduce(grey: np.ndarray, height: int, width: int) -> np.ndarray:
    """Pictures [n, H, W] to [n, height, width], each pixel the mean of the area that it covers."""
    return _areas(grey.shape[1], height) @ grey @ _areas(grey.shape[2], width).T


def _areas(size: int, wanted: int) -> np.ndarray:
    """What share each of ``size`` pixels in a row has in each of the wanted, [wanted, size]."""
    edges = np.linspace(0, size, wanted + 1)
    pixel = np.arange(size)
    share = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    share = np.clip(share, 0, None)
    return (share / share.sum(axis=1, keepdims=True)).astype(np.float32)


def _edges(grey: np.ndarray) -> np.ndarray:
    """Histograms of the directions of edges by cell, [n, cells * cells * directions].

    Source: Dalal and Triggs, Histograms of Oriented Gradients for Human Detection, 2005.
    """
    down = grey[:, 2:, 1:-1] - grey[:, :-2, 1:-1]
    right = grey[:, 1:-1, 2:] - grey[:, 1:-1, :-2]
    strength = np.hypot(down, right)
    turn = (np.arctan2(down, right) / np.float32(2 * np.pi) % 1) * _DIRECTIONS
    low = np.floor(turn)
    # Each edge counts for its two nearest directions, the nearer one more.
    share = turn - low
    number = low.astype(np.int8) % _DIRECTIONS
    rows, columns = (_areas(size, _CELLS) for size in strength.shape[1:])
    cells = []
    for direction in range(_DIRECTIONS):
        before = (direction - 1) % _DIRECTIONS
        weight = np.where(number == direction, 1 - share, np.where(number == before, share, 0))
        cells.append(rows @ (strength * weight) @ columns.T)
    found = np.stack(cells, axis=-1)
    norm = np.sqrt((found**2).sum(axis=-1, keepdims=True))
    # By cell, so that a faint edge says where it runs too; but not where there is as good as none.
    found /= norm + 0.3 * norm.mean(axis=(1, 2), keepdims=True) + 1
    return found.reshape(len(grey), _CELLS * _CELLS * _DIRECTIONS).astype(np.float32)
