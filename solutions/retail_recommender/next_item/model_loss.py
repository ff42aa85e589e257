"""The loss of training alone: each next item against many others, with tied item vectors."""

from __future__ import annotations

from typing import Any

from lepton_core._keras import keras

_NEVER = -1e9


@keras.saving.register_keras_serializable(package="lepton")
class SampledSoftmax(keras.layers.Layer):
    """Cross-entropy of the item that came next among it and drawn items, a choice at a time.

    A drawn item of probability q among K counts as 1 / (K q) items of its kind, so that the sum
    over the drawn ones is right on average for all; where the item that came next is drawn too, it
    is not counted a second time.

    Source:
        Bengio and Senecal, Adaptive importance sampling to accelerate training of a neural
        probabilistic language model, 2008.
    """

    def call(
        self,
        states: Any,
        vectors: Any,
        target: Any,
        bonus: Any,
        drawn: Any,
        negatives: Any,
        log_of: Any,
    ) -> Any:
        """Losses [B, L].

        Args:
            states: float [B, L, D].
            vectors: float [B, L, D], of the items that came next.
            target: int [B, L], these items.
            bonus: float [B, L], added to the score of each of these.
            drawn: float [K, D], vectors of the drawn items.
            negatives: int [K], the drawn items.
            log_of: float [K], added to the score of each of these: log of 1 / (K q), and a bonus.
        """
        ops = keras.ops
        right = ops.sum(states * vectors, axis=-1, keepdims=True)
        width = states.shape[-1]
        flat = ops.reshape(states, (-1, width))
        others = ops.matmul(flat, ops.transpose(drawn)) + log_of
        same = ops.equal(ops.reshape(target, (-1, 1)), negatives)
        others = ops.where(same, _NEVER, others)
        right = ops.reshape(right, (-1, 1)) + ops.reshape(bonus, (-1, 1))
        top = ops.stop_gradient(ops.maximum(ops.max(others, axis=-1, keepdims=True), right))
        total = ops.sum(ops.exp(others - top), axis=-1, keepdims=True) + ops.exp(right - top)
        return ops.reshape(ops.log(total) + top - right, ops.shape(target))


@keras.saving.register_keras_serializable(package="lepton")
def as_given(_: Any, losses: Any) -> Any:
    """Losses that a model computed itself; sample weights still count."""
    return losses
