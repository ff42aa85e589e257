"""One short text that stands for the content of a table."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

_Digests = defaultdict[str, Any]


def fingerprint(table: pa.Table) -> str:
    """sha256 over names, types and values of a table, in the order of rows and columns.

    It depends on the content alone: not on how the rows lie in chunks, on slices, on dictionary
    encoding or on metadata.

    Args:
        table: any Arrow table of numbers, times, strings, lists and structs.

    Returns:
        64 hexadecimal digits.

    Raises:
        TypeError: for a type that has no plain values, as a union.

    Example:
        >>> import pyarrow as pa
        >>> table = pa.table({"card": ["a", "b", None], "amount": [1.0, 2.5, 3.0]})
        >>> parts = pa.concat_tables([table.slice(0, 1), table.slice(1)])
        >>> fingerprint(table) == fingerprint(parts)
        True
    """
    whole = hashlib.sha256()
    for place, (name, column) in enumerate(zip(table.column_names, table.columns, strict=True)):
        digests: _Digests = defaultdict(hashlib.sha256)
        for chunk in column.chunks:
            _update(digests, "", chunk)
        whole.update(f"{place} {name!r} {_type_name(column.type)} {len(column)}\n".encode())
        for path in sorted(digests):
            whole.update(f"{path} {digests[path].hexdigest()}\n".encode())
    return whole.hexdigest()


def _update(digests: _Digests, path: str, array: pa.Array) -> None:
    """Feed one chunk's values to a digest a buffer, so that chunks simply follow each other."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not len(array):
        return
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    valid = array.is_valid().to_numpy(zero_copy_only=False)
    digests[f"{path}valid"].update(valid.astype(np.uint8))
    if pa.types.is_null(kind):
        return
    if pa.types.is_struct(kind):
        # Where a picture's file lies is no part of the data: the same set elsewhere is the same.
        picture = {"path", "bytes", "sha256"} == {field.name for field in kind}
        for place in range(kind.num_fields):
            if picture and kind.field(place).name == "path":
                continue
            _update(digests, f"{path}{place}.", pc.struct_field(array, [place]))
    elif pa.types.is_fixed_size_list(kind) or _is_list(kind):
        array = array.filter(array.is_valid()) if array.null_count else array
        digests[f"{path}length"].update(_numbers(pc.list_value_length(array)))
        _update(digests, f"{path}item.", array.flatten())
    elif _is_text(kind):
        array = pc.cast(array, pa.large_binary() if _is_bytes(kind) else pa.large_string())
        array = array.drop_null() if array.null_count else array
        digests[f"{path}length"].update(_numbers(pc.binary_length(array)))
        _, offsets, data = array.buffers()
        if data is not None and len(array):
            places = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
            digests[f"{path}data"].update(memoryview(data)[int(places[0]) : int(places[-1])])
    else:
        digests[f"{path}data"].update(_numbers(array.drop_null() if array.null_count else array))


def _numbers(array: pa.Array) -> np.ndarray:
    """The bytes of a fixed-width array without nulls, as Arrow holds them."""
    import pyarrow as pa

    if pa.types.is_boolean(array.type):
        return array.to_numpy(zero_copy_only=False).astype(np.uint8)
    try:
        width = array.type.bit_width // 8
    except ValueError:
        raise TypeError(
            f"a table of plain values has a fingerprint. Received: {array.type}"
        ) from None
    _, data = array.buffers()
    values = np.frombuffer(data, np.uint8)
    return values[array.offset * width : (array.offset + len(array)) * width]


def _is_list(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return pa.types.is_list(kind) or pa.types.is_large_list(kind)


def _is_bytes(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return text or pa.types.is_string_view(kind) or _is_bytes(kind)


def _type_name(kind: pa.DataType) -> str:
    """The type, whatever its layout: a dictionary of strings holds strings."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if _is_text(kind):
        return "binary" if _is_bytes(kind) else "string"
    return str(kind)
