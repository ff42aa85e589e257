"""The methods behind one door: from pictures of good parts to a model of maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lepton_core._keras import keras
from lepton_core.tiles import TileGrid
from lepton_core.training.fit import fit
from lepton_core.training.manifest import Run

from . import model_autoencoder, model_contrast, model_synthetic
from .config import Config
from .model_backbone import feature_model
from .model_memory import remember
from .model_pieces import Pieces

Tell = Callable[[str, int, int], None]
_TILES = 2
# The methods whose networks are trained: where network and loss stand, and what they learn from.
_TRAINED: dict[str, tuple[Any, type[Pieces]]] = {
    "autoencoder": (model_autoencoder, model_autoencoder.GoodBatches),
    "synthetic": (model_synthetic, model_synthetic.PaintedBatches),
}


def learn(
    pictures: Sequence[np.ndarray],
    groups: np.ndarray,
    config: Config,
    grid: TileGrid,
    seed: int,
    *,
    run: Run | None = None,
    tell: Tell = lambda step, done, total: None,
    verbose: bool = False,
) -> keras.Model:
    """A model of how strange each place of a tile is.

    Args:
        pictures: of good parts alone, uint8 [h, w, C] each, as they are tiled for scoring.
        groups: the part of each picture, [n].
        config: the method and its settings.
        grid: the tiles.
        seed: of all that is random.
        run: where checkpoints and logs go.
        tell: told each step by name (``features``, ``memory``, ``fit``), with how much of how much
            is done.
        verbose: whether epochs are shown on standard error.

    Returns:
        x uint8 [B, height, width, C] -> map float32 [B, h, w], higher is stranger; for
        ``contrast`` cells [B, h, w, K], which :mod:`.profile` judges.

    Raises:
        UsageError: what the backbone raises.
    """
    shape = (grid.height, grid.width, pictures[0].shape[2])
    if config.method == "contrast":
        return model_contrast.build(shape)
    if config.method == "memory":
        backbone = feature_model(config.memory, shape)
        tiles = np.concatenate([grid.cut(picture) for picture in pictures])
        return remember(backbone, tiles, config.memory, seed, tell)
    # Tiles are no larger than the usual picture: larger pieces would be mostly repeated edge.
    settings = replace(config.model, crop=min(config.model.crop, grid.height, grid.width))
    module, batches = _TRAINED[config.method]
    keras.utils.set_random_seed(seed)
    model = module.build(settings, (settings.crop, settings.crop, shape[2]))
    steps = settings.epochs * settings.steps
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay)
    model.compile(optimizer, loss=module.loss)
    fit(
        model,
        batches(pictures, groups, settings, seed),
        epochs=settings.epochs,
        run=run,
        seed=seed,
        callbacks=[_Told(tell, settings.steps, steps)],
        verbose=verbose,
    )
    sized = module.build(settings, shape)
    sized.set_weights(model.get_weights())
    return sized


def maps(model: keras.Model, tiles: np.ndarray) -> np.ndarray:
    """What the model says of tiles uint8 [n, height, width, C], float32 [n, h, w(, K)]."""
    found = []
    for start in range(0, len(tiles), _TILES):
        some = tiles[start : start + _TILES]
        # Always as many: else each number of tiles would be compiled anew.
        full = np.concatenate([some, np.repeat(some[-1:], _TILES - len(some), axis=0)])
        found.append(np.asarray(model.predict_on_batch(full))[: len(some)])
    return np.concatenate(found)


class _Told(keras.callbacks.Callback):
    """Tells how many training steps are done."""

    def __init__(self, tell: Tell, steps: int, total: int) -> None:
        super().__init__()
        self._tell, self._steps, self._total, self._epoch = tell, steps, total, 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._tell("fit", self._epoch * self._steps + batch + 1, self._total)
