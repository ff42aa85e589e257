"""The small network that is trained anew on every number of labels."""

from __future__ import annotations

import numpy as np

from lepton_core._keras import keras
from lepton_core.models.residual import residual_stages
from lepton_core.training.augmentation import Augmentation, augment

FILTERS, BATCH, RATE, DROPOUT = (16, 32, 64), 32, 3e-3, 0.2
VARIED = Augmentation(flip_left_right=True, flip_up_down=True, shift=0.1, brightness=0.1)


class Network:
    """One compiled network, begun anew for every training."""

    def __init__(self, side: int, classes: int, epochs: int) -> None:
        self._epochs = epochs
        x = keras.Input((side, side, 1), dtype="uint8")
        pooled = keras.layers.GlobalAveragePooling2D()(residual_stages(x, FILTERS, blocks=1)[-1])
        kept = keras.layers.Dropout(DROPOUT)(pooled)
        self._model = keras.Model(x, keras.layers.Dense(classes)(kept))
        self._seen = keras.Model(x, [self._model.output, pooled])
        self._optimizer = keras.optimizers.AdamW(RATE, weight_decay=0.02)
        self._model.compile(
            self._optimizer,
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=False,
        )
        self._optimizer.build(self._model.trainable_variables)
        self._fresh = [keras.ops.convert_to_numpy(v) for v in self._optimizer.variables]
        self._kept: list[np.ndarray] = []

    def train(self, x: np.ndarray, codes: np.ndarray, seed: int) -> None:
        """Begin with the weights of the seed and take all steps, their size falling to zero."""
        self._begin(seed)
        generator = np.random.default_rng([seed, len(x)])
        order = np.empty(0, np.int64)
        steps = max(self._epochs * len(x) // BATCH, 150)
        for step in range(steps):
            rising = min((step + 1) / (0.05 * steps), 1.0)
            rate = RATE * rising * 0.5 * (1.0 + np.cos(np.pi * step / steps))
            self._optimizer.learning_rate.assign(rate)
            while len(order) < BATCH:
                order = np.concatenate([order, generator.permutation(len(x))])
            rows, order = order[:BATCH], order[BATCH:]
            self._model.train_on_batch(augment(x[rows], VARIED, generator), codes[rows])

    def _begin(self, seed: int) -> None:
        keras.utils.set_random_seed(seed)
        for variable, fresh in zip(self._optimizer.variables, self._fresh, strict=True):
            variable.assign(fresh)
        generator = np.random.default_rng(seed)
        for weight in self._model.weights:
            name, shape = weight.path.rsplit("/", 1)[-1], weight.shape
            if name == "kernel":
                spread = np.sqrt(2.0 / np.prod(shape[:-1]))
                weight.assign(generator.normal(0.0, spread, shape).astype(np.float32))
            elif name in ("gamma", "moving_variance"):
                weight.assign(np.ones(shape, np.float32))
            elif name in ("beta", "bias", "moving_mean"):
                weight.assign(np.zeros(shape, np.float32))

    def keep(self) -> None:
        self._kept = self._model.get_weights()

    def put_back(self) -> None:
        self._model.set_weights(self._kept)

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        return self.seen(x)[0]

    def seen(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities [n, C] and pooled features [n, F]."""
        parts = [self._seen.predict_on_batch(x[at : at + 256]) for at in range(0, len(x), 256)]
        logits, pooled = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True), pooled
