"""Pictures in the arrays of one npz file, as MedMNIST publishes its sets."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Any

import numpy as np

from lepton_core.errors import DataError
from lepton_core.records.choosing import by_role, choose_columns
from lepton_core.records.picture_parts import Picture
from lepton_core.records.pictures import PICTURE_COLUMNS, PictureReader, picture_tables
from lepton_core.records.source import unreadable
from lepton_core.spec import Spec

ARRAY_SUFFIX = ".npz"
PARTS = ("train", "val", "test")
_MOST_LABELS = 50_000_000


def open_image_arrays(
    path: str | Path,
    spec: Spec,
    mapping: Mapping[str, str] | None = None,
    *,
    extra: Sequence[str] = (),
    batch_rows: int = 64,
) -> PictureReader:
    """Open the pictures of an npz file: ``train_images``, ``train_labels`` and so on.

    Args:
        path: an npz with ``<part>_images``, uint8 [n, height, width] or [n, height, width, 3],
            for some of ``PARTS``, and ``<part>_labels``, whole numbers [n] or [n, 1].
        spec: what the task takes.
        mapping: their column name -> ours; the columns are ``record_id``, ``image``, ``label``.
        extra: further of these columns to deliver.
        batch_rows: most records in a batch.

    Returns:
        a reader; use it in a ``with`` block. A record's id is its part and its place there,
        from 0 (``train/00001``), its image a PNG, which loses nothing, its label the number as
        text; a data set's card names the classes. Memory stays flat however large the arrays.

    Raises:
        DataError: ``data.unreadable``, ``data.no_arrays``; as :func:`choose_columns`.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError("data.no_file", source=path)
    found = PICTURE_COLUMNS[:3]
    names = {**by_role(found, spec, mapping or {}), **(mapping or {})}
    chosen = choose_columns(str(path), found, names, None, spec, extra)
    table = picture_tables(chosen, found)
    with closing(_opened(path)) as archive:
        members = {name.removesuffix(".npy") for name in archive.namelist()}
        parts = [part for part in PARTS if f"{part}_images" in members]
        if not parts:
            told = ", ".join(f"{part}_images" for part in PARTS)
            found_text = ", ".join(sorted(members)[:12]) or "-"
            raise DataError("data.no_arrays", source=path, known=told, found=found_text)
        total = sum(_shape(path, archive, f"{part}_images")[0] for part in parts)
    names_out = [name for _, name in chosen]
    stream = _pictures(path, parts)
    return PictureReader(str(path), names_out, stream, table, batch_rows, rows_total=total)


def _pictures(path: Path, parts: Sequence[str]) -> Iterator[Picture]:
    import cv2

    with closing(_opened(path)) as archive:
        members = archive.namelist()
        for part in parts:
            labels = None
            if f"{part}_labels.npy" in members:
                labels = _labels(path, archive, f"{part}_labels")
            for row, image in enumerate(_images(path, archive, f"{part}_images")):
                if image.ndim == 3:
                    image = image[..., ::-1]
                data = cv2.imencode(".png", np.ascontiguousarray(image))[1].tobytes()
                has_label = labels is not None and row < len(labels)
                label = str(int(labels[row])) if labels is not None and has_label else None
                name = f"{part}/{row:05d}"
                yield Picture(name, f"{path}/{name}", data, label)


def _images(path: Path, archive: zipfile.ZipFile, name: str) -> Iterator[np.ndarray]:
    """One picture after the other, read from the packed file as it is asked for."""
    with _member(path, archive, name) as file:
        shape, fortran, dtype = _header(path, file)
        if dtype != np.uint8 or fortran or len(shape) not in (3, 4) or shape[3:] not in ((), (3,)):
            received = f"{dtype} {list(shape)}"
            raise DataError("data.bad_array", source=path, array=name, received=received)
        size = int(np.prod(shape[1:], dtype=np.int64))
        for _ in range(shape[0]):
            data = _read(path, file, size)
            if len(data) < size:
                raise unreadable(path, "npz", f"{name} ends too early")
            yield np.frombuffer(data, np.uint8).reshape(shape[1:])


def _labels(path: Path, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """Class numbers [n]."""
    with _member(path, archive, name) as file:
        shape, _, dtype = _header(path, file)
        n = shape[0] if shape else 0
        if dtype.kind not in "iu" or shape not in ((n,), (n, 1)) or n > _MOST_LABELS:
            received = f"{dtype} {list(shape)}"
            raise DataError("data.bad_array", source=path, array=name, received=received)
        data = _read(path, file, n * dtype.itemsize)
        if len(data) < n * dtype.itemsize:
            raise unreadable(path, "npz", f"{name} ends too early")
        return np.frombuffer(data, dtype)


def _shape(path: Path, archive: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    with _member(path, archive, name) as file:
        shape = _header(path, file)[0]
    return shape or (0,)


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise unreadable(path, "npz", error) from error


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    try:
        return archive.open(f"{name}.npy")
    except (KeyError, OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
        raise unreadable(path, "npz", error) from error


def _header(path: Path, file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    # Never the array as a whole: it may be larger than memory, and an object would be unpickled.
    lib = np.lib.format
    try:
        version = lib.read_magic(file)
        read = lib.read_array_header_1_0 if version == (1, 0) else lib.read_array_header_2_0
        shape, fortran, dtype = read(file)
    except Exception as error:  # numpy raises whatever a damaged header makes it run into
        raise unreadable(path, "npz", error) from error
    return tuple(int(side) for side in shape), bool(fortran), dtype


def _read(path: Path, file: IO[bytes], size: int) -> bytes:
    try:
        return file.read(size)
    except (OSError, EOFError, zipfile.BadZipFile, ValueError) as error:
        raise unreadable(path, "npz", error) from error
