"""Products that are being taught, or were: a folder each, whatever becomes of the page."""

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

from .dashboard_teach_worker import ASKED, CANCEL, PARTS, PROGRESS, TASK

RUNNING, DONE, FAILED, STOPPED = "running", "done", "failed", "stopped"
_MODULE = "solutions.defect_detection.dashboard_teach_worker"
# Of this server: a process that it has started, by the job's folder.
_started: dict[Path, subprocess.Popen[bytes]] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Job:
    """One product: what was asked, how far it is, and what came of it.

    Args:
        folder: of the job; its name is the product's.
    """

    folder: Path

    @property
    def name(self) -> str:
        """The product's."""
        return self.folder.name

    @property
    def asked(self) -> dict[str, Any]:
        """What was asked for; empty where it cannot be read."""
        try:
            return dict(json.loads((self.folder / ASKED).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def told(self) -> list[dict[str, Any]]:
        """What the worker has told so far, in order."""
        try:
            text = (self.folder / PROGRESS).read_text(encoding="utf-8")
        except OSError:
            return []
        found = []
        for line in text.splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:  # a line that is being written
                continue
        return found

    @property
    def bundle(self) -> Path:
        """Where its bundle stands once it is done."""
        return self.folder / "bundle" / self.name

    def state(self) -> str:
        """``running``, ``done``, ``failed``, or ``stopped`` where it ended without a word."""
        last = (self.told() or [{}])[-1]
        if "bundle" in last:
            return DONE if (self.bundle / "manifest.json").is_file() else FAILED
        if "error" in last:
            return FAILED
        process = _started.get(self.folder)
        is_ours = process is not None and process.poll() is None
        return RUNNING if is_ours or _is_held(self.folder) else STOPPED

    def steps(self) -> dict[str, tuple[int, int]]:
        """Step -> how much of how much is done, in order of their beginning."""
        return {
            str(one["step"]): (int(one["done"]), int(one["total"]))
            for one in self.told()
            if "step" in one
        }

    def cancel(self) -> None:
        """Stop it; what it has learned so far is kept for another start.

        A process of an earlier server stops at its next step.
        """
        with suppress(OSError):
            (self.folder / CANCEL).touch()
        with _lock:
            process = _started.pop(self.folder, None)
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_held(folder: Path) -> bool:
    """Whether a process of an earlier server is still at it."""
    if not (folder / LOCK).exists():
        return False
    try:
        lock(folder).close()
    except UsageError:
        return True
    except OSError:
        return False
    return False


def home() -> Path:
    """Where taught products stand: ``lepton/taught`` in the user's data folder."""
    return default_file().parent / "taught"


def jobs() -> list[Job]:
    """All products, the latest first."""
    folder = home()
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if (path / ASKED).is_file()]
    return [Job(p) for p in sorted(found, key=lambda p: -(p / ASKED).stat().st_mtime)]


def folder_name(name: str) -> str:
    """A product's name as that of a folder and of a bundle.

    Example:
        >>> folder_name(" Gehäuse 7/b "), folder_name("..")
        ('Gehäuse_7_b', '')
    """
    return re.sub(r"[^\w-]+", "_", name.strip()).strip("_")[:60]


def start(name: str, records: pa.Table, settings: Sequence[str], seed: int = 0) -> Job:
    """Begin to teach a product; one of the same name that is not running is replaced.

    Args:
        name: of the product, as :func:`folder_name` gives it.
        records: checked pictures: ``record_id``, ``image`` and perhaps ``label``.
        settings: of the task, ``key=value``.
        seed: of everything random.

    Raises:
        DataError: ``data.cannot_write``; ``defect_detection.teach.is_running``.
    """
    job = Job(home() / name)
    if job.state() == RUNNING:
        raise DataError("defect_detection.teach.is_running", name=name)
    words = " ".join(f"--set {one}" for one in settings)
    asked = {
        "name": name,
        "settings": list(settings),
        "seed": seed,
        "pictures": records.num_rows,
        "command": f"lepton train {TASK} --data PICTURES {words} --seed {seed}",
    }
    try:
        shutil.rmtree(job.folder, ignore_errors=True)
        job.folder.mkdir(parents=True)
        pq.write_table(records, job.folder / PARTS)
        (job.folder / ASKED).write_text(json.dumps(asked, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise DataError("data.cannot_write", out=job.folder, reason=error) from error
    _begin(job)
    return job


def go_on(job: Job) -> None:
    """Begin again what was stopped; a training goes on from its last checkpoint."""
    if job.state() == RUNNING:
        return
    for name in (PROGRESS, CANCEL):
        (job.folder / name).unlink(missing_ok=True)
    _begin(job)


def _begin(job: Job) -> None:
    with _lock, (job.folder / "log.txt").open("ab") as log:
        _started[job.folder] = subprocess.Popen(
            [sys.executable, "-m", _MODULE, str(job.folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).resolve().parents[2],
            start_new_session=True,
        )


def remove(job: Job) -> None:
    """Forget a product, its pictures and its bundle."""
    job.cancel()
    shutil.rmtree(job.folder, ignore_errors=True)
