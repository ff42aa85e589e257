"""Which settled files are still to be moved out of a watched folder, also after a kill."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lepton_core.errors import DataError
from lepton_core.scoring.arrivals import Arrivals, Key, key_of
from lepton_core.scoring.done_folder import DoneFolder
from lepton_core.scoring.part_ids import PartIds

_RETRY_S = 5.0


class Moves:
    """Files are noted with the results that count for them, and moved after that commit.

    Args:
        done: where to; None for a watch that moves nothing, which keeps what an earlier one noted.
        arrivals: the watched folder.
        ids: gives names there.
        cursor: of the journal: what an earlier process noted.
        note: told what cannot be moved, once for each reason.
    """

    def __init__(
        self,
        done: Path | None,
        arrivals: Arrivals,
        ids: PartIds,
        cursor: Mapping[str, Any],
        note: Callable[[str], None],
    ) -> None:
        self._done = None if done is None else DoneFolder(done)
        self._arrivals, self._ids, self._note = arrivals, ids, note
        # What each is to be called there; empty where no name may be noted.
        self._names: dict[str, str] = {}
        self._unmet = unmoved(cursor)
        self._retry_at = 0.0
        self._refusal = ""

    def is_taken(self, name: str) -> bool:
        """Whether something stands where a file of that name would be moved to."""
        return self._done is not None and self._done.is_taken(name)

    def plan(self, name: str, part_id: str, is_private: bool) -> dict[str, str]:
        """Have a settled file moved after the next commit.

        Args:
            name: of the file.
            part_id: what it is called there; empty to find a name.
            is_private: whether its name may tell of a patient: then none is noted.

        Returns:
            what the log is to say of it; nothing where files are not moved.
        """
        if self._done is None:
            return {}
        to = "" if is_private else part_id or self._ids.give(name, self.is_taken)
        self._names[name] = to
        return {"to": to}

    def cursor(self) -> dict[str, Any]:
        """What is to be moved, for a process that comes after a kill."""
        settled = self._arrivals.settled
        by_key = {settled[name]: to for name, to in self._names.items() if name in settled}
        parts = ("path", "bytes", "modified_ns", "to")
        moving = (by_key | self._unmet).items()
        lines = [dict(zip(parts, (*key, to), strict=True)) for key, to in moving]
        return {"moving": lines} if lines else {}

    def go_on(self) -> None:
        """After a look: move what an earlier process left, or a folder that refused."""
        if self._unmet:
            for name, key in self._arrivals.settled.items():
                if key in self._unmet:
                    self._names[name] = self._unmet.pop(key)
            if not self._arrivals.is_partial:
                self._unmet.clear()  # moved, before it could be noted
        if self._names and time.monotonic() >= self._retry_at:
            self.move()

    def move(self) -> None:
        """Move what counts."""
        if self._done is None:
            return
        for name, to in list(self._names.items()):
            key = self._arrivals.settled.get(name)
            # Without a key its sender has written the next one over it, and nothing is left.
            if key is not None:
                place = self._arrivals.folder / name
                to = to or self._ids.give(name, self.is_taken)
                try:
                    self._done.move(place, to, *key[1:])
                except OSError as error:
                    self._refused(place, error)
                    continue
                self._arrivals.forget(name)
            del self._names[name]
        if not self._names:
            self._refusal = ""
        self._done.sync()

    def _refused(self, place: Path, error: OSError) -> None:
        assert self._done is not None
        self._retry_at = time.monotonic() + _RETRY_S
        reason = error.strerror or str(error)
        if reason != self._refusal:
            told = DataError("data.cannot_move", source=place, to=self._done.folder, reason=reason)
            self._note(told.text("en"))
        self._refusal = reason


def unmoved(cursor: Mapping[str, Any]) -> dict[Key, str]:
    """The files that a journal's cursor names as still to be moved, and what they are called."""
    return {key_of(told): str(told["to"]) for told in cursor.get("moving", ())}
