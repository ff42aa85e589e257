"""What the gate looks at in a picture: a thumbnail, where edges run, contrast and detail."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from lepton_core.images import resize

SIDE = 28
# Detail is told on a picture of at most this side: the grain of single pixels of a larger one is
# the device's.
_DETAIL_SIDE = 56
_CELLS, _DIRECTIONS = 7, 8
# What is held at once stays in the cache.
_CHUNK = 8
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
    if not len(x):
        shapes = _CELLS * _CELLS * _DIRECTIONS
        empty = [np.empty((0, width), np.float32) for width in (SIDE * SIDE, shapes)]
        return Described(*empty, *np.empty((2, 0), np.float32))
    parts = [_describe(x[start : start + _CHUNK]) for start in range(0, len(x), _CHUNK)]
    return Described(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _describe(x: np.ndarray) -> Described:
    height, width = min(_DETAIL_SIDE, x.shape[1]), min(_DETAIL_SIDE, x.shape[2])
    shrunk = [_shrunk(picture, height, width) for picture in x]
    small = np.array(shrunk, np.float32).reshape(len(x), height, width)
    thumbnails = reduce(small, SIDE, SIDE).reshape(len(x), SIDE * SIDE)
    spread = thumbnails.std(axis=1)
    thumbnails = thumbnails - thumbnails.mean(axis=1, keepdims=True)
    thumbnails /= (spread + _FLAT)[:, None]
    bends = (np.abs(np.diff(small, 2, axis)).mean(axis=(1, 2)) + 0.5 for axis in (1, 2))
    detail = sum(np.log(bend) for bend in bends)
    return Described(thumbnails, _edges(small), np.log(spread + 1), np.asarray(detail))


def _shrunk(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """One picture [H, W, C] in grey, float32 [height, width]."""
    grey = picture[..., 0] if picture.shape[-1] == 1 else picture.mean(axis=-1)
    return resize(grey.astype(np.float32), (height, width))


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
    n, height, width = grey.shape[0], grey.shape[1] - 2, grey.shape[2] - 2
    down = (grey[:, 2:, 1:-1] - grey[:, :-2, 1:-1]).reshape(n * height, width)
    right = (grey[:, 1:-1, 2:] - grey[:, 1:-1, :-2]).reshape(n * height, width)
    strength, angle = cv2.cartToPolar(right, down)
    turn = angle * np.float32(_DIRECTIONS / (2 * np.pi))
    low = np.floor(turn)
    # Each edge counts for its two nearest directions, the nearer one more.
    share = turn - low
    # A power of two: the direction after the last one is the first.
    number = low.astype(np.int32) & (_DIRECTIONS - 1)
    rows, columns = (np.arange(size) * _CELLS // size for size in (height, width))
    cell = (rows[:, None] * _CELLS + columns) * _DIRECTIONS
    first = np.arange(n, dtype=np.int32)[:, None, None] * (_CELLS * _CELLS * _DIRECTIONS)
    place = (first + cell.astype(np.int32)).reshape(n * height, width)
    size = n * _CELLS * _CELLS * _DIRECTIONS
    found = _summed(place + number, strength * (1 - share), size)
    found += _summed(place + ((number + 1) & (_DIRECTIONS - 1)), strength * share, size)
    found /= height * width / _CELLS**2
    found = found.reshape(n, _CELLS * _CELLS, _DIRECTIONS)
    norm = np.sqrt((found**2).sum(axis=-1, keepdims=True))
    # By cell, so that a faint edge says where it runs too; but not where there is as good as none.
    found /= norm + 0.3 * norm.mean(axis=1, keepdims=True) + 1
    return found.reshape(n, _CELLS * _CELLS * _DIRECTIONS).astype(np.float32)


def _summed(place: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """The sum of the values at each of ``size`` places."""
    return np.bincount(place.ravel(), values.ravel(), minlength=size)
