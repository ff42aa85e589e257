"""Entities (cards, terminals, tracks) as dense slots, with one state row each.

A stream of events is processed exactly as if row by row, yet vectorised: `EntityTable` gives every
entity id a slot, and `waves` cuts a batch into parts in which no slot occurs twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

_MIN_CAPACITY = 64


@dataclass(frozen=True)
class StateArray:
    """Declares one state array of an `EntityTable`.

    Args:
        name: key of the array.
        shape: shape of one entity's row; `()` is one number an entity.
        dtype: NumPy dtype name.
        initial: value of a new entity, broadcast to `shape`; a tuple gives one value a column.
    """

    name: str
    shape: tuple[int, ...] = ()
    dtype: str = "float64"
    initial: float | tuple[float, ...] = 0.0


class EntityTable:
    """Maps entity ids to slots 0..n-1 and holds the entities' state arrays, which grow.

    Ids are all strings or all integers; the first batch decides which.

    Args:
        states: the state arrays to hold.

    Example:
        >>> table = EntityTable(StateArray("count", dtype="int64"))
        >>> slots = table.slots(pa.array(["a", "b", "a"]))
        >>> slots.tolist(), len(table)
        ([0, 1, 0], 2)
        >>> for rows in waves(slots):
        ...     table["count"][slots[rows]] += 1
        >>> table["count"].tolist()
        [2, 1]
    """

    def __init__(self, *states: StateArray) -> None:
        self._states = {state.name: state for state in states}
        self._clear()

    def _clear(self) -> None:
        self._slot_of: dict[Any, int] = {}
        self._arrays = {name: _rows(state, _MIN_CAPACITY) for name, state in self._states.items()}

    def __len__(self) -> int:
        return len(self._slot_of)

    def __getitem__(self, name: str) -> np.ndarray:
        """A writable view [n, *shape] of a state array, good until the next call of `slots`."""
        return self._arrays[name][: len(self._slot_of)]

    def slots(self, ids: pa.Array | pa.ChunkedArray) -> np.ndarray:
        """The slots of ids; ids not seen before are added.

        Args:
            ids: strings or integers [N]; a null has no entity.

        Returns:
            int64 [N], -1 where the id is null.

        Raises:
            TypeError: the ids are neither strings nor integers, or not what the table holds.
        """
        if isinstance(ids, pa.ChunkedArray):
            ids = ids.combine_chunks()
        if pa.types.is_dictionary(ids.type):
            # A dictionary may hold values that no row uses, and these are no entities of ours.
            ids = ids.cast(ids.type.value_type)
        encoded = ids.dictionary_encode()
        unique = encoded.dictionary
        self._check_kind(unique.type)
        # One dictionary lookup for each distinct id of the batch, never one for each row.
        codes = encoded.indices.to_numpy(zero_copy_only=False)
        if encoded.null_count:
            codes = np.where(np.isnan(codes), -1, codes).astype(np.int64)
        slot_of, values = self._slot_of, unique.to_pylist()
        known = list(map(slot_of.get, values))
        if None in known:
            known = [slot_of.setdefault(value, len(slot_of)) for value in values]
            self._reserve(len(slot_of))
        return np.array([*known, -1], dtype=np.int64)[codes]

    def slot(self, value: str | int) -> int:
        """The slot of one id, added where it was not seen before; as :meth:`slots`."""
        slot = self._slot_of.get(value)
        if slot is None:
            self._check_kind(pa.string() if isinstance(value, str) else pa.int64())
            slot = self._slot_of[value] = len(self._slot_of)
            self._reserve(slot + 1)
        return slot

    def _check_kind(self, kind: pa.DataType) -> None:
        is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
        if not is_text and not pa.types.is_integer(kind):
            raise TypeError(f"Entity ids must be strings or integers. Received: {kind}")
        if self._slot_of and is_text != isinstance(next(iter(self._slot_of)), str):
            held = "integers" if is_text else "strings"
            raise TypeError(f"This table holds {held} as entity ids. Received: {kind}")

    def _reserve(self, n: int) -> None:
        for name, array in self._arrays.items():
            if n > len(array):
                grown = _rows(self._states[name], max(n, 2 * len(array)))
                grown[: len(array)] = array
                self._arrays[name] = grown

    def export(self) -> dict[str, np.ndarray]:
        """Ids and state arrays as plain arrays (no pickle), for `restore`.

        Returns:
            `ids` int64 [n], or `id_bytes` uint8 and `id_offsets` int64 [n + 1] for strings, and
            every state array [n, *shape] under `state.<name>`.
        """
        ids = list(self._slot_of)
        out = {f"state.{name}": self[name].copy() for name in self._states}
        if ids and isinstance(ids[0], str):
            encoded = [value.encode("utf-8") for value in ids]
            lengths = np.fromiter((len(value) for value in encoded), np.int64, len(encoded))
            out["id_bytes"] = np.frombuffer(b"".join(encoded), dtype=np.uint8)
            out["id_offsets"] = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        else:
            out["ids"] = np.asarray(ids, dtype=np.int64)
        return out

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes the place of the present content with what `export` gave.

        Args:
            arrays: as returned by `export`.

        Raises:
            ValueError: a state array is missing or does not fit its declaration or the ids.
        """
        ids: list[Any]
        if "ids" in arrays:
            ids = arrays["ids"].tolist()
        else:
            text, ends = arrays["id_bytes"].tobytes(), arrays["id_offsets"].tolist()
            ids = [text[a:b].decode("utf-8") for a, b in pairwise(ends)]
        for name, state in self._states.items():
            found = arrays.get(f"state.{name}")
            expected = (len(ids), *state.shape)
            if found is None or found.shape != expected:
                received = "nothing" if found is None else found.shape
                raise ValueError(f"State {name!r} must be {expected}. Received: {received}")
        self._clear()
        self._slot_of = {value: slot for slot, value in enumerate(ids)}
        self._reserve(len(ids))
        for name in self._states:
            self[name][...] = arrays[f"state.{name}"]


def _rows(state: StateArray, n: int) -> np.ndarray:
    rows = np.empty((n, *state.shape), dtype=state.dtype)
    rows[...] = np.asarray(state.initial, dtype=state.dtype)
    return rows


def put_back(
    state: np.ndarray, slots: np.ndarray, rows: np.ndarray, moves: np.ndarray | None = None
) -> None:
    """Writes the rows of a wave, moved on, back to their entities.

    Args:
        state: [entities, ...], is written.
        slots: int64 [M], each at most once.
        rows: [M, ...], as `state`.
        moves: bool [M], which of them are written; all are where it is None.
    """
    if moves is None or moves.all():
        state[slots] = rows
    else:
        state[slots[moves]] = rows[moves]


def waves(slots: np.ndarray) -> Iterator[np.ndarray]:
    """Splits a batch so that each wave holds each slot at most once, in arrival order.

    Wave k holds every slot's k-th row, so that gather, update, scatter over the waves in turn is
    the same as one row at a time.

    Args:
        slots: int64 [N], the slot of each row.

    Yields:
        int64 row indices, ascending.

    Example:
        >>> [rows.tolist() for rows in waves(np.array([7, 3, 7, 7, 3]))]
        [[0, 1], [2, 4], [3]]
    """
    n = len(slots)
    if n == 0:
        return
    by_slot = np.argsort(slots, kind="stable")
    ordered = slots[by_slot]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sizes = np.diff(first, append=n)
    rank = np.empty(n, dtype=np.int64)
    rank[by_slot] = np.arange(n) - np.repeat(first, sizes)
    depth = int(sizes.max())
    if depth == 1:
        yield np.arange(n)
        return
    by_rank = np.argsort(rank, kind="stable")
    yield from np.split(by_rank, np.cumsum(np.bincount(rank, minlength=depth))[:-1])
