"""The loss of forecasts at several times ahead; some truths are unknown, some only lower bounds."""

from __future__ import annotations

from typing import Any

from lepton_core._keras import keras
from lepton_core.training.pinball import Pinball


@keras.saving.register_keras_serializable(package="lepton")
class AheadLoss(Pinball):
    """The pinball loss at several times ahead, where truths that nobody knows count nothing.

    Args:
        levels: of the quantiles.
        mean: whether the output of level 0.5 is drawn to the mean, by half the squared error.
        **kwargs: what every loss takes.

    Source:
        For truths that are lower bounds: Powell, Censored Regression Quantiles, Journal of
        Econometrics, 1986: an output above the bound says nothing wrong.

    Example:
        >>> import numpy as np
        >>> loss = AheadLoss((0.1, 0.5, 0.9))
        >>> truth = np.array([[[10.0], [np.nan]]])
        >>> round(float(loss(truth, np.array([[[8.0, 10, 12], [0, 0, 0]]]))), 4)  # as if one alone
        0.1333
        >>> at_least = np.array([[[10.0, 1.0]]])  # sold out at 10
        >>> round(float(loss(at_least, np.array([[[8.0, 10, 12]]]))), 4)  # (0.1 * 2 + 0 + 0) / 3
        0.0667
    """

    def __init__(
        self, levels: tuple[float, ...] = (0.05, 0.5, 0.95), mean: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(levels, **kwargs)
        self.mean = mean

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss [n] of quantiles [n, ..., times, levels].

        Args:
            y_true: true values [n, ..., times, 1], NaN where not known; or [n, ..., times, 2], the
                second 1 where the first is only a lower bound of the truth, else 0.
            y_pred: the quantiles.
        """
        ops = keras.ops
        given = ops.convert_to_tensor(y_pred)
        told = ops.cast(y_true, given.dtype)
        truth = told[..., :1]
        known = ops.logical_not(ops.isnan(truth))
        above = ops.where(known, truth, given) - given
        level = ops.convert_to_tensor(self.levels, dtype=given.dtype)
        over = (level - 1.0) * above
        if told.shape[-1] == 2:
            over = ops.where(told[..., 1:] > 0.5, ops.zeros_like(over), over)
        charged = ops.maximum(level * above, over)
        if self.mean:
            charged = ops.where(ops.equal(level, 0.5), 0.5 * ops.square(above), charged)
        n = len(given.shape)
        axes = tuple(range(1, n))
        weight = ops.cast(known, given.dtype) * ops.ones_like(given)
        return ops.sum(charged, axis=axes) / ops.maximum(ops.sum(weight, axis=axes), 1.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean}
