"""Named lists of texts that conditions look into: cards reported stolen, trusted terminals."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pyarrow as pa
import yaml

from lepton_core.errors import LeptonError, UsageError
from lepton_core.rules.faults import Fault, shown

MAX_LIST_BYTES = 64 * 2**20


def read_lists(node: yaml.Node, folder: Path | None, faults: list[Fault]) -> dict[str, pa.Array]:
    """The lists of a rules file, each written out or the name of a file beside it.

    Args:
        node: a mapping of names to lists of texts, or to the name of a text file with one value a
            line; blank lines and those that begin with ``#`` are passed over.
        folder: where the rules file stands; None where it is a text without a place.
        faults: what is wrong is added.

    Returns:
        name -> strings; one with a fault is empty, so that conditions on it are read all the same.
    """
    if not isinstance(node, yaml.MappingNode):
        faults.append(Fault(node.start_mark.line + 1, "", UsageError("rules.lists_shape")))
        return {}
    found: dict[str, pa.Array] = {}
    for key, value in node.value:
        name, line = shown(key), key.start_mark.line + 1
        try:
            if not name.isidentifier():
                raise UsageError("rules.list_name", received=name)
            if name in found:
                raise UsageError("rules.key_twice", key=name)
            found[name] = pa.array([], pa.string())
            found[name] = _values(name, value, folder)
        except LeptonError as error:
            faults.append(Fault(line, "", error))
    return found


def _values(name: str, node: yaml.Node, folder: Path | None) -> pa.Array:
    if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":str"):
        return _from_file(name, node.value.strip(), folder)
    if not isinstance(node, yaml.SequenceNode):
        raise UsageError("rules.bad_list", name=name, received=shown(node))
    for item in node.value:
        # A number without quotes would lose its zeros in front.
        if not isinstance(item, yaml.ScalarNode) or not item.tag.endswith(":str"):
            raise UsageError("rules.bad_list", name=name, received=shown(item))
    return pa.array([item.value for item in node.value], pa.string())


def _from_file(name: str, file: str, folder: Path | None) -> pa.Array:
    pure = PurePosixPath(file)
    if folder is None or pure.is_absolute() or ".." in pure.parts or "\\" in file or not file:
        raise UsageError("rules.list_place", name=name, received=file)
    path = folder / file
    try:
        with path.open("rb") as handle:
            data = handle.read(MAX_LIST_BYTES + 1)
        if len(data) > MAX_LIST_BYTES:
            raise UsageError("rules.list_large", name=name, file=path, most=MAX_LIST_BYTES // 2**20)
        lines = (line.strip() for line in data.decode("utf-8-sig").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError("rules.list_file", name=name, file=path, reason=reason) from None
    return pa.array([line for line in lines if line and not line.startswith("#")], pa.string())
