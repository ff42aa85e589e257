"""Frames of a rendered road with their true masks, as records."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa

from lepton_core.frames import frame_array, frames_of

from .scenes.random_scenes import random_scene
from .scenes.rendering import render

WIDTH, HEIGHT, FPS, SECONDS = 160, 120, 25.0, 4.0
# The first scene in whose first seconds there is traffic.
_FIRST = 2


def generate(
    seed: int = 0, seconds: float = SECONDS, width: int = WIDTH, height: int = HEIGHT
) -> pa.Table:
    """A clip of a road by day, a record a frame.

    Args:
        seed: of the road, its light and its traffic.
        seconds: length.
        width: of the picture, pixels; ``height`` likewise.

    Returns:
        ``record_id``, ``time`` (from 1970 on), ``frame`` and ``mask``.

    Example:
        >>> records = generate(seconds=0.2)
        >>> records.num_rows, records["record_id"][1].as_py()
        (5, 'road-0#000001')
    """
    scene = random_scene(seed + _FIRST, "day", width, height, FPS, seconds)
    ids, times, frames, masks = [], [], [], []
    for frame in render(scene):
        ids.append(f"road-{seed}#{frame.index:06d}")
        times.append(round(frame.time_s * 1e6))
        frames.append(np.ascontiguousarray(frame.picture[..., ::-1]))
        masks.append(frame.mask[..., None])
    return pa.table(
        {
            "record_id": pa.array(ids, pa.string()),
            "time": pa.array(times, pa.int64()).cast(pa.timestamp("us", tz="UTC")),
            "frame": frame_array(frames),
            "mask": frame_array(masks),
        }
    )


def write(folder: Path, seed: int = 0) -> None:
    """Write a sample as a folder of frames with its masks beside it.

    Args:
        folder: where ``frames/`` (JPEG) and ``masks/`` (PNG) shall stand; made where it is not.
        seed: of :func:`generate`.
    """
    records = generate(seed)
    for name in ("frames", "masks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    columns = frames_of(records["frame"]), frames_of(records["mask"])
    for number, (frame, mask) in enumerate(zip(*columns, strict=True), 1):
        assert frame is not None
        assert mask is not None
        quality = [cv2.IMWRITE_JPEG_QUALITY, 90]
        cv2.imwrite(str(folder / "frames" / f"{number:06d}.jpg"), frame[..., ::-1], quality)
        cv2.imwrite(str(folder / "masks" / f"{number:06d}.png"), mask)
