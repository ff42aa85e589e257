"""What networks over padded sequences of codes need at their two ends."""

from __future__ import annotations

from typing import Any

from lepton_core._keras import keras


@keras.saving.register_keras_serializable(package="lepton")
class Known(keras.layers.Layer):
    """1 where a place holds a code, 0 where it holds 0 as padding: int [B, L] -> float32 [B, L]."""

    def call(self, x: Any) -> Any:
        return keras.ops.cast(keras.ops.not_equal(x, 0), "float32")


@keras.saving.register_keras_serializable(package="lepton")
class LastPlace(keras.layers.Layer):
    """The vector of the last place, of sequences padded on the left: float [B, L, D] -> [B, D]."""

    def call(self, h: Any) -> Any:
        return h[:, -1]
