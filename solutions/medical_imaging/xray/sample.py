"""A seeded generator of simulated chest X-rays in which the truth about every picture is known.

Half of them show nothing, half one to three filled parts of the lungs, from plain to hardly seen.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_core.records.pictures import IMAGE_TYPE

from .sample_chest import draw, draw_body

CLASSES = ("normal", "pneumonia")


def generate(seed: int = 0, pictures: int = 400) -> pa.Table:
    """Draw X-rays, every second one with a finding, in the order in which their folder is read.

    Args:
        seed: the same seed gives the same pictures.
        pictures: how many, at least 2; each of a person of its own.

    Returns:
        columns ``record_id`` (string, ``normal/0002.jpeg``), ``image`` (a grey JPEG of 128 x 128)
        and ``label`` (string, one of ``CLASSES``).

    Example:
        >>> generate(seed=1, pictures=4)["label"].to_pylist()
        ['normal', 'normal', 'pneumonia', 'pneumonia']
    """
    if pictures < len(CLASSES):
        raise ValueError(f"pictures is at least {len(CLASSES)}. Received: pictures={pictures}")
    import cv2

    # A stream of its own for each picture: more of them leave the others as they were.
    streams = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(pictures))
    rows = []
    for number, rng in enumerate(streams):
        label = CLASSES[number % len(CLASSES)]
        picture = draw(rng, draw_body(rng), int(rng.integers(1, 4)) if number % 2 else 0)
        encoded = cv2.imencode(".jpeg", picture, [cv2.IMWRITE_JPEG_QUALITY, 88])[1]
        name = f"{label}/{number // len(CLASSES) + 1:04d}.jpeg"
        rows.append((name, encoded.tobytes(), label))
    names, files, labels = zip(*sorted(rows), strict=True)
    images = [
        {"path": name, "bytes": data, "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in zip(names, files, strict=True)
    ]
    return pa.table({"record_id": names, "image": pa.array(images, IMAGE_TYPE), "label": labels})


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample into ``folder``, a folder a class below ``pictures``.

    Args:
        folder: of the data set.
        seed: of :func:`generate`.
    """
    table = generate(seed)
    for name, image in zip(table["record_id"].to_pylist(), table["image"].to_pylist(), strict=True):
        path = folder / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image["bytes"])
