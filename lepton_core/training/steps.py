"""How far the steps of a training are that have no epochs, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from lepton_core.messages import t

_SECONDS = 0.5


def shown(stream: TextIO | None = None) -> Callable[[str, int, int], None]:
    """What writes each step down: one line when it is done, and on a terminal how far it is.

    Steps are told by name, of which ``train.step.<name>`` has the sentence.

    Args:
        stream: where to; standard error by default.

    Example:
        >>> import io
        >>> told = io.StringIO()
        >>> tell = shown(told)
        >>> for done in range(3):
        ...     tell("read", done + 1, 3)
        >>> told.getvalue()
        'Pictures read: 3 of 3.\\n'
    """
    out = stream or sys.stderr
    last = 0.0

    def tell(step: str, done: int, total: int) -> None:
        nonlocal last
        line = t(f"train.step.{step}", done=done, total=total)
        if done >= total:
            print(f"\r{line}" if out.isatty() else line, file=out, flush=True)
        elif out.isatty() and time.monotonic() - last > _SECONDS:
            last = time.monotonic()
            print(f"\r{line}", end="", file=out, flush=True)

    return tell
