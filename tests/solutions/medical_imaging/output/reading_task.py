"""The X-ray task with a model of NumPy, so that tests of what is written need no training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.decision import Classify, ClassifyMany, Decision, Policy
from lepton_core.pictures import PicturePreprocessor
from lepton_core.pipeline import Pipeline
from lepton_core.preprocessing import Prepared
from lepton_core.records.frame_reading import decode_frame
from lepton_core.rejects import Refusal, Rejects
from lepton_core.runtime.base import Runtime
from lepton_core.solution import find_task

TASK = replace(find_task("medical_imaging/xray"), explainer="explainer:Explainer")


class Grey(PicturePreprocessor):
    """Any frame, stretched to 16 x 16."""

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        rejects, arrays, kept = Rejects(), [], []
        ids, images = records["record_id"].to_pylist(), records["image"].to_pylist()
        for row, (record_id, image) in enumerate(zip(ids, images, strict=True)):
            try:
                arrays.append(decode_frame(image["bytes"], channels=1, size=(16, 16)))
                kept.append(row)
            except Refusal as refusal:
                values = {"column": "image", "received": image["path"], **refusal.values}
                rejects.add(row, record_id, refusal.key, **values)
        x = np.stack(arrays) if arrays else np.empty((0, 16, 16, 1), np.uint8)
        return Prepared({"x": x}, np.array(kept, np.int64), rejects)


class Brightness(Runtime):
    """Bright quarters of a picture speak for the first classes."""

    name = "numpy"

    def __init__(self, channels: int = 1) -> None:
        self._channels = channels

    @classmethod
    def open(cls, folder: Path, threads: int | None = None) -> Brightness:
        return cls()

    def roles(self) -> tuple[str, ...]:
        return ("main",)

    def input_shapes(self, role: str) -> dict[str, tuple[int | None, ...]]:
        return {"x": (None, 16, 16, 1)}

    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        x = inputs["x"].astype(np.float32).reshape(-1, 4, 4, 4, 4).mean(axis=(2, 4))
        turned = [np.rot90(x, k, axes=(1, 2)) for k in range(self._channels)]
        found = (np.stack(turned, axis=-1) - 100) / 20
        score = found.mean(axis=(1, 2))
        return {"score": score[:, 0] if self._channels == 1 else score, "map": found}


def reading_pipeline(decision: Decision | None = None) -> Pipeline:
    """Two classes unless the decision has more."""
    usual = Classify(("normal", "pneumonia"), threshold=0.42, policy=Policy("recall", 0.95))
    decision = decision or usual
    channels = len(decision.classes) if isinstance(decision, ClassifyMany) else 1
    card = {"created": "2026-11-25", "metrics": {"auc": {"value": 0.98, "low": 0.97, "high": 0.99}}}
    address = "medical_imaging/xray@test"
    return Pipeline(TASK, address, Grey(16, 16, 1), Brightness(channels), decision, card)
