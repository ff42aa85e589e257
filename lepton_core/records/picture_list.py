"""A CSV that lists picture files, with what is known of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.records.choosing import Chosen, choose_columns
from lepton_core.records.csv_file import open_csv
from lepton_core.records.dicom_frames import patient_pseudonym
from lepton_core.records.picture_parts import Picture, pictures_in, read_file, relative_name
from lepton_core.records.pictures import PictureReader, file_array, image_array
from lepton_core.records.source import TableSource
from lepton_core.spec import Column, Spec

_PATHS = ("image", "file", "path")
_ROWS = 1024


def is_list(path: str | Path) -> bool:
    """Whether a file can only list pictures: a CSV holds none itself, as Parquet may."""
    path = Path(path)
    return path.name.lower().endswith((".csv", ".csv.gz")) and path.is_file()


def open_list(
    path: str | Path,
    spec: Spec,
    mapping: Mapping[str, str] | None = None,
    *,
    extra: Sequence[str] = (),
    batch_rows: int = 64,
) -> PictureReader:
    """Open the pictures that a CSV lists.

    Args:
        path: a CSV with a header line. The column ``image``, ``file`` or ``path`` (or the one
            mapped to the image column) holds paths relative to the CSV's own folder; the other
            columns of the Spec are read where it has them, further ones of images (masks) too.
        spec: what the task takes.
        mapping: their column name -> ours.
        extra: further columns to deliver, under the CSV's own names.
        batch_rows: most records in a batch.

    Returns:
        a reader; use it in a ``with`` block. A record's id is the CSV's own, otherwise the path as
        listed; that of a DICOM file is a pseudonym, its patient's likewise. A file that is not
        there is a record that checking refuses.

    Raises:
        DataError: as :func:`lepton_core.records.open_table`; ``data.no_paths`` for a CSV without
            a column of paths.

    Example:
        >>> import tempfile
        >>> spec = Spec((Column("record_id", "string", "id"), Column("image", "image"),
        ...              Column("label", "string", "label", required=False)))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "1.png").write_bytes(b"...")
        ...     listed = Path(folder, "films.csv")
        ...     _ = listed.write_text("file,label\\n1.png,normal\\n2.png,normal\\n")
        ...     with open_list(listed, spec) as reader:
        ...         table = next(reader.batches())
        >>> table["record_id"].to_pylist(), [one["bytes"] for one in table["image"].to_pylist()]
        (['1.png', '2.png'], [b'...', None])
    """
    path, image = Path(path), _image(spec)
    source = open_csv(path)
    mapping = _with_paths(path, source.names, image, mapping or {})
    # An id that the CSV lacks is made from the path.
    columns = (replace(one, required=False) if one.role == "id" else one for one in spec)
    chosen = choose_columns(str(path), source.names, mapping, None, Spec(tuple(columns)), extra)
    ids = [one.name for one in spec.of_role("id")]
    delivered = {name for _, name in chosen}
    more = [name for name in (*ids, "patient") if name in spec and name not in delivered]
    names = (*(name for _, name in chosen), *more)

    masks = [one.name for one in spec if one.dtype == "image" and one is not image]

    def table(held: list[Picture]) -> pa.Table:
        columns = [
            _files(path.parent, [one.row[name] for one in held])
            if name in masks
            else _column(name, held, image, ids)
            for name in names
        ]
        return pa.table(columns, names=names)

    pictures = _pictures(path, source, chosen, image, ids)
    return PictureReader(str(path), names, pictures, table, batch_rows)


def list_columns(
    path: Path, spec: Spec, mapping: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The columns of a list, and the mapping with that of its paths.

    Raises:
        DataError: as :func:`open_list`.
    """
    names = open_csv(path).names
    return names, _with_paths(path, names, _image(spec), mapping)


def _with_paths(
    path: Path, found: Sequence[str], image: Column, mapping: Mapping[str, str]
) -> dict[str, str]:
    """The mapping, with the column of paths as the image column."""
    if not found:
        raise DataError("data.empty", source=path)
    column = _path_column(found, image, mapping)
    if column is None:
        told = ", ".join(found)
        raise DataError("data.no_paths", source=path, known=", ".join(_PATHS), found=told)
    return {**mapping, column: image.name}


def _image(spec: Spec) -> Column:
    return next(column for column in spec if column.dtype == "image")


def _path_column(found: Sequence[str], image: Column, mapping: Mapping[str, str]) -> str | None:
    """The column of paths; None where there is none."""
    mapped = next((theirs for theirs, ours in mapping.items() if ours == image.name), None)
    if mapped is not None:
        return mapped
    return next((name for name in (image.name, *_PATHS) if name in found), None)


def _pictures(
    path: Path, source: TableSource, chosen: Chosen, image: Column, ids: list[str]
) -> Iterator[Picture]:
    positions = list(dict.fromkeys(position for position, _ in chosen))
    for part in source.read(positions, _ROWS):
        columns = [part.column(positions.index(position)).to_pylist() for position, _ in chosen]
        for cells in zip(*columns, strict=True):
            row = {name: cell for (_, name), cell in zip(chosen, cells, strict=True)}
            listed = relative_name(row[image.name] or "")
            # An id that is empty is one that the CSV lacks.
            name = next((row[one] for one in ids if row.get(one)), None) or listed
            file = path.parent / listed if row[image.name] else path.parent
            for picture in pictures_in(file, name, listed, image.formats):
                yield picture._replace(row=row)


def _column(
    name: str, held: Sequence[Picture], image: Column, ids: Sequence[str]
) -> pa.Array | pa.StructArray:
    if name == image.name:
        return image_array(held)
    if name in ids:
        return pa.array([one.record_id for one in held], pa.string())
    if name == "patient":
        return pa.array([_patient(one) for one in held], pa.string())
    return pa.array([one.row[name] for one in held], pa.string())


def _files(folder: Path, listed: Sequence[str | None]) -> pa.StructArray:
    """Pictures that a column lists beside the first one."""
    names = [relative_name(path) if path else None for path in listed]
    return file_array(
        [None if name is None else (name, read_file(folder / name)) for name in names]
    )


def _patient(picture: Picture) -> str | None:
    """The patient's pseudonym; a list of everyday pictures tells its own."""
    listed = picture.row.get("patient")
    if picture.patient is not None or listed is None or not picture.is_hidden:
        return picture.patient or listed
    return patient_pseudonym(listed)
