"""What the network learns from: frames as it will be shown them, and what is true of each pixel."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_core.settings import to_dict

from .config import Config
from .detectors import CHANNELS, Look, Network
from .preprocessing import CountingPreprocessor, shrunk, steadied
from .scenes.camera import Camera, Road
from .scenes.random_scenes import random_scene
from .scenes.rendering import render
from .scenes.scene import KINDS, Scene
from .scenes.traffic import simulate
from .size_classes import OF_KIND
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
        ids: uint16 [n, h / 2, w / 2]: number of the vehicle; 0 for none, and where not known.
        size: uint8 [n, h / 2, w / 2]: number of its size class; ``UNKNOWN`` likewise.
    """

    x: np.ndarray
    vehicle: np.ndarray
    core: np.ndarray
    weight: np.ndarray
    ids: np.ndarray
    size: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    def times(self, count: int) -> Examples:
        """Each of them so many times."""
        return Examples(*(np.repeat(part, count, axis=0) for part in self._parts()))

    def _parts(self) -> tuple[np.ndarray, ...]:
        return self.x, self.vehicle, self.core, self.weight, self.ids, self.size

    @classmethod
    def joined(cls, parts: list[Examples], size: tuple[int, int]) -> Examples:
        """All of them; none at all of a size height and width where there are no parts."""
        full = [part for part in parts if len(part)]
        if len(full) == 1:
            return full[0]  # thousands of them are gigabytes: no copy
        made = cls.room(sum(map(len, full)), size)
        at = 0
        for part in full:
            at = made.put(at, part)
        return made

    @classmethod
    def room(cls, count: int, size: tuple[int, int]) -> Examples:
        """Room for so many, to be filled by :meth:`put`."""
        small = (count, size[0] // STRIDE, size[1] // STRIDE)
        vehicle, core, weight = np.zeros((3, *small), np.uint8)
        x, ids = np.zeros((count, *size, CHANNELS), np.uint8), np.zeros(small, np.uint16)
        return cls(x, vehicle, core, weight, ids, np.full(small, UNKNOWN, np.uint8))

    def put(self, at: int, part: Examples) -> int:
        """Take a part in from a row on; the row after it."""
        for own, given in zip(self._parts(), part._parts(), strict=True):
            own[at : at + len(part)] = given
        return at + len(part)


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
    every, at = Examples.room(0, _size(config)), 0
    for clip in range(clips):
        kind = KINDS[clip % len(KINDS)]
        x, masks, ids = _kept(config, seed + clip, kind, folder)
        part = targets(x, masks, ids, sizes_of(scene_of(config, seed + clip, kind)))
        if clip == 0:  # of all clips as many frames are learned from
            every = Examples.room(clips * len(part), _size(config))
        at = every.put(at, part)
        if tell is not None:
            tell("rendered", clip + 1, clips)
    assert at == len(every)
    return every


def of_records(config: Config, records: pa.Table, wanted: np.ndarray) -> Examples:
    """Examples of recorded frames that have masks and the size that the network is trained at.

    Where vehicles touch in a mask nobody knows which is which: neither cores nor boxes nor sizes
    are learned.

    Args:
        config: how frames are prepared.
        records: frames of one camera in order.
        wanted: bool [n], which of them are learned from; those before only show the background.
    """
    maker = CountingPreprocessor(replace(config, detector_fps=math.inf))
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
            unknown, none = np.full_like(told, UNKNOWN), np.zeros(told.shape, np.uint16)
            parts.append(Examples(x[rows], told, unknown, np.ones_like(told), none, unknown))
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
    size = _size(config)
    scene = scene_of(config, seed, kind)
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


def scene_of(config: Config, seed: int, kind: str) -> Scene:
    """The scene of a clip that is learned from."""
    height, width = _size(config)
    flow = float(np.random.default_rng([seed, 81]).uniform(*_FLOW))
    own = {"fps": _FPS, "seconds": config.model.seconds, "flow_per_lane_h": flow}
    return random_scene(seed, kind, width, height, **own)


def sizes_of(scene: Scene) -> np.ndarray:
    """Number of the size class of each vehicle of a scene, uint8 [highest id + 1]; ``UNKNOWN`` of
    what is none.
    """
    kinds = {one.id: one.kind for one in simulate(scene, Road.of(scene, Camera.of(scene)))}
    sizes = np.full(max(kinds, default=0) + 1, UNKNOWN, np.uint8)
    for number, kind in kinds.items():
        sizes[number] = OF_KIND[kind]
    sizes[0] = UNKNOWN
    return sizes


def targets(x: np.ndarray, masks: np.ndarray, ids: np.ndarray, sizes: np.ndarray) -> Examples:
    """What the network shall say of frames.

    Args:
        x: uint8 [n, h, w, 7].
        masks: uint8 [n, h, w] of the renderer, made steady as ``x``.
        ids: uint16 [n, h, w], number of the vehicle at each pixel, 0 for none.
        sizes: uint8, size class of each number, as of :func:`sizes_of`.
    """
    size = (x.shape[1], x.shape[2])
    made = Examples.room(len(x), size)
    made.x[:] = x
    for row, (mask, each) in enumerate(zip(masks, ids, strict=True)):
        made.vehicle[row] = half(known(mask), size)
        made.core[row] = coarse(cores_of(each), size)
        made.weight[row] = half(weights_of(each), size)
        made.ids[row] = half(each, size, beyond=0)
        made.size[row] = sizes[made.ids[row]]
    return made


def _size(config: Config) -> tuple[int, int]:
    height, width = config.model.size
    return height, width
