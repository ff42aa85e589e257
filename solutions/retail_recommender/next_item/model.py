"""The networks: a customer's items in order of time in, a vector like those of items out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lepton_core._keras import keras
from lepton_core.export.rounding import round_weights
from lepton_core.layers.padded import Known, LastPlace
from lepton_core.training.fit import fit
from lepton_core.training.manifest import Run

from .model_attention import attention
from .model_batches import ChoiceBatches
from .model_config import ModelConfig
from .model_convolution import convolution
from .model_loss import SampledSoftmax, as_given
from .ranking import hit_rate, ndcg, ranks
from .sequences import HeldOut, Sequences

_BODIES = {"attention": attention, "convolution": convolution}
_START = 0.02


def build(items: int, config: ModelConfig, seed: int = 0) -> keras.Model:
    """Networks that read a customer's items and say, as a vector, what comes next.

    Several side by side, which begin from other weights, know more together than one; their
    vectors stand one after the other, so that the product is the sum of theirs.

    Items are padded on the left. Each place knows its own item and those before it, and how many
    places ago they were: more padding changes nothing, nor does what comes later. That is why a
    history is learned from at all its places at once (see :func:`places`), and scored at the last.

    Args:
        items: number of items, N.
        config: kind and widths.
        seed: of the start weights.

    Returns:
        x int32 [B, L], codes 1..N and 0 where padded -> ``vector`` float32 [B, D], D the widths of
        all members, whose products with :func:`item_vectors` are the scores of the items.
    """
    keras.utils.set_random_seed(seed)
    x = keras.Input((None,), dtype="int32", name="x")
    there = Known(name="known")(x)
    said = [_member(items, config, number, x, there) for number in range(config.members)]
    h = keras.layers.Concatenate()(said) if len(said) > 1 else said[0]
    return keras.Model(x, LastPlace(name="vector")(h), name="next_item")


def _member(items: int, config: ModelConfig, number: int, x: Any, there: Any) -> Any:
    """One of the networks side by side, float [B, L, width]; they share nothing."""
    layers = keras.layers
    table = layers.Embedding(
        items + 1,
        config.width,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=_START),
        name=f"items_{number}",
    )
    # The item vectors are short, so that training begins with equal chances for all.
    h = layers.Rescaling(config.width**0.5)(table(x) * keras.ops.expand_dims(there, -1))
    return _BODIES[config.kind](config, layers.Dropout(config.dropout)(h), there)


def _tables(model: keras.Model) -> list[keras.layers.Embedding]:
    """The item vectors of each member."""
    return [layer for layer in model.layers if layer.name.startswith("items_")]


def places(model: keras.Model) -> keras.Model:
    """The same network with the vectors of all places, float32 [B, L, D]; weights are shared."""
    return keras.Model(model.input, model.get_layer("vector").input, name="next_item_places")


def item_vectors(model: keras.Model) -> np.ndarray:
    """The vectors of all items float32 [N, D]; row 0 is that of the code 1.

    Args:
        model: from :func:`train`.
    """
    tables = [keras.ops.convert_to_numpy(table.embeddings)[1:] for table in _tables(model)]
    return np.concatenate(tables, axis=1).astype(np.float32)


@dataclass(frozen=True)
class Scorer:
    """A trained network as what ranks items.

    Args:
        model: from :func:`build`, trained.
        table: float32 [N, D], from :func:`item_vectors`.
        length: items read at most.
    """

    model: keras.Model
    table: np.ndarray
    length: int

    @classmethod
    def of(cls, model: keras.Model, config: ModelConfig) -> Scorer:
        """The scorer of a model from :func:`train`."""
        return cls(model, item_vectors(model), config.length)

    def scores(self, history: Sequences) -> np.ndarray:
        """Scores float32 [users, N] of all items for each history."""
        longest = int(history.lengths.max(initial=1))
        x = history.last(min(self.length, max(longest, 1)))
        vector = keras.ops.convert_to_numpy(self.model.predict_on_batch(x))
        return np.asarray(vector @ self.table.T, np.float32)


class Validated(keras.callbacks.Callback):
    """Writes what the network is worth on validation beside the loss of each epoch.

    Args:
        model: from :func:`build`.
        config: of the model.
        held: what is ranked.
    """

    def __init__(self, model: keras.Model, config: ModelConfig, held: HeldOut) -> None:
        super().__init__()
        self._scored, self._config, self._held = model, config, held

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        found = ranks(Scorer.of(self._scored, self._config).scores, self._held)
        if logs is not None:
            logs |= {"val_hr10": hit_rate(found, 10), "val_ndcg10": ndcg(found, 10)}


class Counted(keras.callbacks.Callback):
    """Writes the epoch's number, by which the last epoch is the best one."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if logs is not None:
            logs["epochs"] = epoch + 1.0


def train(
    sequences: Sequences,
    items: int,
    config: ModelConfig,
    seed: int,
    *,
    valid: HeldOut | None = None,
    run: Run | None = None,
    verbose: bool = False,
) -> keras.Model:
    """A trained network, see :func:`build`.

    Args:
        sequences: what is learned from.
        items: number of items, N.
        config: kind, widths and training settings.
        seed: of start weights, order, dropout and drawn items.
        valid: whose NDCG@10 among all items chooses the epoch; None trains all ``config.epochs``.
        run: where checkpoints and logs go; its history holds ``val_ndcg10`` of each epoch.
        verbose: whether progress is shown.

    Raises:
        TrainingError: as :func:`lepton_core.training.fit.fit`.
    """
    model = build(items, config, seed)
    data = ChoiceBatches(
        sequences,
        items,
        length=config.length,
        batch_items=config.batch_items,
        negatives=config.negatives,
        popular=config.popular,
        rare=config.rare,
        item_dropout=config.item_dropout,
        backward=config.backward,
        seed=seed,
    )
    training = build_training(model)
    steps = max(len(data) * config.epochs, 1)
    training.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, steps),
            weight_decay=config.weight_decay,
            clipnorm=1.0,
        ),
        as_given,
        jit_compile=keras.backend.backend() == "jax",
    )
    judge = Counted() if valid is None else Validated(model, config, valid)
    fit(
        training,
        data,
        epochs=config.epochs,
        run=run,
        patience=None if valid is None else config.patience,
        monitor="epochs" if valid is None else "val_ndcg10",
        mode="max",
        seed=seed,
        callbacks=[judge],
        verbose=verbose,
    )
    if config.rounded:
        round_weights(model)
    return model


def build_training(model: keras.Model) -> keras.Model:
    """The network with its loss; the weights are those of `model`, not copies.

    Args:
        model: from :func:`build`.

    Returns:
        What :class:`ChoiceBatches` gives -> losses float32 [B, L].
    """
    x = keras.Input((None,), dtype="int32", name="x")
    target = keras.Input((None,), dtype="int32", name="target")
    bonus = keras.Input((None,), name="bonus")
    negatives = keras.Input((), dtype="int32", name="negatives")
    log_of = keras.Input((), name="log_of")
    tables = _tables(model)
    states = keras.ops.split(places(model)(x), len(tables), axis=-1)
    losses = [
        SampledSoftmax(name=f"loss_of_{table.name}")(
            state, table(target), target, bonus, table(negatives), negatives, log_of
        )
        for state, table in zip(states, tables, strict=True)
    ]
    losses = keras.layers.Average(name="loss")(losses) if len(losses) > 1 else losses[0]
    return keras.Model([x, target, bonus, negatives, log_of], losses, name="next_item_training")
