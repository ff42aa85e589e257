"""Published sets of labelled texts: a file a part, a line a text, its label before it."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.records.source import unreadable

_PARTS = {"train": "train", "dev": "valid", "valid": "valid", "validation": "valid", "test": "test"}
_LINE = re.compile(r"^([01])[\t ](.+)$")
_SUFFIXES = (".md", ".py", ".sh", ".yaml")


def read_labelled_text(folder: str | Path) -> pa.Table:
    """Texts of two classes with the parts that their publisher made.

    The files are named by their part, ``train.tsv`` or ``stsa.binary.train``: one of ``train``,
    ``dev`` (or ``valid``) and ``test`` between dots. A line is a label 0 or 1, a tab or space, and
    the text; a first line without a label is a header.

    Args:
        folder: where the files are.

    Returns:
        ``record_id`` (``train-1``), ``text``, ``positive`` int64 and ``part`` (train, valid, test),
        one part after the other.

    Raises:
        DataError: ``data.no_file``, ``data.unreadable``; ``data.labelled_text`` where no file is
            named by a part, or a line is of another shape.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError("data.no_file", source=folder)
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        named = [_PARTS[word] for word in path.name.lower().split(".") if word in _PARTS]
        if len(named) == 1 and path.suffix.lower() not in _SUFFIXES and path.is_file():
            files.setdefault(named[0], path)
    if "train" not in files:
        raise _other(folder, "files named by train, dev and test", "-")
    parts = [_part(files[part], part) for part in dict.fromkeys(_PARTS.values()) if part in files]
    return pa.concat_tables(parts)


def _part(path: Path, part: str) -> pa.Table:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, "lines of text", error) from error
    texts, labels = [], []
    for number, line in enumerate(lines):
        found = _LINE.match(line.rstrip("\r"))
        if found:
            labels.append(int(found[1]))
            texts.append(found[2])
        elif line.strip() and number:
            raise _other(path, "a label 0 or 1 and a text", f"line {number + 1}: {line[:60]!r}")
    ids = [f"{part}-{number}" for number in range(1, len(texts) + 1)]
    names = {"record_id": ids, "text": texts, "positive": labels, "part": [part] * len(ids)}
    return pa.table(names)


def _other(path: Path, expected: str, received: str) -> DataError:
    return DataError("data.labelled_text", source=path, expected=expected, received=received)
