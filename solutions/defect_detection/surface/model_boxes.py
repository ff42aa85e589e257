"""An anchor-free head for boxes: what each place says, which defect it answers for, the loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from lepton_core._keras import keras
from lepton_core.models.residual import convolved

layers, ops = keras.layers, keras.ops

# Places a defect is learned by, at most, and how much class and overlap count in choosing them.
PLACES = 10
_CLASS_POWER, _OVERLAP_POWER = 0.5, 6.0
# Of the boxes beside the classes: with 2 defects were seen and their edges not met.
_BOX_WEIGHT = 6.0
# The share of places that hold a defect at the start, which the first biases say.
_PRIOR = 0.01


def pyramid(features: list[Any], width: int) -> list[Any]:
    """Features of several strides, each knowing what the coarser ones see (feature pyramid).

    Args:
        features: [B, H / s, W / s, C] from fine to coarse, each of twice the stride.
        width: of the results.

    Returns:
        one [B, H / s, W / s, width] each.

    Source:
        Lin et al., Feature Pyramid Networks for Object Detection, 2017.
    """
    found: list[Any] = []
    for level in reversed(range(len(features))):
        y = layers.Conv2D(width, 1, name=f"lateral{level}")(features[level])
        if found:
            above = layers.UpSampling2D(2, name=f"up{level}")(found[0])
            y = layers.Add(name=f"merge{level}")([y, above])
        found.insert(0, y)
    return [convolved(y, width, 3, 1, f"pyramid{level}") for level, y in enumerate(found)]


def box_head(features: list[Any], strides: list[int], classes: int, width: int) -> Any:
    """What each place of each level says.

    Args:
        features: [B, H / s, W / s, width] of each level.
        strides: s of each, in pixels.
        classes: C.
        width: of the two towers.

    Returns:
        float32 [B, A, 4 + C] for the A places of all levels: a box x0 y0 x1 y1 in pixels, and
        logits of the classes.

    Source:
        Tian et al., FCOS: Fully Convolutional One-Stage Object Detection, 2019.
    """
    bias = keras.initializers.Constant(float(np.log(_PRIOR / (1 - _PRIOR))))
    class_conv = layers.Conv2D(classes, 1, bias_initializer=bias, name="class_logits")
    side_conv = layers.Conv2D(4, 1, bias_initializer="ones", name="sides")
    found = []
    for level, (y, stride) in enumerate(zip(features, strides, strict=True)):
        classed = convolved(y, width, 3, 1, f"class_tower{level}")
        sided = convolved(y, width, 3, 1, f"side_tower{level}")
        logits = layers.Reshape((-1, classes), name=f"logits{level}")(class_conv(classed))
        sides = layers.Reshape((-1, 4), name=f"sides{level}")(ops.softplus(side_conv(sided)))
        places = place_centres(y.shape[1], y.shape[2], stride)
        # The symbolic tensor first: NumPy would try to make an array of it.
        corners = [sides[..., :2] * -stride + places, sides[..., 2:] * stride + places]
        boxes = ops.concatenate(corners, axis=-1)
        found.append(ops.concatenate([boxes, logits], axis=-1))
    return layers.Concatenate(axis=1, name="places")(found)


def place_centres(height: int, width: int, stride: int) -> np.ndarray:
    """Centres x, y float32 [height * width, 2] in pixels of a level's places, row by row.

    Example:
        >>> place_centres(1, 2, 8).tolist()
        [[4.0, 4.0], [12.0, 4.0]]
    """
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.stack([x.ravel() + 0.5, y.ravel() + 0.5], axis=1) * np.float32(stride)


def overlap(a: Any, b: Any) -> tuple[Any, Any]:
    """Intersection over union, and generalised, of boxes broadcast against each other.

    Args:
        a: boxes [..., 4].
        b: boxes [..., 4].

    Returns:
        both [...], the first in 0..1, the second in -1..1.

    Source:
        Rezatofighi et al., Generalized Intersection over Union, 2019.
    """
    inner = ops.maximum(
        ops.minimum(a[..., 2:], b[..., 2:]) - ops.maximum(a[..., :2], b[..., :2]), 0.0
    )
    outer = ops.maximum(a[..., 2:], b[..., 2:]) - ops.minimum(a[..., :2], b[..., :2])
    shared = inner[..., 0] * inner[..., 1]
    areas = [ops.prod(ops.maximum(box[..., 2:] - box[..., :2], 0.0), axis=-1) for box in (a, b)]
    union = areas[0] + areas[1] - shared + 1e-6
    hull = outer[..., 0] * outer[..., 1] + 1e-6
    return shared / union, shared / union - (hull - union) / hull


class BoxLoss:
    """Which places answer for which defect, and how wrong they are.

    A defect is learned by the places in it whose class and box agree best with it so far
    (task-aligned assignment); each shall say the class with the agreement as its certainty, so that
    the order of candidates is that of their boxes' quality.

    Args:
        centres: float32 [A, 2], of all places in pixels.
        classes: C.

    Source:
        Feng et al., TOOD: Task-aligned One-stage Object Detection, 2021; Zhang et al.,
        VarifocalNet, 2021.
    """

    def __init__(self, centres: np.ndarray, classes: int) -> None:
        self._centres, self._classes = centres, classes

    def __call__(self, truth: Any, places: Any) -> Any:
        """Loss [B].

        Args:
            truth: float32 [B, M, 5]: class 1..C or 0 for none, and a box in pixels; a class below 0
                where nobody said what is there, so that nothing said of that tile is wrong.
            places: float32 [B, A, 4 + C], of :func:`box_head`.
        """
        boxes, logits = places[..., :4], places[..., 4:]
        wanted, chosen = self._assign(truth, boxes, logits)
        answer, iou_target = wanted
        # Agreement as certainty: [B, A, C], nought wherever no defect was given.
        target = answer * iou_target[..., None]
        probability = ops.sigmoid(logits)
        weight = ops.where(target > 0, target, 0.75 * probability**2)
        missed = ops.maximum(logits, 0) - logits * target + ops.log1p(ops.exp(-ops.abs(logits)))
        # Over the whole batch: a part with one small defect shall not weigh as much as a full one.
        total = ops.maximum(ops.mean(ops.sum(iou_target, axis=-1)), 1.0)
        classed = ops.sum(ops.stop_gradient(weight) * missed, axis=(1, 2)) / total
        _, generalised = overlap(boxes, chosen)
        boxed = ops.sum(iou_target * (1.0 - generalised), axis=1) / total
        known = ops.cast(truth[:, 0, 0] >= 0, "float32")
        return known * (classed + _BOX_WEIGHT * boxed)

    def _assign(self, truth: Any, boxes: Any, logits: Any) -> tuple[tuple[Any, Any], Any]:
        """Of each place: its class [B, A, C] and certainty [B, A], and its defect's box."""
        given = truth[..., 1:5]
        is_there = ops.cast(truth[..., 0] > 0, "float32")
        codes = ops.one_hot(ops.cast(ops.maximum(truth[..., 0] - 1, 0), "int32"), self._classes)
        iou, _ = overlap(given[:, :, None], boxes[:, None])
        said = ops.einsum("bac,bmc->bma", ops.sigmoid(logits), codes)
        x, y = self._centres[None, None, :, 0], self._centres[None, None, :, 1]
        sides = [x - given[..., None, 0], y - given[..., None, 1]]
        sides += [given[..., None, 2] - x, given[..., None, 3] - y]
        inside = ops.cast(ops.min(ops.stack(sides, axis=-1), axis=-1) > 0, "float32")
        inside = inside * is_there[..., None]
        agreement = said**_CLASS_POWER * iou**_OVERLAP_POWER * inside
        # At the start all agreements are tiny: what lies inside comes first.
        least = ops.top_k(agreement + 1e-9 * inside, PLACES)[0][..., -1:]
        taken = inside * ops.cast(agreement + 1e-9 * inside >= least, "float32")
        # A place within several defects answers for the one that it overlaps most.
        rival = ops.where(taken > 0, iou + 1e-6, 0.0)
        owner = ops.one_hot(ops.argmax(rival, axis=1), truth.shape[1], axis=1) * taken
        best_iou = ops.max(iou * owner, axis=-1, keepdims=True)
        best = ops.max(agreement * owner, axis=-1, keepdims=True)
        certainty = ops.max(agreement * owner / (best + 1e-9) * best_iou, axis=1)
        answer = ops.einsum("bma,bmc->bac", owner, codes)
        chosen = ops.einsum("bma,bmk->bak", owner, given)
        stop = ops.stop_gradient
        return (stop(answer), stop(certainty)), stop(chosen)
