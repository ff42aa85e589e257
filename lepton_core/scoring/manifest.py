"""``_manifest.json``: what of a run's folder counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lepton_core.errors import DataError, UsageError
from lepton_core.scoring.folder import MANIFEST

FORMAT = 1
_ENDLESS = ("stream", "watch")
_SCORER, _RULES = "scorer_sha256", "rules_sha256"


@dataclass
class Manifest:
    """The contents of ``_manifest.json``.

    Args:
        settings: what decides on the output; another value is another run.
        status: ``running``, ``stopped`` for a stream that ended in good order, ``done``, or
            ``assembled`` when the one file made of the parts stands in its place.
        number: the number of the next commit, which its new files carry in their names.
        cursor: the input position that the output reaches.
        logs: name of each log -> its bytes that count.
        state: the file with the session's memory; empty for none.
        summary: counts so far.
        types: the Arrow types of the file's own columns in the output, see
            :meth:`~lepton_core.scoring.selection.Selection.types_text`.
        format: of this file.
    """

    settings: dict[str, Any]
    status: str = "running"
    number: int = 0
    cursor: dict[str, Any] = field(default_factory=dict)
    logs: dict[str, int] = field(default_factory=dict)
    state: str = ""
    summary: dict[str, Any] = field(default_factory=dict)
    types: str = ""
    format: int = FORMAT

    def __post_init__(self) -> None:
        for name, kind in _KINDS.items():
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"{name} is no {kind.__name__}")
        if not all(isinstance(size, int) for size in self.logs.values()):
            raise TypeError("logs are no sizes")


_KINDS = {
    "settings": dict,
    "status": str,
    "number": int,
    "cursor": dict,
    "logs": dict,
    "state": str,
    "summary": dict,
    "types": str,
}


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in a run's folder; None where there is none.

    Raises:
        DataError: ``journal.damaged``.
    """
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


def plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as JSON gives them back."""
    return dict(json.loads(json.dumps(dict(settings), default=str)))


def check_settings(
    folder: Path, earlier: Manifest, settings: Mapping[str, Any], at_rest: bool = False
) -> None:
    """Refuse to go on with a run of other settings.

    A stream or a watched folder has no end, and its memory must outlive a change of threshold or
    rules. So these may be others where no record was begun and not finished with the old ones, the
    model is the same, and the output has the same columns.

    Args:
        folder: of the run.
        earlier: the run that goes on.
        settings: of now.
        at_rest: whether nothing is left to be done again.

    Raises:
        UsageError: ``journal.other_settings``, naming the first that differs.
    """
    now = plain(settings)
    free: set[str] = set()
    if at_rest and now.get("mode") in _ENDLESS and _SCORER in earlier.settings:
        free = {"bundle", "bundle_sha256", "decision"}
        if _RULES in earlier.settings and _RULES in now:
            free.add(_RULES)
    for name in {**earlier.settings, **now}:
        if name == _SCORER and name not in earlier.settings:
            continue  # a run of an older version; its bundle is compared as a whole
        there, here = earlier.settings.get(name), now.get(name)
        if there != here and name not in free:
            if name == _SCORER and earlier.settings.get("bundle") != now.get("bundle"):
                name, there, here = "bundle", earlier.settings.get("bundle"), now.get("bundle")
            raise UsageError(
                "journal.other_settings", folder=folder, setting=name, there=there, here=here
            )
