"""The network over a machine's events: whole past in, one score an event out."""

from __future__ import annotations

import numpy as np

from lepton_core._keras import keras
from lepton_core.models.recurrent import start_weights
from lepton_core.training.histories import fit_histories
from lepton_core.training.manifest import Run

from .config import ModelConfig


def build(config: ModelConfig, n_features: int, seed: int = 0) -> keras.Model:
    """The network for training and for scoring whole histories.

    Causal, so that padding on the right changes no score before it and needs no mask.

    Args:
        config: widths.
        n_features: F.
        seed: of the start weights.

    Returns:
        x float32 [B, T, F] -> logit of a failure float32 [B, T].
    """
    x = keras.Input((None, n_features), name="x")
    z = keras.layers.Dense(config.dense_units, "relu", name="dense")(x)
    h = keras.layers.GRU(config.gru_units, return_sequences=True, name="gru")(z)
    joined = keras.layers.Concatenate(name="join")([h, z])
    y = keras.layers.Dense(config.head_units, "relu", name="head")(joined)
    y = keras.layers.Dense(1, name="logit")(y)
    model = keras.Model(x, keras.layers.Reshape((-1,), name="score")(y), name="event_gru")
    model.set_weights(start_weights(model, seed))
    return model


def build_step(model: keras.Model) -> keras.Model:
    """One event of each machine at a time, with the weights of `model` (shared, not copied).

    Args:
        model: from `build`.

    Returns:
        (x float32 [B, F], h float32 [B, H]) -> (logit float32 [B], new h float32 [B, H]); the h of
        a new machine is 0.
    """
    gru = model.get_layer("gru")
    x = keras.Input((model.input_shape[-1],), name="x")
    h = keras.Input((gru.units,), name="h")
    z = model.get_layer("dense")(x)
    h_new, _ = gru.cell(z, h)
    y = model.get_layer("head")(keras.layers.Concatenate(name="join")([h_new, z]))
    score = keras.layers.Reshape((), name="score")(model.get_layer("logit")(y))
    return keras.Model([x, h], [score, h_new], name="event_gru_step")


def train(
    features: np.ndarray,
    slots: np.ndarray,
    labels: np.ndarray,
    loss_mask: np.ndarray,
    config: ModelConfig,
    seed: int,
    *,
    valid_mask: np.ndarray | None = None,
    patience: int | None = None,
    run: Run | None = None,
    verbose: bool = False,
) -> keras.Model:
    """Trains a new network; events outside `loss_mask` are read as context only.

    Args:
        features: float32 [N, F], scaled, in order of arrival.
        slots: int64 [N], the machine of each event.
        labels: int8 [N], 1 failure, 0 none; read under the masks only.
        loss_mask: bool [N], events that are learned from.
        config: widths and training settings.
        seed: of the start weights and of the shuffling.
        valid_mask: bool [N], events whose loss chooses the epoch; None takes the training loss.
        patience: epochs without a better loss after which training stops.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.

    Returns:
        The trained model, compiled.
    """
    model = build(config, features.shape[1], seed)
    fit_histories(
        model,
        features,
        slots,
        labels,
        loss_mask,
        epochs=config.epochs,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        batch_entities=config.batch_machines,
        valid_mask=valid_mask,
        patience=patience,
        run=run,
        seed=seed,
        verbose=verbose,
    )
    return model
