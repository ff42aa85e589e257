"""A head for masks: which defect each pixel shows, and the loss of it."""

from __future__ import annotations

from typing import Any

from lepton_core._keras import keras
from lepton_core.models.residual import convolved

layers, ops = keras.layers, keras.ops

# Sound pixels of a tile that look most like a defect, counted by themselves.
_HARDEST = 64
# Cells whose mean is a peak.
_PEAKS = (1, 4, 16)


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


def pixel_evidence(logits: Any) -> Any:
    """How much the most defective cells of a tile look like each defect, float32 [B, 3 C].

    The lead of a defect over the background, on the mean of the 1, 4 and 16 cells where it is
    highest: a fine crack drowns in more, and a single cell may be noise.

    Args:
        logits: float32 [B, h, w, 1 + C], background first.
    """
    lead = ops.transpose(logits[..., 1:] - logits[..., :1], (0, 3, 1, 2))
    classes, cells = lead.shape[1], lead.shape[2] * lead.shape[3]
    highest, _ = ops.top_k(ops.reshape(lead, (-1, classes, cells)), min(max(_PEAKS), cells))
    peaks = [ops.mean(highest[..., :count], axis=-1) for count in _PEAKS]
    return layers.Concatenate(name="evidence")(peaks)


def pixel_loss(truth: Any, logits: Any) -> Any:
    """How far the pixels of a tile are from what they show, [B].

    Plain cross-entropy is content with no defect at all where defects are a hundredth of the
    pixels, and one large defect outweighs ten fine cracks. So each tile's defective pixels count as
    much as its others, whatever their number; so do the few sound pixels that look most like a
    defect; and the overlap is asked of each tile by itself.

    Args:
        truth: float32 [B, h, w, 2 + C]: share of each class in the pixel (background first), and
            at last whether the pixel counts, 0 or 1.
        logits: float32 [B, h, w, 1 + C].

    Source:
        Milletari et al., V-Net, 2016 (soft Dice); Shrivastava et al., Training Region-based Object
        Detectors with Online Hard Example Mining, 2016.
    """
    target, counts = truth[..., :-1], truth[..., -1]
    logs = ops.log_softmax(logits, axis=-1)
    missed = -ops.sum(target * logs, axis=-1) * counts
    there = (1.0 - target[..., 0]) * counts
    sound = target[..., 0] * counts
    everywhere = ops.sum(missed, axis=(1, 2)) / ops.maximum(ops.sum(counts, axis=(1, 2)), 1.0)
    defective = ops.sum(there, axis=(1, 2))
    on_defects = ops.sum(missed * there, axis=(1, 2)) / ops.maximum(defective, 1.0)
    places = missed.shape[1] * missed.shape[2]
    flat = ops.reshape(missed * sound, (-1, places))
    hardest = ops.mean(ops.top_k(flat, min(_HARDEST, places))[0], axis=-1)
    found = (1.0 - ops.exp(logs[..., 0])) * counts
    both = ops.sum(found * there, axis=(1, 2))
    total = ops.sum(found, axis=(1, 2)) + defective
    overlap = 1.0 - (2.0 * both + 1.0) / (total + 1.0)
    has_defect = ops.cast(defective > 0, "float32")
    return everywhere + 0.5 * (on_defects + hardest) + has_defect * overlap
