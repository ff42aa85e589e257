"""The loss under which a network's outputs become quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lepton_core._keras import keras


@keras.saving.register_keras_serializable(package="lepton")
class Pinball(keras.losses.Loss):
    """Mean pinball loss of several quantiles of one value.

    An output at level q is charged ``q`` for each unit that the truth lies above it, and ``1 - q``
    for each unit below; the cheapest output is the quantile at q.

    Args:
        levels: of the outputs, in 0..1, one for each.
        **kwargs: ``name`` and what else every loss takes.

    Source:
        Koenker and Bassett, Regression Quantiles, Econometrica, 1978.

    Example:
        >>> import numpy as np
        >>> loss = Pinball((0.1, 0.5, 0.9))
        >>> truth, given = np.array([[10.0]]), np.array([[8.0, 10.0, 12.0]])
        >>> round(float(loss(truth, given)), 4)  # (0.1 * 2 + 0 + 0.1 * 2) / 3
        0.1333
    """

    def __init__(self, levels: Sequence[float] = (0.05, 0.5, 0.95), **kwargs: Any) -> None:
        if not levels or not all(0 < level < 1 for level in levels):
            raise ValueError(f"levels are between 0 and 1. Received: levels={levels!r}")
        super().__init__(**{"name": "pinball", **kwargs})
        self.levels = tuple(levels)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss [n] of quantiles [n, levels] for true values [n, 1]."""
        ops = keras.ops
        given = ops.convert_to_tensor(y_pred)
        level = ops.convert_to_tensor(self.levels, dtype=given.dtype)
        above = ops.cast(y_true, given.dtype) - given
        return ops.mean(ops.maximum(level * above, (level - 1.0) * above), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "levels": list(self.levels)}
