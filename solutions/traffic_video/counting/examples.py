"""What the network learns from: frames as it will be shown them, and what is true of each pixel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import pyarrow as pa

from .config import Config
from .detectors import Look, Network
from .preprocessing import CountingPreprocessor, shrunk, steadied
from .scenes.random_scenes import random_scene
from .scenes.rendering import render
from .scenes.scene import KINDS

# Of the network's answers: one for two by two pixels.
STRIDE = 2
# What a target says where nothing is known; such places do not count.
UNKNOWN = 255
# The core of a vehicle is what lies so deep in it, as a share of the deepest place.
_CORE = 0.45
_FPS = 25.0
# Frames of a clip, at the start, while there is no background worth the name.
_SKIPPED_S = 1.0


@dataclass(frozen=True)
class Examples:
    """Frames and their truth.

    Args:
        x: uint8 [n, h, w, 7], as :func:`.detectors.shown` makes them.
        vehicle: uint8 [n, h / 2, w / 2]: 1 vehicle, 0 none, ``UNKNOWN``.
        core: uint8 [n, h / 2, w / 2]: 1 the inner part of one, 0 none, ``UNKNOWN``.
    """

    x: np.ndarray
    vehicle: np.ndarray
    core: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    @classmethod
    def joined(cls, parts: list[Examples], size: tuple[int, int]) -> Examples:
        """All of them; none at all of a size height and width where there are no parts."""
        small = (0, size[0] // STRIDE, size[1] // STRIDE)
        none = np.empty(small, np.uint8)
        return cls(
            np.concatenate([np.empty((0, *size, 7), np.uint8), *(p.x for p in parts)]),
            np.concatenate([none, *(p.vehicle for p in parts)]),
            np.concatenate([none, *(p.core for p in parts)]),
        )


def rendered(
    config: Config, seed: int, clips: int, tell: Callable[[str, int, int], None] | None = None
) -> Examples:
    """Examples of rendered roads, all kinds of scenes in turn.

    Args:
        config: size, length, and how frames are prepared.
        seed: of the first scene; the others follow.
        clips: how many.
        tell: told how many are done.
    """
    parts = []
    for clip in range(clips):
        parts.append(_clip(config, seed + clip, KINDS[clip % len(KINDS)]))
        if tell is not None:
            tell("rendered", clip + 1, clips)
    return Examples.joined(parts, _size(config))


def of_records(config: Config, records: pa.Table) -> Examples:
    """Examples of recorded frames that have masks and the size that the network is trained at.

    Where vehicles touch in a mask nobody knows which is which, so their cores are not learned.

    Args:
        config: how frames are prepared.
        records: frames of one camera in order.
    """
    maker = CountingPreprocessor(config)
    history = maker.new_history()
    parts = []
    for start in range(0, records.num_rows, 32):
        prepared = maker.transform(records.slice(start, 32), history)
        x = prepared.arrays["x"]
        if "truth" not in prepared.notes or x.shape[1:3] != _size(config):
            continue
        rows = np.flatnonzero(prepared.notes["has_truth"])[:: config.model.every]
        vehicle = [_half(_known(prepared.notes["truth"][row]), x.shape[1:3]) for row in rows]
        if vehicle:
            told = np.stack(vehicle)
            parts.append(Examples(x[rows], told, np.full_like(told, UNKNOWN)))
    return Examples.joined(parts, _size(config))


def _clip(config: Config, seed: int, kind: str) -> Examples:
    height, width = _size(config)
    scene = random_scene(seed, kind, width, height, _FPS, config.model.seconds)
    maker = CountingPreprocessor(config)
    camera, network = maker.new_history().camera, Network(config.blobs)
    looks, vehicles, cores = [], [], []
    for frame in render(scene):
        picture = shrunk(np.ascontiguousarray(frame.picture[..., ::-1]), config.scene.width)
        seen = camera.step(picture, frame.time_s)
        wanted = frame.time_s >= min(_SKIPPED_S, config.model.seconds / 2)
        if not wanted or frame.index % config.model.every:
            continue
        looks.append(Look.of(camera, seen, picture))
        ids = np.where(frame.mask == 255, frame.ids, 0).astype(np.uint16)
        vehicles.append(_half(steadied(_known(frame.mask), seen), (height, width)))
        cores.append(_half(steadied(cores_of(ids), seen), (height, width)))
    size = (height, width)
    if not looks:
        return Examples.joined([], size)
    return Examples(network.inputs(looks, size)["x"], np.stack(vehicles), np.stack(cores))


def cores_of(ids: np.ndarray) -> np.ndarray:
    """The inner part of each vehicle: of two that touch, the cores do not.

    Args:
        ids: [h, w], number of the vehicle at each pixel, 0 for none.

    Returns:
        uint8 [h, w], 1 or 0.

    Example:
        >>> ids = np.zeros((9, 20), np.uint16)
        >>> ids[1:8, 1:10], ids[1:8, 10:19] = 1, 2
        >>> cores_of(ids)[4].tolist()
        [0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0]
    """
    found = np.zeros(ids.shape, np.uint8)
    for one, rows, columns in _places(ids):
        mask = np.pad((ids[rows, columns] == one).astype(np.uint8), 1)
        depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)[1:-1, 1:-1]
        inner = depth > max(_CORE * float(depth.max()), 1.0)
        found[rows, columns] |= (inner | (depth == depth.max())).astype(np.uint8)
    return found


def _places(ids: np.ndarray) -> Iterator[tuple[int, slice, slice]]:
    for one in np.unique(ids).tolist():
        if one:
            rows, columns = np.flatnonzero((ids == one).any(1)), np.flatnonzero((ids == one).any(0))
            yield one, slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _known(mask: np.ndarray) -> np.ndarray:
    """A mask of 0 background, 50 shadow, 255 vehicle and others as a target."""
    told = np.full(mask.shape, UNKNOWN, np.uint8)
    told[(mask == 0) | (mask == 50)] = 0
    told[mask == 255] = 1
    return told


def _half(target: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A target at the stride of the network's answers, its margin not known."""
    padded = np.full(size, UNKNOWN, np.uint8)
    padded[: target.shape[0], : target.shape[1]] = target
    return padded[1::STRIDE, 1::STRIDE]


def _size(config: Config) -> tuple[int, int]:
    height, width = config.model.size
    return height, width
