"""Entities keep their state row by row, however the stream is cut."""

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.entities import EntityTable, StateArray, waves


def test_every_wave_holds_a_slot_once_and_each_slots_rows_stay_in_arrival_order():
    slots = np.random.default_rng(0).integers(0, 40, 1000)
    parts = list(waves(slots))
    assert all(len(np.unique(slots[rows])) == len(rows) for rows in parts)
    visited = np.concatenate(parts)
    assert sorted(visited) == list(range(1000))
    for slot in range(40):
        of_slot = visited[slots[visited] == slot]
        assert (np.diff(of_slot) > 0).all()


def test_an_empty_batch_has_no_wave():
    assert list(waves(np.empty(0, dtype=np.int64))) == []


def test_an_order_dependent_update_by_waves_equals_one_row_at_a_time():
    rng = np.random.default_rng(1)
    slots, values = rng.integers(0, 10, 500), rng.normal(size=500)
    by_wave, by_row = np.zeros(10), np.zeros(10)
    for rows in waves(slots):
        by_wave[slots[rows]] = 0.5 * by_wave[slots[rows]] + values[rows]
    for slot, value in zip(slots, values, strict=True):
        by_row[slot] = 0.5 * by_row[slot] + value
    np.testing.assert_array_equal(by_wave, by_row)


@pytest.mark.parametrize(
    "ids", [["a", "ü", "", "卡片"], [5, -3, 2**40, 0]], ids=["strings", "integers"]
)
def test_ids_and_states_survive_export_and_restore(ids, tmp_path):
    table = EntityTable(StateArray("h", (3,), "float32", 1.5), StateArray("n", (), "int64"))
    slots = table.slots(pa.array(ids))
    table["h"][slots[1]] = [1, 2, 3]
    table["n"][slots[2]] = 9
    np.savez(tmp_path / "state.npz", **table.export())
    with np.load(tmp_path / "state.npz", allow_pickle=False) as arrays:
        other = EntityTable(StateArray("h", (3,), "float32", 1.5), StateArray("n", (), "int64"))
        other.restore(arrays)
    assert other.slots(pa.array(ids)).tolist() == slots.tolist()
    np.testing.assert_array_equal(other["h"], table["h"])
    np.testing.assert_array_equal(other["n"], [0, 0, 9, 0])


def test_a_thousand_new_entities_grow_the_table_and_start_with_the_initial_row():
    table = EntityTable(StateArray("s", (2,), "float64", (0.0, -1.0)))
    table.slots(pa.array([1]))
    table["s"][0] = 7.0
    slots = table.slots(pa.array(np.arange(1000)))
    assert len(table) == 1000
    assert sorted(slots.tolist()) == list(range(1000))
    assert table["s"][0].tolist() == [7.0, 7.0]
    assert (table["s"][1:] == [0.0, -1.0]).all()


def test_a_null_id_is_no_entity():
    table = EntityTable(StateArray("n"))
    assert table.slots(pa.array(["a", None, "b"])).tolist() == [0, -1, 1]
    assert len(table) == 2


def test_a_dictionary_value_that_no_row_uses_is_no_entity():
    table = EntityTable(StateArray("n"))
    ids = pa.DictionaryArray.from_arrays(pa.array([1, 1]), pa.array(["unused", "b"]))
    assert table.slots(ids).tolist() == [0, 0]
    assert len(table) == 1


def test_an_unfilled_table_exports_and_restores():
    table = EntityTable(StateArray("n"))
    other = EntityTable(StateArray("n"))
    other.restore(table.export())
    assert len(other) == 0


def test_ids_of_another_kind_are_refused():
    table = EntityTable(StateArray("n"))
    table.slots(pa.array(["1"]))
    with pytest.raises(TypeError, match="holds strings"):
        table.slots(pa.array([1]))
    with pytest.raises(TypeError, match="strings or integers"):
        table.slots(pa.array([1.5]))


def test_a_state_that_does_not_fit_is_refused_and_the_table_kept():
    table = EntityTable(StateArray("n"))
    table.slots(pa.array(["a"]))
    exported = table.export() | {"state.n": np.zeros(2)}
    with pytest.raises(ValueError, match="must be"):
        table.restore(exported)
    assert len(table) == 1


def test_one_id_has_the_slot_that_it_has_among_many() -> None:
    table = EntityTable(StateArray("n"))
    assert table.slots(pa.array(["a", "b"])).tolist() == [0, 1]
    assert [table.slot(name) for name in ("b", "c", "a", "c")] == [1, 2, 0, 2]
    assert len(table["n"]) == 3
    with pytest.raises(TypeError):
        table.slot(7)
