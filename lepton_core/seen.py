"""Tells repeated record ids from new ones at a cost that a batch of millions can bear."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_MIX = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(32)
_LONGEST = 64
_EMPTY = np.uint64(0)


def hash_ids(ids: pa.Array) -> np.ndarray:
    """A 64-bit hash of each id, never 0: the same in every process and on every machine.

    Args:
        ids: strings [n], none null.

    Returns:
        uint64 [n]. Two different ids share one with a chance of 1 in 1.8e19.

    Source:
        The finaliser of MurmurHash3 (Appleby, 2011), chained over words of eight bytes.

    Example:
        >>> a, b, again = hash_ids(pa.array(["a", "b", "a"])).tolist()
        >>> a == again, a == b
        (True, False)
    """
    if not len(ids):
        return np.empty(0, np.uint64)
    large = ids.cast(pa.large_string())
    _, offset_buffer, data = large.buffers()
    offsets = np.frombuffer(offset_buffer, np.int64)[large.offset : large.offset + len(ids) + 1]
    text = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    lengths = np.diff(offsets)
    long = np.flatnonzero(lengths > _LONGEST)
    if len(long):
        return _hash_some_long(ids, long)
    width, least = int(lengths.max()), int(lengths.min())
    words = _words(text, offsets, lengths, max(-(-width // 8), 1))
    mixed = lengths.astype(np.uint64) * _ODD
    for number, word in enumerate(words.T):
        more = _mix((mixed ^ word) * _ODD)
        # An id is mixed as often as it has words, whatever the length of those beside it.
        mixed = more if least > 8 * number else np.where(lengths > 8 * number, more, mixed)
    return np.where(mixed == _EMPTY, _ODD, mixed)


def _words(text: np.ndarray, offsets: np.ndarray, lengths: np.ndarray, n_words: int) -> np.ndarray:
    """Each id as eight-byte words [n, n_words], zeros behind its end."""
    n, width = len(lengths), int(lengths.max())
    padded = np.zeros((n, 8 * n_words), np.uint8)
    if int(lengths.min()) == width:
        padded[:, :width] = text[offsets[0] : offsets[-1]].reshape(n, width)
    else:
        column = np.arange(width)
        inside = column < lengths[:, None]
        at = np.minimum(offsets[:-1, None] + column, max(len(text) - 1, 0))
        padded[:, :width] = np.where(inside, text[at] if len(text) else 0, 0)
    return padded.view("<u8")


def _mix(values: np.ndarray) -> np.ndarray:
    for factor in _MIX:
        values = (values ^ (values >> _SHIFT)) * factor
    return values ^ (values >> _SHIFT)


def _hash_some_long(ids: pa.Array, long: np.ndarray) -> np.ndarray:
    """Ids of more than 64 bytes are seldom: one by one, the others as ever."""
    import hashlib

    texts = ids.take(pa.array(long)).to_pylist()
    digests = b"".join(hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
    short = np.setdiff1d(np.arange(len(ids)), long, assume_unique=True)
    hashes = np.empty(len(ids), np.uint64)
    hashes[long] = np.frombuffer(digests, "<u8")
    hashes[short] = hash_ids(ids.take(pa.array(short)))
    return np.where(hashes == _EMPTY, _ODD, hashes)


class SeenIds:
    """The hashes of recent record ids, in two tables of fixed size that take turns.

    When the newer table is full the older one is forgotten: at least the last ``capacity``
    different ids are remembered and at most twice as many, by the time they came first, whatever
    the batches they came in. Memory is fixed.

    Ids that only ascend, as most files number them, cannot repeat: as long as they do, the recent
    ones are merely kept, and the tables are filled when one comes that does not.

    Args:
        capacity: ids that a table takes.

    Example:
        >>> seen = SeenIds()
        >>> fresh, repeats = seen.split(pa.array(["a", "b", "a"]))
        >>> fresh.tolist(), repeats.tolist()
        ([0, 1], [2])
        >>> seen.split(pa.array(["b", "c"]))[1].tolist()
        [0]
    """

    def __init__(self, capacity: int = 250_000) -> None:
        self._capacity = capacity
        # A quarter full at most, so that few slots are tried for an id.
        self._size = 1 << (4 * capacity - 1).bit_length()
        self._newer, self._older = self._table(), self._table()
        self._owner = np.zeros(self._size, np.int32)
        self._count = 0
        self._ascending: _Ascending | None = _Ascending()

    def _table(self) -> np.ndarray:
        # Written once: else the system gives the memory only as the table fills, and a long run
        # would seem to grow.
        return np.full(self._size, _EMPTY, np.uint64)

    def split(self, ids: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the ids met for the first time, and of the repeated ones; all are kept.

        Args:
            ids: strings [n], none null.

        Returns:
            two ascending int64 arrays that together hold 0..n-1.
        """
        if self._ascending is not None:
            if self._ascending.takes(ids, self._capacity):
                return np.arange(len(ids)), np.empty(0, np.int64)
            self._fill_tables()
        return self._split(hash_ids(ids))

    def _fill_tables(self) -> None:
        """Leave the ascending run: from now on the tables tell."""
        assert self._ascending is not None
        older, newer = self._ascending.generations(self._capacity)
        self._ascending = None
        self._split(older)
        self._split(newer)

    def _split(self, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        is_new = np.empty(len(hashes), bool)
        start = 0
        while start < len(hashes):
            # No further than the table has room: so it turns at the same id however it is cut.
            stop = min(start + self._capacity - self._count, len(hashes))
            is_new[start:stop] = self._insert(hashes[start:stop])
            self._count += int(is_new[start:stop].sum())
            if self._count >= self._capacity:
                self._newer, self._older, self._count = self._older, self._newer, 0
                self._newer.fill(_EMPTY)
            start = stop
        return np.flatnonzero(is_new), np.flatnonzero(~is_new)

    def _insert(self, hashes: np.ndarray) -> np.ndarray:
        """Which hashes were not there, bool [n]; they are now."""
        is_new = np.zeros(len(hashes), bool)
        table, owner = self._newer, self._owner
        rows, wanted, slots = self._not_in_older(hashes)
        while len(rows):
            free = np.flatnonzero(table.take(slots) == _EMPTY)[::-1]
            # Written backwards, so that of several rows for one slot the first one gets it.
            at = slots.take(free)
            table[at] = wanted.take(free)
            owner[at] = free
            won = owner.take(at) == free
            settled = table.take(slots) == wanted
            winners = free[won]
            is_new[rows.take(winners)] = True
            left = np.flatnonzero(~settled)
            rows, wanted = rows.take(left), wanted.take(left)
            slots = (slots.take(left) + 1) & (self._size - 1)
        return is_new

    def _not_in_older(self, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The rows [m] that the older table lacks, their hashes and home slots in the newer."""
        rows, slots = np.arange(len(hashes)), self._home(hashes)
        there = np.zeros(len(hashes), bool)
        at, left = slots, rows
        while len(left):
            found = self._older.take(at)
            wanted = hashes.take(left)
            there[left[found == wanted]] = True
            going_on = np.flatnonzero((found != _EMPTY) & (found != wanted))
            left, at = left.take(going_on), (at.take(going_on) + 1) & (self._size - 1)
        if there.any():
            rows = np.flatnonzero(~there)
        return rows, hashes.take(rows), slots.take(rows)

    def _home(self, hashes: np.ndarray) -> np.ndarray:
        return (hashes & np.uint64(self._size - 1)).astype(np.int64)

    def export(self) -> dict[str, np.ndarray]:
        """What is remembered, as plain arrays."""
        if self._ascending is not None:
            older, newer = self._ascending.generations(self._capacity)
            return {"newer": newer, "older": older, "count": np.array(len(newer), np.int64)}
        newer, older = (table[table != _EMPTY] for table in (self._newer, self._older))
        return {"newer": newer, "older": older, "count": np.array(self._count, np.int64)}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what :meth:`export` gave."""
        self._ascending = None
        self._newer, self._count = self._table(), 0
        self._older = self._table()
        self._insert(arrays["older"])
        self._newer, self._older = self._table(), self._newer
        self._insert(arrays["newer"])
        self._count = int(arrays["count"])


class TrustedIds:
    """In the place of :class:`SeenIds` where the caller gives each record an id of its own."""

    def split(self, ids: pa.Array) -> tuple[np.ndarray, np.ndarray]:
        """All are met for the first time."""
        return np.arange(len(ids)), np.empty(0, np.int64)

    def export(self) -> dict[str, np.ndarray]:
        """Nothing is remembered."""
        return {}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Nothing is taken."""


class _Ascending:
    """The recent ids of a run in which each was greater than the one before."""

    def __init__(self) -> None:
        self._batches: list[pa.Array] = []
        self._kept = self._total = 0
        self._last: str | None = None

    def takes(self, ids: pa.Array, capacity: int) -> bool:
        """Whether ids [n] go on ascending; kept if so."""
        if not len(ids):
            return True
        if self._last is not None and ids[0].as_py() <= self._last:
            return False
        if len(ids) > 1 and not pc.all(pc.less(ids[:-1], ids[1:])).as_py():
            return False
        self._last = ids[-1].as_py()
        self._batches.append(ids)
        self._kept += len(ids)
        self._total += len(ids)
        while self._kept - len(self._batches[0]) >= 2 * capacity:
            self._kept -= len(self._batches.pop(0))
        return True

    def generations(self, capacity: int) -> tuple[np.ndarray, np.ndarray]:
        """Hashes that the two tables would hold after these ids, older and newer."""
        newer = self._total % capacity
        older = min(self._total - newer, capacity)
        hashes = [hash_ids(batch) for batch in self._batches]
        recent = np.concatenate(hashes) if hashes else np.empty(0, np.uint64)
        recent = recent[len(recent) - newer - older :]
        return recent[:older], recent[older:]
