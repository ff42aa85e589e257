"""The memory of record ids: what it promises, for any ids and any cut into batches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.seen import SeenIds, hash_ids

HARD = [
    *("", "a", "b", "ab", "a\0", "\0", "\0\0", "a" * 7, "a" * 8, "a" * 9, "a" * 16),
    *("x" * 63, "x" * 64, "x" * 65, "x" * 66, "x" * 5000, "数", "数" * 30, "é", "e\u0301", "🜁"),
]


class Model:
    """The promise in plain words: generations of ``capacity`` different ids, the last two kept."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.newer: set[str] = set()
        self.older: set[str] = set()

    def is_new(self, record_id: str) -> bool:
        if record_id in self.newer or record_id in self.older:
            return False
        self.newer.add(record_id)
        if len(self.newer) == self.capacity:
            self.newer, self.older = set(), self.newer
        return True


def cuts(n: int, rng: np.random.Generator) -> Iterator[slice]:
    start = 0
    while start < n:
        stop = start + int(rng.integers(1, 60))
        yield slice(start, stop)
        start = stop


@pytest.mark.parametrize("seed", range(8))
def test_ascending_ids_that_stop_ascending_are_no_exception(seed: int) -> None:
    rng = np.random.default_rng(seed)
    capacity = int(rng.integers(1, 70))
    ids = [f"{number:05d}" for number in range(0, 2 * int(rng.integers(1, 400)), 2)]
    ids += [f"{number:05d}" for number in rng.integers(0, 900, 300).tolist()]
    model, seen = Model(capacity), SeenIds(capacity)
    for part in cuts(len(ids), rng):
        if rng.random() < 0.05:
            again = SeenIds(capacity)
            again.restore(seen.export())
            seen = again
        expected = [model.is_new(record_id) for record_id in ids[part]]
        assert seen.split(pa.array(ids[part]))[0].tolist() == np.flatnonzero(expected).tolist()


@pytest.mark.parametrize("seed", range(8))
def test_it_is_its_model_under_any_cut_and_any_restart(seed: int) -> None:
    rng = np.random.default_rng(seed)
    capacity = int(rng.integers(1, 70))
    numbers = rng.integers(0, 40 + 60 * (seed % 4), 2000)
    ids = [HARD[n] if n < len(HARD) else f"id-{n}" * (1 + n % 3) for n in numbers.tolist()]
    model, seen = Model(capacity), SeenIds(capacity)
    for part in cuts(len(ids), rng):
        batch = ids[part]
        fresh, repeats = seen.split(pa.array(batch))
        expected = [model.is_new(record_id) for record_id in batch]
        assert fresh.tolist() == np.flatnonzero(expected).tolist()
        assert repeats.tolist() == np.flatnonzero(~np.array(expected)).tolist()
        if rng.random() < 0.2:
            again = SeenIds(capacity)
            again.restore(seen.export())
            seen = again


def test_it_remembers_at_least_the_last_ids_and_forgets_the_ones_before_them() -> None:
    seen = SeenIds(capacity=100)
    ids = [f"{number}" for number in range(1000)]
    seen.split(pa.array(ids))
    assert not len(seen.split(pa.array(ids[-100:]))[0])
    assert len(seen.split(pa.array(ids[:800]))[0]) == 800


@pytest.mark.parametrize("record_id", HARD)
def test_an_id_hashes_alike_whatever_stands_beside_it(record_id: str) -> None:
    alone = hash_ids(pa.array([record_id]))[0]
    for others in (["a"], ["a" * 40], ["x" * 64], ["x" * 200], HARD):
        assert hash_ids(pa.array([*others, record_id]))[-1] == alone
        assert hash_ids(pa.array([record_id, *others]))[0] == alone
    assert alone != 0


def test_ids_that_look_alike_hash_apart() -> None:
    # Zeros behind the end, lengths across the border of a word and of the two ways to hash.
    ids = [*HARD, *("\0" * n for n in range(3, 80)), *("y" * n for n in range(1, 80))]
    assert len(set(hash_ids(pa.array(ids)).tolist())) == len(set(ids)) == len(ids)


def test_many_like_ids_hash_apart_and_spread() -> None:
    ids = pa.array([f"tx-{number:09d}" for number in range(200_000)])
    hashes = hash_ids(ids)
    assert len(np.unique(hashes)) == len(ids)
    # Where ids crowd in a table, finding one gets slow: 4 a slot of 2 ** 16 on average.
    assert np.bincount((hashes & np.uint64(0xFFFF)).astype(np.int64)).max() < 30


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_slices_and_joined_chunks_hash_as_what_they_hold(kind: pa.DataType) -> None:
    ids = pa.array(HARD * 3, kind)
    whole = hash_ids(ids)
    for start, n in ((0, 5), (3, 10), (17, 30), (len(ids) - 1, 1), (4, 0)):
        assert hash_ids(ids.slice(start, n)).tolist() == whole[start : start + n].tolist()
    chunks = pa.chunked_array([ids.slice(5, 9), ids.slice(0, 0), ids.slice(20, 4)])
    expected = [*whole[5:14].tolist(), *whole[20:24].tolist()]
    assert hash_ids(chunks.combine_chunks()).tolist() == expected
    assert not len(hash_ids(pa.array([], kind)))


def test_a_table_stays_sound_when_ids_crowd_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    # All at home in the last slots of the table: each looks for a place beyond, round its end.
    def crowded(ids: pa.Array) -> np.ndarray:
        numbers = np.array([int(text) for text in ids.to_pylist()], np.uint64)
        return (numbers << np.uint64(32)) | np.uint64(0xFFFFFFFE)

    monkeypatch.setattr("lepton_core.seen.hash_ids", crowded)
    rng = np.random.default_rng(0)
    model, seen = Model(20), SeenIds(20)
    ids = [str(number) for number in rng.integers(0, 60, 1500)]
    for part in cuts(len(ids), rng):
        expected = [model.is_new(record_id) for record_id in ids[part]]
        assert seen.split(pa.array(ids[part]))[0].tolist() == np.flatnonzero(expected).tolist()
        again = SeenIds(20)
        again.restore(seen.export())
        seen = again
