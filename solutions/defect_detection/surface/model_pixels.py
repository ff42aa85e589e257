"""A head for masks: which defect each pixel shows, and the loss of it."""

from __future__ import annotations

from typing import Any

from lepton_core._keras import keras
from lepton_core.models.residual import convolved

layers, ops = keras.layers, keras.ops


def pixel_head(features: list[Any], classes: int, width: int) -> Any:
    """Logits of the pixels, at the finest features' stride.

    Args:
        features: [B, H / s, W / s, C] from fine to coarse, each of twice the stride.
        classes: C defect classes.
        width: of the coarsest decoder stage but one; finer ones are narrower, down to 16.

    Returns:
        float32 [B, H / s, W / s, 1 + C], background first.

    Source:
        Ronneberger et al., U-Net, 2015.
    """
    y = features[-1]
    for level in reversed(range(len(features) - 1)):
        y = layers.UpSampling2D(2, interpolation="bilinear", name=f"decode{level}_up")(y)
        y = layers.Concatenate(name=f"decode{level}_join")([y, features[level]])
        narrow = max(width >> (len(features) - 2 - level), 16)
        y = convolved(y, narrow, 3, 1, f"decode{level}_conv1")
        y = convolved(y, narrow, 3, 1, f"decode{level}_conv2")
    return layers.Conv2D(1 + classes, 1, name="pixels")(y)


def pixel_loss(truth: Any, logits: Any) -> Any:
    """Cross-entropy of the pixels and the overlap that is missing, [B].

    Cross-entropy alone is content with no defect at all where defects are a hundredth of the
    pixels; overlap alone is silent on parts without one.

    Args:
        truth: float32 [B, h, w, 2 + C]: share of each class in the pixel (background first), and
            at last whether the pixel counts, 0 or 1.
        logits: float32 [B, h, w, 1 + C].

    Source:
        Milletari et al., V-Net, 2016 (soft Dice).
    """
    target, counts = truth[..., :-1], truth[..., -1]
    logs = ops.log_softmax(logits, axis=-1)
    missed = -ops.sum(target * logs, axis=-1) * counts
    crossed = ops.sum(missed, axis=(1, 2)) / ops.maximum(ops.sum(counts, axis=(1, 2)), 1.0)
    found = (1.0 - ops.exp(logs[..., 0])) * counts
    there = (1.0 - target[..., 0]) * counts
    # Over the batch: most parts hold no defect, and one alone would be judged on a few pixels.
    both = ops.sum(found * there)
    dice = 1.0 - (2.0 * both + 1.0) / (ops.sum(found**2) + ops.sum(there**2) + 1.0)
    return crossed + dice
