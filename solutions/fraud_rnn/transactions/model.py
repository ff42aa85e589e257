"""The network over a card's transactions: whole history in, one score a transaction out."""

from __future__ import annotations

import numpy as np

from lepton_core._keras import keras
from lepton_core.models.recurrent import start_weights, step_log_loss
from lepton_core.training.histories import fit_histories
from lepton_core.training.manifest import Run

from .bins import bin_weights, fit_bins
from .config import ModelConfig


def build(
    config: ModelConfig, n_features: int, seed: int = 0, bins: np.ndarray | None = None
) -> keras.Model:
    """The network for training and for scoring whole histories.

    It reads each feature through fixed bins, each the share of the bin that the value has passed:
    what trees do with thresholds, and what a week of frauds is too short to learn from straight
    lines. Causal, so that padding on the right changes no score before it and needs no mask.

    Args:
        config: widths.
        n_features: F.
        seed: of the start weights, which are drawn in NumPy: the same on every Keras backend.
        bins: float32 [F, bins, 2], lower edge and width, from `fit_bins`; None leaves them to be
            loaded.

    Returns:
        x float32 [B, T, F] -> logit of fraud float32 [B, T].

    Source:
        Gorishniy et al., On Embeddings for Numerical Features in Tabular Deep Learning, 2022.
    """
    x = keras.Input((None, n_features), name="x")
    binned, dense, gru, head, logit = _layers(config, n_features)
    z = dense(binned(x))
    h = gru(z)
    y = logit(head(keras.layers.Concatenate(name="join")([h, z])))
    model = keras.Model(x, keras.layers.Reshape((-1,), name="score")(y), name="card_gru")
    model.set_weights(start_weights(model, seed))
    if bins is not None:
        binned.set_weights(bin_weights(bins))
    return model


def build_step(model: keras.Model, config: ModelConfig) -> keras.Model:
    """One transaction of each card at a time, with the weights of `model` (shared, not copied).

    Args:
        model: from `build`.
        config: as given to `build`.

    Returns:
        (x float32 [B, F], h float32 [B, H]) -> (logit float32 [B], new h float32 [B, H]); the h of
        a new card is 0. Only dense layers, matrix products and elementwise operations.
    """
    x = keras.Input((model.input_shape[-1],), name="x")
    h = keras.Input((config.gru_units,), name="h")
    z = model.get_layer("dense")(model.get_layer("bins")(x))
    h_new, _ = model.get_layer("gru").cell(z, h)
    y = model.get_layer("head")(keras.layers.Concatenate(name="join")([h_new, z]))
    score = keras.layers.Reshape((), name="score")(model.get_layer("logit")(y))
    return keras.Model([x, h], [score, h_new], name="card_gru_step")


def _layers(config: ModelConfig, n_features: int) -> tuple[keras.layers.Layer, ...]:
    n_bins = n_features * config.bins
    return (
        # A hard sigmoid is a clip: with fixed weights, one matrix product and one clip in ONNX.
        keras.layers.Dense(n_bins, "hard_sigmoid", trainable=False, name="bins"),
        keras.layers.Dense(config.dense_units, "relu", name="dense"),
        keras.layers.GRU(config.gru_units, return_sequences=True, name="gru"),
        keras.layers.Dense(config.head_units, "relu", name="head"),
        keras.layers.Dense(1, name="logit"),
    )


# The name under which older bundles have it in their Keras file.
keras.saving.get_custom_objects()["fraud_rnn>masked_log_loss"] = step_log_loss


def train(
    features: np.ndarray,
    card_slots: np.ndarray,
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
    """Trains a new network; rows outside `loss_mask` are read as context only.

    Args:
        features: float32 [N, F], scaled, in order of arrival.
        card_slots: int64 [N].
        labels: int8 [N], 1 fraud, 0 genuine; read under the masks only.
        loss_mask: bool [N], rows that are learned from.
        config: widths and training settings.
        seed: of the start weights and of the shuffling.
        valid_mask: bool [N], rows whose loss chooses the epoch; None takes the training loss.
        patience: epochs without a better loss after which training stops.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.

    Returns:
        The trained model, compiled.
    """
    bins = fit_bins(features[loss_mask], config.bins)
    model = build(config, features.shape[1], seed, bins)
    fit_histories(
        model,
        features,
        card_slots,
        labels,
        loss_mask,
        epochs=config.epochs,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        clipnorm=config.clipnorm,
        batch_entities=config.batch_cards,
        valid_mask=valid_mask,
        patience=patience,
        run=run,
        seed=seed,
        verbose=verbose,
    )
    return model
