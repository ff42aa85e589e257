"""Parts whose truth and whose model are made: what every view is tested with, bundle or not."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pyarrow as pa

from lepton_core.decision import Classify
from lepton_core.decision.detect import Detect
from lepton_core.decision.limits import Limit
from lepton_core.decision.outlier import Outlier
from lepton_core.records.pictures import file_array
from lepton_core.rejects import Rejects
from lepton_core.solution import Task
from lepton_core.spec import Column, Spec
from lepton_core.ui.scored import Scored
from lepton_core.ui.uploader import Source
from solutions.defect_detection.dashboard_parts import Inspector, Parts, apply, scale_of

CLASSES = ("good", "scratch", "spot")
SIDE = 96
_INPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("image", "image"),
        Column("label", "string", "label", required=False),
    )
)
_OUTPUTS = Spec((Column("record_id", "string", "id"), Column("verdict", "string", "output")))


def task(name: str = "surface") -> Task:
    """A task of the solution without a bundle."""
    return Task(
        name=f"defect_detection/{name}",
        title="defect_detection.title",
        package=f"solutions.defect_detection.{name}",
        inputs=_INPUTS,
        outputs=_OUTPUTS,
        config="config:Config",
        preprocessor="preprocessing:Preprocessor",
        trainer="training:train",
        sample="sample:generate",
        sample_data="surface_sample",
    )


def picture(row: int) -> tuple[bytes, str, tuple[int, int, int, int] | None]:
    """A part: its file, its class, and where its defect is."""
    rng = np.random.default_rng(row)
    label = CLASSES[row % 3]
    values = rng.normal(150, 6, (SIDE, SIDE))
    box = None
    if label == "scratch":
        x, y = (int(v) for v in rng.integers(8, 40, 2))
        box = (x, y, x + 40, y + 6)
    elif label == "spot":
        x, y = (int(v) for v in rng.integers(8, 70, 2))
        box = (x, y, x + 14, y + 14)
    if box is not None:
        values[box[1] : box[3], box[0] : box[2]] -= 60
    grey = np.clip(values, 0, 255).astype(np.uint8)
    return cv2.imencode(".png", grey)[1].tobytes(), label, box


@cache
def records(n: int = 30, *, labelled: bool = True) -> pa.Table:
    """Parts in order: good, scratch, spot, good..."""
    made = [picture(row) for row in range(n)]
    names = [f"line/{row:04d}.png" for row in range(n)]
    images = file_array([(name, one[0]) for name, one in zip(names, made, strict=True)])
    labels = [one[1] if labelled else None for one in made]
    return pa.table({"record_id": names, "image": images, "label": pa.array(labels, pa.string())})


def outputs(n: int = 30) -> dict[str, np.ndarray]:
    """What a model says of :func:`records`: nearly right, and unsure of every tenth part."""
    score = np.full((n, 3), -4.0, np.float32)
    candidates = np.zeros((n, 4, 7), np.float32)
    candidates[..., 5:] = -30.0
    heat = np.zeros((n, 12, 12), np.float32)
    for row in range(n):
        _, label, box = picture(row)
        code = CLASSES.index(label)
        is_faint = row % 10 == 4
        score[row, code] = 1.0 if is_faint else 4.0
        if is_faint:
            score[row, 0] = 1.0
        if box is not None:
            x0, y0, x1, y1 = box
            candidates[row, 0, :5] = x0, y0, x1, y1, (x1 - x0) * (y1 - y0)
            candidates[row, 0, 4 + code] = -0.4 if is_faint else 2.5
            heat[row, y0 * 12 // SIDE : y1 * 12 // SIDE + 1, x0 * 12 // SIDE : x1 * 12 // SIDE] = (
                0.9
            )
    return {"score": score, "candidates": candidates, "map": heat}


def detect(limits: tuple[Limit, ...] = ()) -> Detect:
    """A decision that looks at every tenth part."""
    whole = Classify(("good", "defect"), threshold=0.5, band=(0.2, 0.8))
    return Detect(CLASSES, thresholds=(0.5, 0.5), doubt=0.5, limits=limits, part=whole)


def parts(
    decision: Inspector | None = None,
    n: int = 30,
    *,
    labelled: bool = True,
    rejects: Rejects | None = None,
) -> Parts:
    """Parts as a page has them: of known defects, or by an :class:`Outlier` of good parts only."""
    chosen = decision or detect()
    name = "anomaly" if isinstance(chosen, Outlier) else "surface"
    raw = outputs(n)
    if isinstance(chosen, Outlier):
        # How strange: what any defect leads by.
        lead = raw["score"][:, 1:].max(axis=1) - raw["score"][:, 0]
        raw = {"score": lead.astype(np.float32), "map": raw["map"]}
    found = records(n, labelled=labelled)
    scored = Scored(
        key=f"made.{name}.{n}.{labelled}",
        source="made",
        address=f"defect_detection/{name}@made",
        records=found,
        rows=np.arange(n),
        score=raw.pop("score"),
        decision=chosen,
        card={},
        rejects=rejects or Rejects(),
        read=n + (len(rejects) if rejects else 0),
        raw=raw,
        given=found,
    )
    source = Source("made", scored.key, found, True)
    scale = scale_of(scored)
    columns = cast("dict[str, Any]", apply(chosen, scored, scale))
    return Parts(task(name), scored, source, Path("/nowhere"), chosen, columns, scale)


def outlier() -> Outlier:
    """A decision from ninety-nine held-out good parts, all of which score below -5."""
    return Outlier.fit(np.linspace(-9.0, -5.0, 99), false_reject=0.05, unsure=0.1)
