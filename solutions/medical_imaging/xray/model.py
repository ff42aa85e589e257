"""A residual network whose score is the mean of a map over the picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lepton_core._keras import keras
from lepton_core.training.augmentation import Augmentation
from lepton_core.training.fit import fit
from lepton_core.training.manifest import Run
from lepton_core.training.picture_batches import PictureBatches

from .config import ModelConfig

layers = keras.layers
# Smallest side -> kernel and stride of the first convolution. With the pooling after it and a
# halving before every stage but the first, the last map has some 4 x 4 to 8 x 8 places: fine enough
# to point at a lobe, coarse enough that each place has seen most of the picture.
_STEMS = {0: (3, 1), 64: (5, 2), 160: (7, 4)}


def build(
    config: ModelConfig, shape: tuple[int, int, int], classes: int, seed: int = 0
) -> keras.Model:
    """The network.

    Each member ends in a 1 x 1 convolution and the mean over all places. Both are linear, so this
    is global average pooling and a dense layer with their order exchanged. The map in between
    tells how each place, taken alone, is read (class activation map), without gradients.

    Args:
        config: widths and number of members.
        shape: height, width and channels of a picture.
        classes: K, two or more.
        seed: of the start weights.

    Returns:
        x uint8 [B, height, width, channels] -> ``score`` float32, the logit [B] of the second
        class where there are two, otherwise logits [B, K]; ``map`` float32 [B, h, w, 1 or K],
        whose mean over h and w is the score.

    Source:
        He et al., Identity Mappings in Deep Residual Networks, 2016; Zhou et al., Learning Deep
        Features for Discriminative Localization, 2016.
    """
    keras.utils.set_random_seed(seed)
    x = keras.Input(shape, dtype="uint8", name="x")
    # Not scaled: the normalisation after the first convolution does that, and for one channel ONNX
    # Runtime takes longer to scale a picture than for all convolutions (measured).
    given = keras.ops.cast(x, "float32")
    width = 1 if classes == 2 else classes
    maps = []
    for number in range(config.members):
        features = _features(given, config, f"member{number}", seed + number)
        maps.append(layers.Conv2D(width, 1, name=f"member{number}_map")(features))
    found = maps[0] if len(maps) == 1 else layers.Average(name="members_map")(maps)
    score = layers.GlobalAveragePooling2D(name="members_score")(found)
    if classes == 2:
        score = layers.Reshape((), name="logit")(score)
    return keras.Model(x, {"score": score, "map": found}, name="xray")


def _features(x: Any, config: ModelConfig, name: str, seed: int) -> Any:
    """The last feature maps, float32 [B, h, w, C], of pictures float32 [B, H, W, channels]."""
    kernel, stride = [stem for least, stem in _STEMS.items() if min(x.shape[1:3]) >= least][-1]
    y = _convolved(x, config.filters[0], kernel, stride, f"{name}_stem")
    y = layers.MaxPooling2D(3, 2, "same", name=f"{name}_stem_pool")(y)
    for number, filters in enumerate(config.filters):
        y = _block(y, filters, 1 if number == 0 else 2, f"{name}_stage{number + 1}")
    # Whole features are left out: half of a feature's places would be filled in from the others.
    return layers.SpatialDropout2D(config.dropout, seed=seed, name=f"{name}_dropout")(y)


def _block(x: Any, filters: int, stride: int, name: str) -> Any:
    """Two convolutions beside a shortcut, float32 [B, H, W, C] -> [B, H / stride, ..., filters]."""
    shortcut = x
    if stride > 1:
        shortcut = layers.AveragePooling2D(stride, padding="same", name=f"{name}_pool")(x)
    if x.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_shortcut")(shortcut)
        shortcut = _norm(f"{name}_shortcut_norm")(shortcut)
    y = _convolved(x, filters, 3, stride, f"{name}_conv1")
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv2")(y)
    y = layers.Add(name=f"{name}_add")([shortcut, _norm(f"{name}_norm2")(y)])
    return layers.ReLU(name=f"{name}_relu")(y)


def _convolved(x: Any, filters: int, kernel: int, stride: int, name: str) -> Any:
    """Convolution, normalisation and ReLU; a runtime folds the three into one step."""
    conv = layers.Conv2D(filters, kernel, stride, "same", use_bias=False, name=name)
    return layers.ReLU(name=f"{name}_relu")(_norm(f"{name}_norm")(conv(x)))


def _norm(name: str) -> keras.layers.Layer:
    # A small set has few steps: with Keras's 0.99 the running means would lag behind the weights.
    return layers.BatchNormalization(momentum=0.95, name=name)


def train(
    x: np.ndarray,
    codes: np.ndarray,
    classes: int,
    config: ModelConfig,
    augmentation: Augmentation,
    seed: int,
    *,
    run: Run | None = None,
    verbose: bool = False,
) -> keras.Model:
    """Trains a new network for a fixed number of epochs.

    No validation loss chooses the epoch: where validation pictures are easier than those to come,
    the best one on them is the one that is least used to a change.

    With ``config.teachers``, so many networks are trained first, and the one that scores learns
    what their mean says of each varied picture (distillation): the doubt of several at the price of
    one. Nothing but the training pictures is read for it.

    Args:
        x: training pictures, uint8 [n, height, width, channels].
        codes: class numbers, int64 [n].
        classes: K.
        config: widths and training settings.
        augmentation: how training pictures are varied.
        seed: of the start weights, the order and the variation.
        run: where checkpoints and logs go.
        verbose: whether progress is shown.

    Returns:
        The trained model, with the running mean of its weights.

    Source:
        Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network, 2015.
    """
    if not config.teachers:
        return _trained(x, codes, classes, config, augmentation, seed, None, run, verbose)
    several = replace(config, members=config.teachers)
    part = None if run is None else run.part("teachers")
    teacher = _trained(x, codes, classes, several, augmentation, seed, None, part, verbose)
    part = None if run is None else run.part("taught")
    # Other start weights than the first teacher's.
    other = seed + config.teachers
    model = _trained(x, codes, classes, config, augmentation, other, teacher, part, verbose)
    if run is not None:
        run.finish()
    return model


def _trained(
    x: np.ndarray,
    codes: np.ndarray,
    classes: int,
    config: ModelConfig,
    augmentation: Augmentation,
    seed: int,
    teacher: keras.Model | None,
    run: Run | None,
    verbose: bool,
) -> keras.Model:
    model = build(config, x.shape[1:], classes, seed)
    trainee = keras.Model(model.input, _member_scores(model, config.members), name="members")
    data = TargetBatches(x, codes, classes, config, augmentation, seed, teacher)
    steps = max(len(data) * config.epochs, 1)
    # A short training must not end on the mean of weights that it left long ago.
    averaging = min(config.averaging, 1.0 - 10.0 / max(10.0, steps))
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(config.learning_rate, steps),
        weight_decay=config.weight_decay,
        use_ema=True,
        ema_momentum=averaging,
    )
    trainee.compile(optimizer, loss=members_loss)
    fit(
        trainee,
        data,
        epochs=config.epochs,
        run=run,
        seed=seed,
        batch_size=config.batch_size,
        verbose=verbose,
    )
    optimizer.finalize_variable_values(trainee.trainable_variables)
    return model


def _member_scores(model: keras.Model, members: int) -> Any:
    """Each member's own logits, [B, members, K]: they are trained apart and scored as one."""
    maps = [model.get_layer(f"member{number}_map").output for number in range(members)]
    means = [layers.GlobalAveragePooling2D()(found) for found in maps]
    # All classes, also of two: Keras drops a last axis of length one before it calls a loss.
    if maps[0].shape[-1] == 1:
        means = [layers.Concatenate()([keras.ops.zeros_like(mean), mean]) for mean in means]
    joined = means[0] if members == 1 else layers.Concatenate()(means)
    return layers.Reshape((members, means[0].shape[-1]))(joined)


class TargetBatches(PictureBatches):
    """Varied pictures, as many of each class, with what the network shall say of each.

    Args:
        x: training pictures, uint8 [n, height, width, channels].
        codes: class numbers, int64 [n].
        classes: K.
        config: batch size, smoothing and trust.
        augmentation: how pictures are varied.
        seed: of order and variation.
        teacher: whose probabilities a share ``config.trust`` of each target is; None for labels
            alone.
    """

    def __init__(
        self,
        x: np.ndarray,
        codes: np.ndarray,
        classes: int,
        config: ModelConfig,
        augmentation: Augmentation,
        seed: int,
        teacher: keras.Model | None = None,
    ) -> None:
        super().__init__(x, codes, config.batch_size, seed, augmentation, balanced=True)
        self._target = np.eye(classes, dtype=np.float32) * (1.0 - config.smoothing)
        self._target += config.smoothing / classes
        self._teacher, self._trust = teacher, config.trust

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Pictures [B, height, width, channels] and targets float32 [B, K], each row's sum 1."""
        x, codes = super().__getitem__(index)
        target = self._target[codes]
        if self._teacher is not None:
            told = probabilities(self._teacher.predict_on_batch(x)["score"])
            target = (1.0 - self._trust) * target + self._trust * told
        return x, target


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Of every class, float32 [n, K], for logits [n] of the second of two, or [n, K].

    Example:
        >>> probabilities(np.array([0.0, 50.0])).tolist()
        [[0.5, 0.5], [0.0, 1.0]]
    """
    if scores.ndim == 1:
        scores = np.stack([np.zeros_like(scores), scores], axis=1)
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.round(raised / raised.sum(axis=1, keepdims=True), 7).astype(np.float32)


def members_loss(targets: Any, logits: Any) -> Any:
    """Cross-entropy [B] of targets [B, K], the mean over members, with logits [B, members, K]."""
    ops = keras.ops
    missed = -ops.sum(targets[:, None] * ops.log_softmax(logits, axis=-1), axis=-1)
    return ops.mean(missed, axis=-1)


def score(model: keras.Model, x: np.ndarray, batch_size: int = 64) -> np.ndarray:
    """Logits of pictures uint8 [n, height, width, channels]: float32 [n], or [n, K]."""
    return model.predict(x, batch_size=batch_size, verbose=0)["score"]


def maps(model: keras.Model, x: np.ndarray, batch_size: int = 64) -> np.ndarray:
    """Maps float32 [n, h, w, 1 or K] of pictures uint8 [n, height, width, channels]."""
    return model.predict(x, batch_size=batch_size, verbose=0)["map"]
