"""What the network learns from: frames as it will be shown them, and what is true of each pixel."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_core.settings import to_dict

from .config import Config
from .detectors import Look, Network
from .preprocessing import CountingPreprocessor, shrunk, steadied
from .scenes.random_scenes import random_scene
from .scenes.rendering import render
from .scenes.scene import KINDS
from .targets import STRIDE, UNKNOWN, coarse, cores_of, half, known, weights_of

# A quarter of the usual rate: the background is learned as well, at a quarter of the work.
_FPS = 6.25
# Vehicles an hour and lane, so that few of the frames show an empty road.
_FLOW = (400.0, 1600.0)
# Frames of a clip, at the start, while there is no background worth the name.
_SKIPPED_S = 1.0


@dataclass(frozen=True)
class Examples:
    """Frames and their truth.

    Args:
        x: uint8 [n, h, w, 7], as :func:`.detectors.shown` makes them.
        vehicle: uint8 [n, h / 2, w / 2]: 1 vehicle, 0 none, ``UNKNOWN``.
        core: uint8 [n, h / 2, w / 2]: 1 the inner part of one, 0 none, ``UNKNOWN``.
        weight: uint8 [n, h / 2, w / 2], at least 1: how much a pixel counts.
    """

    x: np.ndarray
    vehicle: np.ndarray
    core: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    def times(self, count: int) -> Examples:
        """Each of them so many times."""
        parts = (self.x, self.vehicle, self.core, self.weight)
        return Examples(*(np.repeat(part, count, axis=0) for part in parts))

    @classmethod
    def joined(cls, parts: list[Examples], size: tuple[int, int]) -> Examples:
        """All of them; none at all of a size height and width where there are no parts."""
        small = (0, size[0] // STRIDE, size[1] // STRIDE)
        none = np.empty(small, np.uint8)
        return cls(
            np.concatenate([np.empty((0, *size, 7), np.uint8), *(p.x for p in parts)]),
            np.concatenate([none, *(p.vehicle for p in parts)]),
            np.concatenate([none, *(p.core for p in parts)]),
            np.concatenate([none, *(p.weight for p in parts)]),
        )


def rendered(
    config: Config,
    seed: int,
    clips: int,
    tell: Callable[[str, int, int], None] | None = None,
    folder: Path | None = None,
) -> Examples:
    """Examples of rendered roads, all kinds of scenes in turn.

    Args:
        config: size, length, and how frames are prepared.
        seed: of the first scene; the others follow.
        clips: how many.
        tell: told how many are done.
        folder: where they are kept, for a training that goes on after a kill; None keeps none.
    """
    parts = []
    for clip in range(clips):
        parts.append(targets(*_kept(config, seed + clip, KINDS[clip % len(KINDS)], folder)))
        if tell is not None:
            tell("rendered", clip + 1, clips)
    return Examples.joined(parts, _size(config))


def of_records(config: Config, records: pa.Table, wanted: np.ndarray) -> Examples:
    """Examples of recorded frames that have masks and the size that the network is trained at.

    Where vehicles touch in a mask nobody knows which is which, so their cores are not learned.

    Args:
        config: how frames are prepared.
        records: frames of one camera in order.
        wanted: bool [n], which of them are learned from; those before only show the background.
    """
    maker = CountingPreprocessor(config)
    history = maker.new_history()
    parts = []
    last = int(np.flatnonzero(wanted).max(initial=-1)) + 1
    for start in range(0, last, 32):
        prepared = maker.transform(records.slice(start, 32), history)
        x = prepared.arrays["x"]
        if "truth" not in prepared.notes or x.shape[1:3] != _size(config):
            continue
        is_here = prepared.notes["has_truth"] & wanted[start + prepared.kept]
        rows = np.flatnonzero(is_here)[:: config.model.every]
        vehicle = [half(known(prepared.notes["truth"][row]), x.shape[1:3]) for row in rows]
        if vehicle:
            told = np.stack(vehicle)
            parts.append(Examples(x[rows], told, np.full_like(told, UNKNOWN), np.ones_like(told)))
    return Examples.joined(parts, _size(config))


def _kept(config: Config, seed: int, kind: str, folder: Path | None) -> list[np.ndarray]:
    """What :func:`_clip` makes, made once where there is a folder."""
    if folder is None:
        return _clip(config, seed, kind)
    own = [to_dict(config.scene), config.blobs.contrast, config.blobs.spreads, _FPS]
    own += [list(config.model.size), config.model.seconds, config.model.every]
    mark = hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()[:8]
    path = folder / f"{kind}-{seed}-{mark}.npz"
    if path.exists():
        with np.load(path) as file:
            return [file[name] for name in ("x", "mask", "ids")]
    made = _clip(config, seed, kind)
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".part-{path.name}")
    with part.open("wb") as writer:
        np.savez(writer, x=made[0], mask=made[1], ids=made[2])
    os.replace(part, path)
    return made


def _clip(config: Config, seed: int, kind: str) -> list[np.ndarray]:
    """Frames of one rendered clip as the network is shown them, their masks and ids."""
    height, width = size = _size(config)
    flow = float(np.random.default_rng([seed, 81]).uniform(*_FLOW))
    own = {"fps": _FPS, "seconds": config.model.seconds, "flow_per_lane_h": flow}
    scene = random_scene(seed, kind, width, height, **own)
    maker = CountingPreprocessor(config)
    camera, network = maker.new_history().camera, Network(config.blobs)
    looks, masks, ids = [], [], []
    for frame in render(scene):
        picture = shrunk(np.ascontiguousarray(frame.picture[..., ::-1]), config.scene.width)
        seen = camera.step(picture, frame.time_s)
        wanted = frame.time_s >= min(_SKIPPED_S, config.model.seconds / 2)
        if not wanted or frame.index % config.model.every:
            continue
        looks.append(Look.of(camera, seen, picture))
        masks.append(steadied(frame.mask, seen))
        ids.append(steadied(np.where(frame.mask == 255, frame.ids, 0).astype(np.uint16), seen))
    empty = (0, *size)
    return [
        network.inputs(looks, size)["x"],
        np.stack(masks) if masks else np.empty(empty, np.uint8),
        np.stack(ids) if ids else np.empty(empty, np.uint16),
    ]


def targets(x: np.ndarray, masks: np.ndarray, ids: np.ndarray) -> Examples:
    """What the network shall say of frames.

    Args:
        x: uint8 [n, h, w, 7].
        masks: uint8 [n, h, w] of the renderer, made steady as ``x``.
        ids: uint16 [n, h, w], number of the vehicle at each pixel, 0 for none.
    """
    none = [np.empty((0, x.shape[1] // STRIDE, x.shape[2] // STRIDE), np.uint8)]
    vehicles, cores, weights = list(none), list(none), list(none)
    size = (x.shape[1], x.shape[2])
    for mask, each in zip(masks, ids, strict=True):
        vehicles.append(half(known(mask), size)[None])
        cores.append(coarse(cores_of(each), size)[None])
        weights.append(half(weights_of(each), size)[None])
    return Examples(x, *(np.concatenate(parts) for parts in (vehicles, cores, weights)))


def _size(config: Config) -> tuple[int, int]:
    height, width = config.model.size
    return height, width
