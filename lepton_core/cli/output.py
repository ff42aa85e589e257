"""How commands speak: results on stdout, progress on stderr."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def print_json(value: Any) -> None:
    """The one JSON object of ``--json``."""
    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def note(text: str) -> None:
    """One line on stderr."""
    print(text, file=sys.stderr, flush=True)


def write_csv(
    path: Path, head: Sequence[str], rows: Sequence[Mapping[str, Any]], encoding: str = "utf-8"
) -> None:
    """Rows by column name as a CSV file, whole or not at all; its folder is made.

    Args:
        path: what stands there is replaced.
        head: the columns.
        rows: of these columns each.
        encoding: ``utf-8-sig`` for what spreadsheets shall read in any language.

    Raises:
        DataError: ``data.cannot_write``.
    """
    import csv
    import os

    from lepton_core.errors import DataError

    work = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with work.open("w", newline="", encoding=encoding) as file:
                writer = csv.DictWriter(file, head)
                writer.writeheader()
                writer.writerows(rows)
            os.replace(work, path)
        finally:
            work.unlink(missing_ok=True)
    except OSError as error:
        raise DataError("data.cannot_write", out=path, reason=error) from error


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns padded to their widest cell.

    Example:
        >>> print(table(["a", "b"], [["1", "long"], ["22", "x"]]))
        a   b
        1   long
        22  x
    """
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) for r in (head, *rows)]
    return "\n".join(line.rstrip() for line in lines)


def bars(counts: Sequence[int]) -> str:
    """Counts as one line of bars, the highest full.

    Example:
        >>> bars([0, 1, 8])
        ' ▁█'
    """
    levels = " ▁▂▃▄▅▆▇█"
    most = max(max(counts), 1)
    return "".join(levels[-(-count * (len(levels) - 1) // most)] for count in counts)


def on_terminate() -> None:
    """Let a service manager's SIGTERM end a command as Ctrl+C does, in good order."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)


class Progress:
    """Rows done, their rate and the time left, on one line of a terminal, at most twice a second.

    Where stderr is not a terminal it says nothing, so that logs stay short.
    """

    def __init__(self) -> None:
        self._started = self._shown = time.monotonic()
        self._visible = sys.stderr.isatty()

    def __call__(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if not self._visible or now - self._shown < 0.5:
            return
        self._shown = now
        rate = done / (now - self._started)
        left = f", {(total - done) / rate:.0f} s left" if total and rate else ""
        share = f" of {total:,}" if total else ""
        print(f"\r{done:,}{share} rows, {rate:,.0f} rows/s{left}   ", end="", file=sys.stderr)

    def close(self) -> None:
        """Clear the line."""
        if self._visible:
            print("\r" + " " * 70 + "\r", end="", file=sys.stderr)
