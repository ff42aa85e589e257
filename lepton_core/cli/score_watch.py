"""``lepton score --watch``: what it refuses, what it says meanwhile, and how it ends."""

from __future__ import annotations

import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

from lepton_core.cli.output import note, on_terminate
from lepton_core.errors import UsageError
from lepton_core.scoring.summary import Summary

# Where a person is to see it at once, and where it is a line in a log.
_TERMINAL_S, _LOG_S = 0.5, 60.0
# A table may still be written between two looks; a picture tells itself that it is whole.
EVERY_TABLES_S, EVERY_PICTURES_S = 1.0, 0.1
_QUIET_S = 1.0


def watch(
    pipeline: Any,
    folder: Path,
    out: Path,
    options: Any,
    *,
    overwrite: bool,
    every: float | None,
    settle: float,
    idle: float | None,
    done: Path | None,
) -> Summary:
    """Score files as they arrive until interrupted, or nothing has arrived for ``idle`` seconds.

    Returns:
        what counts, over all processes of the run.
    """
    from lepton_core.records.opening import takes_pictures
    from lepton_core.scoring.engine import open_run
    from lepton_core.scoring.watch import Watcher

    usual = EVERY_PICTURES_S if takes_pictures(pipeline.task.inputs) else EVERY_TABLES_S
    every = usual if every is None else every
    status = Status()

    def told(text: str) -> None:
        status.clear()
        note(text)

    with open_run(pipeline, out, options, resume=not overwrite, mode="watch") as run:
        watcher = Watcher(
            run,
            folder,
            every,
            told,
            quiet_s=max(every, _QUIET_S),
            settle_s=max(settle, every),
            done=done,
            status=status,
        )
        note(f"Watching {folder}; predictions go to {out}. Ctrl+C stops in good order.")
        on_terminate()
        try:
            watcher.serve(idle)
        except KeyboardInterrupt:
            told("Stopped; the same command goes on from here.")
            # A file that was being scored is scored from its last commit on, the next time.
            run.abort()
        finally:
            status.clear()
        if status.waiting:
            # They are in no count, and a person would take them for scored.
            note(f"{status.waiting:,} files in {folder} are not whole; the next start looks again.")
        counts = run.journal.manifest.summary
    return Summary.from_json(counts) if counts else run.summary


class Status:
    """What a watch has done so far, on one line of a terminal, or once a minute in a log.

    Args:
        every_s: seconds between two lines; None for a terminal's or a log's.

    Attributes:
        waiting: files that were there at the last look and could not be scored yet.
    """

    def __init__(self, every_s: float | None = None) -> None:
        self.waiting = 0
        self._is_terminal = sys.stderr.isatty()
        self._every_s = every_s or (_TERMINAL_S if self._is_terminal else _LOG_S)
        self._width = 0
        self._last = ""
        self._shown = time.monotonic()
        # Records read by time: the rate is that of the last minute.
        self._marks: deque[tuple[float, int]] = deque()

    def __call__(self, summary: Summary, waiting: int) -> None:
        """Show the counts, if it is time."""
        self.waiting = waiting
        now = time.monotonic()
        if not self._marks:
            self._marks.append((now, summary.read))
        if now - self._shown < self._every_s:
            return
        self._shown = now
        self._marks.append((now, summary.read))
        while now - self._marks[0][0] > 60 + self._every_s:
            self._marks.popleft()
        line = self.line(summary, waiting, now)
        if self._is_terminal:
            print(f"\r{line:{self._width}}", end="", file=sys.stderr, flush=True)
            self._width = len(line)
        elif line != self._last:
            # A log is not filled while nothing happens.
            note(line)
        self._last = line

    def line(self, summary: Summary, waiting: int, now: float) -> str:
        """The counts in words, with the rate since the oldest mark."""
        since, read = self._marks[0]
        rate = 60 * (summary.read - read) / max(now - since, 1e-9)
        kinds = summary.verdicts or summary.labels
        told = [f"{summary.read:,} records, {rate:,.0f} a minute"]
        told += [", ".join(f"{name} {count:,}" for name, count in kinds.items())] if kinds else []
        told += [f"{summary.reviews:,} to review"] if summary.reviews else []
        told += [f"{summary.rejected:,} refused, {waiting:,} waiting"]
        return "; ".join(told)

    def clear(self) -> None:
        """Make room on a terminal for another line."""
        if self._is_terminal and self._width:
            print(f"\r{'':{self._width}}\r", end="", file=sys.stderr, flush=True)


def check_folders(watched: Path, out: Path, done: Path | None) -> None:
    """Refuse folders within each other, where results would be taken for arriving files.

    A folder below the watched one whose name begins with ``.`` or ``_`` is never looked into.

    Raises:
        UsageError: ``usage.in_watched``, ``usage.done_and_out``, ``usage.done_file`` or
            ``usage.out_folder``.
    """
    for option, folder in (("--out", out), ("--done", done)):
        if folder is None:
            continue
        within = _within(folder, watched)
        if within is not None and not any(part[0] in "._" for part in within.parts):
            raise UsageError("usage.in_watched", option=option, folder=folder, watched=watched)
    if done is None:
        return
    if _within(done, out) is not None or _within(out, done) is not None:
        raise UsageError("usage.done_and_out", done=done, out=out)
    if done.exists() and not done.is_dir():
        raise UsageError("usage.done_file", done=done)
    if not done.parent.is_dir():
        raise UsageError("usage.out_folder", out=done, folder=done.parent)


def _within(inner: Path, outer: Path) -> Path | None:
    """The path of ``inner`` below ``outer``; None where it is not there."""
    inner, outer = inner.resolve(), outer.resolve()
    return inner.relative_to(outer) if inner.is_relative_to(outer) else None
