"""Why a part passes, fails or is unsure: which limit, in sentences."""

from __future__ import annotations

from typing import Any

import numpy as np

from lepton_core.decision.detect import Detect
from lepton_core.decision.limits import ANY, Limit, judge
from lepton_core.decision.outlier import Outlier
from lepton_core.decision.sizes import extents
from lepton_core.messages import t
from lepton_core.ui.plain import plain

from .dashboard_parts import Parts

_WHY = "defect_detection.part.why"


def reasons(parts: Parts, row: int) -> list[str]:
    """What the verdict of a part rests on, a sentence each, as Markdown."""
    decision, verdict = parts.decision, str(parts.verdict[row])
    if isinstance(decision, Outlier):
        return _of_outlier(decision, float(parts.scored.score[row]), parts, row, verdict)
    return _of_detect(decision, parts, row, verdict)


def _of_outlier(decision: Outlier, score: float, parts: Parts, row: int, verdict: str) -> list[str]:
    if decision.threshold is None:
        return [t(f"{_WHY}.no_threshold")]
    p_value = float(parts.columns["p_value"][row])
    found = [t(f"{_WHY}.p_value", p=p_value, groups=decision.good.groups)]
    if decision.false_reject is None:
        by_hand: dict[str, Any] = {"score": score, "threshold": decision.threshold}
        return [*found, t(f"{_WHY}.by_hand_{verdict}", **by_hand)]
    if decision.unsure_from is None:
        return [*found, t(f"{_WHY}.alone_{verdict}", rate=decision.false_reject)]
    found.append(t(f"{_WHY}.rate_{verdict}", rate=decision.false_reject, unsure=decision.unsure))
    return found


def _of_detect(decision: Detect, parts: Parts, row: int, verdict: str) -> list[str]:
    boxes = parts.boxes(row)
    threshold = dict(zip(decision.defects, decision.thresholds, strict=True))
    sure = [box for box in boxes if box["probability"] >= np.float32(threshold[box["label"]])]
    probability = float(parts.columns["probability"][row])
    whole: dict[str, Any] = {"p": probability, "threshold": decision.part.threshold}
    scale = float(parts.scale[row])
    broken = broken_limits(decision, parts, sure, scale)
    if verdict == "fail":
        return broken or [t(f"{_WHY}.whole_fail", **whole)]
    if verdict == "pass":
        if sure:
            return [t(f"{_WHY}.within", n=len(sure))]
        return [t(f"{_WHY}.whole_pass", **whole)]
    found = []
    if len(boxes) > len(sure):
        doubtful = len(boxes) - len(sure)
        found.append(t(f"{_WHY}.doubtful", n=doubtful, doubt=decision.doubt))
    if not np.isfinite(scale) and any(limit.needs_scale for limit in decision.limits):
        found.append(t(f"{_WHY}.no_scale"))
    low, high = decision.part.band
    if high > 0 and low <= probability < high:
        found.append(t(f"{_WHY}.band", p=probability, low=low, high=high))
    return found or [t(f"{_WHY}.whole_unsure", **whole)]


def broken_limits(
    decision: Detect, parts: Parts, boxes: list[dict[str, Any]], scale: float
) -> list[str]:
    """Which limits defects go beyond, a sentence each.

    Args:
        decision: with the limits.
        parts: give the classes their names.
        boxes: the counted defects of one part.
        scale: millimetres a pixel; not a number where it is not known.
    """
    if not boxes:
        return []
    corners = np.array([[box[k] for k in ("x0", "y0", "x1", "y1")] for box in boxes], np.float64)
    area = np.array([box["area"] or 0.0 for box in boxes], np.float64)
    length, _ = extents(corners, area)
    names = [str(box["label"]) for box in boxes]
    probability = np.array([box["probability"] for box in boxes], np.float32)
    judged = judge(decision.limits, names, probability, length, area, scale)
    own = {limit.defect: limit for limit in decision.limits}
    found = []
    kinds = [name if name in own else ANY for name in names]
    for kind in dict.fromkeys(kinds):
        limit = own.get(kind, Limit(kind))
        here = np.array([one == kind for one in kinds]) & (probability >= limit.min_probability)
        bad = here & judged.too_much
        if not bad.any():
            continue
        told = dict.fromkeys(name for name, is_bad in zip(names, bad, strict=True) if is_bad)
        word = plain(", ".join(parts.name(name) for name in told))
        sizes = (
            ("length_mm", limit.max_length_mm, length * scale),
            ("length_px", limit.max_length_px, length),
            ("area_mm2", limit.max_area_mm2, area * scale**2),
            ("area_px2", limit.max_area_px2, area),
        )
        is_sized = any(most is not None for _, most, _ in sizes)
        most_count = limit.max_count if limit.max_count is not None else None if is_sized else 0
        if most_count == 0:
            found.append(t(f"{_WHY}.none_tolerated", name=word, n=int(here.sum())))
        elif most_count is not None and here.sum() > most_count:
            found.append(t(f"{_WHY}.count", name=word, n=int(here.sum()), most=most_count))
        for what, most, size in sizes:
            if most is not None and (size[bad] > most).any():
                largest = float(size[bad].max())
                found.append(t(f"{_WHY}.{what}", name=word, size=largest, most=most))
    return found
