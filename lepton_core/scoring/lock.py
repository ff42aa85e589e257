"""Who may write into a run's folder: one process at a time, and none where other things are."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import IO

from lepton_core.errors import UsageError
from lepton_core.scoring.folder import LOCK, MANIFEST, is_run, remove_own


def remove_rest(folder: Path) -> None:
    """Remove the folder of a run whose beginning or end a kill cut off, where nothing counts.

    Without a manifest of its own: a kill here must not leave what looks like a run.
    """
    with suppress(UsageError, OSError):
        check_foreign(folder)
        if folder.exists():
            with lock(folder):
                if not is_run(folder):
                    remove_own(folder)
                    folder.rmdir()


def check_foreign(folder: Path) -> None:
    """Refuse a folder in which something else than a run would be lost or mixed up."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError("usage.out_exists", out=folder)
    unborn = (LOCK, f"{MANIFEST}.tmp")
    foreign = next((p for p in folder.iterdir() if p.name not in unborn), None)
    if foreign is not None and not is_run(folder):
        raise UsageError("journal.foreign", folder=folder, found=foreign.name)


def lock(folder: Path) -> IO[str]:
    """Hold a run's folder as long as the returned file is open.

    Raises:
        UsageError: ``journal.busy``: another process holds it.
    """
    while True:
        file = (folder / LOCK).open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            there = os.stat(folder / LOCK)
        except BlockingIOError as error:
            file.close()
            raise UsageError("journal.busy", folder=folder) from error
        except FileNotFoundError:
            file.close()
            continue
        except BaseException:
            file.close()
            raise
        if os.path.samestat(there, os.fstat(file.fileno())):
            return file
        # Its last holder removed it after we had opened it: a third process would make another.
        file.close()
