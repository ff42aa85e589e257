"""The inspecting network: what a tile shows as a whole, and boxes or pixels of its defects."""

from __future__ import annotations

from typing import Any

import numpy as np

from lepton_core._keras import keras
from lepton_core.export.rounding import round_weights
from lepton_core.models.residual import residual_stages
from lepton_core.training.augmentation import Augmentation
from lepton_core.training.fit import fit
from lepton_core.training.manifest import Run
from lepton_core.training.transfer import begin_with_bundle

from .config import ModelConfig, Moves
from .model_batches import TileBatches, Tiles
from .model_boxes import BoxLoss, box_head, place_centres, pyramid
from .model_pixels import pixel_evidence, pixel_head, pixel_loss

layers, ops = keras.layers, keras.ops

# Strides of the levels on which boxes are looked for: the second stage and coarser ones.
_FIRST_BOX_LEVEL = 1
_FINEST = 4
# A short training must not end on the mean of weights that it left long ago.
_AVERAGED_STEPS = 10.0


def build(
    config: ModelConfig,
    shape: tuple[int, int, int],
    classes: int,
    boxes: bool,
    pixels: bool,
    seed: int = 0,
) -> keras.Model:
    """The network.

    Args:
        config: widths.
        shape: height, width and channels of a tile; sides are multiples of 32.
        classes: C defect classes.
        boxes: whether it looks for boxes.
        pixels: whether it tells pixels.
        seed: of the start weights.

    Returns:
        x uint8 [B, height, width, channels] -> ``image`` float32 [B, 1 + C], logits over good and
        the classes; ``candidates`` float32 [B, A, 4 + C], a box in pixels and a logit of each class
        for every place, not yet thinned out; ``pixels`` float32 [B, height / 4, width / 4, 1 + C],
        logits.

    Raises:
        ValueError: sides that are no multiples of the coarsest stride.
    """
    coarsest = _FINEST << (len(config.filters) - 1)
    if shape[0] % coarsest or shape[1] % coarsest:
        raise ValueError(f"sides are multiples of {coarsest}. Received: shape={shape}")
    keras.utils.set_random_seed(seed)
    x = keras.Input(shape, dtype="uint8", name="x")
    stages = residual_stages(x, config.filters, config.blocks)
    outputs = {}
    if pixels:
        # Of the tile as a whole a network of few parts learns by heart which one it is. And the
        # tile's class must not pull at the likeliest cells: pixels are learned as such.
        outputs["pixels"] = pixel_head(stages, classes, config.width)
        seen = pixel_evidence(ops.stop_gradient(outputs["pixels"]))
    else:
        pooled = layers.GlobalAveragePooling2D(name="pooled")(stages[-1])
        seen = layers.Dropout(config.dropout, seed=seed, name="dropout")(pooled)
    outputs["image"] = layers.Dense(1 + classes, name="image_logits")(seen)
    if boxes:
        # The best of them are chosen outside the graph: between two that are equal but for the
        # last digit, runtimes would choose differently.
        levels = pyramid(stages[_FIRST_BOX_LEVEL:], config.width)
        strides = [_FINEST << level for level in range(_FIRST_BOX_LEVEL, len(stages))]
        outputs["candidates"] = box_head(levels, strides, classes, config.width)
    return keras.Model(x, outputs, name="surface")


def heads(model: keras.Model) -> tuple[str, ...]:
    """Names of a network's outputs, in their order.

    Example:
        >>> heads(build(ModelConfig(), (64, 64, 1), 2, boxes=True, pixels=False))
        ('candidates', 'image')
    """
    return tuple(sorted(model.output))


def train(
    tiles: Tiles,
    config: ModelConfig,
    augmentation: Augmentation | None,
    moves: Moves,
    seed: int,
    *,
    run: Run | None = None,
    verbose: bool = False,
) -> keras.Model:
    """Trains a new network for a fixed number of epochs.

    Args:
        tiles: what is learned from; their boxes or masks say what it looks for.
        config: widths and training settings.
        augmentation: how values vary.
        moves: how tiles move.
        seed: of the start weights, the order and the variation.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.

    Returns:
        The trained network, with the running mean of its weights.
    """
    count = len(tiles.classes)
    shape = tiles.x.shape[1:]
    boxes, pixels = tiles.boxes is not None, tiles.masks is not None
    model = build(config, shape, count, boxes, pixels, seed)
    if config.start:
        begin_with_bundle(model, config.start)
    data = TileBatches(
        tiles,
        config.batch_size,
        seed,
        moves,
        augmentation,
        pixel_stride=_FINEST,
        smoothing=config.smoothing,
        balanced=config.balanced,
    )
    losses: dict[str, Any] = {"image": keras.losses.CategoricalCrossentropy(from_logits=True)}
    if boxes:
        losses["candidates"] = BoxLoss(_centres(shape, len(config.filters)), count)
    if pixels:
        losses["pixels"] = pixel_loss
    steps = max(len(data) * config.epochs, 1)
    optimizer = keras.optimizers.AdamW(
        _rate(config.learning_rate, steps),
        weight_decay=config.weight_decay,
        use_ema=True,
        ema_momentum=min(config.averaging, 1.0 - _AVERAGED_STEPS / max(_AVERAGED_STEPS, steps)),
        global_clipnorm=10.0,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    weights = {"image": config.image_weight, "candidates": 1.0, "pixels": 1.0}
    model.compile(
        optimizer,
        loss=losses,
        loss_weights={name: weights[name] for name in losses},
        # TensorFlow's own kernels take three quarters of the time of compiled ones on a CPU.
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )
    fit(
        model,
        data,
        epochs=config.epochs,
        run=run,
        seed=seed,
        batch_size=config.batch_size,
        verbose=verbose,
    )
    optimizer.finalize_variable_values(model.trainable_variables)
    if config.rounded:
        round_weights(model)
    return model


def score(model: keras.Model, x: np.ndarray, batch_size: int = 32) -> dict[str, np.ndarray]:
    """Outputs by name of tiles uint8 [n, height, width, channels]."""
    return model.predict(x, batch_size=batch_size, verbose=0)


def _centres(shape: tuple[int, ...], stages: int) -> np.ndarray:
    strides = [_FINEST << level for level in range(_FIRST_BOX_LEVEL, stages)]
    return np.concatenate([place_centres(shape[0] // s, shape[1] // s, s) for s in strides])


def _rate(highest: float, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    """Rises over the first twentieth, then falls to zero along a cosine."""
    warm = max(steps // 20, 1)
    return keras.optimizers.schedules.CosineDecay(
        highest / 20, max(steps - warm, 1), warmup_target=highest, warmup_steps=warm
    )
