"""Dataset cards: what a data set is, where it comes from, how it is read and split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from lepton_core.errors import DataError

PICTURE_KINDS = ("image_folder", "image_list", "image_arrays", "dicom")
# Published sets that are no plain tables; each has a reader of its own.
OWN_KINDS = ("turbofan", "pems_station", "los_loop", "item_lines", "atomic", "labelled_text")
READER_KINDS = ("table", *PICTURE_KINDS, *OWN_KINDS, "video", "text")
ANNOTATIONS = ("voc", "coco", "yolo", "masks")
LABELS = ("folder", "name", "boxes", "mask")
SPLIT_KINDS = ("time", "group", "file", "official", "random")


@dataclass(frozen=True)
class Source:
    """Where one file of a data set is published.

    Args:
        url: its address (http, https or file), or a page that tells how to get it.
        sha256: its checksum, 64 hexadecimal digits; only a file with one can be fetched.
        bytes: its size.
    """

    url: str
    sha256: str | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Reader:
    """How a data set's records are read.

    Args:
        kind: one of ``READER_KINDS``: for pictures a folder of class folders, a CSV that lists
            files, arrays in an npz file, or a folder of DICOM files; those of ``OWN_KINDS`` are
            read as their publishers wrote them.
        path: file or folder inside the data set's own folder.
        columns: their column name -> ours.
        classes: what a label is called there -> what it is called here; others stay.
        annotation: how a folder of pictures is annotated, one of ``ANNOTATIONS``; None for none,
            or what is found.
        label: what tells the class of an annotated picture, one of ``LABELS``; None for the first
            that can, see :class:`lepton_core.records.annotation.Layout`.
        dates: how a table writes its times where that is not year-month-day, as ``strptime`` reads
            them: ``%d/%m/%Y``; None for year-month-day.
    """

    kind: str
    path: str
    columns: dict[str, str] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    annotation: str | None = None
    label: str | None = None
    dates: str | None = None


@dataclass(frozen=True)
class Split:
    """How a data set is split where it has a split of its own.

    Args:
        kind: one of ``SPLIT_KINDS``.
        key: the column (ours) that decides.
        file: a file inside the data set's own folder that tells the part of each record.
    """

    kind: str
    key: str | None = None
    file: str | None = None


@dataclass(frozen=True)
class DatasetCard:
    """One data set, as its YAML card tells.

    Args:
        name: what it is called on the command line; the card's file is ``<name>.yaml``.
        title: one line for people.
        tasks: the tasks it serves, ``solution/task``.
        source: where it is published; empty for what is generated here.
        licence: as stated at the source.
        citation: how to cite it.
        reader: how its records are read.
        split: how it is split.
        target: the column (ours) to predict.
        traps: what misleads people who use it.
    """

    name: str
    title: str
    tasks: tuple[str, ...]
    licence: str
    reader: Reader
    source: tuple[Source, ...] = ()
    citation: str = ""
    split: Split | None = None
    target: str | None = None
    traps: tuple[str, ...] = ()


def read_card(path: Path) -> DatasetCard:
    """Read and check one card.

    Args:
        path: the YAML file; its stem is the data set's name.

    Raises:
        DataError: ``card.*``, naming the file and the key that is wrong.

    Example:
        >>> import tempfile
        >>> text = '''
        ... name: till
        ... title: Receipts of one till
        ... tasks: [fraud_rnn/transactions]
        ... licence: our own
        ... reader: {kind: table, path: receipts.csv, columns: {sum: amount}}
        ... '''
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "till.yaml")
        ...     _ = path.write_text(text)
        ...     read_card(path).reader.columns
        {'sum': 'amount'}
    """
    import yaml

    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise DataError("card.unreadable", card=path, reason=reason) from error
    card: DatasetCard = _build(DatasetCard, tree, path, "")
    if card.name != path.stem:
        raise _bad(path, "name", path.stem, card.name)
    if card.reader.kind not in READER_KINDS:
        raise _bad(path, "reader.kind", " | ".join(READER_KINDS), card.reader.kind)
    for key, value, known in (
        ("reader.annotation", card.reader.annotation, ANNOTATIONS),
        ("reader.label", card.reader.label, LABELS),
    ):
        if value is not None and (value not in known or card.reader.kind != "image_folder"):
            raise _bad(path, key, f"{' | '.join(known)}, of an image_folder", value)
    if card.reader.dates is not None and card.reader.kind != "table":
        raise _bad(path, "reader.dates", "the dates of a table", card.reader.dates)
    if card.split is not None and card.split.kind not in SPLIT_KINDS:
        raise _bad(path, "split.kind", " | ".join(SPLIT_KINDS), card.split.kind)
    inner = {"reader.path": card.reader.path, "split.file": card.split.file if card.split else None}
    for key, value in inner.items():
        if value is not None and not _is_inside(value):
            raise _bad(path, key, "a relative path without ..", value)
    if len(set(card.reader.columns.values())) < len(card.reader.columns):
        raise _bad(path, "reader.columns", "one column for each name", card.reader.columns)
    for source in card.source:
        if source.sha256 is not None and not _is_sha256(source.sha256):
            raise _bad(path, "source.sha256", "64 hexadecimal digits", source.sha256)
    return card


T = TypeVar("T")


def _build(kind: type[T], tree: Any, path: Path, prefix: str) -> T:
    """A dataclass from a YAML mapping; every key is checked against the fields."""
    if not isinstance(tree, dict):
        raise _bad(path, prefix.rstrip(".") or "the card", "keys with values", tree)
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    for key in tree:
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            raise DataError(
                "card.unknown_key",
                card=path,
                key=f"{prefix}{key}",
                known=", ".join(known),
                near=near[0] if near else "-",
            )
    missing = [
        f"{prefix}{f.name}"
        for f in known.values()
        if f.name not in tree and f.default is MISSING and f.default_factory is MISSING
    ]
    if missing:
        raise DataError("card.missing_key", card=path, keys=", ".join(missing))
    hints = get_type_hints(kind)
    return kind(**{k: _value(hints[k], v, path, f"{prefix}{k}") for k, v in tree.items()})


def _value(hint: Any, value: Any, path: Path, key: str) -> Any:
    """One value as its field's type wants it."""
    parts = get_args(hint)
    if type(None) in parts:
        if value is None:
            return None
        hint = next(part for part in parts if part is not type(None))
        parts = get_args(hint)
    origin: Any = get_origin(hint) or hint
    if origin is tuple:
        if not isinstance(value, list):
            raise _bad(path, key, "a list", value)
        return tuple(_value(parts[0], item, path, f"{key}[{n}]") for n, item in enumerate(value))
    if origin is dict:
        if not isinstance(value, Mapping):
            raise _bad(path, key, "keys with values", value)
        for theirs in value:
            # YAML reads a bare no, 5 or 2026-01-01 as something else than text.
            if not isinstance(theirs, str):
                raise _bad(path, key, "column names as text; put quotes around it", theirs)
        return {name: _value(str, ours, path, f"{key}.{name}") for name, ours in value.items()}
    if origin in (Source, Reader, Split):
        return _build(origin, value, path, f"{key}.")
    if not isinstance(value, origin) or (origin is int and isinstance(value, bool)):
        raise _bad(path, key, {str: "text", int: "a whole number"}[origin], value)
    return value.strip() if isinstance(value, str) else value


def _bad(path: Path, key: str, expected: str, received: Any) -> DataError:
    return DataError("card.bad_value", card=path, key=key, expected=expected, received=received)


def _is_inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return bool(path) and not pure.is_absolute() and ".." not in pure.parts and "\\" not in path


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and set(text.lower()) <= set("0123456789abcdef")
