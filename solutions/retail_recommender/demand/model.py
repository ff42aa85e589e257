"""The network: a past in, quantiles of the value some steps later out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lepton_core._keras import keras
from lepton_core.training.fit import fit
from lepton_core.training.manifest import Run
from lepton_core.training.pinball import Pinball

from .config import ModelConfig

Arrays = Mapping[str, np.ndarray]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_KERNEL = 3


def build(config: ModelConfig, window: int, seed: int = 0) -> keras.Model:
    """A temporal convolutional network beside the past itself.

    Each convolution looks at three steps of the one below, twice as far apart each time, until the
    last sees the whole window. The head also sees the window as it is, so that the same hour of
    last week need not find its way through all of them.

    Args:
        config: widths.
        window: steps of the past, L.
        seed: of the start weights.

    Returns:
        x float32 [n, L, 3], calendar [n, 4], centre [n, 1], scale [n, 1] -> ``score`` [n, 5], the
        quantiles ``LEVELS`` in the value's own unit.

    Source:
        Bai, Kolter and Koltun, An Empirical Evaluation of Generic Convolutional and Recurrent
        Networks for Sequence Modeling, 2018.
    """
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    x = keras.Input((window, 3), name="x")
    calendar = keras.Input((4,), name="calendar")
    centre, scale = keras.Input((1,), name="centre"), keras.Input((1,), name="scale")
    h, dilation = layers.Conv1D(config.channels, 1)(x), 1
    while (_KERNEL - 1) * (dilation - 1) < window - 1:
        look = layers.Conv1D(
            config.channels, _KERNEL, padding="causal", dilation_rate=dilation, activation="relu"
        )
        h = layers.Add()([h, look(h)])
        dilation *= 2
    seen = layers.Concatenate()([h[:, -1, :], layers.Flatten()(x), calendar])
    y = layers.Dense(config.head_units, "relu")(seen)
    y = layers.Dropout(config.dropout)(y)
    y = layers.Dense(len(LEVELS))(layers.Concatenate()([y, seen]))
    score = layers.Add(name="score")([centre, layers.Multiply()([scale, y])])
    return keras.Model([x, calendar, centre, scale], score, name="forecast")


def train(
    learned: tuple[Arrays, np.ndarray],
    valid: tuple[Arrays, np.ndarray] | None,
    config: ModelConfig,
    seed: int,
    *,
    run: Run | None = None,
    verbose: bool = False,
) -> keras.Model:
    """A trained network.

    Args:
        learned: arrays of the preprocessor [n, ...] and true values [n] of training records.
        valid: the same for validation, which chooses the epoch; None takes the training loss.
        config: widths and training settings.
        seed: of start weights, shuffling and dropout.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.
    """
    model = build(config, learned[0]["x"].shape[1], seed)
    steps = -(-len(learned[1]) // config.batch_size) * config.epochs
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps)
    model.compile(keras.optimizers.AdamW(rate, clipnorm=1.0), Pinball(LEVELS))
    fit(
        model,
        _weighted(*learned),
        validation=None if valid is None else _weighted(*valid),
        epochs=config.epochs,
        run=run,
        patience=None if valid is None else config.patience,
        seed=seed,
        batch_size=config.batch_size,
        verbose=verbose,
    )
    return model


def _weighted(arrays: Arrays, target: np.ndarray) -> tuple[Any, ...]:
    """Inputs, truths and weights: an error counts by the series' own scale, not by its unit."""
    return dict(arrays), target[:, None].astype(np.float32), 1.0 / arrays["scale"][:, 0]


def quantiles(model: keras.Model, arrays: Arrays) -> np.ndarray:
    """The quantiles float32 [n, 5] of many records."""
    return model.predict(dict(arrays), batch_size=1024, verbose=0)
