"""Progress of a download on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def show_progress(name: str, total_bytes: int | None) -> Iterator[Callable[[int], None]]:
    """A bar with rate and time left, on stderr; a last line only where that is no terminal.

    Args:
        name: what is fetched.
        total_bytes: its size, None where unknown.

    Yields:
        a function that takes the number of bytes so far.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as progress:
        bar = progress.add_task(name, total=total_bytes)
        yield lambda n_bytes: progress.update(bar, completed=n_bytes)
