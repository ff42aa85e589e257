"""The network over a card's transactions: whole history in, one score a transaction out."""

from __future__ import annotations

import numpy as np

from lepton_core._keras import keras
from lepton_core.training.fit import fit
from lepton_core.training.manifest import Run

from .config import ModelConfig
from .sequences import card_sequences, fit_bins


def build(
    config: ModelConfig, n_features: int, seed: int = 0, bins: np.ndarray | None = None
) -> keras.Model:
    """The network for training and for scoring whole histories.

    It reads each feature through fixed bins, each the share of the bin that the value has passed:
    what trees do with thresholds, and what a week of frauds is too short to learn from straight
    lines. Causal, so that padding on the right changes no score before it and needs no mask.

    Args:
        config: widths.
        n_features: F.
        seed: of the start weights, which are drawn in NumPy: the same on every Keras backend.
        bins: float32 [F, bins, 2], lower edge and width, from `fit_bins`; None leaves them to be
            loaded.

    Returns:
        x float32 [B, T, F] -> logit of fraud float32 [B, T].

    Source:
        Gorishniy et al., On Embeddings for Numerical Features in Tabular Deep Learning, 2022.
    """
    x = keras.Input((None, n_features), name="x")
    binned, dense, gru, head, logit = _layers(config, n_features)
    z = dense(binned(x))
    h = gru(z)
    y = logit(head(keras.layers.Concatenate(name="join")([h, z])))
    model = keras.Model(x, keras.layers.Reshape((-1,), name="score")(y), name="card_gru")
    model.set_weights(_start_weights(model, seed))
    if bins is not None:
        binned.set_weights(_bin_weights(bins))
    return model


def build_step(model: keras.Model, config: ModelConfig) -> keras.Model:
    """One transaction of each card at a time, with the weights of `model` (shared, not copied).

    Args:
        model: from `build`.
        config: as given to `build`.

    Returns:
        (x float32 [B, F], h float32 [B, H]) -> (logit float32 [B], new h float32 [B, H]); the h of
        a new card is 0. Only dense layers, matrix products and elementwise operations.
    """
    x = keras.Input((model.input_shape[-1],), name="x")
    h = keras.Input((config.gru_units,), name="h")
    z = model.get_layer("dense")(model.get_layer("bins")(x))
    h_new, _ = model.get_layer("gru").cell(z, h)
    y = model.get_layer("head")(keras.layers.Concatenate(name="join")([h_new, z]))
    score = keras.layers.Reshape((), name="score")(model.get_layer("logit")(y))
    return keras.Model([x, h], [score, h_new], name="card_gru_step")


def _layers(config: ModelConfig, n_features: int) -> tuple[keras.layers.Layer, ...]:
    n_bins = n_features * config.bins
    return (
        # A hard sigmoid is a clip: with fixed weights, one matrix product and one clip in ONNX.
        keras.layers.Dense(n_bins, "hard_sigmoid", trainable=False, name="bins"),
        keras.layers.Dense(config.dense_units, "relu", name="dense"),
        keras.layers.GRU(config.gru_units, return_sequences=True, name="gru"),
        keras.layers.Dense(config.head_units, "relu", name="head"),
        keras.layers.Dense(1, name="logit"),
    )


def _start_weights(model: keras.Model, seed: int) -> list[np.ndarray]:
    """Glorot uniform kernels, orthogonal recurrent kernels a gate, zero biases."""
    rng = np.random.default_rng(seed)
    weights = []
    for weight in model.weights:
        shape = tuple(weight.shape)
        if "recurrent" in weight.path and len(shape) == 2 and "bias" not in weight.path:
            gates = [np.linalg.qr(rng.normal(size=(shape[0],) * 2))[0] for _ in range(3)]
            weights.append(np.concatenate(gates, axis=1))
        elif "bias" in weight.path:
            weights.append(np.zeros(shape))
        else:
            limit = np.sqrt(6.0 / sum(shape))
            weights.append(rng.uniform(-limit, limit, shape))
    return [weight.astype(np.float32) for weight in weights]


def _bin_weights(bins: np.ndarray) -> list[np.ndarray]:
    """Kernel [F, F * bins] and bias: clip((x - low) / width, 0, 1) as clip(y / 6 + 1/2, 0, 1)."""
    n_features, n_bins, _ = bins.shape
    low, width = bins[..., 0], bins[..., 1]
    slope = np.where(width > 0, 6.0 / np.maximum(width, 1e-9), 0.0)
    kernel = np.zeros((n_features, n_features, n_bins), dtype=np.float32)
    kernel[np.arange(n_features), np.arange(n_features)] = slope
    return [kernel.reshape(n_features, -1), (-low * slope - 3.0).astype(np.float32).ravel()]


class _Batches(keras.utils.PyDataset):
    """The training batches of every epoch, each epoch shuffled by its own seed."""

    def __init__(
        self,
        features: np.ndarray,
        card_slots: np.ndarray,
        labels: np.ndarray,
        loss_mask: np.ndarray,
        config: ModelConfig,
        seed: int,
    ) -> None:
        super().__init__()
        self._columns = features, labels.astype(np.float32), loss_mask.astype(np.float32)
        self._card_slots, self._config, self._seed = card_slots, config, seed
        self._epoch = 0
        self._shuffle()
        self._rows_a_batch = loss_mask.sum() / len(self._batches)

    def _shuffle(self) -> None:
        # A fixed arithmetic of seed and epoch: what an epoch sees does not depend on a restart.
        seed = self._seed * 10_007 + self._epoch
        batches = card_sequences(self._card_slots, self._config.batch_cards, seed)
        # Keras on TensorFlow takes a length as fixed when the first two batches agree in it.
        other = [b for b in batches if b.rows.shape != batches[0].rows.shape][:1]
        self._batches = other + [b for b in batches if b is not other[0]] if other else batches

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        batch = self._batches[index]
        features, labels, counts = self._columns
        # Keras divides by steps, padding included; so weighted, every row counts alike.
        weights = batch.take(counts) * np.float32(batch.rows.size / self._rows_a_batch)
        return batch.take(features), batch.take(labels), weights

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._shuffle()


@keras.saving.register_keras_serializable(package="fraud_rnn")
def masked_log_loss(labels, logits):
    """Log loss of each step [B, T], for step weights; Keras's own averages the steps first."""
    ops = keras.ops
    return ops.maximum(logits, 0.0) - logits * labels + ops.log1p(ops.exp(-ops.abs(logits)))


def train(
    features: np.ndarray,
    card_slots: np.ndarray,
    labels: np.ndarray,
    loss_mask: np.ndarray,
    config: ModelConfig,
    seed: int,
    *,
    valid_mask: np.ndarray | None = None,
    patience: int | None = None,
    run: Run | None = None,
    verbose: bool = False,
) -> keras.Model:
    """Trains a new network; rows outside `loss_mask` are read as context only.

    Args:
        features: float32 [N, F], scaled, in order of arrival.
        card_slots: int64 [N].
        labels: int8 [N], 1 fraud, 0 genuine; read under the masks only.
        loss_mask: bool [N], rows that are learned from.
        config: widths and training settings.
        seed: of the start weights and of the shuffling.
        valid_mask: bool [N], rows whose loss chooses the epoch; None takes the training loss.
        patience: epochs without a better loss after which training stops.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.

    Returns:
        The trained model, compiled.
    """
    data = _batches(features, card_slots, labels, loss_mask, config, seed)
    validation = None
    if valid_mask is not None:
        validation = _batches(features, card_slots, labels, valid_mask, config, seed)
    bins = fit_bins(features[loss_mask], config.bins)
    model = build(config, features.shape[1], seed, bins)
    compile_model(model, config, steps=len(data) * config.epochs)
    fit(
        model,
        data,
        validation=validation,
        epochs=config.epochs,
        run=run,
        patience=patience,
        seed=seed,
        verbose=verbose,
    )
    return model


def compile_model(model: keras.Model, config: ModelConfig, steps: int) -> None:
    """Optimiser and loss for `steps` training steps in all."""
    model.compile(
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, steps),
            weight_decay=config.weight_decay,
            clipnorm=config.clipnorm,
        ),
        loss=masked_log_loss,
        jit_compile=keras.backend.backend() == "jax",
    )


def _batches(
    features: np.ndarray,
    card_slots: np.ndarray,
    labels: np.ndarray,
    mask: np.ndarray,
    config: ModelConfig,
    seed: int,
) -> _Batches:
    """The batches of the cards with a row that counts; others would be steps without a gradient."""
    counting = np.zeros(card_slots.max(initial=-1) + 1, dtype=bool)
    counting[card_slots[mask]] = True
    kept = counting[card_slots]
    return _Batches(features[kept], card_slots[kept], labels[kept], mask[kept], config, seed)


def score_histories(
    model: keras.Model, features: np.ndarray, card_slots: np.ndarray, batch_cards: int = 256
) -> np.ndarray:
    """The logit of every row, each card read from its first row.

    Args:
        model: from `build` or `train`.
        features: float32 [N, F], scaled, in order of arrival.
        card_slots: int64 [N].
        batch_cards: cards a batch.

    Returns:
        float32 [N].
    """
    scores = np.empty(len(card_slots), dtype=np.float32)
    for batch in card_sequences(card_slots, batch_cards):
        filled = batch.rows >= 0
        logits = keras.ops.convert_to_numpy(model.predict_on_batch(batch.take(features)))
        scores[batch.rows[filled]] = logits[filled]
    return scores
