"""Pictures as records: id, encoded bytes and, from class folders, the label."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from lepton_core.records.annotation import Annotations
from lepton_core.records.choosing import Chosen
from lepton_core.records.picture_files import PictureFiles, class_of, find_pictures, is_picture
from lepton_core.records.picture_parts import (
    Picture,
    as_text,
    pictures_in,
    read_file,
    refused_archive,
)
from lepton_core.records.source import Closing
from lepton_core.spec import Column

PICTURE_COLUMNS = ("record_id", "image", "label", "patient")
IMAGE_TYPE = Column("image", "image").arrow_type()

# Bounds on memory: a batch ends before it holds more than this, unless one file alone does.
_BATCH_BYTES = 64_000_000


class Original(NamedTuple):
    """The file that a record was read from, as it stands there, with all that it tells.

    Args:
        record_id: the record's.
        file: where it stands; for a zip, in the temporary folder it was unpacked to.
        frame: which frame or slice of it the record is, from 0.
        data: its bytes; None where it cannot be read.
    """

    record_id: str
    file: Path
    frame: int
    data: bytes | None


class PictureReader(Closing):
    """Encoded pictures, read once, in order, a batch at a time; memory stays flat.

    Made by :func:`open_pictures` and :func:`lepton_core.records.open_records`.

    Args:
        source: what was opened, as text for messages.
        names: the columns delivered.
        pictures: the records, read as they are asked for.
        table: makes a table with these columns of some of them.
        batch_rows: most pictures in a batch.
        rows_total: the number of records; None where it is not known before they are read.
        files: what they were found in, to be closed; None where they stand in one file.

    Attributes:
        source: what was opened, as text for messages.
        schema_names: the columns delivered.
        rows_total: the number of records; None where files may hold several.
        ignored: how many files were passed over: hidden ones, and those that are no pictures.
        notes: what was found beside the pictures, in sentences for a person.
    """

    def __init__(
        self,
        source: str,
        names: Sequence[str],
        pictures: Iterator[Picture],
        table: Callable[[list[Picture]], pa.Table],
        batch_rows: int,
        *,
        rows_total: int | None = None,
        files: PictureFiles | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        self.source = source
        self.schema_names = tuple(names)
        self.rows_total = rows_total
        self.ignored = 0 if files is None else files.ignored
        self.notes = tuple(notes)
        self._files = files
        self._pictures = pictures
        self._stream = _batches(pictures, table, batch_rows)

    def batches(self) -> Iterator[pa.Table]:
        """Tables of at most ``batch_rows`` pictures and about 64 MB.

        ``image`` is ``struct<path, bytes, sha256>``. A file that is gone, empty, unreadable or
        larger than 200 MB comes with null bytes, so that checking refuses that record alone.
        """
        yield from self._stream

    def originals(self) -> Iterator[Original]:
        """The files of the records, found by reading again: a pseudonym is not turned back.

        Results that go back to an archive name the patient and refer to the source; both stand
        in the file alone. Nothing is left for :meth:`batches` afterwards, nor the other way round.
        """
        file: Path | None = None
        data: bytes | None = None
        for picture in self._pictures:
            if picture.file is None:
                continue
            # The frames of a file come one after the other and share one reading.
            if picture.file != file:
                file, data = picture.file, read_file(picture.file)
            yield Original(picture.record_id, picture.file, picture.frame, data)

    def close(self) -> None:
        """Let go of the files, and remove what a zip was unpacked to."""
        self._stream.close()
        if self._files is not None:
            self._files.close()


def open_pictures(
    path: str | Path | Sequence[str | Path],
    batch_rows: int = 64,
    labels: bool = True,
    root: Path | None = None,
    formats: Sequence[str] = (),
) -> PictureReader:
    """Open pictures for reading in batches.

    Args:
        path: one picture, a folder (searched to the bottom, sorted by path), a ``.zip`` of such,
            or a list of pictures.
        batch_rows: most pictures in a batch.
        labels: whether class folders become a column ``label``.
        root: for a picture or a list, the folder that ids are relative to (a watcher's folder);
            the deepest one that holds all of them when None.
        formats: what is read beside everyday pictures, see :class:`lepton_core.spec.Column`. Each
            frame of a DICOM file is then a record, its bytes without identity, its id a pseudonym
            of the file's instance UID; each slice of a NIfTI file is one (``brain.nii.gz#12``).

    Returns:
        a reader; use it in a ``with`` block. Columns: ``record_id`` (path below the folder, with
        forward slashes), ``image``, ``label`` (the folder directly below the root) where there
        are class folders, and with ``formats`` ``patient``, a pseudonym.

    Raises:
        DataError: nothing is there, it is no picture or holds none, or a zip is damaged or unsafe;
            while reading, ``pseudonym.*`` where DICOM files come and there is no key.

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
    files = find_pictures(path, root, formats)
    names = picture_columns(files, labels, formats)
    return read_pictures(files, tuple(enumerate(names)), names, batch_rows, formats)


def picture_columns(
    files: PictureFiles,
    labels: bool = True,
    formats: Sequence[str] = (),
    annotations: Annotations | None = None,
) -> tuple[str, ...]:
    """Which of ``PICTURE_COLUMNS`` these pictures have, and what is marked in them."""
    marked = () if annotations is None else annotations.columns
    label = PICTURE_COLUMNS[2:3] if labels and (files.classes or marked) else ()
    return (*PICTURE_COLUMNS[:2], *label, *(PICTURE_COLUMNS[3:] if formats else ()), *marked)


def read_pictures(
    files: PictureFiles,
    chosen: Chosen,
    found: Sequence[str],
    batch_rows: int,
    formats: Sequence[str] = (),
    annotations: Annotations | None = None,
    notes: Sequence[str] = (),
) -> PictureReader:
    """A reader of found files.

    Args:
        files: what to read.
        chosen: position among ``found`` and name of each column to deliver.
        found: columns that the pictures have.
        batch_rows: most pictures in a batch.
        formats: what is read beside everyday pictures.
        annotations: what is marked in them; None where nothing is.
        notes: what was found, in sentences for a person.
    """
    names = tuple(name for _, name in chosen)
    stream = _pictures(files, tuple(formats), annotations)
    table = picture_tables(chosen, found)
    # A medical file may hold many records.
    is_known = all(map(is_picture, files.names))
    total = len(files.names) + len(_refused(files, formats)) if is_known else None
    return PictureReader(
        files.source, names, stream, table, batch_rows, rows_total=total, files=files, notes=notes
    )


def picture_tables(chosen: Chosen, found: Sequence[str]) -> Callable[[list[Picture]], pa.Table]:
    """What makes tables of pictures, for a reader of them.

    Args:
        chosen: position among ``found`` and name of each column to deliver.
        found: columns that the pictures have, of ``PICTURE_COLUMNS``.
    """
    names = [name for _, name in chosen]
    kinds = [found[position] for position, _ in chosen]

    def table(held: list[Picture]) -> pa.Table:
        return pa.table([_column(kind, held) for kind in kinds], names=names)

    return table


def image_array(held: Sequence[Picture]) -> pa.StructArray:
    """The ``image`` column of some pictures."""
    return file_array([(one.path, one.data) for one in held])


def file_array(files: Sequence[tuple[str, bytes | None] | None]) -> pa.StructArray:
    """A column of encoded pictures: path and bytes of each; None where there is none at all."""
    there = [one or ("", None) for one in files]
    sums = [None if data is None else hashlib.sha256(data).hexdigest() for _, data in there]
    return pa.StructArray.from_arrays(
        [
            pa.array([path for path, _ in there], pa.string()),
            pa.array([data for _, data in there], pa.binary()),
            pa.array(sums, pa.string()),
        ],
        fields=list(IMAGE_TYPE),
        mask=pa.array([one is None for one in files], pa.bool_()),
    )


def _pictures(
    files: PictureFiles, formats: tuple[str, ...], annotations: Annotations | None
) -> Iterator[Picture]:
    for name in files.names:
        label = class_of(name)
        for picture in pictures_in(
            files.root / name,
            as_text(name),
            as_text(str(files.shown / name)),
            formats,
            None if label is None else as_text(label),
        ):
            if annotations is None:
                yield picture
                continue
            told = annotations.marks(name, picture.data)
            label = None if told.label is None else as_text(told.label)
            yield picture._replace(label=label, boxes=told.boxes, mask=told.mask)
    yield from map(refused_archive, _refused(files, formats))


def _refused(files: PictureFiles, formats: Sequence[str]) -> tuple[str, ...]:
    """Archives that are refused: with DICOM they may be somebody's pictures, and are to be seen."""
    return files.archives if "dicom" in formats else ()


def _batches(
    pictures: Iterator[Picture], table: Callable[[list[Picture]], pa.Table], batch_rows: int
) -> Generator[pa.Table]:
    held: list[Picture] = []
    n_bytes = 0
    for picture in pictures:
        size = len(picture.data or b"")
        if held and (len(held) >= batch_rows or n_bytes + size > _BATCH_BYTES):
            made, held, n_bytes = table(held), [], 0
            yield made
            # The consumer may be done with it while we hold the next pictures.
            del made
        held.append(picture)
        n_bytes += size
        del picture
    if held:
        yield table(held)


def _column(kind: str, held: Sequence[Picture]) -> Any:
    if kind == "image":
        return image_array(held)
    if kind == "mask":
        masks = [one.mask for one in held]
        return file_array(
            [None if path is None else (path.name, read_file(path)) for path in masks]
        )
    return pa.array([getattr(one, kind) for one in held], pa.string())
