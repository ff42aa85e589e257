"""What stands in a watched folder: what has arrived, what may still be written, what is settled."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lepton_core.errors import DataError
from lepton_core.records.picture_files import is_picture_file
from lepton_core.records.table import TABLE_SUFFIXES
from lepton_core.scoring.inputs import shown

# How many settled files a look compares with what they were: its cost must not grow with them.
_COMPARED = 250

Key = tuple[str, int, int]


def key_of(told: dict[str, Any]) -> Key:
    """What tells a file from another, of what a log says of it: path, bytes, time of change."""
    return str(told["path"]), int(told["bytes"]), int(told["modified_ns"])


class Arrival(NamedTuple):
    """A file that is not settled.

    Args:
        name: its path below the folder, with forward slashes.
        path: where it stands.
        key: what tells it from another.
        still_s: for how long it has been seen the same; None at the first look.
    """

    name: str
    path: Path
    key: Key
    still_s: float | None

    def is_still(self, seconds: float) -> bool:
        """Whether it was the same at an earlier look, so long ago."""
        return self.still_s is not None and self.still_s >= seconds

    def told(self) -> dict[str, Any]:
        """What a log says of it."""
        path, size, modified_ns = self.key
        return {"path": path, "bytes": size, "modified_ns": modified_ns}


class Arrivals:
    """Looks at a folder; a look costs a listing, and asks the system about new files alone.

    Whose name begins with ``.`` or ``_``, or a folder's above it, its sender has not finished. A
    settled file that is written again is an arrival again; of many, some are compared at each look.

    Args:
        folder: where files arrive.
        formats: of the task's image column; None for a task on tables. Pictures are looked for at
            any depth, tables in the folder itself.
        logged: files that were settled before; each is when it is met.
        note: told of folders that cannot be looked into.
    """

    def __init__(
        self,
        folder: Path,
        formats: Collection[str] | None,
        logged: Collection[Key],
        note: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.folder = folder
        self._base = os.path.abspath(folder)
        self._formats = None if formats is None else tuple(formats)
        self._note = note
        self._logged = set(logged)
        self._settled: dict[str, Key] = {}
        self._compare: Iterator[str] = iter(())
        self._since: dict[str, tuple[Key, float]] = {}
        self._closed: set[str] = set()
        self.cost_s = 0.0

    @property
    def settled(self) -> dict[str, Key]:
        """The settled files that were met, by name."""
        return self._settled

    @property
    def is_partial(self) -> bool:
        """Whether some folder below could not be looked into."""
        return bool(self._closed)

    def look(self) -> list[Arrival]:
        """The files that are not settled, oldest first; ``cost_s`` tells what the look took.

        Raises:
            DataError: ``data.no_access``: the folder is gone or cannot be read.
        """
        began = time.thread_time()
        self._compare_some()
        now = time.monotonic()
        since: dict[str, tuple[Key, float]] = {}
        arrivals = []
        for name, entry in self._files():
            if not self._is_ours(name, entry.path):
                continue
            found = self._key(name)
            if found is None:
                continue
            if found in self._logged:
                self._logged.discard(found)
                self._settled[name] = found
                continue
            before = self._since.get(name)
            is_same = before is not None and before[0] == found
            since[name] = before if before is not None and is_same else (found, now)
            still_s = now - since[name][1] if is_same else None
            arrivals.append(Arrival(name, self.folder / name, found, still_s))
        self._since = since
        self.cost_s = time.thread_time() - began
        return sorted(arrivals, key=lambda one: (one.key[2], one.name))

    def settle(self, arrival: Arrival) -> None:
        """From now on it is no arrival, as long as it is not written again."""
        self._settled[arrival.name] = arrival.key
        self._since.pop(arrival.name, None)

    def forget(self, name: str) -> None:
        """A settled file is gone: what comes by its name is new, whatever it is like."""
        self._settled.pop(name, None)

    def _compare_some(self) -> None:
        for _ in range(_COMPARED):
            name = next(self._compare, None)
            if name is None:
                self._compare = iter(list(self._settled))
                break
            found = self._key(name) if name in self._settled else None
            # One that is gone stays settled: it may be put back.
            if found is not None and found != self._settled[name]:
                del self._settled[name]

    def _key(self, name: str) -> Key | None:
        path = os.path.join(self._base, name)
        try:
            told = os.stat(path)
            if not stat.S_ISREG(told.st_mode):
                return None  # a pipe by the name of a picture would wait for ever
            if self._formats:
                path = shown(Path(path), self._formats)
        except OSError:
            return None  # gone again between listing and asking: its sender took it back
        return path, told.st_size, told.st_mtime_ns

    def _is_ours(self, name: str, path: str) -> bool:
        if self._formats is None:
            return name.lower().endswith(TABLE_SUFFIXES)
        return is_picture_file(path, self._formats)

    def _files(self) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """Files that are not settled, by name."""
        settled, folders = self._settled, [""]
        while folders:
            below = folders.pop()
            for entry in self._entries(below):
                name = below + entry.name
                if name in settled or entry.name[0] in "._":
                    continue
                # A link to a folder may lead back up.
                if not entry.is_dir(follow_symlinks=False):
                    yield name, entry
                elif self._formats is not None:
                    folders.append(f"{name}/")

    def _entries(self, below: str) -> list[os.DirEntry[str]]:
        place = os.path.join(self._base, below)
        try:
            with os.scandir(place) as entries:
                return list(entries)
        except OSError as error:
            told = DataError("data.no_access", source=place, reason=error.strerror or error)
            if not below:
                told.values["source"] = self.folder
                raise told from error
            # One of many folders must not stop the others; it is looked into again and again.
            if place not in self._closed and not isinstance(error, FileNotFoundError):
                self._closed.add(place)
                self._note(told.text("en"))
            return []
