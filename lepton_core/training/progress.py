"""How far a training is, on standard error: a bar for a terminal, a line an epoch for a log."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, TextIO

from lepton_core._keras import keras
from lepton_core.messages import t

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


class Progress(keras.callbacks.Callback):
    """Shows each epoch's figures, and on a terminal the batches of the running one.

    Args:
        epochs: how many there are at most.
        monitor: the figure that chooses the best epoch.
        stream: where to; standard error by default.
    """

    def __init__(self, epochs: int, monitor: str, stream: TextIO | None = None) -> None:
        super().__init__()
        self._epochs = epochs
        self._monitor = monitor
        self._stream = stream or sys.stderr
        self._bar: Bar | None = None
        self._row: Any = None
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._began = time.monotonic()
        if not self._stream.isatty():
            return
        if self._bar is None:
            self._bar = _bar(self._stream)
            self._row = self._bar.add_task("", total=None)
            self._bar.start()
        title = f"{epoch + 1}/{self._epochs}"
        self._bar.reset(self._row, total=self.params.get("steps"), description=title)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self._bar is not None:
            self._bar.update(self._row, completed=batch + 1)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        figures = " ".join(f"{name} {float(value):.4f}" for name, value in (logs or {}).items())
        seconds = time.monotonic() - self._began
        line = t(
            "train.epoch", epoch=epoch + 1, epochs=self._epochs, figures=figures, seconds=seconds
        )
        self.say(line)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.close()

    def say(self, line: str) -> None:
        """Print a line, above the bar where there is one."""
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False)
        else:
            print(line, file=self._stream, flush=True)

    def close(self) -> None:
        """Take the bar away; training may have ended by an exception."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _bar(stream: TextIO) -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
    return Progress(*columns, console=Console(file=stream), transient=True)
