"""The network: frame, background and their difference -> where vehicles are, and their cores."""

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
from .targets import UNKNOWN

layers, ops = keras.layers, keras.ops

HEADS = ("core", "vehicle")
# Each deeper level has half as many channels again.
_GROWTH = 1.5
_LEVELS = 4
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
        [B, h / 2, w / 2, 1], logits.

    Example:
        >>> model = build(ModelConfig(channels=4))
        >>> tuple(model(np.zeros((1, 32, 48, 7), np.uint8))["core"].shape)
        (1, 16, 24, 1)
    """
    keras.utils.set_random_seed(seed)
    widths = [max(round(config.channels * _GROWTH**level), 4) for level in range(_LEVELS)]
    x = keras.Input((None, None, CHANNELS), dtype="uint8", name="x")
    values = layers.Rescaling(1 / 255.0, name="scaled")(ops.cast(x, "float32"))
    frame, background = values[..., :3], values[..., 3:6]
    seen = ops.concatenate([values, ops.abs(frame - background)], axis=-1)
    levels = []
    for level, width in enumerate(widths):
        seen = _block(seen, width, f"down{level}", strides=2)
        for further in range(min(level, 2)):
            # The coarsest level looks around: a vehicle is told from what is beside it, too.
            dilation = 2 if level == _LEVELS - 1 and further else 1
            seen = layers.add([seen, _block(seen, width, f"on{level}{further}", dilation=dilation)])
        levels.append(seen)
    for level in reversed(range(_LEVELS - 1)):
        width = widths[level]
        up = layers.UpSampling2D(2, interpolation="nearest", name=f"up{level}")(
            layers.Conv2D(width, 1, name=f"narrow{level}")(seen)
        )
        seen = _block(layers.add([up, levels[level]]), width, f"out{level}")
    heads = {name: layers.Conv2D(1, 1, name=f"{name}_logits")(seen) for name in HEADS}
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
        loss=dict.fromkeys(HEADS, pixel_loss),
        loss_weights={"vehicle": 1.0, "core": 0.5},
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
