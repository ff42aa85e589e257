"""A training that a page began: a folder and a process of its own, whatever becomes of the page."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lepton_core.errors import UsageError
from lepton_core.scoring.folder import LOCK
from lepton_core.scoring.lock import lock
from lepton_core.ui.training_worker import ASKED, CANCEL, PROGRESS

RUNNING, DONE, FAILED, STOPPED = "running", "done", "failed", "stopped"
_MODULE = "lepton_core.ui.training_worker"
# A process that does not end by itself is ended; one of another server looks for its cancel file.
_PATIENCE_S = 10.0
# Processes that this server has started, by the training's folder.
_started: dict[Path, subprocess.Popen[bytes]] = {}
_guard = threading.Lock()


@dataclass(frozen=True)
class PageTraining:
    """One training: what was asked, how far it is, and what came of it.

    Nothing of it is kept in memory, so that several servers, and one that was started again, find
    the same.

    Args:
        folder: of the training; its name is that of the bundle.
    """

    folder: Path

    @property
    def name(self) -> str:
        """The bundle's."""
        return self.folder.name

    @property
    def bundle(self) -> Path:
        """Where its bundle stands once it is done."""
        return self.folder / "bundle" / self.name

    @property
    def log(self) -> Path:
        """What its processes wrote on their outputs."""
        return self.folder / "log.txt"

    @property
    def asked(self) -> dict[str, Any]:
        """What was asked for; empty where it cannot be read."""
        return _read_json(self.folder / ASKED)

    def told(self) -> list[dict[str, Any]]:
        """What the worker has told so far, in order.

        Each is a ``step`` with ``done`` and ``total``, a ``note``, the ``bundle``, or an ``error``
        with its ``text`` by language (``reason`` where it is none of ours).
        """
        try:
            text = (self.folder / PROGRESS).read_text(encoding="utf-8")
        except OSError:
            return []
        found = []
        for line in text.splitlines():
            # The last line may still be in the writing.
            with suppress(ValueError):
                found.append(json.loads(line))
        return found

    @property
    def last(self) -> dict[str, Any]:
        """What it told last; empty at first."""
        return (self.told() or [{}])[-1]

    @property
    def state(self) -> str:
        """``running``, ``done``, ``failed``, or ``stopped`` where it ended without a word."""
        with _guard:
            process = _started.get(self.folder)
        if (process is not None and process.poll() is None) or _is_held(self.folder):
            return RUNNING
        if (self.bundle / "manifest.json").is_file():
            return DONE
        return FAILED if "error" in self.last else STOPPED

    def steps(self) -> dict[str, tuple[int, int]]:
        """Step -> how much of how much is done, in order of their beginning."""
        return {
            str(one["step"]): (int(one["done"]), int(one["total"]))
            for one in self.told()
            if "step" in one
        }

    def epochs(self) -> tuple[int, int]:
        """How many epochs are done, and how many there are at most; 0 where that was not said."""
        run = _read_json(self.folder / "run" / "model" / "run.json")
        done = max((len(values) for values in run.get("history", {}).values()), default=0)
        return done, int(self.asked.get("epochs", 0))

    def cancel(self) -> None:
        """End it, whichever server began it; what is learned so far is kept for another start."""
        with suppress(OSError):
            (self.folder / CANCEL).touch()
        with _guard:
            process = _started.pop(self.folder, None)
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        until = time.monotonic() + _PATIENCE_S
        while _is_held(self.folder) and time.monotonic() < until:
            time.sleep(0.1)

    def remove(self) -> None:
        """Forget it, its records and its bundle."""
        self.cancel()
        shutil.rmtree(self.folder, ignore_errors=True)

    def go_on(self) -> None:
        """Start its process; it begins at its last checkpoint, if it was at work before."""
        if self.state == RUNNING:
            return
        for name in (PROGRESS, CANCEL):
            (self.folder / name).unlink(missing_ok=True)
        with _guard, self.log.open("ab") as log:
            _started[self.folder] = subprocess.Popen(
                [sys.executable, "-m", _MODULE, str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=Path(__file__).resolve().parents[2],
                start_new_session=True,
            )


def _is_held(folder: Path) -> bool:
    """Whether a process, perhaps of another server, is at it."""
    if not (folder / LOCK).exists():
        return False
    try:
        lock(folder).close()
    except UsageError:
        return True
    except OSError:
        return False
    return False


def _read_json(file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
