"""A seeded generator of surface pictures in which the truth about every picture is known.

Each shows a brushed surface under uneven light, with dust and sensor noise. It is good, or has one
defect: a scratch (thin and short), a spot (round) or a stripe (broad, from edge to edge), dark or
light, of any place, size and angle, and sometimes so faint that nobody could tell.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_core.records.pictures import IMAGE_TYPE

CLASSES = ("good", "scratch", "spot", "stripe")
SIDE = 32


def generate(seed: int = 0, pictures: int = 600) -> pa.Table:
    """Draw surfaces, every class alike often, in the order in which their folder is read.

    Args:
        seed: the same seed gives the same pictures.
        pictures: how many, at least 4.

    Returns:
        columns ``record_id`` (string, ``scratch/0002.png``), ``image`` (a grey PNG of 32 x 32) and
        ``label`` (string, one of ``CLASSES``).

    Example:
        >>> generate(seed=1, pictures=8)["label"].to_pylist()[:3]
        ['good', 'good', 'scratch']
    """
    if pictures < len(CLASSES):
        raise ValueError(f"pictures is at least {len(CLASSES)}. Received: pictures={pictures}")
    import cv2

    # A stream of its own for each picture: more of them leave the others as they were.
    streams = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(pictures))
    rows = []
    for number, rng in enumerate(streams):
        label = CLASSES[number % len(CLASSES)]
        name = f"{label}/{number // len(CLASSES) + 1:04d}.png"
        encoded = cv2.imencode(".png", surface(rng, label), [cv2.IMWRITE_PNG_COMPRESSION, 9])[1]
        rows.append((name, encoded.tobytes(), label))
    names, files, labels = zip(*sorted(rows), strict=True)
    images = [
        {"path": name, "bytes": data, "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in zip(names, files, strict=True)
    ]
    return pa.table({"record_id": names, "image": pa.array(images, IMAGE_TYPE), "label": labels})


def surface(rng: np.random.Generator, label: str) -> np.ndarray:
    """One picture of a class, uint8 [32, 32]."""
    import cv2

    y, x = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    # Light falls off in some direction, and brushing leaves lines along one of the sides.
    direction = rng.uniform(0, 2 * np.pi)
    light = rng.uniform(90, 160)
    light = light + rng.uniform(0, 60) * (np.cos(direction) * x + np.sin(direction) * y)
    brushed = cv2.GaussianBlur(rng.normal(0, 1, (SIDE, SIDE)), (0, 0), sigmaX=4, sigmaY=0.6)
    brushed *= rng.uniform(3, 6) / brushed.std()
    picture = light + (brushed if rng.random() < 0.5 else brushed.T)
    for _ in range(rng.poisson(3)):
        picture[tuple(rng.integers(0, SIDE, 2))] += rng.uniform(-60, 60)
    contrast = rng.uniform(25, 70) * rng.choice((-1, 1))
    picture = picture + contrast * _defect(rng, label, x, y)
    picture = cv2.GaussianBlur(picture, (0, 0), 0.5) + rng.normal(0, 5, picture.shape)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _defect(rng: np.random.Generator, label: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How strongly the defect shows at each pixel, 0..1, float64 [32, 32]; x and y in -0.5..0.5."""
    angle = rng.uniform(0, np.pi)
    middle_x, middle_y = rng.uniform(-0.35, 0.35, 2)
    along = np.cos(angle) * (x - middle_x) + np.sin(angle) * (y - middle_y)
    across = -np.sin(angle) * (x - middle_x) + np.cos(angle) * (y - middle_y)
    if label == "scratch":
        return np.exp(-((across / 0.022) ** 2)) * (np.abs(along) < rng.uniform(0.1, 0.25))
    if label == "spot":
        distance = np.hypot(along, across * rng.uniform(1, 1.6))
        return np.exp(-((distance / rng.uniform(0.04, 0.09)) ** 2))
    if label == "stripe":
        return np.exp(-((across / rng.uniform(0.05, 0.1)) ** 2)) * 0.6
    return np.zeros_like(x)


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample into ``folder``, a folder a class below ``surfaces``.

    Args:
        folder: of the data set.
        seed: of :func:`generate`.
    """
    table = generate(seed)
    for name, image in zip(table["record_id"].to_pylist(), table["image"].to_pylist(), strict=True):
        path = folder / "surfaces" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image["bytes"])
