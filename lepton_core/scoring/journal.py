"""What a run has done, on disk, such that a kill at any moment loses and doubles nothing.

A run's folder holds output parts, logs that only grow, and the session's memory. They count as far
as ``_manifest.json`` says, and it is replaced by one rename: so an output part, the memory after it
and the input position it reaches become visible together or not at all. What a kill left behind
beyond that is removed when the run goes on.

Names of our own begin with ``_``: Arrow, Spark and pandas pass over them when they read the folder.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from lepton_core.errors import DataError, UsageError

MANIFEST = "_manifest.json"
FORMAT = 1
_LOCK = "_lock"
_HELD_LINES = 1000
_STREAM = "_stream-"


@dataclass
class Manifest:
    """The contents of ``_manifest.json``.

    Args:
        settings: what decides on the output; another value is another run.
        status: ``running``, ``done``, or ``stopped`` for one that ended early in good order.
        number: the number of the next commit, which its new files carry in their names.
        cursor: the input position that the output reaches.
        logs: name of each log -> its bytes that count.
        state: the file with the session's memory; empty for none.
        summary: counts so far.
        format: of this file.
    """

    settings: dict[str, Any]
    status: str = "running"
    number: int = 0
    cursor: dict[str, Any] = field(default_factory=dict)
    logs: dict[str, int] = field(default_factory=dict)
    state: str = ""
    summary: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT


class Journal:
    """The folder of one run; one process at a time holds it.

    Args:
        folder: the run's folder; made where it does not exist.
        settings: plain values that decide on the output.
        resume: whether an earlier run there goes on; without, whatever it left is removed.

    Raises:
        UsageError: another process holds it, the folder holds other things, or the earlier run
            had other settings.
        DataError: the manifest is damaged, or the disk refuses.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], resume: bool) -> None:
        self.folder = folder
        self._buffers: dict[str, list[str]] = {}
        _check_foreign(folder)
        try:
            folder.mkdir(exist_ok=True)
            self._lock = _lock(folder)
        except OSError as error:
            raise DataError("data.cannot_write", out=folder, reason=error) from error
        try:
            earlier = _read_manifest(folder) if resume else None
            if earlier is not None:
                _check_settings(folder, earlier, settings)
            self.manifest = earlier or Manifest(dict(settings))
            self.resumed = earlier is not None
            self._sweep()
            if earlier is None:
                self._replace_manifest()
        except OSError as error:
            self._lock.close()
            raise DataError("data.cannot_write", out=folder, reason=error) from error
        except BaseException:
            self._lock.close()
            raise

    @property
    def done(self) -> bool:
        """Whether the run there is finished."""
        return self.manifest.status == "done"

    @property
    def part_stem(self) -> str:
        """What the names of the next commit's output files begin with."""
        return f"part-{self.manifest.number:05d}"

    def state(self) -> dict[str, np.ndarray]:
        """The session's memory at the cursor; empty where there is none."""
        if not self.manifest.state:
            return {}
        path = self.folder / self.manifest.state
        try:
            with np.load(path, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        except (OSError, ValueError) as error:
            raise DataError("journal.damaged", path=path, reason=error) from error

    def lines(self, log: str) -> Iterator[Any]:
        """The JSON values of a log that count, in order."""
        left = self.manifest.logs.get(log, 0)
        if left:
            with (self.folder / log).open("rb") as file:
                for line in file:
                    left -= len(line)
                    if left < 0:
                        return
                    yield json.loads(line)

    def append(self, log: str, value: Any) -> None:
        """Add a line to a log; it counts from the next commit on."""
        line = json.dumps(value, ensure_ascii=False, default=str)
        lines = self._buffers.setdefault(log, [])
        lines.append(line + "\n")
        if len(lines) >= _HELD_LINES:
            self.flush(log)

    def flush(self, log: str, to_disk: bool = False) -> None:
        """Write what was appended to a log, so that a reader after a kill finds it there."""
        lines = self._buffers.pop(log, [])
        if not lines:
            return
        with (self.folder / log).open("ab") as file:
            file.write("".join(lines).encode())
            file.flush()
            if to_disk:
                os.fsync(file.fileno())

    def commit(
        self,
        cursor: Mapping[str, Any],
        state: Mapping[str, np.ndarray] | None,
        summary: Mapping[str, Any],
        status: str = "running",
    ) -> None:
        """Make everything since the last commit count, at once.

        Args:
            cursor: the input position reached.
            state: the session's memory there; None for a stateless task.
            summary: counts up to there.
            status: see :class:`Manifest`.

        Raises:
            OSError: the disk is full or refuses; the last commit still stands.
        """
        old_state = self.manifest.state
        name = ""
        if state is not None:
            name = f"_state-{self.manifest.number:05d}.npz"
            with (self.folder / name).open("wb") as file:
                np.savez(file, allow_pickle=False, **state)
                os.fsync(file.fileno())
        for log in list(self._buffers):
            self.flush(log, to_disk=True)
        manifest = self.manifest
        manifest.cursor, manifest.summary = dict(cursor), dict(summary)
        manifest.logs = {path.name: path.stat().st_size for path in self._logs()}
        manifest.state, manifest.status = name, status
        manifest.number += 1
        self._replace_manifest()
        if old_state and old_state != name:
            (self.folder / old_state).unlink(missing_ok=True)
        self._sweep_streams()

    def close(self) -> None:
        """Let other processes have the folder."""
        (self.folder / _LOCK).unlink(missing_ok=True)
        self._lock.close()

    def discard(self) -> None:
        """Remove all that the run made, and the folder where nothing else is in it."""
        _remove_own(self.folder)
        self._lock.close()
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _replace_manifest(self) -> None:
        work = self.folder / f"{MANIFEST}.tmp"
        with work.open("w", encoding="utf-8") as file:
            json.dump(asdict(self.manifest), file, indent=1, ensure_ascii=False, default=str)
            file.flush()
            os.fsync(file.fileno())
        os.replace(work, self.folder / MANIFEST)

    def _sweep(self) -> None:
        """Remove what does not count: files of later commits, and the logs' uncommitted ends."""
        if not self.resumed:
            _remove_own(self.folder, keep=(_LOCK,))
            return
        for path in part_files(self.folder):
            if int(path.name[5:10]) >= self.manifest.number:
                path.unlink()
        for path in self.folder.glob("_state-*.npz"):
            if path.name != self.manifest.state:
                path.unlink()
        for path in self._logs():
            size = self.manifest.logs.get(path.name, 0)
            if path.stat().st_size > size:
                os.truncate(path, size)
        self._sweep_streams()

    @property
    def stream_log(self) -> Path:
        """Where a stream keeps its input until the next commit, to be replayed after a kill."""
        return self.folder / f"{_STREAM}{self.manifest.number:05d}.jsonl"

    def _logs(self) -> list[Path]:
        return [p for p in self.folder.glob("_*.jsonl") if not p.name.startswith(_STREAM)]

    def _sweep_streams(self) -> None:
        for path in self.folder.glob(f"{_STREAM}*.jsonl"):
            if path != self.stream_log:
                path.unlink()


def part_files(folder: Path) -> list[Path]:
    """The output parts in a run's folder, partitions included, in order."""
    return sorted(folder.rglob("part-[0-9][0-9][0-9][0-9][0-9]*"), key=lambda path: path.name)


def is_run(folder: Path) -> bool:
    """Whether a run's manifest stands in ``folder``."""
    return (folder / MANIFEST).is_file()


def _remove_own(folder: Path, keep: tuple[str, ...] = ()) -> None:
    parts = part_files(folder)
    for path in parts:
        path.unlink()
    for above in {path.parent for path in parts} - {folder}:
        if not any(above.iterdir()):
            above.rmdir()
    for path in folder.glob("_*"):
        if path.name not in keep and path.is_file():
            path.unlink()


def _check_foreign(folder: Path) -> None:
    """Refuse a folder in which something else than a run would be lost or mixed up."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError("usage.out_exists", out=folder)
    unborn = (_LOCK, f"{MANIFEST}.tmp")
    foreign = next((p for p in folder.iterdir() if p.name not in unborn), None)
    if foreign is not None and not is_run(folder):
        raise UsageError("journal.foreign", folder=folder, found=foreign.name)


def _lock(folder: Path) -> IO[str]:
    file = (folder / _LOCK).open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise UsageError("journal.busy", folder=folder) from error
    return file


def _read_manifest(folder: Path) -> Manifest | None:
    path = folder / MANIFEST
    if not path.exists():
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise ValueError(f"format {values['format']}, this version reads {FORMAT}")
        return Manifest(**values)
    except (ValueError, TypeError, KeyError) as error:
        raise DataError("journal.damaged", path=path, reason=error) from error


def _check_settings(folder: Path, earlier: Manifest, settings: Mapping[str, Any]) -> None:
    now = json.loads(json.dumps(dict(settings), default=str))
    for name in sorted({*now, *earlier.settings}):
        there, here = earlier.settings.get(name), now.get(name)
        if there != here:
            raise UsageError(
                "journal.other_settings", folder=folder, setting=name, there=there, here=here
            )
