"""The networks: a station's last counts in, quantiles of its counts at several times ahead out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lepton_core._keras import keras
from lepton_core.training.ahead_loss import AheadLoss
from lepton_core.training.fit import fit
from lepton_core.training.manifest import Run

from .config import LEVELS, ModelConfig
from .preprocessing import HALF_HOURS

Arrays = Mapping[str, np.ndarray]

_KERNEL = 3


def build(config: ModelConfig, lags: int, ahead: int, stations: int, seed: int = 0) -> keras.Model:
    """Networks side by side; they share nothing but the inputs.

    Args:
        config: kind and widths.
        lags: counts of the past, L.
        ahead: number of times ahead, H.
        stations: known stations; number 0 is every other one.
        seed: of the start weights.

    Returns:
        x [n, L, 2], level [n, H], calendar [n, 5], station, half_hour, weekday int32 [n, 1] ->
        float32 [n, M, H, 5]: how far the counts will be from what is usual, in spreads.

    Source:
        ``identity``: Shao, Zhang, Wang, Wei and Xu, Spatial-Temporal Identity: A Simple yet
        Effective Baseline for Multivariate Time Series Forecasting, CIKM 2022. ``tcn``: Bai, Kolter
        and Koltun, 2018. ``gru``: Cho et al., 2014.
    """
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    x = keras.Input((lags, 2), name="x")
    level, calendar = keras.Input((ahead,), name="level"), keras.Input((5,), name="calendar")
    sizes = {"station": stations + 1, "half_hour": HALF_HOURS, "weekday": 7}
    numbers = {name: keras.Input((1,), dtype="int32", name=name) for name in sizes}
    said = []
    for _ in range(max(config.members, 1)):
        vectors = [
            # From zero: of what training never showed (a weekday) nothing is known.
            layers.Flatten()(
                layers.Embedding(size, config.embedding, embeddings_initializer="zeros")(
                    numbers[name]
                )
            )
            for name, size in sizes.items()
        ]
        beside = layers.Concatenate()([layers.Flatten()(x), level, calendar, *vectors])
        y = _BODIES[config.kind](config, x, beside)
        y = layers.Dropout(config.dropout)(y)
        y = layers.Dense(ahead * len(LEVELS))(layers.Concatenate()([y, layers.Flatten()(x)]))
        said.append(layers.Reshape((1, ahead, len(LEVELS)))(y))
    joined = layers.Concatenate(axis=1)(said) if len(said) > 1 else said[0]
    inputs = [x, level, calendar, *numbers.values()]
    return keras.Model(inputs, joined, name="forecasts")


def _identity(config: ModelConfig, x: Any, beside: Any) -> Any:
    layers = keras.layers
    y = layers.Dense(config.width)(beside)
    for _ in range(config.blocks):
        inner = layers.Dense(config.width, "relu")(y)
        inner = layers.Dropout(config.dropout)(inner)
        y = layers.Add()([y, layers.Dense(config.width)(inner)])
    return layers.ReLU()(y)


def _tcn(config: ModelConfig, x: Any, beside: Any) -> Any:
    layers = keras.layers
    h = layers.Conv1D(config.width, 1)(x)
    for block in range(config.blocks):
        look = layers.Conv1D(
            config.width, _KERNEL, padding="causal", dilation_rate=2**block, activation="relu"
        )
        h = layers.Add()([h, look(h)])
    return layers.Dense(config.width, "relu")(layers.Concatenate()([h[:, -1, :], beside]))


def _gru(config: ModelConfig, x: Any, beside: Any) -> Any:
    layers = keras.layers
    h = layers.GRU(config.width)(x)
    return layers.Dense(config.width, "relu")(layers.Concatenate()([h, beside]))


_BODIES = {"identity": _identity, "tcn": _tcn, "gru": _gru}


def train(
    learned: tuple[Arrays, np.ndarray],
    valid: tuple[Arrays, np.ndarray] | None,
    config: ModelConfig,
    stations: int,
    seed: int,
    *,
    run: Run | None = None,
    verbose: bool = False,
) -> keras.Model:
    """Trained networks, see :func:`build`.

    Args:
        learned: arrays of the preprocessor [n, ...] and true values [n, H] of training records, NaN
            where not known.
        valid: the same for validation, which chooses the epoch; None trains all of them.
        config: kind, widths and training settings.
        stations: known ones.
        seed: of start weights, shuffling and dropout.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.
    """
    arrays, target = learned
    model = build(config, arrays["x"].shape[1], target.shape[1], stations, seed)
    steps = -(-len(target) // config.batch_size) * config.epochs
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=config.weight_decay, clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, AheadLoss(LEVELS, mean=config.value == "mean"))
    fit(
        model,
        _weighted(arrays, target, config),
        validation=None if valid is None else _weighted(*valid, config),
        epochs=config.epochs,
        run=run,
        patience=None if valid is None else config.patience,
        seed=seed,
        batch_size=config.batch_size,
        verbose=verbose,
    )
    return model


def _weighted(arrays: Arrays, target: np.ndarray, config: ModelConfig) -> tuple[Any, ...]:
    """Inputs, truths in spreads [n, 1, H, 1], and weights [n]."""
    scale = arrays["scale"]
    truth = ((target - arrays["base"]) / scale).astype(np.float32)
    inputs = {name: values for name, values in arrays.items() if name not in ("base", "scale")}
    if config.alike:
        weight = np.ones(len(scale), np.float32)
    else:
        # Errors in units: the squared ones for the mean, the absolute ones for the median.
        weight = scale[:, 0] ** (2 if config.value == "mean" else 1)
        weight = weight / weight.mean()
    return inputs, truth[:, None, :, None], weight


def together(model: keras.Model) -> keras.Model:
    """The mean of all networks, in the counts' unit.

    Args:
        model: from :func:`train`.

    Returns:
        its inputs, base [n, H] and scale [n, 1] -> ``score`` float32 [n, H, 5].
    """
    layers = keras.layers
    members, ahead, levels = model.output_shape[1:]
    base = keras.Input((ahead,), name="base")
    scale = keras.Input((1,), name="scale")
    # Flat until the end: the export mixes up two axes of one length (five times, five levels).
    flat = layers.Reshape((members, ahead * levels))(model.output)
    strayed = layers.Multiply()([layers.GlobalAveragePooling1D()(flat), scale])
    usual = layers.Flatten()(layers.Permute((2, 1))(layers.RepeatVector(levels)(base)))
    score = layers.Reshape((ahead, levels), name="score")(layers.Add()([strayed, usual]))
    return keras.Model([*model.inputs, base, scale], score, name="forecast")


def quantiles(model: keras.Model, arrays: Arrays) -> np.ndarray:
    """The quantiles float32 [n, H, 5] of many records, by a model from :func:`together`."""
    return model.predict(dict(arrays), batch_size=4096, verbose=0)
