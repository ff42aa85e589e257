"""From the parts of a finished run to the one file that was asked for."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lepton_core.errors import DataError
from lepton_core.scoring.folder import PARTS_LOG, REJECTED_LOG, WHOLE, sync
from lepton_core.scoring.journal import Journal
from lepton_core.scoring.sinks import make_sink


def rejects_path(out: Path) -> Path:
    """Where the refused records of a run into one file stand."""
    return out.with_name(out.name + ".rejected.jsonl")


def assemble(journal: Journal, out: Path, suffix: str, compression: str) -> None:
    """Put a finished run's parts behind each other into ``out``, and remove the run's folder.

    It may be interrupted anywhere and called again.

    Args:
        journal: of a run that is done.
        out: the file; an older one is replaced.
        suffix: format of parts and file.
        compression: of Parquet.

    Raises:
        DataError: the disk is full or refuses, and the parts are still there; or something of
            them is gone.
    """
    try:
        if journal.manifest.status != "assembled":
            _put_in_place(journal, out, suffix, compression)
            # From here on the parts may be incomplete, and must not be joined again.
            journal.mark("assembled")
        elif not out.exists():
            reason = f"{out}, which was made of it, is gone"
            raise DataError("journal.damaged", path=journal.folder, reason=reason)
        journal.discard()
    except (OSError, pa.ArrowException) as error:
        raise DataError("data.cannot_write", out=out, reason=error) from error


def _put_in_place(journal: Journal, out: Path, suffix: str, compression: str) -> None:
    whole = journal.folder / WHOLE
    parts = [journal.folder / told["file"] for told in journal.lines(PARTS_LOG)]
    if not whole.exists():
        if len(parts) == 1 and not parts[0].exists() and out.exists():
            return  # in its place already
        _join(parts, whole, suffix, compression)
    rejected = journal.folder / REJECTED_LOG
    # First, so that scores never stand without what was refused beside them.
    if rejected.exists():
        os.replace(rejected, rejects_path(out))
    elif not journal.manifest.summary.get("rejected"):
        rejects_path(out).unlink(missing_ok=True)
    os.replace(whole, out)
    sync(out.parent)


def _join(parts: list[Path], whole: Path, suffix: str, compression: str) -> None:
    for part in parts:
        if not part.exists():
            raise DataError("journal.damaged", path=part, reason="it is gone")
    if len(parts) == 1:
        os.replace(parts[0], whole)
        return
    work = whole.with_name(f"{whole.name}.tmp")
    try:
        if suffix == ".parquet":
            _join_parquet(parts, work, compression)
        else:
            # CSV parts after the first have no header; joined gzip files are one gzip file.
            with work.open("wb") as joined:
                for part in parts:
                    with part.open("rb") as piece:
                        shutil.copyfileobj(piece, joined, 1 << 20)
        sync(work)
        os.replace(work, whole)
    finally:
        work.unlink(missing_ok=True)


def _join_parquet(parts: list[Path], work: Path, compression: str) -> None:
    sink = make_sink(work, pq.read_schema(parts[0]), ".parquet", compression)
    try:
        for part in parts:
            with pq.ParquetFile(part) as file:
                for group in range(file.num_row_groups):
                    sink.write(file.read_row_group(group, use_threads=False))
    finally:
        sink.close()
