"""Teaches a product in a process of its own: ``python -m ... FOLDER``; how far it is stands there.

The folder holds ``parts.parquet`` (records) and ``asked.json``; each step is a line of
``progress.jsonl``, and the last line tells the bundle or what went wrong. The page that started it
may be closed and opened again meanwhile.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROGRESS, ASKED, PARTS, CANCEL = "progress.jsonl", "asked.json", "parts.parquet", "cancel"
TASK = "defect_detection/anomaly"
_EVERY_S = 0.25
_LANGUAGES = ("en", "zh")


def main(folder: Path) -> int:
    """Teach what a folder asks for; 0 where a bundle stands in the end.

    The folder is held meanwhile, so that a page can tell that somebody is at it, and no second
    process begins.
    """
    from lepton_core.errors import LeptonError
    from lepton_core.scoring.lock import lock

    # The page, and the line that it shows, come first.
    if hasattr(os, "nice"):
        os.nice(5)
    with lock(folder), (folder / PROGRESS).open("a", encoding="utf-8") as log:

        def say(**told: Any) -> None:
            log.write(json.dumps(told, ensure_ascii=False, default=str) + "\n")
            log.flush()

        try:
            made = teach(folder, say)
        except LeptonError as error:
            texts = {language: error.text(language) for language in _LANGUAGES}
            say(error=error.key, text=texts)
            return 1
        # The last net: whoever looks at the page must learn that it ended, and how.
        except Exception as error:
            say(error="unexpected", reason=f"{type(error).__name__}: {error}")
            raise
        say(bundle=str(made))
    return 0


def teach(folder: Path, say: Callable[..., None]) -> Path:
    """The bundle of what a folder asks for.

    Args:
        folder: of the job.
        say: takes what is to be told, as named values.

    Raises:
        LeptonError: the pictures, or the settings, do not allow it.
    """
    import pyarrow.parquet as pq

    from lepton_core.checking import check
    from lepton_core.evaluation.run import find_protocol
    from lepton_core.settings import apply_settings
    from lepton_core.solution import find_task
    from lepton_core.training.run import make_bundle

    asked = json.loads((folder / ASKED).read_text(encoding="utf-8"))
    task = find_task(TASK)
    config = apply_settings(task.hook(task.config)(), list(asked["settings"]))
    say(step="start", done=0, total=1)
    records = check(pq.read_table(folder / PARTS), task.inputs, asked["name"]).table
    return make_bundle(
        task,
        records,
        find_protocol(task, asked["name"], config),
        config,
        seed=int(asked["seed"]),
        out=folder / "bundle" / asked["name"],
        data={"name": asked["name"], "licence": "your own data", "source": "-"},
        command=str(asked["command"]),
        note=lambda text: say(note=text),
        folder=folder / "run",
        overwrite=True,
        tell=_steps(say, folder / CANCEL),
    )


def _steps(say: Callable[..., None], cancel: Path) -> Callable[[str, int, int], None]:
    """Tells a step a few times a second, and always its end; stops where a file asks for it."""
    last: dict[str, float] = {}

    def tell(step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if cancel.exists():
            raise SystemExit(1)
        if done >= total or now - last.get(step, 0.0) > _EVERY_S:
            last[step] = now
            say(step=step, done=done, total=total)

    return tell


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
