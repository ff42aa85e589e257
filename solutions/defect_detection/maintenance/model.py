"""The networks: what is known of a unit in, quantiles of its remaining life out."""

from __future__ import annotations

import numpy as np

from lepton_core._keras import keras
from lepton_core.training.fit import fit
from lepton_core.training.manifest import Run
from lepton_core.training.pinball import Pinball

from .config import LEVELS, ModelConfig
from .histories import TIMES


@keras.saving.register_keras_serializable(package="lepton")
class MeanAndQuantiles(Pinball):
    """The pinball loss of quantiles, with the middle output drawn to the mean instead.

    Remaining life is skewed: its mean, not its median, makes the squared error small.

    Example:
        >>> loss = MeanAndQuantiles((0.1, 0.5, 0.9))
        >>> round(float(loss(np.array([[1.0]]), np.array([[1.0, 0.5, 1.0]]))), 4)  # 0.5 squared
        0.25
    """

    def call(self, y_true: object, y_pred: object) -> object:
        """Loss [n, ...] of outputs [n, ..., levels] for true values [n, ..., 1]."""
        ops = keras.ops
        given = ops.convert_to_tensor(y_pred)
        level = ops.convert_to_tensor(self.levels, dtype=given.dtype)
        above = ops.cast(y_true, given.dtype) - given
        is_mean = ops.cast(level == 0.5, given.dtype)
        pinball = ops.maximum(level * above, (level - 1.0) * above)
        quantiles = ops.sum(pinball * (1.0 - is_mean), axis=-1) / len(self.levels)
        return quantiles + ops.sum(ops.square(above) * is_mean, axis=-1)


def build(config: ModelConfig, features: int, members: int, seed: int = 0) -> keras.Model:
    """Networks side by side, each: convolutions over a few moments, and what was at the last.

    Args:
        config: widths.
        features: F.
        members: how many networks, M; they share nothing but the input.
        seed: of the start weights.

    Returns:
        x float32 [n, TIMES, F] -> float32 [n, M, 5]: ``LEVELS`` of the remaining life, as a part of
        the cap.
    """
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    x = keras.Input((TIMES, features), name="x")
    usual = keras.initializers.Constant(0.7)
    said = []
    for _ in range(members):
        seen = layers.Conv1D(config.channels, 2, activation="relu")(x)
        seen = layers.Conv1D(config.channels, 2, activation="relu")(seen)
        y = layers.Concatenate()([layers.Flatten()(seen), x[:, -1, :]])
        y = layers.Dense(config.head_units, "relu")(y)
        y = layers.Dense(config.head_units // 2, "relu")(y)
        y = layers.Dense(len(LEVELS), bias_initializer=usual)(y)
        said.append(layers.Reshape((1, len(LEVELS)))(y))
    joined = layers.Concatenate(axis=1)(said) if members > 1 else said[0]
    return keras.Model(x, joined, name="lives")


def train(
    x: np.ndarray,
    part: np.ndarray,
    learned: np.ndarray,
    config: ModelConfig,
    seed: int,
    *,
    run: Run | None = None,
    verbose: bool = False,
) -> keras.Model:
    """Trained networks.

    Args:
        x: float32 [n, TIMES, F].
        part: true remaining lives [n] as a part of the cap, 0 to 1.
        learned: bool [n, M], which network learns from which record.
        config: widths and training settings.
        seed: of start weights and shuffling.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.
    """
    model = build(config, x.shape[2], learned.shape[1], seed)
    steps = -(-len(x) // config.batch_size) * config.epochs
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps)
    # With few units the trends of every single one could be learned by heart: hence the decay.
    optimizer = keras.optimizers.AdamW(rate, weight_decay=config.weight_decay, clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, MeanAndQuantiles(LEVELS))
    fit(
        model,
        (x, part[:, None, None].astype(np.float32), learned.astype(np.float32)),
        epochs=config.epochs,
        run=run,
        seed=seed,
        batch_size=config.batch_size,
        verbose=verbose,
    )
    return model


def quantiles(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """What each network says of many records, float32 [n, M, 5], as a part of the cap."""
    return model.predict(x, batch_size=4096, verbose=0)


def together(model: keras.Model, cap: float) -> keras.Model:
    """The mean of all networks, in cycles, between 0 and the cap.

    Args:
        model: from :func:`train`.
        cap: the longest remaining life that is told.

    Returns:
        x float32 [n, TIMES, F] -> ``score`` float32 [n, 5], cycles.
    """
    layers = keras.layers
    mean = layers.GlobalAveragePooling1D()(model.output)
    part = layers.ReLU(max_value=1.0)(mean)
    return keras.Model(model.input, layers.Rescaling(cap, name="score")(part), name="life")
