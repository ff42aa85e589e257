"""The network: words of several widths found by convolutions, pooled, several networks averaged."""

from __future__ import annotations

import numpy as np

from lepton_core._keras import keras
from lepton_core.models.recurrent import start_weights
from lepton_core.training.fit import Batches, fit
from lepton_core.training.manifest import Run

from .config import ModelConfig

Inputs = dict[str, np.ndarray]
# Reviews of like length stand together in training; lengths are rounded up to a multiple of this.
_STEP = 16
_SPREAD = 0.1


def build(config: ModelConfig, vocabulary: int, share: float, seed: int = 0) -> keras.Model:
    """Several networks side by side, averaged, and joined with the evidence of pieces of text.

    Each embeds the tokens, looks at runs of them through convolutions of several widths, and keeps
    of each filter the largest answer and the mean.

    Args:
        config: widths and number of members.
        vocabulary: number of tokens.
        share: weight of the evidence in the score, 0 to 1.
        seed: of the start weights, which are drawn in NumPy: the same on every Keras backend.

    Returns:
        tokens int32 [n, T], 0 where padded, and evidence float32 [n, 1], a logit -> logit of a
        positive review, float32 [n]. Its layer ``members`` gives each member's logit [n, members].

    Source:
        Kim, Convolutional Neural Networks for Sentence Classification, EMNLP 2014.
    """
    # For dropout; the start weights have a generator of their own.
    keras.utils.set_random_seed(seed)
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    evidence = keras.Input((1,), name="evidence")
    there = keras.ops.cast(keras.ops.not_equal(tokens, 0), "float32")
    there = keras.ops.expand_dims(there, -1)
    logits = [_member(config, tokens, there, vocabulary, f"{n}") for n in range(config.members)]
    joined = logits[0] if len(logits) == 1 else keras.layers.Concatenate()(logits)
    members = keras.layers.Identity(name="members")(joined)
    everything = keras.layers.Concatenate(name="both")([members, evidence])
    mean = keras.layers.Dense(1, use_bias=False, trainable=False, name="mean")(everything)
    model = keras.Model([tokens, evidence], keras.layers.Reshape((), name="score")(mean))
    model.set_weights(start_weights(model, seed))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Embedding):
            # Of a large table the usual rule makes numbers that a word needs epochs to leave.
            rng = np.random.default_rng([seed, vocabulary, int(layer.name.split("_")[-1])])
            layer.set_weights([rng.uniform(-_SPREAD, _SPREAD, (vocabulary, config.embedding))])
    set_share(model, config, share)
    return model


def set_share(model: keras.Model, config: ModelConfig, share: float) -> None:
    """Let the evidence have this share of the score, and the members the rest in equal parts."""
    weights = np.full((config.members + 1, 1), (1.0 - share) / config.members, np.float32)
    weights[-1] = share
    model.get_layer("mean").set_weights([weights])


def _member(config: ModelConfig, tokens, there, vocabulary: int, name: str):
    """One network's logit [n, 1]."""
    layers = keras.layers
    y = layers.Embedding(vocabulary, config.embedding, name=f"embedding_{name}")(tokens)
    # Whole words left out teach the network not to lean on one of them.
    y = layers.Dropout(config.word_dropout, noise_shape=(None, None, 1), name=f"words_{name}")(y)
    y = layers.Dropout(config.embedding_dropout, name=f"drop_{name}")(y) * there
    length = keras.ops.maximum(keras.ops.sum(there, axis=1), 1.0)
    seen = []
    for width in config.kernels:
        z = layers.Conv1D(
            config.filters, width, padding="same", activation="relu", name=f"conv{width}_{name}"
        )(y)
        # No answer is below zero, so that a padded place never is the largest.
        z = z * there
        seen += [layers.GlobalMaxPooling1D()(z), keras.ops.sum(z, axis=1) / length]
    y = layers.Concatenate(name=f"join_{name}")(seen)
    y = layers.Dropout(config.dropout, name=f"drop_join_{name}")(y)
    return layers.Dense(1, name=f"logit_{name}")(y)


class LikeLengths(Batches):
    """Batches of reviews of like length, cut to their longest.

    Args:
        tokens: int32 [n, T], 0 where padded.
        y: targets [n, ...].
        batch_size: reviews a batch.
        seed: of the order.
    """

    def __init__(self, tokens: np.ndarray, y: np.ndarray, batch_size: int, seed: int) -> None:
        self._size = np.maximum((tokens != 0).sum(axis=1), 1)
        super().__init__((tokens, y), batch_size, seed)

    def _shuffled(self) -> np.ndarray:
        order = super()._shuffled()
        rng = np.random.default_rng([self._seed or 0, self._epoch, 1])
        # Nearly by length: neighbours differ from epoch to epoch.
        near = self._size[order] * rng.uniform(0.8, 1.25, len(order))
        order = order[np.argsort(near, kind="stable")]
        lots = np.split(order, np.arange(self._batch_size, len(order), self._batch_size))
        # The last one may be short, and stays the last.
        turns = [*rng.permutation(len(lots) - 1).tolist(), len(lots) - 1]
        return np.concatenate([lots[at] for at in turns])

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        tokens, y = super().__getitem__(index)
        steps = _steps(tokens)
        if index == 1 and steps == _steps(super().__getitem__(0)[0]):
            # The first two differ in length, which tells Keras that lengths are free.
            steps += 1
        out = np.zeros((len(tokens), steps * _STEP), tokens.dtype)
        width = min(out.shape[1], tokens.shape[1])
        out[:, :width] = tokens[:, :width]
        return out, y


def _steps(tokens: np.ndarray) -> int:
    """Length of the longest of some reviews, in steps, rounded up."""
    return -(-int((tokens != 0).sum(axis=1).max(initial=1)) // _STEP)


def train(
    x: Inputs,
    y: np.ndarray,
    valid: tuple[Inputs, np.ndarray] | None,
    config: ModelConfig,
    vocabulary: int,
    seed: int,
    run: Run | None = None,
    verbose: bool = False,
) -> keras.Model:
    """A trained network, with the weights of its best epoch; the evidence has no share yet.

    Args:
        x: ``tokens`` int32 [n, T] and ``evidence`` float32 [n, 1], which is not learned from: a
            network that saw what the training texts' own pieces say would learn nothing else.
        y: 0 or 1 [n].
        valid: the same of validation, which chooses the epoch; None takes the training loss.
        config: settings.
        vocabulary: number of tokens.
        seed: of start weights, order and dropout.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.
    """
    model = build(config, vocabulary, 0.0, seed)
    members = keras.Model(model.inputs[0], model.get_layer("members").output, name="members")
    data = LikeLengths(x["tokens"], _targets(y, config), config.batch_size, seed)
    members.compile(
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, len(data) * config.epochs),
            weight_decay=config.weight_decay,
            clipnorm=1.0,
        ),
        loss=keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=config.smoothing),
    )
    held = None
    if valid is not None:
        held = Batches((valid[0]["tokens"], _targets(valid[1], config)), 256, None)
    fit(
        members,
        data,
        validation=held,
        epochs=config.epochs,
        patience=None if valid is None else config.patience,
        run=run,
        seed=seed,
        verbose=verbose,
    )
    return model


def _targets(y: np.ndarray, config: ModelConfig) -> np.ndarray:
    """The labels float32 [n, members], the same for each member."""
    return np.repeat(np.asarray(y, np.float32)[:, None], config.members, axis=1)


def member_scores(model: keras.Model, tokens: np.ndarray) -> np.ndarray:
    """The mean logit float32 [n] of the members, without the evidence."""
    inner = keras.Model(model.inputs[0], model.get_layer("members").output)
    return inner.predict(tokens, batch_size=256, verbose=0).mean(axis=1)


def round_embeddings(model: keras.Model) -> None:
    """Put the embeddings on 8 bits, in place, each number of a token by its own step.

    They are nearly all of a bundle's size; see :mod:`lepton_core.export.rounding`.
    """
    for layer in model.layers:
        if isinstance(layer, keras.layers.Embedding):
            table = keras.ops.convert_to_numpy(layer.embeddings)
            top = np.maximum(np.abs(table).max(axis=0), 1e-30)
            step = np.exp2(np.ceil(np.log2(top / 127)))
            layer.set_weights([(np.round(table / step) * step).astype(np.float32)])
