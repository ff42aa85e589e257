"""Self-attention in which each place sees itself and those before it."""

from __future__ import annotations

from typing import Any

from lepton_core._keras import keras

_NEVER = -1e9


@keras.saving.register_keras_serializable(package="lepton")
class CausalAttention(keras.layers.Layer):
    """Each item looks at itself and the items before it, by likeness and by how long ago.

    Args:
        heads: attentions side by side, a divisor of the width.
        length: distances told apart; what is farther counts as the farthest.
        dropout: share of looks left out in training.
        **kwargs: what every layer takes.

    Source:
        Kang and McAuley, Self-Attentive Sequential Recommendation, ICDM 2018; the learned weight of
        a distance is that of Raffel et al., Exploring the Limits of Transfer Learning, 2020.
    """

    def __init__(self, heads: int, length: int, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heads, self.length, self.dropout = heads, length, dropout
        self._drop = keras.layers.Dropout(dropout)

    def build(self, shape: tuple[int, ...], *_: Any) -> None:
        width = shape[-1]
        self._mix = self.add_weight(
            shape=(width, 3 * width), initializer="glorot_uniform", name="kernel"
        )
        self._out = self.add_weight(
            shape=(width, width), initializer="glorot_uniform", name="out_kernel"
        )
        self._near = self.add_weight(
            shape=(self.length, self.heads), initializer="zeros", name="distance"
        )

    def call(self, h: Any, there: Any, training: bool = False) -> Any:
        """What each place learns from those before it, float [B, L, D].

        Args:
            h: float [B, L, D].
            there: float [B, L], 1 where a place holds an item.
            training: whether looks are left out.
        """
        ops = keras.ops
        width = h.shape[-1]
        length = ops.shape(h)[1]
        parts = ops.reshape(
            ops.matmul(h, self._mix), (-1, length, 3 * self.heads, width // self.heads)
        )
        parts = ops.transpose(parts, (0, 2, 1, 3))
        q, k, v = (parts[:, i * self.heads : (i + 1) * self.heads] for i in range(3))
        place = ops.arange(length)
        ago = ops.expand_dims(place, 1) - ops.expand_dims(place, 0)
        near = ops.take(self._near, ops.clip(ago, 0, self.length - 1), axis=0)
        look = ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) * (width // self.heads) ** -0.5
        look = look + ops.transpose(near, (2, 0, 1))
        seen = ops.logical_and(ago >= 0, ops.expand_dims(there, 1) > 0)
        look = ops.where(ops.expand_dims(seen, 1), look, _NEVER)
        look = self._drop(ops.softmax(look), training=training)
        found = ops.transpose(ops.matmul(look, v), (0, 2, 1, 3))
        return ops.matmul(ops.reshape(found, (-1, length, width)), self._out)

    def get_config(self) -> dict[str, Any]:
        own = {"heads": self.heads, "length": self.length, "dropout": self.dropout}
        return {**super().get_config(), **own}
