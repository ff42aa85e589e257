"""From validation parts to the threshold of pixels and the decision on parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lepton_core.decision import Detect, Policy
from lepton_core.decision.detect_fitting import Held, fit_detect
from lepton_core.preprocessing import Prepared
from lepton_core.tiles import enlarged

from .config import DecisionConfig
from .learning import Part, found_in
from .preprocessing import Preprocessor

_BINS = 200
_FEWEST, _MOST = 0.05, 0.95


def pixel_threshold(
    outputs: Mapping[str, np.ndarray],
    prepared: Prepared,
    parts: Sequence[Part],
    preprocessor: Preprocessor,
) -> float:
    """The probability from which a pixel belongs to a defect: that of the best F1 of all pixels.

    Args:
        outputs: ``pixels`` of the tiles of validation parts.
        prepared: their tiles.
        parts: of the same order.
        preprocessor: puts tiles together.

    Returns:
        within 0.05 to 0.95; 0.5 where no pixel of them is defective.
    """
    assert prepared.parts is not None
    counts = np.zeros((2, _BINS), np.int64)
    ends = np.cumsum(prepared.parts)
    for part, end, tiles in zip(parts, ends.tolist(), prepared.parts.tolist(), strict=True):
        if part.mask is None:
            continue
        size = part.mask.shape
        maps, stride = preprocessor.merging.maps(outputs["pixels"][end - tiles : end], size)
        whole = enlarged(np.ascontiguousarray(1 - maps[..., 0]), stride, *size)
        bins = np.minimum((whole * _BINS).astype(np.int64), _BINS - 1)
        for side in (0, 1):
            own = bins[(part.mask > 0) == bool(side)]
            counts[side] += np.bincount(own, minlength=_BINS)
    if not counts[1].any():
        return 0.5
    # From each bin's lower edge on.
    wrong, right = (counts[side][::-1].cumsum()[::-1] for side in (0, 1))
    f1 = 2 * right / np.maximum(right + wrong + counts[1].sum(), 1)
    return float(np.clip(f1.argmax() / _BINS, _FEWEST, _MOST))


def decide(
    gathered: Mapping[str, np.ndarray],
    parts: Sequence[Part],
    classes: tuple[str, ...],
    preprocessor: Preprocessor,
    config: DecisionConfig,
) -> Detect:
    """A decision fitted on validation parts.

    Args:
        gathered: ``score`` and ``candidates`` of the parts.
        parts: of the same order.
        classes: the name for no defect, then the defect classes.
        preprocessor: says what tells of places, and at which size parts are cut.
        config: how it is fitted.
    """
    pixels = preprocessor.places == "pixels"
    truth = [_truth(part, pixels) for part in parts]
    known = np.array([one is not None for one in truth], bool)
    # Candidates are in pixels of the original.
    unit = np.array([1, *[preprocessor.scale] * 4], np.float32)
    boxes = [one / unit for one in truth if one is not None]
    held = Held(
        gathered["score"],
        np.array([part.code for part in parts], np.int64),
        gathered["candidates"] if preprocessor.places else None,
        boxes if preprocessor.places and known.all() else None,
        {"part": "validation"},
    )
    policy = Policy("recall", config.sensitivity) if config.sensitivity else Policy("f1")
    return fit_detect(
        held,
        classes,
        iou=config.iou,
        match_iou=config.match_iou_pixels if pixels else config.match_iou,
        coverage=config.coverage,
        review_share=config.review_share,
        policy=policy,
    )


def _truth(part: Part, pixels: bool) -> np.ndarray | None:
    """A part's true defects [k, 5]; None where nobody said."""
    if pixels:
        return None if part.mask is None else found_in(part.mask)
    return part.boxes
