"""The networks: a series' past as it was one period before, two... in, quantiles of demand out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lepton_core._keras import keras
from lepton_core.training.ahead_loss import AheadLoss
from lepton_core.training.fit import fit
from lepton_core.training.manifest import Run

from .config import LEVELS, DataConfig, ModelConfig
from .past import CHANNELS, FEATURES
from .season import WEEKS

Arrays = Mapping[str, np.ndarray]

_KERNEL = 3


def build(
    config: ModelConfig, data: DataConfig, series: int, categories: int, seed: int = 0
) -> keras.Model:
    """Networks side by side; they share nothing but the inputs.

    What reads the past reads it once and looks at no later period from any place of it, so that its
    outputs at the last H places are what was known one period before the one forecast, two...

    Args:
        config: kind and widths.
        data: lags L and horizon H.
        series, categories: known ones; number 0 is every other one.
        seed: of the start weights.

    Returns:
        x [n, L + H - 1, CHANNELS], features [n, H, FEATURES], series, category, week int32 [n, 1]
        -> float32 [n, M, H, 5]: how far demand will be from the base, in units of the scale.

    Source:
        ``tcn``: Bai, Kolter and Koltun, 2018. ``gru``: Cho et al., 2014. Quantiles at several times
        ahead at once: Wen et al., A Multi-Horizon Quantile Recurrent Forecaster, 2017.
    """
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    length, ahead = data.lags + data.horizon - 1, data.horizon
    x = keras.Input((length, CHANNELS), name="x")
    features = keras.Input((ahead, FEATURES), name="features")
    sizes = {"series": series + 1, "category": categories + 1, "week": WEEKS}
    numbers = {name: keras.Input((1,), dtype="int32", name=name) for name in sizes}
    said = []
    for _ in range(config.members):
        seen = [features]
        if config.kind != "none":
            past = _BODIES[config.kind](config, x)
            # The newest place first: what was known one period before.
            seen.append(past[:, length - 1 : length - 1 - ahead : -1, :])
        # From zero: of what training never showed nothing is known. Without learned vectors they
        # stay zero, so that the network takes the same inputs.
        seen += [
            layers.RepeatVector(ahead)(
                layers.Flatten()(
                    layers.Embedding(
                        size,
                        max(config.embedding, 1),
                        embeddings_initializer="zeros",
                        trainable=config.embedding > 0,
                    )(numbers[name])
                )
            )
            for name, size in sizes.items()
        ]
        beside = layers.Concatenate()(seen)
        y = layers.Dense(config.width, "relu")(beside)
        y = layers.Dropout(config.dropout)(y)
        y = layers.Dense(len(LEVELS))(layers.Concatenate()([y, features]))
        said.append(layers.Reshape((1, ahead, len(LEVELS)))(y))
    joined = layers.Concatenate(axis=1)(said) if len(said) > 1 else said[0]
    return keras.Model([x, features, *numbers.values()], joined, name="demands")


def _tcn(config: ModelConfig, x: Any) -> Any:
    layers = keras.layers
    h, dilation = layers.Conv1D(config.channels, 1)(x), 1
    # As far as the lags reach from the place that has fewest of them.
    while (_KERNEL - 1) * (2 * dilation - 1) < x.shape[1]:
        look = layers.Conv1D(
            config.channels, _KERNEL, padding="causal", dilation_rate=dilation, activation="relu"
        )
        h = layers.Add()([h, look(h)])
        dilation *= 2
    return h


def _gru(config: ModelConfig, x: Any) -> Any:
    return keras.layers.GRU(config.channels, return_sequences=True)(x)


_BODIES = {"tcn": _tcn, "gru": _gru}


def train(
    arrays: Arrays,
    truth: np.ndarray,
    config: ModelConfig,
    data: DataConfig,
    sizes: tuple[int, int],
    seed: int,
    *,
    run: Run | None = None,
    verbose: bool = False,
) -> keras.Model:
    """Trained networks, see :func:`build`; all epochs are trained.

    Args:
        arrays: of the preprocessor [n, ...], of training records.
        truth: float64 [n, 2]: what was sold, and 1 where that is only the least that was asked for.
        config: kind, widths and training settings.
        data: lags and horizon.
        sizes: how many series and categories are known.
        seed: of start weights, shuffling and dropout.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.
    """
    model = build(config, data, *sizes, seed)
    steps = -(-len(truth) // config.batch_size) * config.epochs
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=config.weight_decay, clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, AheadLoss(LEVELS))
    fit(
        model,
        _weighted(arrays, truth, config),
        validation=None,
        epochs=config.epochs,
        run=run,
        patience=None,
        seed=seed,
        batch_size=config.batch_size,
        verbose=verbose,
    )
    return model


def _weighted(arrays: Arrays, truth: np.ndarray, config: ModelConfig) -> tuple[Any, ...]:
    """Inputs, truths in units of the scale [n, 1, H, 2], and weights [n]."""
    scale, base = arrays["scale"], arrays["base"]
    value = (truth[:, :1] - base) / scale
    bound = np.broadcast_to(truth[:, 1:], value.shape)
    told = np.stack([value, bound], axis=2).astype(np.float32)[:, None]
    inputs = {name: values for name, values in arrays.items() if name not in ("base", "scale")}
    size = np.ones(len(scale)) if config.alike else scale.mean(axis=1)
    return inputs, told, (size / size.mean()).astype(np.float32)


def together(model: keras.Model) -> keras.Model:
    """The mean of all networks, in units.

    Args:
        model: from :func:`train`.

    Returns:
        its inputs, base and scale [n, H] -> ``score`` float32 [n, H, 5].
    """
    layers = keras.layers
    members, ahead, levels = model.output_shape[1:]
    base, scale = keras.Input((ahead,), name="base"), keras.Input((ahead,), name="scale")
    # Flat until the end: the export mixes up two axes of one length (five times, five levels).
    flat = layers.Reshape((members, ahead * levels))(model.output)

    def each(values: Any) -> Any:
        return layers.Flatten()(layers.Permute((2, 1))(layers.RepeatVector(levels)(values)))

    strayed = layers.Multiply()([layers.GlobalAveragePooling1D()(flat), each(scale)])
    score = layers.Reshape((ahead, levels), name="score")(layers.Add()([strayed, each(base)]))
    return keras.Model([*model.inputs, base, scale], score, name="demand")


def quantiles(model: keras.Model, arrays: Arrays) -> np.ndarray:
    """The quantiles float32 [n, H, 5] of many records, by a model from :func:`together`."""
    return model.predict(dict(arrays), batch_size=4096, verbose=0)
