"""Runs a piece of work in a forked process that dies, or meets a full disk, at its k-th change."""

from __future__ import annotations

import errno
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lepton_core.errors import DataError

DONE, KILLED, TOLD, INTERRUPTED, BROKEN = 0, 9, 7, 130, 1
# The default run tries one change of five, the slow one all.
every_change = pytest.mark.parametrize("stride", [5, pytest.param(1, marks=pytest.mark.slow)])
_CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate"}
_NEEDS_SPACE = {"os.mkdir"}


def killed_at(step: int, work: Callable[[], object], below: Path) -> int:
    """Do ``work`` in a process that ends, without a word, before its ``step``-th change.

    A change is whatever Python does to a file below ``below`` (as its audit events tell), and
    each write and close of an output; the moment after a rename counts too.

    Returns:
        ``KILLED``, or ``DONE`` where there were fewer changes.
    """

    def at(number: int, needs_space: bool) -> None:
        if number == step:
            os._exit(KILLED)

    return _forked(work, below, at)


def interrupted_at(step: int, work: Callable[[], object], below: Path) -> int:
    """Do ``work`` in a process that Ctrl+C meets before its ``step``-th change, and that tidies up.

    Returns:
        ``INTERRUPTED``, or ``DONE`` where there were fewer changes.
    """

    def at(number: int, needs_space: bool) -> None:
        if number == step:
            raise KeyboardInterrupt

    return _forked(work, below, at)


def full_from(step: int, work: Callable[[], object], below: Path) -> int:
    """Do ``work`` in a process for which the disk is full from its ``step``-th change on.

    Returns:
        ``TOLD`` where it ended with ``data.cannot_write``, ``DONE`` where it needed no more space.
    """

    def at(number: int, needs_space: bool) -> None:
        if number >= step and needs_space:
            raise OSError(errno.ENOSPC, "No space left on device")

    return _forked(work, below, at)


def full_at_size(size: int, work: Callable[[], object], below: Path) -> int:
    """Do ``work`` in a process whose files cannot grow beyond ``size`` bytes: half a write counts.

    Returns:
        as :func:`full_from`.
    """

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        work()

    return _forked(limited, below, lambda number, needs_space: None)


def _forked(work: Callable[[], object], below: Path, at: Callable[[int, bool], None]) -> int:
    child = os.fork()
    if child == 0:
        code = BROKEN
        try:
            code = _watched(work, str(below), at)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _watched(work: Callable[[], object], below: str, at: Callable[[int, bool], None]) -> int:
    count = 0

    def change(needs_space: bool) -> None:
        nonlocal count
        count += 1
        at(count, needs_space)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            is_change = bool(flags & (os.O_WRONLY | os.O_RDWR))
        elif event in _CHANGES:
            path, is_change = arguments[0], True
        else:
            return
        if is_change and isinstance(path, (str, Path)) and str(path).startswith(below):
            change(event == "open" or event in _NEEDS_SPACE)

    patch = pytest.MonkeyPatch()
    for module in ("parts", "assemble"):
        name = f"lepton_core.scoring.{module}"
        made = sys.modules[name].make_sink  # type: ignore[attr-defined]
        patch.setattr(
            f"{name}.make_sink", lambda *a, _made=made, **k: _Sink(_made(*a, **k), change)
        )
    replaced = os.replace

    def replace(*names: Any) -> None:
        replaced(*names)
        # Whoever is stopped here does not know that it is done.
        if str(names[1]).startswith(below):
            change(False)

    patch.setattr("os.replace", replace)
    sys.addaudithook(hook)
    try:
        work()
    except KeyboardInterrupt:
        return INTERRUPTED
    except DataError as error:
        return TOLD if error.key == "data.cannot_write" and error.text("en") else BROKEN
    return DONE


class _Sink:
    def __init__(self, sink: Any, change: Callable[[bool], None]) -> None:
        self._sink, self._change = sink, change

    def write(self, table: Any) -> None:
        self._change(True)
        self._sink.write(table)

    def close(self) -> None:
        self._change(True)
        self._sink.close()
