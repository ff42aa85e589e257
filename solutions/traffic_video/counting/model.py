"""The network: frame, background and their difference -> vehicles, cores, boxes, sizes."""

from __future__ import annotations

from typing import Any

import numpy as np

from lepton_core._keras import keras
from lepton_core.training.fit import fit
from lepton_core.training.manifest import Run
from lepton_core.training.transfer import begin_with_bundle

from .config import ModelConfig
from .detectors import CHANNELS
from .examples import Examples
from .model_batches import ExampleBatches
from .size_classes import SIZES
from .targets import HEADS, UNKNOWN, box_pixels

layers, ops = keras.layers, keras.ops

# Of each head, its numbers a pixel and how much it counts.
_WIDTHS = {"box": 4, "core": 1, "size": len(SIZES), "vehicle": 1}
_COUNTS = {"box": 0.5, "core": 0.5, "size": 0.2, "vehicle": 1.0}
# The level whose features tell the size: half as fine as the answers.
_SIZE_LEVEL = 1
# Further convolutions at each level, by how far apart the pixels are that they look at: the
# coarsest one looks around, as a vehicle is told from what is beside it, too.
_AROUND = ((), (1,), (1, 1), (1, 2, 4))
_LEVELS = len(_AROUND)
# The brightness, 0 to 1, that dark scenes are brought to, and by how much at most.
_LIGHT, _MOST_GAIN = 0.25, 8.0
# Vehicles are few of the pixels; this much more does one count that is missed.
_WEIGHT = 2.0


def build(config: ModelConfig, seed: int = 0) -> keras.Model:
    """A small encoder and decoder for pictures of any size.

    Args:
        config: widths.
        seed: of the start weights.

    Returns:
        x uint8 [B, h, w, 7], sides multiples of 16: frame, background (red, green, blue), and the
        foreground of background subtraction -> ``vehicle`` and ``core`` float32
        [B, h / 2, w / 2, 1], logits; ``box`` float32 [B, h / 2, w / 2, 4], what
        :func:`.targets.box_pixels` takes; ``size`` float32 [B, h / 4, w / 4, 3], logits of
        ``SIZES``.

    Example:
        >>> model = build(ModelConfig(channels=4))
        >>> tuple(model(np.zeros((1, 32, 48, 7), np.uint8))["core"].shape)
        (1, 16, 24, 1)
    """
    keras.utils.set_random_seed(seed)
    widths = [max(round(config.channels * config.growth**level), 4) for level in range(_LEVELS)]
    x = keras.Input((None, None, CHANNELS), dtype="uint8", name="x")
    values = layers.Rescaling(1 / 255.0, name="scaled")(ops.cast(x, "float32"))
    pictures = brightened(values[..., :6])
    frame, background = pictures[..., :3], pictures[..., 3:]
    seen = ops.concatenate([pictures, values[..., 6:], ops.abs(frame - background)], axis=-1)
    levels = []
    for level, width in enumerate(widths):
        seen = _block(seen, width, f"down{level}", strides=2)
        for further, dilation in enumerate(_AROUND[level]):
            seen = layers.add([seen, _block(seen, width, f"on{level}{further}", dilation=dilation)])
        levels.append(seen)
    for level in reversed(range(_LEVELS - 1)):
        width = widths[level]
        up = layers.UpSampling2D(2, interpolation="nearest", name=f"up{level}")(
            layers.Conv2D(width, 1, name=f"narrow{level}")(seen)
        )
        seen = _block(layers.add([up, levels[level]]), width, f"out{level}")
        if level == _SIZE_LEVEL:
            coarse = _block(seen, width, "size")
    heads = {
        name: layers.Conv2D(_WIDTHS[name], 1, name=f"{name}_logits")(
            coarse if name == "size" else seen
        )
        for name in HEADS
    }
    return keras.Model(x, heads, name="counting")


def train(
    examples: Examples,
    valid: Examples,
    config: ModelConfig,
    seed: int,
    *,
    run: Run | None = None,
    verbose: bool = False,
) -> keras.Model:
    """Trains a new network; it is left with the weights of its best epoch on ``valid``.

    Args:
        examples: what is learned from.
        valid: what chooses the epoch; none keeps the last.
        config: widths and settings.
        seed: of the start weights, the order and the variation.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.
    """
    model = build(config, seed)
    if config.start:
        begin_with_bundle(model, config.start)
    data = ExampleBatches(examples, config.batch, seed)
    steps = max(len(data) * config.epochs, 1)
    warm = max(steps // 20, 1)
    rate = keras.optimizers.schedules.CosineDecay(
        config.rate / 20, max(steps - warm, 1), warmup_target=config.rate, warmup_steps=warm
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-4, global_clipnorm=5.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    model.compile(
        optimizer,
        loss={"box": box_loss, "core": pixel_loss, "size": size_loss, "vehicle": pixel_loss},
        loss_weights=_COUNTS,
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )
    held = ExampleBatches(valid, config.batch, None) if len(valid) else None
    fit(
        model,
        data,
        validation=held,
        epochs=config.epochs,
        run=run,
        seed=seed,
        batch_size=config.batch,
        verbose=verbose,
    )
    return model


def pixel_loss(truth: Any, logits: Any) -> Any:
    """Cross-entropy of pixels and one less their Dice overlap, [B]; what is not known is left out.

    Args:
        truth: float32 [B, h, w, 2]: 1, 0 or ``UNKNOWN``; how much the pixel counts.
        logits: float32 [B, h, w, 1].
    """
    axes = (1, 2, 3)
    told, weight = truth[..., :1], truth[..., 1:]
    known = ops.cast(ops.not_equal(told, float(UNKNOWN)), "float32")
    target = ops.where(known > 0, told, ops.zeros_like(told))
    each = ops.softplus(-logits) * target * _WEIGHT + ops.softplus(logits) * (1.0 - target)
    entropy = ops.sum(each * known * weight, axis=axes) / (ops.sum(known, axis=axes) + 1.0)
    found = ops.sigmoid(logits) * known
    common = ops.sum(found * target, axis=axes)
    total = ops.sum(found, axis=axes) + ops.sum(target, axis=axes)
    dice = 1.0 - (2.0 * common + 20.0) / (total + 20.0)
    return entropy * 4.0 + dice


def box_loss(truth: Any, answers: Any) -> Any:
    """How far boxes are from the true ones, [B]: less the logarithm of their overlap.

    Yu et al. 2016 (UnitBox): no other scale than the vehicle's own.

    Args:
        truth: float32 [B, h, w, 5]: distances of :func:`.targets.boxes_of`; how much the pixel
            counts, 0 where no box is known.
        answers: float32 [B, h, w, 4].
    """
    told, weight = truth[..., :4], truth[..., 4]
    found = box_pixels(answers, ops)
    common = ops.minimum(told, found)
    inner = (common[..., 0] + common[..., 2]) * (common[..., 1] + common[..., 3])
    areas = [
        (side[..., 0] + side[..., 2]) * (side[..., 1] + side[..., 3]) for side in (told, found)
    ]
    overlap = (inner + 1.0) / (areas[0] + areas[1] - inner + 1.0)
    axes = (1, 2)
    return ops.sum(-ops.log(overlap) * weight, axis=axes) / (ops.sum(weight, axis=axes) + 1.0)


def size_loss(truth: Any, logits: Any) -> Any:
    """Cross-entropy of size classes, [B], where they are known.

    Args:
        truth: float32 [B, h, w, 4]: 1 for the class and 0 for the others; how much the pixel
            counts, 0 where no size is known.
        logits: float32 [B, h, w, 3].
    """
    target, weight = truth[..., :3], truth[..., 3]
    entropy = -ops.sum(target * ops.log_softmax(logits, axis=-1), axis=-1)
    axes = (1, 2)
    return ops.sum(entropy * weight, axis=axes) / (ops.sum(weight, axis=axes) + 1.0)


def brightened(pictures: Any) -> Any:
    """A dark scene as if by more light, others as they are.

    Black and white stay, and what differs in the dark comes apart.

    Args:
        pictures: float32 [B, h, w, 6], frame and background, 0 to 1.
    """
    mean = ops.mean(pictures[..., 3:], axis=(1, 2, 3), keepdims=True)
    gain = _LIGHT / (1.0 - _LIGHT) * (1.0 - mean) / (mean + 1e-3)
    gain = ops.clip(gain, 1.0, _MOST_GAIN)
    return pictures * gain / (1.0 + pictures * (gain - 1.0))


def _block(x: Any, width: int, name: str, strides: int = 1, dilation: int = 1) -> Any:
    made = layers.Conv2D(
        width,
        3,
        strides=strides,
        dilation_rate=dilation,
        padding="same",
        use_bias=False,
        name=f"{name}_conv",
    )(x)
    made = layers.BatchNormalization(momentum=0.95, name=f"{name}_norm")(made)
    return layers.Activation("relu", name=f"{name}_relu")(made)


def parity(seed: int, size: tuple[int, int]) -> np.ndarray:
    """Inputs that no record has a part in, uint8 [2, h, w, 7]."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (2, size[0] // 16, size[1] // 16, CHANNELS), dtype=np.uint8)
    return small.repeat(16, axis=1).repeat(16, axis=2)
