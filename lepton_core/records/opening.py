"""The one door to all readers: a task's Spec decides how its records are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.records.annotation import Annotations, Layout, find_annotations
from lepton_core.records.annotation.finding import notes_of
from lepton_core.records.choosing import by_role, choose_columns
from lepton_core.records.histories import HISTORY_BATCH_ROWS, HistoryReader, open_histories
from lepton_core.records.image_arrays import ARRAY_SUFFIX, open_image_arrays
from lepton_core.records.picture_files import (
    PictureFiles,
    find_pictures,
    is_picture_file,
    picture_suffixes,
)
from lepton_core.records.picture_list import is_list, open_list
from lepton_core.records.pictures import PictureReader, picture_columns, read_pictures
from lepton_core.records.source import RecordReader
from lepton_core.records.table import TABLE_SUFFIXES, join_tables, open_table
from lepton_core.records.video import (
    FRAME_BATCH_ROWS,
    expand_videos,
    open_video,
    takes_frames,
)
from lepton_core.spec import Spec

# Two threads hold a handful of batches each: at twice as many rows a run needs 50 MB more and is
# no faster (measured).
TABLE_BATCH_ROWS = 16_384
PICTURE_BATCH_ROWS = 64

Source = str | Path | Sequence[str | Path]


def open_records(
    source: Source,
    spec: Spec,
    mapping: Mapping[str, str] | None = None,
    *,
    extra: Sequence[str] = (),
    batch_rows: int | None = None,
    labels: bool = True,
    root: Path | None = None,
    layout: Layout | None = None,
    fps: float | None = None,
) -> RecordReader:
    """Open what a task scores or learns from.

    Where the Spec has a required ``frame`` column that is a video (see
    :func:`~lepton_core.records.video.open_video`). Where it has an ``image`` column that is
    pictures: files, a CSV that lists files (see
    :func:`~lepton_core.records.picture_list.open_list`), arrays of them
    (:func:`~lepton_core.records.image_arrays.open_image_arrays`), or a table that holds such a
    column. Otherwise it is a table; where records are histories it may have one row an event (see
    :func:`~lepton_core.records.histories.histories`).

    Args:
        source: one input of :func:`expand_inputs`; for pictures also a list of them.
        spec: what the task takes; the columns of pictures come under its names.
        mapping: their column name -> ours.
        extra: further columns to deliver, under the source's own names.
        batch_rows: most records in a batch; 16,384 of a table, 2,048 histories, 64 pictures when
            None.
        labels: whether class folders of pictures are their labels, and true masks of frames read.
        root: for a list of pictures, the folder that their ids are relative to.
        layout: how a folder is annotated, where somebody says so; found out for a Spec that has
            boxes or a mask among its labels.
        fps: frames a second of a folder of frames whose names tell no times.

    Returns:
        a reader; use it in a ``with`` block. Values are not checked yet.

    Raises:
        DataError: as :func:`lepton_core.records.open_table` and
            :func:`lepton_core.records.open_pictures`; ``data.unknown_column`` for an ``extra``
            that the source lacks.

    Example:
        >>> import tempfile
        >>> from lepton_core.spec import Column
        >>> spec = Spec((Column("record_id", "string", "id"), Column("amount", "float64")))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "a.csv")
        ...     _ = path.write_text("record_id,sum,shop\\n1,9.5,north\\n")
        ...     with open_records(path, spec, {"sum": "amount"}, extra=["shop"]) as reader:
        ...         next(reader.batches()).to_pylist()
        [{'record_id': '1', 'amount': '9.5', 'shop': 'north'}]
    """
    mapping = mapping or {}
    if takes_frames(spec) and isinstance(source, (str, Path)) and not _is_table(source):
        return open_video(
            source, spec, mapping, extra=extra, batch_rows=batch_rows, fps=fps, labels=labels
        )
    if takes_pictures(spec):
        rows = batch_rows or usual_batch_rows(spec)
        if not isinstance(source, (str, Path)) or not (_is_table(source) or _is_arrays(source)):
            return _open_pictures(source, spec, mapping, extra, rows, labels, root, layout)
        if is_list(source):
            return open_list(source, spec, mapping, extra=extra, batch_rows=rows)
        if _is_arrays(source):
            return open_image_arrays(source, spec, mapping, extra=extra, batch_rows=rows)
    if not isinstance(source, (str, Path)):
        raise TypeError(f"a table is one file. Received: source={source!r}")
    rows = batch_rows or usual_batch_rows(spec)
    if spec.by_rows is not None:
        return open_histories(source, spec, mapping, extra, rows)
    return open_table(source, mapping, batch_rows=rows, spec=spec, extra=extra)


def read_records(
    sources: Source,
    spec: Spec,
    mapping: Mapping[str, str] | None = None,
    *,
    extra: Sequence[str] = (),
    labels: bool = True,
    layout: Layout | None = None,
    note: Callable[[str], None] | None = None,
) -> pa.Table:
    """All records of one or several inputs as one table, in order.

    Args:
        sources: a file, folder or zip, or a list of them, as for :func:`expand_inputs`.
        spec: what the task takes.
        mapping: their column name -> ours.
        extra: further columns to deliver, under the sources' own names.
        labels: whether class folders of pictures are their labels.
        layout: as for :func:`open_records`.
        note: told what was found beside pictures, or of lines that became histories.

    Raises:
        DataError: as :func:`expand_inputs` and :func:`open_records`; ``data.other_columns`` or
            ``data.other_types`` names the first file that does not go with the one before.
    """
    given = [sources] if isinstance(sources, (str, Path)) else sources
    inputs = expand_inputs([Path(path) for path in given], spec)
    tables: list[pa.Table] = []
    names: tuple[str, ...] = ()
    for path in inputs:
        with open_records(path, spec, mapping, extra=extra, labels=labels, layout=layout) as reader:
            if note is not None and isinstance(reader, PictureReader | HistoryReader):
                for line in reader.notes:
                    note(line)
            names = names or reader.schema_names
            if set(names) != set(reader.schema_names):
                raise DataError(
                    "data.other_columns",
                    source=path,
                    first=inputs[0],
                    expected=", ".join(names),
                    received=", ".join(reader.schema_names),
                )
            parts = [batch.select(names) for batch in reader.batches()]
        if tables:
            _check_types(tables[0], parts[0], path, inputs[0])
        tables += parts
    return join_tables(tables)


def expand_inputs(paths: Sequence[str | Path], spec: Spec) -> list[Path]:
    """The inputs that a person's paths stand for, in order, each for one :func:`open_records`.

    Args:
        paths: for a table task files, and folders that stand for the table files in them (not
            deeper ones; sorted by name; those whose name begins with ``.`` or ``_`` left out).
            For a picture task a picture, a folder or a zip is one input; for a task of frames
            see :func:`~lepton_core.records.video.expand_videos`.
        spec: what the task takes.

    Raises:
        DataError: ``data.no_file`` names the first path that is not there; ``data.no_tables`` a
            folder without tables; ``data.zipped_tables``, ``data.unknown_suffix`` and
            ``data.not_pictures`` what cannot be read.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("b.csv", "a.parquet", "_SUCCESS", "notes.txt"):
        ...         _ = Path(folder, name).write_text("")
        ...     [path.name for path in expand_inputs([folder], Spec(()))]
        ['a.parquet', 'b.csv']
    """
    if takes_frames(spec) and not any(_is_table(path) for path in paths):
        return expand_videos(paths)
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise DataError("data.no_file", source=path)
        if takes_pictures(spec) and not _is_table(path):
            formats = formats_of(spec)
            is_file = is_picture_file(path, formats) or path.suffix.lower() in (
                ".zip",
                ARRAY_SUFFIX,
            )
            if not (path.is_dir() or is_file):
                known = " ".join(picture_suffixes(formats))
                raise DataError("data.not_pictures", source=path, known=known)
            found.append(path)
        elif path.is_dir():
            found += _tables_in(path)
        elif path.suffix.lower() == ".zip":
            raise DataError("data.zipped_tables", source=path)
        elif not _is_table(path):
            known = " ".join(TABLE_SUFFIXES)
            raise DataError("data.unknown_suffix", source=path, known=known)
        else:
            found.append(path)
    return found


def usual_batch_rows(spec: Spec) -> int:
    """How many records are in a batch where nobody says it."""
    if takes_frames(spec):
        return FRAME_BATCH_ROWS
    if spec.by_rows is not None:
        return HISTORY_BATCH_ROWS
    return PICTURE_BATCH_ROWS if takes_pictures(spec) else TABLE_BATCH_ROWS


def takes_pictures(spec: Spec) -> bool:
    """Whether a task with these inputs takes pictures: the Spec has an ``image`` column."""
    return any(column.dtype == "image" for column in spec)


def formats_of(spec: Spec) -> tuple[str, ...]:
    """What a task's pictures may be beside everyday ones: the ``formats`` of its image column."""
    return next((column.formats for column in spec if column.dtype == "image"), ())


def _open_pictures(
    source: Source,
    spec: Spec,
    mapping: Mapping[str, str],
    extra: Sequence[str],
    batch_rows: int,
    labels: bool,
    root: Path | None,
    layout: Layout | None,
) -> PictureReader:
    formats = formats_of(spec)
    files = find_pictures(source, root, formats)
    try:
        marked = _annotations(files, spec, layout)
        if marked is not None:
            masks = len(files.names) - len(marked.names)
            files = replace(files, names=marked.names, ignored=files.ignored + masks)
        # Folders are no classes where marks say what is shown.
        has_labels = labels and (marked is not None or _are_classes(files.classes, spec))
        found = picture_columns(files, has_labels, formats, marked)
        names = {**by_role(found, spec, mapping), **mapping}
        chosen = choose_columns(files.source, found, names, None, spec, extra)
    except DataError:
        files.close()
        raise
    notes = () if marked is None else notes_of(marked, files.source)
    return read_pictures(files, chosen, found, batch_rows, formats, marked, notes)


def _annotations(files: PictureFiles, spec: Spec, layout: Layout | None) -> Annotations | None:
    """What is marked in pictures, where the task learns from marks or somebody says that it is."""
    wanted = any(column.dtype in ("boxes", "image") for column in spec.of_role("label"))
    if not wanted and layout is None:
        return None
    return find_annotations(files.source, files.root, files.names, files.others, layout or Layout())


def _are_classes(folders: frozenset[str], spec: Spec) -> bool:
    """Whether the folders' names may be labels; folders by day or by line are none."""
    choices = {choice for column in spec.of_role("label") for choice in column.choices}
    return not choices or bool(choices & folders)


def _is_table(path: str | Path) -> bool:
    path = Path(path)
    return path.name.lower().endswith(TABLE_SUFFIXES) and not path.is_dir()


def _is_arrays(path: str | Path) -> bool:
    return Path(path).suffix.lower() == ARRAY_SUFFIX and not Path(path).is_dir()


def _tables_in(folder: Path) -> list[Path]:
    try:
        found = sorted(
            path
            for path in folder.iterdir()
            if _is_table(path) and not path.name.startswith((".", "_"))
        )
    except OSError as error:
        reason = error.strerror or error
        raise DataError("data.no_access", source=folder, reason=reason) from error
    if not found:
        raise DataError("data.no_tables", source=folder, known=" ".join(TABLE_SUFFIXES))
    return found


def _check_types(before: pa.Table, here: pa.Table, path: Path, first: Path) -> None:
    """Numbers and text of two files join as text; what has no text of its own must be alike."""
    for field in before.schema:
        other = here.schema.field(field.name).type
        if field.type != other and not (_has_text(field.type) and _has_text(other)):
            raise DataError(
                "data.other_types",
                source=path,
                first=first,
                column=field.name,
                expected=field.type,
                received=other,
            )


def _has_text(kind: pa.DataType) -> bool:
    return not (pa.types.is_nested(kind) or "binary" in str(kind))
