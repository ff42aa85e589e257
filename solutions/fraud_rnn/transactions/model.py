"""The network over a card's transactions: whole history in, one score a transaction out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_core._keras import keras
from lepton_core.models.bins import bin_weights, fit_bins
from lepton_core.models.recurrent import start_weights
from lepton_core.training.histories import fit_histories
from lepton_core.training.manifest import Run

from .config import ModelConfig
from .features import Layout


@dataclass(frozen=True)
class Fixed:
    """Numbers of the training rows that are not trained.

    Args:
        bins: float32 [F, bins, 2], lower edge and width, from `fit_bins`.
        mean, spread: float32 [F], of the scaling.
    """

    bins: np.ndarray
    mean: np.ndarray
    spread: np.ndarray


def build(
    config: ModelConfig, inputs: Layout, seed: int = 0, fixed: Fixed | None = None
) -> keras.Model:
    """The network for training and for scoring whole histories.

    A payment is fraud because of its card or because of its terminal. The network has a part for
    each cause, and a payment's odds are those of "at least one of the two". The card's part is a
    GRU over the card's payments, added to the log odds of `CardSuspicion`; the terminal's part
    reads all features, and is added to the odds that the terminal's labels give. Both start from
    zero, so that a week of frauds is spent on what those two do not know.

    Features are read through fixed bins, each the share of the bin that the value has passed: what
    trees do with thresholds, and what a week of frauds is too short to learn from straight lines.
    Causal, so that padding on the right changes no score before it and needs no mask.

    Args:
        config: widths.
        inputs: the features.
        seed: of the start weights, which are drawn in NumPy: the same on every Keras backend.
        fixed: bins and scaling; None leaves them to be loaded.

    Returns:
        x float32 [B, T, F] -> logit of fraud float32 [B, T].

    Source:
        Gorishniy et al., On Embeddings for Numerical Features in Tabular Deep Learning, 2022, for
        the bins; Pearl, Probabilistic Reasoning in Intelligent Systems, 1988, for the noisy or.
    """
    x = keras.Input((None, len(inputs.names)), name="x")
    layers = _layers(config, inputs)
    binned = layers["bins"](x)
    z = layers["dense"](binned[..., : inputs.of_card * config.bins])
    score = _score(layers, x, binned, z, layers["gru"](z))
    model = keras.Model(x, keras.layers.Reshape((-1,), name="score")(score), name="card_gru")
    model.set_weights(start_weights(model, seed))
    for name in ("card_logit", "terminal_logit"):
        layers[name].set_weights([np.zeros(w.shape, np.float32) for w in layers[name].weights])
    if fixed is not None:
        layers["bins"].set_weights(bin_weights(fixed.bins))
        for name in ("suspicion", "terminal_odds"):
            place = getattr(inputs, name)
            kernel = np.zeros((len(inputs.names), 1), np.float32)
            kernel[place] = fixed.spread[place]
            layers[name].set_weights([kernel, fixed.mean[[place]]])
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
    layers = {layer.name: layer for layer in model.layers}
    binned = layers["bins"](x)
    z = layers["dense"](binned[..., : layers["dense"].kernel.shape[0]])
    h_new, _ = layers["gru"].cell(z, h)
    score = _score(layers, x, binned, z, h_new)
    score = keras.layers.Reshape((), name="score")(score)
    return keras.Model([x, h], [score, h_new], name="card_gru_step")


def _layers(config: ModelConfig, inputs: Layout) -> dict[str, keras.layers.Layer]:
    dense = keras.layers.Dense
    # A hard sigmoid is a clip: with fixed weights, one matrix product and one clip in ONNX.
    bins = dense(len(inputs.names) * config.bins, "hard_sigmoid", trainable=False, name="bins")
    layers = [
        bins,
        dense(config.dense_units, "relu", name="dense"),
        keras.layers.GRU(config.gru_units, return_sequences=True, name="gru"),
        dense(config.head_units, "relu", name="head"),
        dense(1, name="card_logit"),
        dense(config.terminal_units, "relu", name="terminal"),
        dense(1, name="terminal_logit"),
        dense(1, trainable=False, name="suspicion"),
        dense(1, trainable=False, name="terminal_odds"),
    ]
    return {layer.name: layer for layer in layers}


def _score(layers: dict[str, keras.layers.Layer], x, binned, z, h):
    """The logit [..., 1] from features, their bins, the card's part of them, and its state."""
    head = layers["head"](keras.layers.Concatenate()([h, z]))
    card = layers["card_logit"](head) + layers["suspicion"](x)
    terminal = layers["terminal"](binned)
    terminal = layers["terminal_logit"](terminal) + layers["terminal_odds"](x)
    return _either(card, terminal)


def _either(a, b):
    """Log odds that at least one of two independent causes holds, from the log odds of each."""
    return _log_add(_log_add(a, b), a + b)


def _log_add(a, b):
    """log(exp(a) + exp(b)); ONNX has no log1p, of which ``logaddexp`` is made."""
    ops = keras.ops
    return ops.maximum(a, b) + ops.softplus(-ops.abs(a - b))


def train(
    features: np.ndarray,
    card_slots: np.ndarray,
    labels: np.ndarray,
    loss_mask: np.ndarray,
    config: ModelConfig,
    inputs: Layout,
    scaling: tuple[np.ndarray, np.ndarray],
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
        inputs: the features.
        scaling: their mean and spread, float32 [F] each.
        seed: of the start weights and of the shuffling.
        valid_mask: bool [N], rows whose loss chooses the epoch; None takes the training loss.
        patience: epochs without a better loss after which training stops.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.

    Returns:
        The trained model, compiled.
    """
    fixed = Fixed(fit_bins(features[loss_mask], config.bins), *scaling)
    model = build(config, inputs, seed, fixed)
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
