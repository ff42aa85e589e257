"""Files that a person dropped on a page, read as the records of a task."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import LeptonError
from lepton_core.records.opening import read_records, takes_pictures
from lepton_core.records.pictures import IMAGE_TYPE
from lepton_core.records.table import read_table
from lepton_core.solution import Task


def read_uploaded(task: Task, uploaded: Sequence[Any]) -> pa.Table:
    """The records of all files, in the order of the files.

    Args:
        task: what they are for.
        uploaded: one table, or any number of pictures and zips of them; Streamlit's uploaded files.

    Returns:
        a table under the files' own column names; pictures have ``record_id``, ``image`` with the
        id as its path, and ``label`` where one of the zips has class folders.

    Raises:
        LeptonError: a file cannot be read; ``source`` is its name.
    """
    names = unique_names([file.name for file in uploaded])
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        for file, name in zip(uploaded, names, strict=True):
            table = _read(task, file, Path(folder, name))
            if takes_pictures(task.inputs):
                several = len(uploaded) > 1 and name.lower().endswith(".zip")
                table = _named(table, f"{Path(name).stem}/" if several else "")
            parts.append(table)
    # A zip of class folders has labels, single pictures have none.
    return pa.concat_tables(parts, promote_options="default")


def _read(task: Task, uploaded: Any, path: Path) -> pa.Table:
    path.write_bytes(uploaded.getbuffer())
    try:
        if takes_pictures(task.inputs):
            return read_records(path, task.inputs)
        return read_table(path)
    except LeptonError as error:
        # The path of the temporary copy means nothing to the person who dropped the file.
        error.values["source"] = uploaded.name
        raise
    finally:
        path.unlink()


def unique_names(names: Sequence[str]) -> list[str]:
    """File names without folders; one that came before gets a number.

    Example:
        >>> unique_names(["a.png", "old/a.png", "a.png"])
        ['a.png', 'a (2).png', 'a (3).png']
    """
    made: list[str] = []
    for name in names:
        given = Path(name.replace("\\", "/")).name or "file"
        stem, dot, ending = given.partition(".")
        others = (f"{stem} ({number}){dot}{ending}" for number in count(2))
        made.append(given if given not in made else next(o for o in others if o not in made))
    return made


def _named(table: pa.Table, prefix: str) -> pa.Table:
    """Pictures with a prefix on their ids, since two zips hold the same names, and these as paths.

    What was read stands in a temporary folder, whose name means nothing to anybody.
    """
    own = table["record_id"].cast(pa.string())
    # A pseudonym stays what it is everywhere; a zip's name may tell of whom it is.
    is_pseudonym = pc.match_substring_regex(own, "^(dcm|file)-[0-9a-f]{20}")
    ids = pc.if_else(is_pseudonym, own, pc.binary_join_element_wise(prefix, own, ""))
    images, start = [], 0
    for chunk in table["image"].chunks:
        paths = ids.slice(start, len(chunk)).combine_chunks()
        fields = [paths, chunk.field("bytes"), chunk.field("sha256")]
        images.append(pa.StructArray.from_arrays(fields, ["path", "bytes", "sha256"]))
        start += len(chunk)
    columns = {name: table[name] for name in table.column_names}
    return pa.table({**columns, "record_id": ids, "image": pa.chunked_array(images, IMAGE_TYPE)})
