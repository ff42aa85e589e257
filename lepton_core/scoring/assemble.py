"""From the parts of a finished run to the one file that was asked for."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lepton_core.errors import DataError
from lepton_core.scoring.journal import Journal, part_files
from lepton_core.scoring.run import REJECTED_LOG
from lepton_core.scoring.sinks import make_sink

_WHOLE = "_whole"


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
        DataError: the disk is full or refuses; the parts are still there.
    """
    whole = journal.folder / _WHOLE
    try:
        parts = part_files(journal.folder)
        if not whole.exists() and parts:
            _join(parts, whole, suffix, compression)
        if whole.exists():
            rejected = journal.folder / REJECTED_LOG
            # First, so that scores never stand without what was refused beside them.
            if rejected.exists():
                os.replace(rejected, rejects_path(out))
            elif not journal.manifest.summary.get("rejected"):
                rejects_path(out).unlink(missing_ok=True)
            os.replace(whole, out)
    except (OSError, pa.ArrowException) as error:
        raise DataError("data.cannot_write", out=out, reason=error) from error
    journal.discard()


def _join(parts: list[Path], whole: Path, suffix: str, compression: str) -> None:
    if len(parts) == 1:
        os.replace(parts[0], whole)
        return
    work = whole.with_name(f"{whole.name}.tmp")
    if suffix == ".parquet":
        sink = make_sink(work, pq.read_schema(parts[0]), suffix, compression)
        for part in parts:
            with pq.ParquetFile(part) as file:
                for group in range(file.num_row_groups):
                    sink.write(file.read_row_group(group, use_threads=False))
        sink.close()
    else:
        # CSV parts after the first have no header; joined gzip files are one gzip file.
        with work.open("wb") as joined:
            for part in parts:
                with part.open("rb") as piece:
                    shutil.copyfileobj(piece, joined, 1 << 20)
    os.replace(work, whole)
