"""A seeded generator of surface pictures in which the truth about every picture is known.

Each shows brushed metal under uneven light, with dust and sensor noise. It is good, or has defects
of one class, one to three of them: scratches (thin, of any angle), spots (round) or stripes (broad,
from edge to edge), dark or light, and sometimes so faint that nobody could tell. Where they are is
known to the pixel.
"""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_core.box_cells import BOXES, as_text
from lepton_core.records.pictures import IMAGE_TYPE

CLASSES = ("good", "scratch", "spot", "stripe")
SIDE = 96
MM_PER_PX = 0.1
# What share of its strength still counts as the defect.
_EDGE = 0.4
_QUALITY = 90


def generate(seed: int = 0, pictures: int = 400) -> pa.Table:
    """Draw surfaces, every class alike often, in the order in which their folder is read.

    Args:
        seed: the same seed gives the same pictures.
        pictures: how many, at least 4.

    Returns:
        columns ``record_id`` (string, ``scratch/0002.jpg``), ``image`` (a grey JPEG of 96 x 96),
        ``label`` (string, one of ``CLASSES``), ``boxes`` (each defect's), ``mask`` (a PNG, 255 for
        a defect; null for a good part), ``part`` (string) and ``mm_per_px`` (float32).

    Example:
        >>> table = generate(seed=1, pictures=8)
        >>> table["label"].to_pylist()[:3], [len(row) > 0 for row in table["boxes"].to_pylist()[:3]]
        (['good', 'good', 'scratch'], [False, False, True])
    """
    if pictures < len(CLASSES):
        raise ValueError(f"pictures is at least {len(CLASSES)}. Received: pictures={pictures}")
    # A stream of its own for each picture: more of them leave the others as they were.
    streams = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(pictures))
    rows = []
    for number, rng in enumerate(streams):
        label = CLASSES[number % len(CLASSES)]
        picture, mask, boxes = surface(rng, label)
        name = f"{label}/{number // len(CLASSES) + 1:04d}"
        rows.append((name, picture, mask, [{"label": label, **box} for box in boxes], label))
    names, drawn, masks, boxes, labels = zip(*sorted(rows, key=lambda row: row[0]), strict=True)
    files = [f"{name}.jpg" for name in names]
    return pa.table(
        {
            "record_id": files,
            "image": pa.array(map(_jpeg, files, drawn), IMAGE_TYPE),
            "label": labels,
            "boxes": pa.array(boxes, BOXES),
            "mask": pa.array(
                [
                    _png(f"{name}.png", mask) if mask.any() else None
                    for name, mask in zip(names, masks, strict=True)
                ],
                IMAGE_TYPE,
            ),
            "part": names,
            "mm_per_px": pa.array([MM_PER_PX] * pictures, pa.float32()),
        }
    )


def surface(
    rng: np.random.Generator, label: str, side: int = SIDE
) -> tuple[np.ndarray, np.ndarray, list[dict[str, float]]]:
    """One picture of a class with its truth.

    Args:
        rng: of all that varies.
        label: one of ``CLASSES``.
        side: height and width, pixels.

    Returns:
        uint8 [side, side]; the mask of its defects, uint8 [side, side], 255 or 0; and the box and
        area of each.
    """
    import cv2

    y, x = np.mgrid[:side, :side].astype(np.float64)
    # Light falls off in some direction, and brushing leaves lines along the picture's width.
    direction = rng.uniform(0, 2 * np.pi)
    slope = (np.cos(direction) * x + np.sin(direction) * y) / side - 0.5
    picture = rng.uniform(95, 150) + rng.uniform(0, 40) * slope
    brushed = cv2.GaussianBlur(rng.normal(0, 1, (side, side)), (0, 0), sigmaX=9, sigmaY=0.7)
    picture += brushed * rng.uniform(3, 6) / brushed.std()
    for _ in range(rng.poisson(4)):
        picture[tuple(rng.integers(0, side, 2))] += rng.uniform(-50, 50)
    mask, boxes = np.zeros((side, side), np.uint8), []
    count = 0 if label == "good" else 1 if label == "stripe" else int(rng.integers(1, 4))
    for _ in range(count):
        strength = _defect(rng, label, x, y, side)
        picture += rng.uniform(18, 60) * rng.choice((-1, 1)) * strength
        own = strength >= _EDGE
        if own.any():
            mask[own] = 255
            boxes.append(_box(own))
    picture = cv2.GaussianBlur(picture, (0, 0), 0.6) + rng.normal(0, 3, picture.shape)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8), mask, boxes


def _defect(
    rng: np.random.Generator, label: str, x: np.ndarray, y: np.ndarray, side: int
) -> np.ndarray:
    """How strongly a defect shows at each pixel, 0..1, float64 [side, side]."""
    # Brushing and rolling go one way; a stripe runs with them, a scratch anywhere.
    angle = rng.normal(0, 0.1) if label == "stripe" else rng.uniform(0, np.pi)
    middle_x, middle_y = rng.uniform(12, side - 12, 2)
    along = np.cos(angle) * (x - middle_x) + np.sin(angle) * (y - middle_y)
    across = -np.sin(angle) * (x - middle_x) + np.cos(angle) * (y - middle_y)
    if label == "scratch":
        width, half = rng.uniform(0.9, 1.7), rng.uniform(8, 26)
        return np.exp(-((across / width) ** 2)) * (np.abs(along) < half)
    if label == "spot":
        distance = np.hypot(along, across * rng.uniform(1, 1.6))
        return np.exp(-((distance / rng.uniform(3.0, 7.0)) ** 4))
    return np.exp(-((across / rng.uniform(4, 8)) ** 4))


def _box(mask: np.ndarray) -> dict[str, float]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    corners = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    found = dict(zip(("x0", "y0", "x1", "y1"), map(float, corners), strict=True))
    return {**found, "area": float(mask.sum())}


def _jpeg(name: str, picture: np.ndarray) -> dict[str, object]:
    import cv2

    return _image(name, cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])


def _png(name: str, mask: np.ndarray) -> dict[str, object]:
    import cv2

    return _image(name, cv2.imencode(".png", mask, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1])


def _image(name: str, encoded: np.ndarray) -> dict[str, object]:
    data = encoded.tobytes()
    return {"path": name, "bytes": data, "sha256": hashlib.sha256(data).hexdigest()}


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample into ``folder``: pictures, masks and ``parts.csv``, their list.

    Args:
        folder: of the data set.
        seed: of :func:`generate`.
    """
    table = generate(seed)
    listed = []
    for row in table.to_pylist():
        paths = {}
        for name in ("image", "mask"):
            image = row[name]
            paths[name] = f"{name}s/{image['path']}" if image else ""
            if image:
                path = folder / paths[name]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(image["bytes"])
        listed.append([row["record_id"], *paths.values(), row["label"]])
    texts = as_text(table["boxes"]).to_pylist()
    with (folder / "parts.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["record_id", "image", "mask", "label", "boxes", "part", "mm_per_px"])
        for cells, boxes, part in zip(listed, texts, table["part"].to_pylist(), strict=True):
            out.writerow([*cells, boxes, part, MM_PER_PX])
