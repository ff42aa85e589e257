"""Trainings that a page began: a folder each, whatever becomes of the page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lepton_core.errors import DataError, UsageError
from lepton_core.scoring.folder import LOCK
from lepton_core.scoring.lock import lock
from lepton_core.store.opening import default_file
from lepton_core.ui.training_worker import ASKED, RECORDS, TOLD

RUNNING, DONE, FAILED, STOPPED = "running", "done", "failed", "stopped"
# Processes that this server has started, by the training's folder.
_started: dict[Path, subprocess.Popen[bytes]] = {}
_guard = threading.Lock()


@dataclass(frozen=True)
class PageTraining:
    """One training: what was asked, how far it is, and what came of it.

    Args:
        folder: of the training; its name is that of the bundle.
    """

    folder: Path

    @property
    def name(self) -> str:
        """The bundle's."""
        return self.folder.name

    @property
    def asked(self) -> dict[str, Any]:
        """What was asked for; empty where it cannot be read."""
        return _read_json(self.folder / ASKED)

    @property
    def told(self) -> dict[str, Any]:
        """What the worker told last: ``note``, or ``error`` with ``text``; empty at first."""
        return _read_json(self.folder / TOLD)

    @property
    def bundle(self) -> Path:
        """Where its bundle stands once it is done."""
        return self.folder / "bundle" / self.name

    @property
    def state(self) -> str:
        """``running``, ``done``, ``failed``, or ``stopped`` where it ended without a word."""
        with _guard:
            process = _started.get(self.folder)
        if (process is not None and process.poll() is None) or _is_held(self.folder):
            return RUNNING
        if (self.bundle / "manifest.json").is_file():
            return DONE
        return FAILED if "error" in self.told else STOPPED

    def epochs(self) -> tuple[int, int]:
        """How many epochs are done, and how many there are at most."""
        run = _read_json(self.folder / "run" / "model" / "run.json")
        done = max((len(values) for values in run.get("history", {}).values()), default=0)
        return done, int(self.asked.get("epochs", 0))

    def stop(self) -> None:
        """End it; epochs that are done are kept for another start."""
        with _guard:
            process = _started.pop(self.folder, None)
        if process is not None and process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
                return
            process.kill()
            process.wait()

    def remove(self) -> None:
        """Forget it, its records and its bundle."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def go_on(self) -> None:
        """Start its process; it begins where it ended, if it was at work before."""
        if self.state == RUNNING:
            return
        (self.folder / TOLD).unlink(missing_ok=True)
        with _guard, (self.folder / "log.txt").open("ab") as log:
            _started[self.folder] = subprocess.Popen(
                [sys.executable, "-m", "lepton_core.ui.training_worker", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=Path(__file__).resolve().parents[2],
                start_new_session=True,
            )


def home(task_name: str) -> Path:
    """Where a task's trainings of pages stand: ``lepton/trained/`` in the user's data folder."""
    return default_file().parent / "trained" / task_name.replace("/", "-")


def trainings(task_name: str) -> list[PageTraining]:
    """All of a task, the latest first."""
    folder = home(task_name)
    found = (
        [path for path in folder.iterdir() if (path / ASKED).is_file()] if folder.is_dir() else []
    )
    return [PageTraining(p) for p in sorted(found, key=lambda p: -(p / ASKED).stat().st_mtime)]


def own_bundles(task_name: str) -> dict[str, Path]:
    """Name -> folder of the bundles that pages have trained."""
    done = [one for one in trainings(task_name) if (one.bundle / "manifest.json").is_file()]
    return {one.name: one.bundle for one in done}


def bundle_name(text: str) -> str:
    """What a person typed as the name of a folder and of a bundle.

    Example:
        >>> bundle_name(" März 7/b "), bundle_name("..")
        ('März_7_b', '')
    """
    return re.sub(r"[^\w-]+", "_", text.strip()).strip("_")[:60]


def start(
    task_name: str, name: str, records: pa.Table, settings: Sequence[str], epochs: int, source: str
) -> PageTraining:
    """Begin to train; a training of the same name that is not running is replaced.

    Args:
        task_name: what is trained.
        name: of the bundle, as :func:`bundle_name` gives it.
        records: checked records.
        settings: of the task, ``key=value``.
        epochs: how many there are at most, for the progress.
        source: name of the file, for the card.

    Raises:
        UsageError: ``ui.training.is_running``.
        DataError: ``data.cannot_write``.
    """
    training = PageTraining(home(task_name) / name)
    if training.state == RUNNING:
        raise UsageError("ui.training.is_running", name=name)
    words = " ".join(f"--set {one}" for one in settings)
    asked = {
        "task": task_name,
        "name": name,
        "settings": list(settings),
        "epochs": epochs,
        "source": source,
        "command": f"lepton train {task_name} --data {source} {words} --seed 0",
    }
    try:
        shutil.rmtree(training.folder, ignore_errors=True)
        training.folder.mkdir(parents=True)
        pq.write_table(records, training.folder / RECORDS)
        text = json.dumps(asked, ensure_ascii=False)
        (training.folder / ASKED).write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError("data.cannot_write", out=training.folder, reason=error) from error
    training.go_on()
    return training


def _is_held(folder: Path) -> bool:
    """Whether a process, perhaps of an earlier server, is at it."""
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
