"""All records of a data set or path, read for training and evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lepton_core.data.cards import OWN_KINDS, PICTURE_KINDS
from lepton_core.data.lookup import Dataset, Located, resolve
from lepton_core.errors import DataError
from lepton_core.rejects import Rejects
from lepton_core.spec import Column, Spec

if TYPE_CHECKING:
    import pyarrow as pa

    from lepton_core.records.annotation import Layout

# What a data set of pictures has where no task says what it takes.
_PICTURES = Spec(
    (
        Column("record_id", "string", "id"),
        Column("image", "image"),
        Column("label", "string", "label", required=False),
    )
)
_DICOM = Spec(
    (
        Column("record_id", "string", "id"),
        Column("image", "image", formats=("dicom",)),
        Column("label", "string", "label", required=False),
        Column("patient", "string", "entity", required=False),
    )
)


@dataclass(frozen=True)
class Records:
    """Records as they stand in a file, under our column names, not yet checked.

    Args:
        table: one row a record.
        source: the name or path that was asked for, for messages.
        dataset: the data set, where a name was given.
        rejects: lines that were refused before records were made of the others.
    """

    table: pa.Table
    source: str
    dataset: Dataset | None
    rejects: Rejects = field(default_factory=Rejects)


def load_records(
    name_or_path: str | Path,
    spec: Spec | None = None,
    mapping: Mapping[str, str] | None = None,
    note: Callable[[str], None] | None = None,
) -> Records:
    """Read all records of a data set or path, for training or evaluation.

    A table without the column that names its records gets one, see :func:`numbered`.

    Args:
        name_or_path: as for :func:`resolve`.
        spec: what the task takes; only its columns are read, and where one is an image, pictures
            are read. None reads all that the file, or a data set of pictures, has.
        mapping: their column name -> ours.
        note: told what was found beside pictures, or of lines that became histories.

    Raises:
        DataError: as :func:`resolve` and :func:`lepton_core.records.open_records`; also
            ``data.not_a_table`` for a data set of pictures where the task takes a table.
    """
    from lepton_core.records.opening import read_records, takes_pictures
    from lepton_core.records.table import read_table
    from lepton_core.records.video import takes_frames

    located = resolve(name_or_path, mapping, spec)
    kind = "table" if located.dataset is None else located.dataset.card.reader.kind
    is_pictures = kind in PICTURE_KINDS
    wants_pictures = spec is not None and takes_pictures(spec)
    wants_frames = spec is not None and takes_frames(spec)
    if not (is_pictures or kind in ("table", *OWN_KINDS) or (kind == "video" and wants_frames)) or (
        is_pictures and spec is not None and not wants_pictures
    ):
        raise DataError("data.not_a_table", name=located.source, kind=kind)
    rejects = Rejects()
    if spec is not None and spec.by_rows is not None and (kind == "table" or kind in OWN_KINDS):
        table, rejects = _read_histories(kind, located, spec, note)
    elif wants_frames and spec is not None:
        table = read_records(located.path, spec, located.mapping, note=note)
    elif is_pictures or wants_pictures:
        if spec is None:
            spec = _DICOM if kind == "dicom" else _pictures_of(located.dataset)
            located = resolve(name_or_path, mapping, spec)
        table = read_records(
            located.path, spec, located.mapping, layout=_layout(located.dataset), note=note
        )
        table = _with_class_names(table, spec, located.dataset)
    elif kind in OWN_KINDS:
        table = _read_own(kind, located.path)
    else:
        optional = None if spec is None else _without_id(spec)
        table = read_table(located.path, located.mapping, spec=optional)
        table = with_dates(table, spec, located.dataset, located.source)
        table = table if spec is None else numbered(table, spec)
    return Records(table, located.source, located.dataset, rejects)


def _read_histories(
    kind: str, located: Located, spec: Spec, note: Callable[[str], None] | None
) -> tuple[pa.Table, Rejects]:
    """Records that are histories, and the lines that became none."""
    from lepton_core.records.histories import histories
    from lepton_core.records.table import open_table, read_table

    if kind in OWN_KINDS:
        table = _read_own(kind, located.path)
        form = spec.form(table.column_names)
    else:
        with open_table(located.path, batch_rows=1) as reader:
            found = [located.mapping.get(name, name) for name in reader.schema_names]
        form = spec.form(found)
        table = read_table(
            located.path, located.mapping, spec=form if form is not spec else _without_id(spec)
        )
    if form is spec:
        return numbered(table, spec), Rejects()
    made = histories(table, spec, located.source)
    if note is not None:
        for line in made.lines("en"):
            note(line)
    return made.table, made.rejects


def _read_own(kind: str, path: Path) -> pa.Table:
    """A published set that has a reader of its own."""
    from lepton_core.records.atomic_files import read_atomic
    from lepton_core.records.item_lines import read_item_lines
    from lepton_core.records.labelled_text import read_labelled_text
    from lepton_core.records.traffic_sets import read_los_loop, read_pems_station
    from lepton_core.records.turbofan import read_turbofan

    readers = {
        "turbofan": read_turbofan,
        "labelled_text": read_labelled_text,
        "pems_station": read_pems_station,
        "los_loop": read_los_loop,
        "item_lines": read_item_lines,
        "atomic": read_atomic,
    }
    return readers[kind](path)


def with_dates(
    table: pa.Table, spec: Spec | None, dataset: Dataset | None, source: str
) -> pa.Table:
    """The records with their columns of times read as a data set's card says that they are written.

    Args:
        table: as read; a column whose type is a time already stays.
        spec: which columns are times; None for none.
        dataset: whose card says it, without a zone: UTC is meant; None, or a card that says
            nothing, leaves all as it is.
        source: where they came from, for messages.

    Raises:
        DataError: ``data.dates`` where a cell is written in another way.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    form = None if dataset is None else dataset.card.reader.dates
    if form is None:
        return table
    for column in spec or ():
        if column.dtype != "timestamp" or column.name not in table.column_names:
            continue
        at, cells = table.column_names.index(column.name), table[column.name]
        if not pa.types.is_string(cells.type):
            continue
        read = pc.strptime(cells, form, "us", error_is_null=True)
        wrong = pc.and_not(pc.is_null(read), pc.is_null(cells))
        if pc.any(wrong).as_py():
            received = cells.filter(wrong)[0].as_py()
            raise DataError(
                "data.dates", source=source, column=column.name, expected=form, received=received
            )
        table = table.set_column(at, column.name, pc.assume_timezone(read, "UTC"))
    return table


def _layout(dataset: Dataset | None) -> Layout | None:
    """How a data set's pictures are annotated, as its card says."""
    from lepton_core.records.annotation import Layout

    reader = None if dataset is None else dataset.card.reader
    if reader is None or (reader.annotation is None and reader.label is None):
        return None
    return Layout(reader.annotation, reader.label, reader.classes)


def _pictures_of(dataset: Dataset | None) -> Spec:
    """The columns of a data set of pictures, with the marks that its card says it has."""
    if _layout(dataset) is None:
        return _PICTURES
    boxes = Column("boxes", "boxes", "label", required=False)
    return Spec((*_PICTURES, boxes, Column("mask", "image", "label", required=False)))


def numbered(table: pa.Table, spec: Spec) -> pa.Table:
    """The records with ids ``row-1``, ``row-2``... where they bring none: to learn from a table, or
    to be measured on it, its rows need no names of their own.

    Example:
        >>> import pyarrow as pa
        >>> spec = Spec((Column("record_id", "string", "id"), Column("age", "float64")))
        >>> numbered(pa.table({"age": [40.0, 50.0]}), spec).column("record_id").to_pylist()
        ['row-1', 'row-2']
    """
    import pyarrow as pa

    # An id that the check makes of other columns is better: it is the same in every file.
    own = (column for column in spec.of_role("id") if not column.made_of)
    absent = [column.name for column in own if column.name not in table.column_names]
    for name in absent:
        ids = [f"row-{row}" for row in range(1, table.num_rows + 1)]
        table = table.add_column(0, name, pa.array(ids, pa.string()))
    return table


def _with_class_names(table: pa.Table, spec: Spec, dataset: Dataset | None) -> pa.Table:
    """The records with the classes that the data set's card names in place of its own words."""
    import pyarrow as pa

    named = {} if dataset is None else dataset.card.reader.classes
    for column in spec.of_role("label"):
        if named and column.dtype == "string" and column.name in table.column_names:
            place = table.column_names.index(column.name)
            labels = [named.get(label, label) for label in table[column.name].to_pylist()]
            table = table.set_column(place, column.name, pa.array(labels, pa.string()))
    return table


def _without_id(spec: Spec) -> Spec:
    columns = (replace(one, required=False) if one.role == "id" else one for one in spec)
    return Spec(tuple(columns))
