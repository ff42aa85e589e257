"""The network: features of a customer in, log odds of an order and the value of it out."""

from __future__ import annotations

import numpy as np

from lepton_core._keras import keras
from lepton_core.training.fit import Batches, fit
from lepton_core.training.manifest import Run

from .config import ModelConfig


def build(config: ModelConfig, n_features: int, seed: int = 0) -> keras.Model:
    """Dense layers with dropout and two heads: a hurdle, and how far beyond it.

    Args:
        config: widths and dropout.
        n_features: F.
        seed: of the start weights.

    Returns:
        x float32 [n, F] -> float32 [n, 2]: log odds of an order within the horizon, and the scaled
        logarithm of what is spent if there is one.
    """
    keras.utils.set_random_seed(seed)
    x = keras.Input((n_features,), name="x")
    y = x
    for number, units in enumerate(config.units, start=1):
        y = keras.layers.Dense(units, "silu", name=f"dense_{number}")(y)
        y = keras.layers.Dropout(config.dropout, name=f"dropout_{number}")(y)
    score = keras.layers.Dense(2, name="score")(y)
    return keras.Model(x, score, name="customers")


@keras.saving.register_keras_serializable(package="lepton")
class HurdleLoss(keras.losses.Loss):
    """Log loss of the order, and of those who ordered the squared error of the value.

    Args:
        weight: of the value's error.
    """

    def __init__(self, weight: float = 0.5, name: str = "hurdle") -> None:
        super().__init__(name=name)
        self.weight = weight

    def call(self, y_true, y_pred):
        """Targets [n, 3]: ordered, scaled log value, whether anything was spent."""
        ordered, value, paid = (y_true[:, place] for place in range(3))
        logit, guess = y_pred[:, 0], y_pred[:, 1]
        ops = keras.ops
        loss = ops.maximum(logit, 0.0) - logit * ordered + ops.log1p(ops.exp(-ops.abs(logit)))
        return loss + self.weight * paid * ops.square(value - guess)

    def get_config(self):
        """What :meth:`__init__` takes."""
        return {"weight": self.weight, "name": self.name}


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
        y: float32 [n, 3], as :class:`HurdleLoss` takes it.
        valid: the same of validation, which chooses the epoch; None takes the training loss.
        config: settings.
        seed: of start weights, order and dropout.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.
    """
    model = build(config, x.shape[1], seed)
    data = Batches((x, y), config.batch_size, seed)
    steps = len(data) * config.epochs
    model.compile(
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, steps),
            weight_decay=config.weight_decay,
        ),
        loss=HurdleLoss(config.value_weight),
    )
    fit(
        model,
        data,
        validation=valid,
        epochs=config.epochs,
        patience=None if valid is None else config.patience,
        run=run,
        seed=seed,
        batch_size=1024,
        verbose=verbose,
    )
    return model


def scores(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """float32 [n, 2] of customers x [n, F]."""
    return model.predict(x, batch_size=4096, verbose=0)
