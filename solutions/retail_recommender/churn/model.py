"""The network: features of a record in, one logit out. Keras alone, so any backend trains it."""

from __future__ import annotations

import numpy as np

from lepton_core._keras import keras
from lepton_core.training.fit import Batches, fit
from lepton_core.training.manifest import Run

from .config import ModelConfig


def build(config: ModelConfig, n_features: int, seed: int = 0) -> keras.Model:
    """Dense layers with dropout.

    Args:
        config: widths and dropout.
        n_features: F.
        seed: of the start weights.

    Returns:
        x float32 [n, F] -> logit of the second class, float32 [n].
    """
    keras.utils.set_random_seed(seed)
    x = keras.Input((n_features,), name="x")
    y = x
    for number, units in enumerate(config.units, start=1):
        # Not gelu: its exact form has no counterpart in ONNX, and the export refuses it.
        y = keras.layers.Dense(units, "silu", name=f"dense_{number}")(y)
        y = keras.layers.Dropout(config.dropout, name=f"dropout_{number}")(y)
    y = keras.layers.Dense(1, name="logit")(y)
    return keras.Model(x, keras.layers.Reshape((), name="score")(y), name="churn")


def train(
    x: np.ndarray,
    y: np.ndarray,
    valid: tuple[np.ndarray, np.ndarray] | None,
    config: ModelConfig,
    seed: int,
    run: Run | None = None,
    verbose: bool = False,
) -> keras.Model:
    """A trained network, with the weights of its best epoch.

    Args:
        x: float32 [n, F].
        y: 0 or 1 [n].
        valid: the same of validation, which chooses the epoch; None takes the training loss.
        config: settings.
        seed: of start weights, order and dropout.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.
    """
    model = build(config, x.shape[1], seed)
    data = Batches((x, y.astype(np.float32)), config.batch_size, seed)
    steps = len(data) * config.epochs
    model.compile(
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, steps),
            weight_decay=config.weight_decay,
        ),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
    )
    fit(
        model,
        data,
        validation=None if valid is None else (valid[0], valid[1].astype(np.float32)),
        epochs=config.epochs,
        patience=None if valid is None else config.patience,
        run=run,
        seed=seed,
        batch_size=1024,
        verbose=verbose,
    )
    return model


def scores(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """The logits float32 [n] of records x [n, F]."""
    return model.predict(x, batch_size=4096, verbose=0)
