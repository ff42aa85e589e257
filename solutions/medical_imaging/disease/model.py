"""The network: dense layers over binned features, several members in one graph, one logit."""

from __future__ import annotations

import numpy as np

from lepton_core._keras import keras
from lepton_core.models.bins import bin_weights, fit_bins
from lepton_core.models.recurrent import start_weights
from lepton_core.training.fit import Batches, fit
from lepton_core.training.manifest import Run

from .config import ModelConfig


class Directed(keras.constraints.Constraint):
    """Keeps weights on the side that their input's direction asks for.

    Args:
        directions: 1 not negative, -1 not positive, 0 free; one an input.
    """

    def __init__(self, directions: np.ndarray) -> None:
        self.directions = np.asarray(directions, np.float32)[:, None]

    def __call__(self, w):
        ops = keras.ops
        one_sided = ops.where(self.directions > 0, ops.maximum(w, 0.0), ops.minimum(w, 0.0))
        return ops.where(self.directions == 0, w, one_sided)


def build(
    config: ModelConfig,
    n_features: int,
    seed: int = 0,
    bins: np.ndarray | None = None,
    directions: np.ndarray | None = None,
) -> keras.Model:
    """Several networks side by side, averaged.

    Each reads every feature through fixed bins, the share of each bin that the value has passed.
    Where directions are given, weights from a directed feature keep its sign, all later weights
    are not negative and the activation rises: so the logit can only go the feature's way, whatever
    the other features are.

    Args:
        config: widths and number of members.
        n_features: of one record.
        seed: of the start weights, which are drawn in NumPy: the same on every Keras backend.
        bins: float32 [n_features, bins, 2] from ``fit_bins``; None leaves them to be loaded.
        directions: float32 [n_features], 1, -1 or 0; None for a network without constraints.

    Returns:
        x float32 [n, n_features] -> logit float32 [n]. Its layer ``members`` gives the logit of
        each member, [n, members].

    Source:
        Gorishniy et al., On Embeddings for Numerical Features in Tabular Deep Learning, 2022;
        Sill, Monotonic Networks, 1998; Lakshminarayanan et al., Simple and Scalable Predictive
        Uncertainty Estimation, 2017.
    """
    keras.utils.set_random_seed(seed)
    x = keras.Input((n_features,), name="x")
    # A hard sigmoid is a clip: with fixed weights, one matrix product and one clip in ONNX.
    binned = keras.layers.Dense(
        n_features * config.bins, "hard_sigmoid", trainable=False, name="x_bins"
    )(x)
    signs = None if directions is None else np.repeat(directions, config.bins)
    logits = [_member(config, binned, signs, f"{number}") for number in range(config.members)]
    joined = logits[0] if len(logits) == 1 else keras.layers.Concatenate()(logits)
    members = keras.layers.Identity(name="members")(joined)
    mean = keras.layers.Dense(1, use_bias=False, trainable=False, name="mean")(members)
    score = keras.layers.Reshape((), name="score")(mean)
    model = keras.Model(x, score, name="patient_risk")
    model.set_weights(start_weights(model, seed))
    for layer in model.layers:
        if layer.name.startswith("straight_"):
            layer.set_weights([np.zeros_like(layer.get_weights()[0])])
        elif getattr(layer, "kernel_constraint", None) is not None:
            _start_directed(layer)
    model.get_layer("mean").set_weights([np.full((config.members, 1), 1.0 / config.members)])
    if bins is not None:
        model.get_layer("x_bins").set_weights(bin_weights(bins))
    return model


def _member(config: ModelConfig, binned, signs: np.ndarray | None, name: str):
    """One network's logit [n, 1]."""
    layers = keras.layers
    y = binned
    # Smooth and rising in both cases only where it must rise: silu dips below zero.
    activation = "silu" if signs is None else "tanh"
    for depth in range(config.layers):
        constraint = _constraint(signs, first=depth == 0)
        y = layers.Dense(
            config.units, activation, kernel_constraint=constraint, name=f"dense_{name}_{depth}"
        )(y)
        y = layers.Dropout(config.dropout, name=f"drop_{name}_{depth}")(y)
    bent = layers.Dense(1, kernel_constraint=_constraint(signs, first=False), name=f"bent_{name}")(
        y
    )
    # Bounded units alone would give the highest risks all the same logit.
    straight = layers.Dense(
        1, use_bias=False, kernel_constraint=_constraint(signs, first=True), name=f"straight_{name}"
    )(binned)
    return layers.Add(name=f"logit_{name}")([bent, straight])


def _constraint(signs: np.ndarray | None, first: bool) -> keras.constraints.Constraint | None:
    if signs is None:
        return None
    return Directed(signs) if first else keras.constraints.NonNeg()


def _start_directed(layer: keras.layers.Dense) -> None:
    """Start weights on the allowed side, centred so that the activation starts where it bends."""
    kernel, bias = layer.get_weights()
    size = np.abs(kernel)
    if isinstance(layer.kernel_constraint, Directed):
        signs = layer.kernel_constraint.directions
        kernel = np.where(signs == 0, kernel, signs * size)
        # Bins lie in 0..1, half of them passed.
        bias = -0.5 * kernel.sum(axis=0)
    else:
        kernel = size
    layer.set_weights([np.asarray(one, np.float32) for one in (kernel, bias)])


def train(
    x: np.ndarray,
    y: np.ndarray,
    valid: tuple[np.ndarray, np.ndarray] | None,
    config: ModelConfig,
    directions: np.ndarray,
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
        directions: float32 [F], how the risk may go with each feature.
        seed: of start weights, order, dropout and which records each member sees.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.

    Returns:
        the network without its constraints, which are kept in its weights: it opens without this
        module.
    """
    bins = fit_bins(x, config.bins)
    model = build(config, x.shape[1], seed, bins, directions if config.directed else None)
    members = keras.Model(model.inputs, model.get_layer("members").output, name="members")
    seen = np.random.default_rng(seed).random((len(y), config.members)) < config.row_share
    data = Batches((x, _targets(y, seen)), config.batch_size, seed)
    epochs = max(config.epochs, -(-config.least_steps // len(data)))
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, len(data) * epochs)
    members.compile(
        optimizer=keras.optimizers.AdamW(rate, weight_decay=config.weight_decay, clipnorm=1.0),
        loss=members_log_loss,
    )
    everyone = None if valid is None else np.ones((len(valid[1]), config.members), bool)
    fit(
        members,
        data,
        validation=None if valid is None else (valid[0], _targets(valid[1], everyone)),
        epochs=epochs,
        patience=None if valid is None else max(config.patience, epochs // 4),
        run=run,
        seed=seed,
        batch_size=4096,
        verbose=verbose,
    )
    plain = build(config, x.shape[1], seed)
    if config.directed:
        # The same layers with the activation that the directed ones have.
        for layer in plain.layers:
            if layer.name.startswith("dense_"):
                layer.activation = keras.activations.tanh
    plain.set_weights(model.get_weights())
    return plain


def _targets(y: np.ndarray, seen: np.ndarray | None) -> np.ndarray:
    """Labels [n, members] and weights [n, members] side by side."""
    assert seen is not None
    labels = np.repeat(np.asarray(y, np.float32)[:, None], seen.shape[1], axis=1)
    return np.concatenate([labels, seen.astype(np.float32)], axis=1)


def members_log_loss(targets, logits):
    """Log loss [n] of members [n, K], each over the records it is given: labels, then weights."""
    ops = keras.ops
    labels, weights = ops.split(targets, 2, axis=-1)
    losses = ops.maximum(logits, 0.0) - logits * labels + ops.log1p(ops.exp(-ops.abs(logits)))
    return ops.sum(losses * weights, axis=-1)


def scores(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """The logits float32 [n] of records."""
    return model.predict(x, batch_size=4096, verbose=0)
