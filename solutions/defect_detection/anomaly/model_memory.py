"""Distance to remembered patches of good parts, inside one graph (`method=memory`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lepton_core._keras import keras

from .config import MemoryConfig
from .coreset import coreset

layers, ops = keras.layers, keras.ops

# Patches that are compared for the choice: what a picture shows, its neighbours nearly show too.
_MOST_COMPARED = 60_000
_BATCH = 4

Tell = Callable[[str, int, int], None]


def features(stages: Sequence[Any], config: MemoryConfig) -> Any:
    """Joined features of a tile's places, at the stride of the second of the chosen stages.

    Args:
        stages: feature maps of the backbone, fine to coarse.
        config: which are joined, and over how many cells each is averaged.

    Returns:
        float32 [B, h, w, D].
    """
    chosen = [stages[number - 1] for number in config.stages]
    aim = chosen[min(1, len(chosen) - 1)].shape[1:3]
    found = []
    for number, y in zip(config.stages, chosen, strict=True):
        if config.neighbourhood > 1:
            pool = layers.AveragePooling2D(config.neighbourhood, 1, "same", name=f"around{number}")
            y = pool(y)
        finer, coarser = y.shape[1] // aim[0], aim[0] // y.shape[1]
        if finer > 1:
            y = layers.AveragePooling2D(finer, name=f"shrunk{number}")(y)
        elif coarser > 1:
            y = layers.UpSampling2D(coarser, interpolation="bilinear", name=f"grown{number}")(y)
        found.append(y)
    return found[0] if len(found) == 1 else layers.Concatenate(name="features")(found)


def remember(
    model: keras.Model, tiles: np.ndarray, config: MemoryConfig, seed: int, tell: Tell
) -> keras.Model:
    """The model that says how far each place is from what good parts show.

    Args:
        model: x uint8 [B, h, w, C] -> features float32 [B, h', w', D].
        tiles: uint8 [n, h, w, C], of good parts.
        config: how much is remembered.
        seed: of the choice.
        tell: told the step, how many of how many.

    Returns:
        x -> map float32 [B, h', w'].
    """
    rng = np.random.default_rng(seed)
    patches = _patches(model, tiles, rng, tell)
    mean, whiten = whitening(patches, config.shrinkage)
    white = (patches - mean) @ whiten
    chosen = coreset(white, config.vectors, rng, lambda done, of: tell("memory", done, of))
    return with_memory(model, mean, whiten, white[chosen])


def with_memory(
    model: keras.Model, mean: np.ndarray, whiten: np.ndarray, vectors: np.ndarray
) -> keras.Model:
    """The distance to the nearest vector as layers: |f|^2 - 2 f.M + |M|^2 is a 1 x 1 convolution.

    Args:
        model: x -> features float32 [B, h, w, D].
        mean: of the features, float32 [D].
        whiten: float32 [D, K].
        vectors: the memory, float32 [N, K], whitened.

    Returns:
        x -> map float32 [B, h, w].
    """
    white = layers.Conv2D(whiten.shape[1], 1, name="whiten", trainable=False)
    nearest = layers.Conv2D(len(vectors), 1, name="memory", trainable=False)
    f = white(model.output)
    products = nearest(f)
    squares = ops.sum(ops.square(f), axis=-1) + ops.min(products, axis=-1)
    distance = ops.sqrt(ops.maximum(squares, 0.0))
    white.set_weights([whiten[None, None], -mean @ whiten])
    nearest.set_weights([-2.0 * vectors.T[None, None], (vectors**2).sum(axis=1)])
    named = layers.Reshape(distance.shape[1:], name="map")(distance)
    return keras.Model(model.inputs, named, name="patch_memory")


def whitening(features: np.ndarray, shrinkage: float) -> tuple[np.ndarray, np.ndarray]:
    """What makes features uncorrelated and of one spread.

    Args:
        features: float32 [n, D].
        shrinkage: share of the mean variance that is added to each, so that directions in which
            hardly anything varies do not drown the others.

    Returns:
        mean [D] and matrix [D, D], float32.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> given = (rng.normal(size=(4000, 2)) * [1, 9] + [3, 4]).astype(np.float32)
        >>> mean, matrix = whitening(given, 0.0)
        >>> np.cov(((given - mean) @ matrix).T).round(3).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    mean = features.mean(axis=0)
    covariance = np.atleast_2d(np.cov((features - mean).T))
    values, vectors = np.linalg.eigh(covariance)
    floor = max(shrinkage * values.mean(), 1e-9)
    whole = vectors / np.sqrt(np.maximum(values, 0) + floor)
    return mean.astype(np.float32), whole.astype(np.float32)


def _patches(
    model: keras.Model, tiles: np.ndarray, rng: np.random.Generator, tell: Tell
) -> np.ndarray:
    """Features of places all over the tiles, float32 [n, D]; as many as can be compared."""
    share = max(_MOST_COMPARED // len(tiles), 1)
    kept = []
    for start in range(0, len(tiles), _BATCH):
        some = ops.convert_to_numpy(model(tiles[start : start + _BATCH], training=False))
        for one in some.reshape(len(some), -1, some.shape[-1]):
            kept.append(one[rng.permutation(len(one))[:share]])
        tell("features", min(start + _BATCH, len(tiles)), len(tiles))
    return np.concatenate(kept)
