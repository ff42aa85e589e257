"""Trains in a process of its own what a page asked for: ``python -m ... FOLDER``.

The folder holds ``records.parquet`` and ``asked.json``. What is to be told stands in ``told.json``,
the epochs in the run's own folder; so the page may be closed and opened again meanwhile.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

ASKED, RECORDS, TOLD = "asked.json", "records.parquet", "told.json"
_LANGUAGES = ("en", "zh")


def main(folder: Path) -> int:
    """Train what a folder asks for; 0 where a bundle stands in the end.

    The folder is held meanwhile, so that a page can tell that somebody is at it.
    """
    from lepton_core.errors import LeptonError
    from lepton_core.scoring.lock import lock

    # The pages that people look at come first.
    if hasattr(os, "nice"):
        os.nice(5)

    def tell(**told: Any) -> None:
        part = folder / f"{TOLD}.part"
        part.write_text(json.dumps(told, ensure_ascii=False, default=str), encoding="utf-8")
        os.replace(part, folder / TOLD)

    with lock(folder):
        try:
            _train(folder)
        except LeptonError as error:
            tell(error=error.key, text={name: error.text(name) for name in _LANGUAGES})
            return 1
        # The last net: whoever looks at the page must learn that it ended, and how.
        except Exception as error:
            tell(error="unexpected", reason=f"{type(error).__name__}: {error}")
            raise
    return 0


def _train(folder: Path) -> None:
    import pyarrow.parquet as pq

    from lepton_core.checking import check
    from lepton_core.evaluation.run import find_protocol
    from lepton_core.settings import apply_settings
    from lepton_core.solution import find_task
    from lepton_core.training.run import make_bundle

    asked = json.loads((folder / ASKED).read_text(encoding="utf-8"))
    task = find_task(asked["task"])
    config = apply_settings(task.hook(task.config)(), list(asked["settings"]))
    make_bundle(
        task,
        check(pq.read_table(folder / RECORDS), task.inputs, asked["source"]).table,
        find_protocol(task, asked["source"], config),
        config,
        seed=0,
        out=folder / "bundle" / asked["name"],
        data={"name": asked["source"], "licence": "your own data", "source": "-"},
        command=asked["command"],
        note=lambda text: print(text, flush=True),
        folder=folder / "run",
        overwrite=True,
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
