"""A small residual network that learns a few hundred pictures from scratch."""

from __future__ import annotations

from typing import Any

import numpy as np

from lepton_core._keras import keras
from lepton_core.training.augmentation import Augmentation
from lepton_core.training.fit import fit
from lepton_core.training.manifest import Run
from lepton_core.training.picture_batches import PictureBatches

from .config import ModelConfig

layers = keras.layers


def build(
    config: ModelConfig, shape: tuple[int, int, int], classes: int, seed: int = 0
) -> keras.Model:
    """The network.

    Args:
        config: widths.
        shape: height, width and channels of a picture.
        classes: K.
        seed: of the start weights.

    Returns:
        x uint8 [B, height, width, channels] -> logits float32 [B, K].

    Source:
        He et al., Identity Mappings in Deep Residual Networks, 2016.
    """
    keras.utils.set_random_seed(seed)
    x = keras.Input(shape, dtype="uint8", name="x")
    y = layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(x)
    stem = {"filters": config.filters[0], "strides": config.stem_stride, "padding": "same"}
    y = layers.Conv2D(kernel_size=3, use_bias=False, name="stem", **stem)(y)
    for number, filters in enumerate(config.filters):
        y = _block(y, filters, 1 if number == 0 else 2, f"stage{number + 1}")
    y = layers.ReLU(name="last")(_norm("last_norm")(y))
    # The mean tells of the whole picture; a small defect would drown in it, but not in the maximum.
    pooled = [
        layers.GlobalAveragePooling2D(name="mean")(y),
        layers.GlobalMaxPooling2D(name="max")(y),
    ]
    y = layers.Concatenate(name="pool")(pooled)
    y = layers.Dropout(config.dropout, seed=seed, name="dropout")(y)
    return keras.Model(x, layers.Dense(classes, name="score")(y), name="picture_classifier")


def _block(x: Any, filters: int, stride: int, name: str) -> Any:
    """Two convolutions beside a shortcut, float32 [B, H, W, C] -> [B, H / stride, ..., filters]."""
    y = layers.ReLU(name=f"{name}_relu1")(_norm(f"{name}_norm1")(x))
    shortcut = x
    if stride > 1 or x.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, stride, use_bias=False, name=f"{name}_shortcut")(y)
    y = layers.Conv2D(filters, 3, stride, "same", use_bias=False, name=f"{name}_conv1")(y)
    y = layers.ReLU(name=f"{name}_relu2")(_norm(f"{name}_norm2")(y))
    y = layers.Conv2D(filters, 3, 1, "same", use_bias=False, name=f"{name}_conv2")(y)
    return layers.Add(name=f"{name}_add")([shortcut, y])


def _norm(name: str) -> keras.layers.Layer:
    # A small set has few steps: with Keras's 0.99 the running means would lag behind the weights.
    return layers.BatchNormalization(momentum=0.9, name=name)


def train(
    x: np.ndarray,
    codes: np.ndarray,
    classes: int,
    config: ModelConfig,
    augmentation: Augmentation,
    seed: int,
    *,
    valid: tuple[np.ndarray, np.ndarray] | None = None,
    patience: int | None = None,
    run: Run | None = None,
    verbose: bool = False,
) -> keras.Model:
    """Trains a new network.

    Args:
        x: training pictures, uint8 [n, height, width, channels].
        codes: class numbers, int64 [n].
        classes: K.
        config: widths and training settings.
        augmentation: how training pictures are varied.
        seed: of the start weights, the order and the variation.
        valid: pictures and class numbers whose loss chooses the epoch; None takes the last one's.
        patience: epochs without a better loss after which training stops.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.

    Returns:
        The trained model, compiled.
    """
    model = build(config, x.shape[1:], classes, seed)
    data = PictureBatches(x, codes, config.batch_size, seed, augmentation)
    steps = max(len(data) * config.epochs, 1)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, steps),
            weight_decay=config.weight_decay,
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    fit(
        model,
        data,
        validation=valid,
        epochs=config.epochs,
        run=run,
        patience=patience,
        seed=seed,
        batch_size=config.batch_size,
        verbose=verbose,
    )
    return model


def score(model: keras.Model, x: np.ndarray, batch_size: int = 64) -> np.ndarray:
    """Logits float32 [n, K] of pictures uint8 [n, height, width, channels]."""
    return model.predict(x, batch_size=batch_size, verbose=0)
