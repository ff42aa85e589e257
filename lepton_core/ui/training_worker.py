"""Trains in a process of its own what a page asked for: ``python -m ... FOLDER``.

The folder holds ``records.parquet`` and ``asked.json``. Each step and note is a line of
``progress.jsonl``, and the last line tells the bundle or what went wrong; epochs stand in the run's
own folder. So the page may be closed and opened again meanwhile.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ASKED, RECORDS, PROGRESS, CANCEL = "asked.json", "records.parquet", "progress.jsonl", "cancel"
_TELLS_S, _LOOKS_S = 0.25, 0.5
_LANGUAGES = ("en", "zh")


def main(folder: Path) -> int:
    """Train what a folder asks for; 0 where a bundle stands in the end.

    The folder is held meanwhile, so that a page can tell that somebody is at it, and no second
    process begins.
    """
    from lepton_core.errors import LeptonError
    from lepton_core.scoring.lock import lock

    # The pages that people look at come first.
    if hasattr(os, "nice"):
        os.nice(5)
    with lock(folder), (folder / PROGRESS).open("a", encoding="utf-8") as progress:

        def say(**told: Any) -> None:
            progress.write(json.dumps(told, ensure_ascii=False, default=str) + "\n")
            progress.flush()

        threading.Thread(target=_end_where_asked, args=(folder,), daemon=True).start()
        try:
            made = _train(folder, say)
        except LeptonError as error:
            say(error=error.key, text={name: error.text(name) for name in _LANGUAGES})
            return 1
        # The last net: whoever looks at the page must learn that it ended, and how.
        except Exception as error:
            say(error="unexpected", reason=f"{type(error).__name__}: {error}")
            raise
        say(bundle=str(made))
    return 0


def _train(folder: Path, say: Callable[..., None]) -> Path:
    """The bundle of what a folder asks for; `say` takes what is to be told, as named values."""
    import pyarrow.parquet as pq

    from lepton_core.checking import check
    from lepton_core.evaluation.run import find_protocol
    from lepton_core.settings import apply_settings
    from lepton_core.solution import find_task
    from lepton_core.training.run import make_bundle

    say(step="start", done=0, total=1)
    asked = json.loads((folder / ASKED).read_text(encoding="utf-8"))
    task = find_task(asked["task"])
    config = apply_settings(task.hook(task.config)(), list(asked["settings"]))
    return make_bundle(
        task,
        check(pq.read_table(folder / RECORDS), task.inputs, asked["source"]).table,
        find_protocol(task, asked["source"], config),
        config,
        seed=int(asked["seed"]),
        out=folder / "bundle" / asked["name"],
        data={"name": asked["source"], "licence": "your own data", "source": "-"},
        command=str(asked["command"]),
        note=lambda text: say(note=text),
        folder=folder / "run",
        overwrite=True,
        tell=told_at_times(say),
    )


def told_at_times(say: Callable[..., None]) -> Callable[[str, int, int], None]:
    """What tells a step a few times a second, and always its end.

    Args:
        say: takes ``step``, ``done`` and ``total``.

    Example:
        >>> tell = told_at_times(lambda **told: print(told["step"], told["done"]))
        >>> for done in range(1, 1001):
        ...     tell("read", done, 1000)
        read 1
        read 1000
    """
    last: dict[str, float] = {}

    def tell(step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done >= total or now - last.get(step, -_TELLS_S) >= _TELLS_S:
            last[step] = now
            say(step=step, done=done, total=total)

    return tell


def _end_where_asked(folder: Path) -> None:
    """End this process once its cancel file is there, or its folder is not any more.

    A server that did not start it knows no other way. Not every training tells steps, so these
    cannot be where it looks.
    """
    while folder.is_dir() and not (folder / CANCEL).exists():
        time.sleep(_LOOKS_S)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
