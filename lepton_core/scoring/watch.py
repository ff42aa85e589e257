"""Scores files as they arrive in a folder, each once, also across restarts."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lepton_core.errors import DataError
from lepton_core.records.opening import formats_of, open_records, takes_pictures
from lepton_core.records.picture_files import is_picture_file
from lepton_core.records.table import TABLE_SUFFIXES
from lepton_core.scoring.folder import FAILED_LOG, INPUTS_LOG
from lepton_core.scoring.inputs import identity, shown
from lepton_core.scoring.run import Run

# Pictures of one look at the folder are scored as one input; so many at most, then a commit.
_MOST_TOGETHER = 1024

Key = tuple[str, int, int]


class Watcher:
    """Looks at a folder again and again and scores what is new there.

    A file counts as arrived when its size and time of change stay the same for one interval, so
    that one still being written is left alone; a sender that writes under another name and renames
    loses no time. Files are read where they are and never moved. A file whose size or time of
    change differs from when it was scored is a new one. A file that cannot be read is noted in
    ``_failed.jsonl`` and does not stop the others.

    Args:
        run: the run that scores, with a folder of parts as output.
        folder: where files arrive.
        every_s: seconds between two looks.
        note: told of files that cannot be read.
    """

    def __init__(self, run: Run, folder: Path, every_s: float, note: Callable[[str], None]) -> None:
        self._run, self._folder, self._every_s, self._note = run, folder, every_s, note
        self._spec = run.pipeline.task.inputs
        self._pictures = takes_pictures(self._spec)
        self._formats = formats_of(self._spec)
        self._done = {_key(told) for told in run.journal.lines(INPUTS_LOG)}
        self._done |= {_key(told["input"]) for told in run.journal.lines(FAILED_LOG)}
        self._last: dict[Path, Key] = {}

    def serve(self, idle_s: float | None = None) -> None:
        """Watch until interrupted, or until nothing has arrived for ``idle_s`` seconds."""
        since = time.monotonic()
        while True:
            if self.look():
                since = time.monotonic()
            elif idle_s is not None and time.monotonic() - since >= idle_s:
                return
            time.sleep(self._every_s)

    def look(self) -> int:
        """Score what has arrived since the last look; returns how many files."""
        now: dict[Path, tuple[Key, dict[str, Any]]] = {}
        for path in self._listing():
            try:
                told = identity(path, self._formats)
            except OSError:
                continue  # gone again between listing and asking: its sender took it back
            if _key(told) not in self._done:
                now[path] = (_key(told), told)
        still = [path for path, (key, _) in now.items() if self._last.get(path) == key]
        self._last = {path: key for path, (key, _) in now.items()}
        # One that a kill interrupted goes first: any other would end what its cursor says.
        begun = self._run.journal.manifest.cursor.get("input")
        still.sort(key=lambda path: (now[path][1] != begun, now[path][0][2], path))
        for group in self._groups(still):
            self._score(group, [now[path][1] for path in group])
        return len(still)

    def _listing(self) -> list[Path]:
        """The files that could be scored: pictures at any depth, tables in the folder itself."""
        try:
            if self._pictures:
                found = self._folder.rglob("*")
                every = [path for path in found if is_picture_file(path, self._formats)]
            else:
                found = self._folder.iterdir()
                every = [path for path in found if path.name.lower().endswith(TABLE_SUFFIXES)]
        except OSError as error:
            reason = error.strerror or error
            raise DataError("data.no_access", source=self._folder, reason=reason) from error
        return [path for path in every if path.is_file() and not self._is_hidden(path)]

    def _is_hidden(self, path: Path) -> bool:
        """Whether its sender has not finished it: its name, or a folder's above it, says so."""
        return any(part[0] in "._" for part in path.relative_to(self._folder).parts)

    def _groups(self, paths: list[Path]) -> list[list[Path]]:
        if not self._pictures:
            return [[path] for path in paths]
        return [paths[i : i + _MOST_TOGETHER] for i in range(0, len(paths), _MOST_TOGETHER)]

    def _score(self, paths: list[Path], told: list[dict[str, Any]]) -> None:
        run = self._run
        cursor = run.journal.manifest.cursor
        done = cursor.get("row", 0) if cursor.get("input") == told[0] else 0
        source = shown(paths[0], self._formats) if len(paths) == 1 else str(self._folder)
        try:
            with open_records(
                paths if self._pictures else paths[0],
                self._spec,
                dict(run.options.mapping),
                extra=run.selection.extra,
                batch_rows=run.options.batch_rows,
                root=self._folder,
            ) as reader:
                # Of several pictures together only the whole counts: another look may group them
                # in another way.
                run.read(reader, source, {"input": told[0]} if len(paths) == 1 else None, done)
        except DataError as error:
            if error.key == "data.cannot_write":
                raise
            self._note(error.text("en"))
            for one in told:
                run.journal.append(FAILED_LOG, {"input": one, **error.to_json()["error"]})
        else:
            for one in told:
                run.journal.append(INPUTS_LOG, one)
        self._done |= {_key(one) for one in told}
        run.commit({})


def _key(told: dict[str, Any]) -> Key:
    return str(told["path"]), int(told["bytes"]), int(told["modified_ns"])
