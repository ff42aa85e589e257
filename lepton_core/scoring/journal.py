"""What a run has done, on disk, such that a kill at any moment loses and doubles nothing.

A run's folder holds output parts, logs that only grow, and the session's memory. They count as far
as ``_manifest.json`` says, and it is replaced by one rename: so an output part, the memory after it
and the input position it reaches count together or not at all. What a kill left behind beyond that
is removed when the run goes on.

Names of our own begin with ``_``: Arrow, Spark and pandas pass over them when they read the folder.
A part has such a name too, ``_part-00000.parquet``, until the manifest counts it; then it is shown
as ``part-00000.parquet``. So whoever reads the folder meanwhile sees whole and final parts only.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from lepton_core.errors import DataError
from lepton_core.scoring.folder import (
    LOCK,
    LOGS,
    MANIFEST,
    STREAM,
    hidden_parts,
    number_of,
    remove_own,
    show,
    sync,
)
from lepton_core.scoring.lock import check_foreign, lock
from lepton_core.scoring.manifest import Manifest, check_settings, plain, read_manifest

_HELD_LINES = 1000


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
        check_foreign(folder)
        made = not folder.exists()
        try:
            folder.mkdir(exist_ok=True)
            self._lock = lock(folder)
        except OSError as error:
            raise DataError("data.cannot_write", out=folder, reason=error) from error
        try:
            earlier = read_manifest(folder) if resume else None
            self.manifest = earlier or Manifest(dict(settings))
            if earlier is not None:
                check_settings(folder, earlier, settings, self._is_at_rest())
            self.resumed = earlier is not None
            if earlier is None:
                # First, so that of an older run nothing counts any more while it is removed.
                self._replace_manifest(self.manifest)
                remove_own(folder, keep=(MANIFEST, LOCK))
            else:
                self._sweep()
                if not self.done and plain(settings) != earlier.settings:
                    # Another decision goes on: it is told before it makes anything.
                    self._replace_manifest(replace(earlier, settings=plain(settings)))
        except BaseException as error:
            with suppress(OSError):
                if made:
                    remove_own(folder)
                    folder.rmdir()
            self.close()
            if isinstance(error, OSError):
                raise DataError("data.cannot_write", out=folder, reason=error) from error
            raise

    @property
    def done(self) -> bool:
        """Whether the run there is finished."""
        return self.manifest.status in ("done", "assembled")

    @property
    def part_stem(self) -> str:
        """What the names of the next commit's output files begin with, until they count."""
        return f"_part-{self.manifest.number:05d}"

    def state(self) -> dict[str, np.ndarray]:
        """The session's memory at the cursor; empty where there is none."""
        if not self.manifest.state:
            return {}
        path = self.folder / self.manifest.state
        try:
            with np.load(path, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise DataError("journal.damaged", path=path, reason=error) from error

    def lines(self, log: str) -> Iterator[Any]:
        """The JSON values of a log that count, in order, read as they are asked for.

        Raises:
            DataError: ``journal.damaged``: it is shorter than what was committed, or changed.
        """
        size = self.manifest.logs.get(log, 0)
        path = self.folder / log
        try:
            with path.open("rb") if size else open(os.devnull, "rb") as file:
                left = size
                while left > 0 and (line := file.readline(left)):
                    left -= len(line)
                    yield json.loads(line)
            if left:
                raise ValueError(f"{size} bytes are expected, {size - left} are there")
        except (OSError, ValueError) as error:
            raise DataError("journal.damaged", path=path, reason=error) from error

    def append(self, log: str, value: Any) -> None:
        """Add a line to a log; it counts from the next commit on."""
        line = json.dumps(value, ensure_ascii=False, default=str)
        lines = self._buffers.setdefault(log, [])
        lines.append(line + "\n")
        if len(lines) >= _HELD_LINES:
            self.flush(log)

    def flush(self, log: str) -> None:
        """Write what was appended to a log, so that it needs no memory."""
        lines = self._buffers.pop(log, [])
        with (self.folder / log).open("ab") as file:
            # A name that is no UTF-8 is told as JSON can: escaped.
            file.write("".join(lines).encode("utf-8", "backslashreplace"))

    def commit(
        self,
        cursor: Mapping[str, Any],
        state: Mapping[str, np.ndarray] | None,
        summary: Mapping[str, Any],
        status: str = "running",
        parts: Iterable[Path] = (),
        types: str = "",
    ) -> None:
        """Make everything since the last commit count, at once.

        Args:
            cursor: the input position reached.
            state: the session's memory there; None when it is needed no more.
            summary: counts up to there.
            status: see :class:`Manifest`.
            parts: the finished files, by their hidden names; they are shown.
            types: see :class:`Manifest`.

        Raises:
            OSError: the disk is full or refuses; the last commit still stands.
        """
        now = self.manifest
        name = ""
        if state is not None:
            name = f"_state-{now.number:05d}.npz"
            with (self.folder / name).open("wb") as file:
                np.savez(file, allow_pickle=False, **state)
                file.flush()
                os.fsync(file.fileno())
        for log in list(self._buffers):
            self.flush(log)
        logs = {}
        for path in self._logs():
            logs[path.name] = path.stat().st_size
            if logs[path.name] != now.logs.get(path.name):
                sync(path)
        self._replace_manifest(
            replace(
                now,
                status=status,
                number=now.number + 1,
                cursor=dict(cursor),
                logs=logs,
                state=name,
                summary=dict(summary),
                types=types,
            )
        )
        for part in parts:
            show(part)
        if now.state and now.state != name:
            (self.folder / now.state).unlink(missing_ok=True)
        self._sweep_streams()

    def mark(self, status: str) -> None:
        """Give a finished run another status."""
        self._replace_manifest(replace(self.manifest, status=status))

    def note(self, cursor: Mapping[str, Any]) -> None:
        """Replace the cursor alone, where nothing was done since the last commit."""
        self._replace_manifest(replace(self.manifest, cursor=dict(cursor)))

    def rollback(self) -> None:
        """Remove what was not committed.

        The manifest on disk is asked: whoever was interrupted does not know how far he came.
        """
        self._buffers.clear()
        self.manifest = read_manifest(self.folder) or self.manifest
        self._sweep()

    def close(self) -> None:
        """Let other processes have the folder."""
        if not self._lock.closed:
            with suppress(OSError):
                (self.folder / LOCK).unlink(missing_ok=True)
            self._lock.close()

    def discard(self) -> None:
        """Remove all that the run made, and the folder where nothing else is in it."""
        if self.manifest.status != "assembled":
            # First, so that nothing counts any more when only some of it is gone.
            self._replace_manifest(Manifest(self.manifest.settings))
        remove_own(self.folder)
        self._lock.close()
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _replace_manifest(self, manifest: Manifest) -> None:
        work = self.folder / f"{MANIFEST}.tmp"
        with work.open("w", encoding="utf-8", errors="backslashreplace") as file:
            json.dump(asdict(manifest), file, indent=1, ensure_ascii=False, default=str)
            file.flush()
            os.fsync(file.fileno())
        os.replace(work, self.folder / MANIFEST)
        self.manifest = manifest
        sync(self.folder)

    def _sweep(self) -> None:
        """Remove what does not count, and show what does."""
        manifest = self.manifest
        for path in hidden_parts(self.folder):
            # Counted, and killed before it could be shown.
            if number_of(path) < manifest.number:
                show(path)
        keep = {MANIFEST, LOCK, manifest.state, self.stream_log.name, *manifest.logs}
        remove_own(self.folder, keep, below=manifest.number)
        if self.done:
            return  # the logs may have gone where the output stands
        for name, size in manifest.logs.items():
            path = self.folder / name
            found = path.stat().st_size if path.exists() else 0
            if found < size:
                reason = f"{size} bytes are expected, {found} are there"
                raise DataError("journal.damaged", path=path, reason=reason)
            if found > size:
                os.truncate(path, size)

    @property
    def stream_log(self) -> Path:
        """Where a stream keeps its input until the next commit, to be replayed after a kill."""
        return self.folder / f"{STREAM}{self.manifest.number:05d}.jsonl"

    def _is_at_rest(self) -> bool:
        """Whether no record was begun that is not counted: nothing will be done again."""
        path = self.stream_log
        return not self.manifest.cursor.get("input") and not (path.exists() and path.stat().st_size)

    def _logs(self) -> Iterator[Path]:
        return (path for name in LOGS if (path := self.folder / name).exists())

    def _sweep_streams(self) -> None:
        if self.manifest.settings.get("mode") != "stream":
            return  # listing the folder at each commit would take ever longer
        for path in self.folder.glob(f"{STREAM}*.jsonl"):
            if path != self.stream_log:
                path.unlink()
