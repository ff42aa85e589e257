"""What every network over an entity's events needs: start weights, the loss of a step, scoring."""

from __future__ import annotations

import numpy as np

from lepton_core._keras import keras
from lepton_core.training.sequences import entity_sequences

_GATES = 3


@keras.saving.register_keras_serializable(package="lepton")
def step_log_loss(labels, logits):
    """Log loss of each step [B, T], so that step weights count.

    Keras's own averages over the steps before the weights come in, padding included.
    """
    ops = keras.ops
    return ops.maximum(logits, 0.0) - logits * labels + ops.log1p(ops.exp(-ops.abs(logits)))


def start_weights(model: keras.Model, seed: int) -> list[np.ndarray]:
    """Glorot uniform kernels, orthogonal recurrent kernels a gate of a GRU, zero biases.

    Args:
        model: built, of dense layers and GRUs.
        seed: of the weights, which are drawn in NumPy: the same on every Keras backend.

    Returns:
        one float32 array a weight, for ``model.set_weights``.
    """
    rng = np.random.default_rng(seed)
    weights = []
    for weight in model.weights:
        shape = tuple(weight.shape)
        if "recurrent" in weight.path and len(shape) == 2 and "bias" not in weight.path:
            gates = [np.linalg.qr(rng.normal(size=(shape[0],) * 2))[0] for _ in range(_GATES)]
            weights.append(np.concatenate(gates, axis=1))
        elif "bias" in weight.path:
            weights.append(np.zeros(shape))
        else:
            limit = np.sqrt(6.0 / sum(shape))
            weights.append(rng.uniform(-limit, limit, shape))
    return [weight.astype(np.float32) for weight in weights]


def score_histories(
    model: keras.Model, features: np.ndarray, slots: np.ndarray, batch_entities: int = 256
) -> np.ndarray:
    """The logit of every event, each entity read from its first event on.

    Args:
        model: x float32 [B, T, F] -> logit float32 [B, T], causal.
        features: float32 [N, F], scaled, in order of arrival.
        slots: int64 [N], the entity of each event.
        batch_entities: entities a batch.

    Returns:
        float32 [N].
    """
    scores = np.empty(len(slots), dtype=np.float32)
    for batch in entity_sequences(slots, batch_entities):
        filled = batch.rows >= 0
        logits = keras.ops.convert_to_numpy(model.predict_on_batch(batch.take(features)))
        scores[batch.rows[filled]] = logits[filled]
    return scores
