"""The state of a training after each epoch, so that it can be stopped at any moment.

One file holds all that the next epoch depends on: weights, the layers' random states, and the
optimiser's state. It is replaced by one rename, so that what lies there is always a whole epoch.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lepton_core._keras import keras
from lepton_core.errors import TrainingError
from lepton_core.training.manifest import History

_Arrays = list[np.ndarray]


@dataclass
class Reached:
    """Where a training stands.

    Args:
        epochs: finished epochs.
        best: the best value of the monitored figure; None before the first epoch.
        best_epoch: the epoch that reached it, from 1.
        history: metric -> value of each finished epoch.
    """

    epochs: int = 0
    best: float | None = None
    best_epoch: int = 0
    history: History = field(default_factory=dict)


class Checkpoint(keras.callbacks.Callback):
    """Keeps the last and the best epoch, and stops when the best one is too long ago.

    Args:
        folder: holds ``last.npz`` and ``best-<epoch>.npz``; None keeps the best in memory alone.
        monitor: the figure that chooses the best epoch.
        mode: ``min`` or ``max``.
        patience: epochs without a better one after which training stops; None never stops.
        saved: called with the state after each epoch.
    """

    def __init__(
        self,
        folder: Path | None,
        monitor: str,
        mode: str,
        patience: int | None,
        saved: Callable[[Reached], None],
    ) -> None:
        super().__init__()
        if mode not in ("min", "max"):
            raise ValueError(f"mode is 'min' or 'max'. Received: mode={mode!r}")
        self.reached = Reached()
        self._folder = folder
        self._monitor = monitor
        self._sign = 1 if mode == "min" else -1
        self._patience = patience
        self._saved = saved
        self._best: _Arrays | None = None

    @property
    def out_of_patience(self) -> bool:
        """Whether the best epoch is ``patience`` epochs ago."""
        waited = self.reached.epochs - self.reached.best_epoch
        return self._patience is not None and waited >= self._patience

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        figures = {name: float(value) for name, value in (logs or {}).items()}
        if self._monitor not in figures:
            known = ", ".join(figures)
            raise TrainingError("train.unknown_monitor", monitor=self._monitor, known=known)
        for name in ("loss", self._monitor):
            if not math.isfinite(figures[name]):
                value = figures[name]
                raise TrainingError("train.diverged", metric=name, value=value, epoch=epoch + 1)
        for name, value in figures.items():
            self.reached.history.setdefault(name, []).append(value)
        self.reached.epochs = epoch + 1
        value = figures[self._monitor]
        if self.reached.best is None or self._sign * (value - self.reached.best) < 0:
            self.reached.best, self.reached.best_epoch = value, epoch + 1
            self._best = _values(self.model.variables)
            if self._folder is not None:
                _write(self._folder / f"best-{epoch + 1}.npz", self._best, [], self.reached)
        if self._folder is not None:
            weights = _values(self.model.variables)
            state = _values(self.model.optimizer.variables)
            _write(self._folder / "last.npz", weights, state, self.reached)
            for older in self._folder.glob("best-*.npz"):
                if older.name != f"best-{self.reached.best_epoch}.npz":
                    older.unlink()
        self._saved(self.reached)
        if self.out_of_patience:
            self.model.stop_training = True

    def resume(self, model: keras.Model) -> bool:
        """Put ``model`` and its optimiser into the state after the last finished epoch.

        Returns:
            False where no epoch was finished, and nothing was changed.

        Raises:
            TrainingError: ``train.bad_checkpoint`` for a broken file, ``train.other_model`` for
                one of a model with other weights.
        """
        if self._folder is None or not (self._folder / "last.npz").exists():
            return False
        last = self._folder / "last.npz"
        weights, state, reached = _read(last)
        model.optimizer.build(model.trainable_variables)
        _assign(model.variables, weights, last)
        _assign(model.optimizer.variables, state, last)
        self.reached = reached
        return True

    def restore_best(self, model: keras.Model) -> None:
        """Put the weights of the best epoch into ``model``."""
        if not self.reached.best_epoch:
            return
        if self._best is None and self._folder is not None:
            path = self._folder / f"best-{self.reached.best_epoch}.npz"
            self._best, _, _ = _read(path)
            _assign(model.variables, self._best, path)
        elif self._best is not None:
            for variable, value in zip(model.variables, self._best, strict=True):
                variable.assign(value)


def _values(variables: Sequence[Any]) -> _Arrays:
    return [np.array(keras.ops.convert_to_numpy(variable.value)) for variable in variables]


def _assign(variables: Sequence[Any], values: _Arrays, path: Path) -> None:
    expected = [tuple(variable.shape) for variable in variables]
    received = [value.shape for value in values]
    if expected != received:
        pairs = zip(expected, received, strict=False)
        there, here = next(((b, a) for a, b in pairs if a != b), (len(received), len(expected)))
        raise TrainingError("train.other_model", path=path, there=there, here=here)
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _write(path: Path, weights: _Arrays, state: _Arrays, reached: Reached) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {f"weight{place}": value for place, value in enumerate(weights)}
    arrays |= {f"state{place}": value for place, value in enumerate(state)}
    arrays["reached"] = np.array(json.dumps(asdict(reached)))
    part = path.with_name(f".{path.name}.tmp")
    with part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    part.replace(path)


def _read(path: Path) -> tuple[_Arrays, _Arrays, Reached]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            weights = [n for n in arrays.files if n.startswith("weight")]
            state = [n for n in arrays.files if n.startswith("state")]
            reached = Reached(**json.loads(str(arrays["reached"])))
            return [arrays[n] for n in weights], [arrays[n] for n in state], reached
    except Exception as error:
        # A damaged file raises what zip, numpy or JSON happens to stumble on.
        raise TrainingError("train.bad_checkpoint", path=path, reason=error) from error
