"""Trains a recurrent network on whole histories, with the loss on some of their events."""

from __future__ import annotations

import numpy as np

from lepton_core._keras import keras
from lepton_core.models.recurrent import step_log_loss
from lepton_core.training.fit import fit
from lepton_core.training.manifest import Run
from lepton_core.training.sequences import entity_sequences


class HistoryBatches(keras.utils.PyDataset):
    """The histories that hold an event with a loss, in batches; each epoch shuffled by its own
    seed.

    Args:
        features: float32 [N, F], in order of arrival.
        slots: int64 [N], the entity of each event.
        labels: 0 or 1 [N], read under the mask only.
        mask: bool [N], events that carry the loss; the others are read as context.
        batch_entities: entities a batch.
        seed: of the order.
    """

    def __init__(
        self,
        features: np.ndarray,
        slots: np.ndarray,
        labels: np.ndarray,
        mask: np.ndarray,
        batch_entities: int,
        seed: int,
    ) -> None:
        super().__init__()
        counting = np.zeros(slots.max(initial=-1) + 1, dtype=bool)
        counting[slots[mask]] = True
        # Other entities would be steps without a gradient.
        kept = counting[slots]
        as_floats = (values[kept].astype(np.float32) for values in (labels, mask))
        self._features, self._slots = features[kept], slots[kept]
        self._labels, self._counts = as_floats
        self._batch_entities, self._seed, self._epoch = batch_entities, seed, 0
        self._shuffle()
        self._rows_a_batch = self._counts.sum() / max(len(self._batches), 1)

    def _shuffle(self) -> None:
        # A fixed arithmetic of seed and epoch: what an epoch sees does not depend on a restart.
        seed = self._seed * 10_007 + self._epoch
        batches = entity_sequences(self._slots, self._batch_entities, seed)
        # Keras on TensorFlow takes a length as fixed when the first two batches agree in it.
        other = [b for b in batches if b.rows.shape != batches[0].rows.shape][:1]
        self._batches = other + [b for b in batches if b is not other[0]] if other else batches

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        batch = self._batches[index]
        # Keras divides by steps, padding included; so weighted, every event counts alike.
        weights = batch.take(self._counts) * np.float32(batch.rows.size / self._rows_a_batch)
        return batch.take(self._features), batch.take(self._labels), weights

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._shuffle()


def fit_histories(
    model: keras.Model,
    features: np.ndarray,
    slots: np.ndarray,
    labels: np.ndarray,
    loss_mask: np.ndarray,
    *,
    epochs: int,
    learning_rate: float,
    weight_decay: float = 0.0,
    clipnorm: float = 1.0,
    batch_entities: int = 32,
    valid_mask: np.ndarray | None = None,
    patience: int | None = None,
    run: Run | None = None,
    seed: int = 0,
    verbose: bool = False,
) -> None:
    """Compile a network and train it with AdamW, its rate falling to zero along a cosine.

    Args:
        model: x float32 [B, T, F] -> logit float32 [B, T], causal.
        features: float32 [N, F], scaled, in order of arrival.
        slots: int64 [N], the entity of each event.
        labels: 0 or 1 [N]; read under the masks only.
        loss_mask: bool [N], events that are learned from; others are read as context only.
        epochs: passes over the entities, at most.
        learning_rate: at the start.
        weight_decay: of AdamW.
        clipnorm: limit on the norm of each weight's gradient.
        batch_entities: entities a training step.
        valid_mask: bool [N], events whose loss chooses the epoch; None takes the training loss.
        patience: epochs without a better loss after which training stops; None trains to the end.
        run: where checkpoints and logs go.
        seed: of the shuffling.
        verbose: whether progress is shown.

    Raises:
        TrainingError: as :func:`lepton_core.training.fit.fit`.
    """
    data, validation = (
        None
        if mask is None
        else HistoryBatches(features, slots, labels, mask, batch_entities, seed)
        for mask in (loss_mask, valid_mask)
    )
    steps = len(data or ()) * epochs
    model.compile(
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(learning_rate, max(steps, 1)),
            weight_decay=weight_decay,
            clipnorm=clipnorm,
        ),
        loss=step_log_loss,
        jit_compile=keras.backend.backend() == "jax",
    )
    fit(
        model,
        data,
        validation=validation,
        epochs=epochs,
        run=run,
        patience=patience,
        seed=seed,
        verbose=verbose,
    )
