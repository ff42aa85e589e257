"""Bundles for parts of 1024 x 1024, made where they are needed: for time, not for accuracy.

How long a network takes depends on its size and on its tiles, hardly on what it has learned. So
drawn surfaces of the right size are learned for one epoch with the task's usual settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pyarrow as pa

from lepton_core.box_cells import BOXES
from lepton_core.bundle import save_bundle
from lepton_core.evaluation.run import find_protocol
from lepton_core.records.picture_parts import Picture
from lepton_core.records.pictures import image_array
from lepton_core.settings import apply_settings
from lepton_core.solution import find_task
from lepton_core.training.job import TrainingJob
from lepton_core.training.splits import Split
from solutions.defect_detection.surface.sample import CLASSES, surface

SIDE, PARTS = 1024, 24


class Kind(NamedTuple):
    """A bundle to be made.

    Args:
        task: of which task.
        labels: what the drawn parts show, in turn.
        truth: the column that tells it beside the label; empty for none.
        settings: other than usual.
    """

    task: str
    labels: Sequence[str]
    truth: str
    settings: Sequence[str]


KINDS = {
    "surface, boxes": Kind("defect_detection/surface", CLASSES, "boxes", ["model.epochs=1"]),
    "surface, pixels": Kind("defect_detection/surface", CLASSES, "mask", ["model.epochs=1"]),
    "anomaly, contrast": Kind("defect_detection/anomaly", ["good"], "", []),
}


def drawn(labels: Sequence[str], truth: str = "", first: int = 0, n: int = PARTS) -> pa.Table:
    """Surfaces of 1024 x 1024 as grey JPEGs [n], with their truth.

    Args:
        labels: what they show, in turn.
        truth: ``boxes`` or ``mask``; empty for neither.
        first: number of the first one; the same number is the same surface.
        n: how many.
    """
    names = [labels[number % len(labels)] for number in range(n)]
    pictures, masks, boxes = [], [], []
    for number, label in enumerate(names, first):
        grey, mask, found = surface(np.random.default_rng(number), label, SIDE)
        pictures.append(_picture(f"{number}.jpg", grey))
        masks.append(_picture(f"{number}.png", mask))
        boxes.append([{"label": label, **box} for box in found])
    table = pa.table(
        {
            "record_id": [picture.record_id for picture in pictures],
            "image": image_array(pictures),
            "label": names,
            "boxes": pa.array(boxes, BOXES),
            "mask": image_array(masks),
        }
    )
    return table.drop_columns([name for name in ("boxes", "mask") if name != truth])


def make(name: str, folder: Path) -> Path:
    """Write the bundle of that name among ``KINDS`` at ``folder``."""
    kind = KINDS[name]
    task = find_task(kind.task)
    config = apply_settings(task.hook(task.config)(), kind.settings)
    rows = np.arange(PARTS)
    split = Split(rows[::2], rows[1::2], rows[:0])
    if len(kind.labels) > 1:
        # Every class among the ones to learn and among those to decide on.
        first = rows // len(kind.labels) % 2 == 0
        split = Split(rows[first], rows[~first], rows[:0])
    records = find_protocol(task, task.sample_data, config).with_truth(
        drawn(kind.labels, kind.truth)
    )
    job = TrainingJob(task, config, 0, records, split)
    made = task.hook(task.trainer)(job)
    return save_bundle(folder, task, made, {}, {"seed": 0})


def _picture(name: str, pixels: np.ndarray) -> Picture:
    quality = [cv2.IMWRITE_JPEG_QUALITY, 90] if name.endswith(".jpg") else []
    return Picture(name, name, cv2.imencode(Path(name).suffix, pixels, quality)[1].tobytes())
