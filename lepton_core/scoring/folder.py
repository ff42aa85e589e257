"""The names of a run's files: which are ours, what they say, and removing no others."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

MANIFEST = "_manifest.json"
LOCK = "_lock"
STREAM = "_stream-"
WHOLE = "_whole"
REJECTED_LOG = "_rejected.jsonl"
PARTS_LOG = "_parts.jsonl"
INPUTS_LOG = "_inputs.jsonl"
FAILED_LOG = "_failed.jsonl"
LOGS = (REJECTED_LOG, PARTS_LOG, INPUTS_LOG, FAILED_LOG)

_PART = re.compile(r"_?part-(\d{5,})\.(parquet|csv|jsonl)(\.gz)?")
_OURS = re.compile(
    r"_manifest\.json(\.tmp)?|_lock|_whole(\.tmp)?|_state-\d+\.npz|_stream-\d+\.jsonl"
    r"|_(rejected|parts|inputs|failed)\.jsonl"
)


def is_run(folder: Path) -> bool:
    """Whether a run's manifest stands in ``folder``."""
    return (folder / MANIFEST).is_file()


def hidden_parts(folder: Path) -> list[Path]:
    """The parts that are being written, or were when the run was killed."""
    return [path for path in _every_part(folder) if path.name.startswith("_")]


def number_of(part: Path) -> int:
    """The number of the commit that a part belongs to.

    Example:
        >>> number_of(Path("label=fraud/_part-00017.csv.gz"))
        17
    """
    found = _PART.fullmatch(part.name)
    assert found is not None
    return int(found[1])


def shown(part: Path) -> Path:
    """The name that a part has once it counts."""
    return part.with_name(part.name.removeprefix("_"))


def show(part: Path) -> None:
    """Give a part that counts its name."""
    os.replace(part, shown(part))


def sync(path: Path) -> None:
    """Have the disk hold a file, or a folder's names, also when the power fails."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_own(folder: Path, keep: Collection[str] = (), below: int = 0) -> None:
    """Remove a run's files, the manifest last, and partitions that are empty then.

    Args:
        folder: of the run; what others put there stays.
        keep: names that stay.
        below: parts of earlier commits stay.
    """
    for path in _every_part(folder):
        if number_of(path) >= below:
            path.unlink()
            if path.parent != folder and not any(path.parent.iterdir()):
                path.parent.rmdir()
    own = [p for p in folder.iterdir() if _OURS.fullmatch(p.name) and p.name not in keep]
    for path in sorted(own, key=lambda path: (path.name == LOCK, path.name == MANIFEST)):
        path.unlink()


def _every_part(folder: Path) -> list[Path]:
    found = [path for path in _files(folder) if _PART.fullmatch(path.name)]
    return sorted(found, key=lambda path: (number_of(path), path))


def _files(folder: Path) -> Iterator[Path]:
    """The files of a run's folder and, one level down, of its partitions."""
    for path in folder.iterdir():
        if "=" in path.name and path.is_dir():
            yield from path.iterdir()
        else:
            yield path
