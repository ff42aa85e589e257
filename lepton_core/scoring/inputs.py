"""What a run remembers of its inputs, so that it goes on with the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def identity(path: Path) -> dict[str, Any]:
    """What tells an input from another, without reading it: path, size and time of change.

    Args:
        path: a file, or a folder, for which its listing is digested.
    """
    if not path.is_dir():
        told = path.stat()
        return {"path": str(path), "bytes": told.st_size, "modified_ns": told.st_mtime_ns}
    digest = hashlib.sha256()
    size = 0
    for file in sorted(path.rglob("*")):
        if file.is_file() and not file.name.startswith("."):
            told = file.stat()
            size += told.st_size
            name = file.relative_to(path).as_posix()
            digest.update(f"{name} {told.st_size} {told.st_mtime_ns}\n".encode())
    return {"path": str(path), "bytes": size, "listing_sha256": digest.hexdigest()}


def rows_of(inputs: Sequence[Path]) -> int | None:
    """Records of all inputs together; None where a format does not tell before it is read."""
    if not all(path.suffix.lower() == ".parquet" and path.is_file() for path in inputs):
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return sum(pq.read_metadata(path).num_rows for path in inputs)
    except (OSError, pa.ArrowException):
        return None  # the reader tells what is wrong with it
