"""The network: six months through a GRU, joined with the client, one logit out."""

from __future__ import annotations

import numpy as np

from lepton_core._keras import keras
from lepton_core.models.bins import bin_weights, fit_bins
from lepton_core.models.recurrent import start_weights
from lepton_core.training.fit import Batches, fit
from lepton_core.training.manifest import Run

from .config import ModelConfig

Inputs = dict[str, np.ndarray]
Bins = dict[str, np.ndarray]


def build(
    config: ModelConfig, sizes: dict[str, tuple[int, ...]], seed: int = 0, bins: Bins | None = None
) -> keras.Model:
    """Several networks side by side, averaged.

    Each reads every feature through fixed bins, the share of each bin that the value has passed:
    what trees do with thresholds. Its GRU reads the months oldest first; what it holds at the end,
    on average and at most goes on with the client's own features.

    Args:
        config: widths and number of members.
        sizes: shape of one record's ``months`` (months, F) and ``client`` (S,).
        seed: of the start weights, which are drawn in NumPy: the same on every Keras backend.
        bins: by input name float32 [features, bins, 2] from ``fit_bins``; None leaves them to be
            loaded.

    Returns:
        months float32 [n, 6, F], client float32 [n, S] -> logit of a default, float32 [n]. Its
        layer ``members`` gives the logit of each member, [n, members].

    Source:
        Gorishniy et al., On Embeddings for Numerical Features in Tabular Deep Learning, 2022;
        Lakshminarayanan et al., Simple and Scalable Predictive Uncertainty Estimation, 2017.
    """
    # For dropout; the start weights have a generator of their own.
    keras.utils.set_random_seed(seed)
    inputs = {name: keras.Input(shape, name=name) for name, shape in sizes.items()}
    read = {
        # A hard sigmoid is a clip: with fixed weights, one matrix product and one clip in ONNX.
        name: keras.layers.Dense(
            shape[-1] * config.bins, "hard_sigmoid", trainable=False, name=f"{name}_bins"
        )(inputs[name])
        for name, shape in sizes.items()
    }
    logits = [
        _member(config, read["months"], read["client"], f"{number}")
        for number in range(config.members)
    ]
    joined = logits[0] if len(logits) == 1 else keras.layers.Concatenate()(logits)
    members = keras.layers.Identity(name="members")(joined)
    mean = keras.layers.Dense(1, use_bias=False, trainable=False, name="mean")(members)
    score = keras.layers.Reshape((), name="score")(mean)
    model = keras.Model(inputs, score, name="credit_gru")
    model.set_weights(start_weights(model, seed))
    model.get_layer("mean").set_weights([np.full((config.members, 1), 1.0 / config.members)])
    for name, edges in (bins or {}).items():
        model.get_layer(f"{name}_bins").set_weights(bin_weights(edges))
    return model


def _member(config: ModelConfig, months, client, name: str):
    """One network's logit [n, 1]."""
    layers = keras.layers
    y = layers.Dense(config.dense_units, "silu", name=f"dense_{name}")(months)
    # Unrolled: six steps as plain matrix products, where an exported loop costs ten times as much.
    y = layers.GRU(config.gru_units, return_sequences=True, unroll=True, name=f"gru_{name}")(y)
    seen = [
        layers.GlobalMaxPooling1D(name=f"most_{name}")(y),
        layers.GlobalAveragePooling1D(name=f"average_{name}")(y),
        layers.Flatten(name=f"last_{name}")(y[:, -1:, :]),
    ]
    y = layers.Concatenate(name=f"join_{name}")([*seen, client])
    y = layers.Dropout(config.dropout, name=f"drop_{name}")(y)
    y = layers.Dense(config.head_units, "silu", name=f"head_{name}")(y)
    y = layers.Dropout(config.dropout, name=f"drop_head_{name}")(y)
    return layers.Dense(1, name=f"logit_{name}")(y)


def train(
    x: Inputs,
    y: np.ndarray,
    valid: tuple[Inputs, np.ndarray] | None,
    config: ModelConfig,
    seed: int,
    run: Run | None = None,
    verbose: bool = False,
) -> keras.Model:
    """A trained network, with the weights of its best epoch.

    Args:
        x: ``months`` float32 [n, 6, F] and ``client`` float32 [n, S].
        y: 0 or 1 [n].
        valid: the same of validation, which chooses the epoch; None takes the training loss.
        config: settings.
        seed: of start weights, order, dropout and which records each member sees.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.
    """
    bins = {
        name: fit_bins(values.reshape(-1, values.shape[-1]), config.bins)
        for name, values in x.items()
    }
    model = build(config, {name: values.shape[1:] for name, values in x.items()}, seed, bins)
    members = keras.Model(model.inputs, model.get_layer("members").output, name="members")
    # Labels beside the weight of each member: which of the records it learns from.
    seen = np.random.default_rng(seed).random((len(y), config.members)) < config.row_share
    data = Batches((x, _targets(y, seen, config)), config.batch_size, seed)
    steps = len(data) * config.epochs
    members.compile(
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, steps),
            weight_decay=config.weight_decay,
            clipnorm=config.clipnorm,
        ),
        loss=members_log_loss,
    )
    everyone = None if valid is None else np.ones((len(valid[1]), config.members), bool)
    fit(
        members,
        data,
        validation=None if valid is None else (valid[0], _targets(valid[1], everyone, config)),
        epochs=config.epochs,
        patience=None if valid is None else config.patience,
        run=run,
        seed=seed,
        batch_size=2048,
        verbose=verbose,
    )
    return model


def _targets(y: np.ndarray, seen: np.ndarray | None, config: ModelConfig) -> np.ndarray:
    """Labels [n, members] and weights [n, members] side by side."""
    labels = np.repeat(np.asarray(y, np.float32)[:, None], config.members, axis=1)
    assert seen is not None
    return np.concatenate([labels, seen.astype(np.float32)], axis=1)


@keras.saving.register_keras_serializable(package="lepton")
def members_log_loss(targets, logits):
    """Log loss [n] of members [n, K], each over the records it is given: labels, then weights."""
    ops = keras.ops
    labels, weights = ops.split(targets, 2, axis=-1)
    losses = ops.maximum(logits, 0.0) - logits * labels + ops.log1p(ops.exp(-ops.abs(logits)))
    return ops.sum(losses * weights, axis=-1)


def scores(model: keras.Model, x: Inputs) -> np.ndarray:
    """The logits float32 [n] of records."""
    return model.predict(x, batch_size=4096, verbose=0)
