"""Pictures as records: id, encoded bytes and, from class folders, the label."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from lepton_core.records.choosing import Chosen
from lepton_core.records.picture_files import PictureFiles, class_of, find_pictures
from lepton_core.spec import Column

PICTURE_COLUMNS = ("record_id", "image", "label")
IMAGE_TYPE = Column("image", "image").arrow_type()

# Bounds on memory: a batch ends before it holds more than this, unless one file alone does.
_BATCH_BYTES = 64_000_000
_FILE_BYTES = 200_000_000


class PictureReader:
    """Encoded pictures, read once, in order, a batch at a time; memory stays flat.

    Made by :func:`open_pictures` and :func:`lepton_core.records.open_records`.

    Attributes:
        source: what was opened, as text for messages.
        schema_names: the columns delivered.
        rows_total: the number of pictures.
        ignored: how many files were passed over: hidden ones, and those that are no pictures.
    """

    def __init__(self, files: PictureFiles, chosen: Chosen, batch_rows: int) -> None:
        self.source = files.source
        self.schema_names = tuple(name for _, name in chosen)
        self.rows_total: int | None = len(files.names)
        self.ignored = files.ignored
        self._files = files
        self._stream = _batches(files, chosen, batch_rows)

    def batches(self) -> Iterator[pa.Table]:
        """Tables of at most ``batch_rows`` pictures and about 64 MB.

        ``image`` is ``struct<path, bytes, sha256>``. A file that is gone, empty, unreadable or
        larger than 200 MB comes with null bytes, so that checking refuses that record alone.
        """
        yield from self._stream

    def close(self) -> None:
        """Let go of the files, and remove what a zip was unpacked to."""
        self._stream.close()
        self._files.close()

    def __enter__(self) -> PictureReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_pictures(
    path: str | Path | Sequence[str | Path],
    batch_rows: int = 64,
    labels: bool = True,
    root: Path | None = None,
) -> PictureReader:
    """Open pictures for reading in batches.

    Args:
        path: one picture, a folder (searched to the bottom, sorted by path), a ``.zip`` of such,
            or a list of pictures.
        batch_rows: most pictures in a batch.
        labels: whether class folders become a column ``label``.
        root: for a picture or a list, the folder that ids are relative to (a watcher's folder);
            the deepest one that holds all of them when None.

    Returns:
        a reader; use it in a ``with`` block. Columns: ``record_id`` (path below the folder, with
        forward slashes), ``image``, and ``label`` (the folder directly below the root) where
        there are class folders.

    Raises:
        DataError: nothing is there, it is no picture or holds none, or a zip is damaged or unsafe.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Path(folder, "scratch").mkdir()
        ...     _ = Path(folder, "scratch", "1.png").write_bytes(b"...")
        ...     with open_pictures(folder) as reader:
        ...         table = next(reader.batches())
        >>> table["record_id"].to_pylist(), table["label"].to_pylist()
        (['scratch/1.png'], ['scratch'])
    """
    files = find_pictures(path, root)
    names = picture_columns(files, labels)
    return PictureReader(files, tuple(enumerate(names)), batch_rows)


def picture_columns(files: PictureFiles, labels: bool = True) -> tuple[str, ...]:
    """The columns that these pictures have: those of ``PICTURE_COLUMNS``, or without a label."""
    return PICTURE_COLUMNS if labels and files.classes else PICTURE_COLUMNS[:2]


def _batches(files: PictureFiles, chosen: Chosen, batch_rows: int) -> Generator[pa.Table]:
    held: list[tuple[str, bytes | None]] = []
    n_bytes = 0
    for name in files.names:
        data = _read(files.root / name)
        size = len(data or b"")
        if held and (len(held) >= batch_rows or n_bytes + size > _BATCH_BYTES):
            table, held, n_bytes = _table(files, chosen, held), [], 0
            yield table
            # The consumer may be done with it while we hold the next pictures.
            del table
        held.append((name, data))
        n_bytes += size
    if held:
        yield _table(files, chosen, held)


def _read(path: Path) -> bytes | None:
    """A file's bytes; None where there is nothing to use."""
    try:
        # A pipe by the name of a picture would wait for ever.
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > _FILE_BYTES:
                return None
            data = file.read()
    except OSError:
        return None
    return data or None


def _table(files: PictureFiles, chosen: Chosen, held: list[tuple[str, bytes | None]]) -> pa.Table:
    columns: list[Any] = []
    for position, _ in chosen:
        kind = PICTURE_COLUMNS[position]
        if kind == "record_id":
            columns.append(pa.array([_text(name) for name, _ in held], pa.string()))
        elif kind == "label":
            labels = [class_of(name) for name, _ in held]
            texts = [None if label is None else _text(label) for label in labels]
            columns.append(pa.array(texts, pa.string()))
        else:
            columns.append(_images(files, held))
    return pa.table(columns, names=[name for _, name in chosen])


def _images(files: PictureFiles, held: list[tuple[str, bytes | None]]) -> pa.StructArray:
    sums = [None if data is None else hashlib.sha256(data).hexdigest() for _, data in held]
    return pa.StructArray.from_arrays(
        [
            pa.array([_text(str(files.shown / name)) for name, _ in held], pa.string()),
            pa.array([data for _, data in held], pa.binary()),
            pa.array(sums, pa.string()),
        ],
        fields=list(IMAGE_TYPE),
    )


def _text(name: str) -> str:
    # On Linux a name may be no UTF-8, which Arrow and every output would refuse.
    return os.fsencode(name).decode("utf-8", "backslashreplace")
