"""Keras's ``fit`` as every task needs it: shown, written down, stopped in time, and resumable."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lepton_core._keras import keras
from lepton_core.errors import TrainingError
from lepton_core.messages import t
from lepton_core.training.checkpoint import Checkpoint, Reached
from lepton_core.training.manifest import History, Run
from lepton_core.training.progress import Progress


class Batches(keras.utils.PyDataset):
    """Arrays in batches, every epoch in an order of its own that seed and epoch alone decide.

    Args:
        arrays: ``(x, y)`` or ``(x, y, sample_weight)``; each an array [n, ...], or a dictionary
            or list of them.
        batch_size: rows a batch; the last one of an epoch may be smaller.
        seed: of the order; None keeps the order of the rows.

    Example:
        >>> batches = Batches((np.arange(5), np.arange(5)), batch_size=2, seed=None)
        >>> len(batches), batches[2][0].tolist()
        (3, [4])
    """

    def __init__(self, arrays: tuple[Any, ...], batch_size: int, seed: int | None) -> None:
        super().__init__()
        self._arrays = keras.tree.map_structure(np.asarray, arrays)
        sizes = {len(array) for array in keras.tree.flatten(self._arrays)}
        if len(sizes) != 1:
            raise ValueError(f"arrays have one length. Received: {sorted(sizes)}")
        self.rows = sizes.pop()
        self._batch_size, self._seed, self._epoch = batch_size, seed, 0
        self._order = self._shuffled()

    def _shuffled(self) -> np.ndarray:
        if self._seed is None:
            return np.arange(self.rows)
        return np.random.default_rng([self._seed, self._epoch]).permutation(self.rows)

    def __len__(self) -> int:
        return -(-self.rows // self._batch_size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        batch: tuple[Any, ...] = keras.tree.map_structure(lambda array: array[rows], self._arrays)
        return batch

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._order = self._shuffled()


def fit(
    model: keras.Model,
    data: Any,
    *,
    validation: Any = None,
    epochs: int,
    run: Run | None = None,
    patience: int | None = None,
    monitor: str | None = None,
    mode: str = "min",
    seed: int = 0,
    batch_size: int = 32,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: bool = True,
) -> History:
    """Train a compiled model, and leave it with the weights of its best epoch.

    With a ``run``, every finished epoch is kept in its folder. A training that was killed goes on
    after its last finished epoch, with weights, optimiser and the layers' random states as they
    were, and ends as if it had never stopped, as long as ``data`` depends on the epoch alone:
    arrays do, and a ``PyDataset`` that shuffles in ``on_epoch_end`` from its own seed does
    (``on_epoch_end`` is called once for each epoch that is skipped). Callbacks that keep state of
    their own start anew.

    Args:
        model: built and compiled.
        data: ``(x, y)`` or ``(x, y, sample_weight)`` arrays, a ``PyDataset``, or what else
            ``model.fit`` takes.
        validation: the same for validation; None trains without.
        epochs: how many at most.
        run: where checkpoints, logs and history go; None keeps nothing.
        patience: epochs without a better ``monitor`` after which training stops.
        monitor: figure that chooses the best epoch; by default ``val_loss``, or ``loss`` where
            there is no validation.
        mode: whether ``monitor`` is better at its ``min`` or ``max``.
        seed: of shuffling and of what else is random in training. Seed the start weights before
            the model is built, with ``keras.utils.set_random_seed``.
        batch_size: rows a batch, for arrays.
        callbacks: further Keras callbacks.
        verbose: whether progress is shown on standard error.

    Returns:
        metric -> value of each epoch, those before an interruption included.

    Raises:
        TrainingError: ``train.not_compiled``, ``train.no_rows``, ``train.unknown_monitor``,
            ``train.diverged``, ``train.other_model``, ``train.bad_checkpoint``, or
            ``train.interrupted`` when a person stops it.

    Example:
        >>> x = np.linspace(-1, 1, 64, dtype="float32")[:, None]
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile("adam", "mse")
        >>> history = fit(model, (x, 2 * x), epochs=2, verbose=False)
        >>> sorted(history), len(history["loss"])
        (['loss'], 2)
    """
    if getattr(model, "optimizer", None) is None:
        raise TrainingError("train.not_compiled", model=model.name)
    if epochs < 1:
        raise ValueError(f"epochs is at least 1. Received: epochs={epochs}")
    keras.utils.set_random_seed(seed)
    data = _batches(data, batch_size, seed)
    validation = _batches(validation, batch_size, None)
    _check_rows(data, "train")
    _check_rows(validation, "valid")
    monitor = monitor or ("loss" if validation is None else "val_loss")
    folder = None if run is None else run.folder / "checkpoint"

    def saved(reached: Reached) -> None:
        if run is not None:
            run.update("running", reached.history)
            _write_history(run.folder / "logs" / "history.csv", reached.history)

    checkpoint = Checkpoint(folder, monitor, mode, patience, saved)
    progress = Progress(epochs, monitor)
    if run is not None and run.resumed:
        _build(model, data)
        if checkpoint.resume(model) and verbose:
            key = "train.already_done" if run.done else "train.resumed"
            progress.say(t(key, folder=run.folder, epochs=checkpoint.reached.epochs))
    start = checkpoint.reached.epochs
    finished = run is not None and run.done and start
    if not finished and start < epochs and not checkpoint.out_of_patience:
        for _ in range(start):
            if isinstance(data, keras.utils.PyDataset):
                data.on_epoch_end()
        # Progress comes first, so that an epoch is shown before it ends the training.
        all_callbacks = [*callbacks, *([progress] if verbose else []), *_logs(run), checkpoint]
        try:
            model.fit(
                data,
                validation_data=validation,
                initial_epoch=start,
                epochs=epochs,
                callbacks=all_callbacks,
                verbose=0,
                shuffle=False,
            )
        except KeyboardInterrupt:
            _end(run, "interrupted", checkpoint.reached)
            where = "-" if run is None else run.folder
            done = checkpoint.reached.epochs
            raise TrainingError("train.interrupted", epochs=done, folder=where) from None
        except Exception:
            _end(run, "failed", checkpoint.reached)
            raise
        finally:
            progress.close()
    checkpoint.restore_best(model)
    if not finished:
        _end(run, "done", checkpoint.reached)
    if verbose:
        best, epoch = checkpoint.reached.best, checkpoint.reached.best_epoch
        progress.say(t("train.best", epoch=epoch, monitor=monitor, value=best))
    return checkpoint.reached.history


def _batches(data: Any, batch_size: int, seed: int | None) -> Any:
    return Batches(data, batch_size, seed) if isinstance(data, tuple) else data


def _check_rows(data: Any, part: str) -> None:
    if isinstance(data, keras.utils.PyDataset) and not len(data):
        raise TrainingError("train.no_rows", part=part)


def _build(model: keras.Model, data: Any) -> None:
    if not model.built:  # a Sequential without Input has no weights to restore yet
        first = data[0] if isinstance(data, keras.utils.PyDataset) else next(iter(data))
        model(first[0] if isinstance(first, tuple) else first)


def _logs(run: Run | None) -> list[keras.callbacks.Callback]:
    if run is None or keras.backend.backend() != "tensorflow":
        return []  # Keras writes TensorBoard files through TensorFlow alone
    return [keras.callbacks.TensorBoard(run.folder / "logs", write_graph=False)]


def _end(run: Run | None, status: str, reached: Reached) -> None:
    if run is not None:
        run.update(status, reached.history)


def _write_history(path: Path, history: History) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.tmp")
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", *history])
        for epoch, figures in enumerate(zip(*history.values(), strict=True), start=1):
            writer.writerow([epoch, *figures])
    part.replace(path)
