"""Records that belong together are scored in one batch or refused as one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.checking import check
from lepton_core.spec import Column, Spec
from lepton_core.together import (
    first_units,
    unit_names,
    unit_starts,
    whole_units,
    without_broken_units,
    without_mates,
)

PLACE = ("place",)
SPEC = Spec(
    (
        Column("record_id", "string", "id"),
        Column("place", "string", "meta"),
        Column("flow", "float64", low=0),
    )
)


def records(places: str, flows: list[float] | None = None) -> pa.Table:
    """One record a letter, the letter being its place."""
    return pa.table(
        {
            "record_id": [f"{place}{at}" for at, place in enumerate(places)],
            "place": list(places),
            "flow": flows or [1.0] * len(places),
        }
    )


@pytest.mark.parametrize("size", range(1, 9))
def test_no_cut_of_the_input_cuts_a_unit_and_none_is_lost(size: int) -> None:
    table = records("aaabccdda")
    parts = [table.slice(at, size) for at in range(0, table.num_rows, size)]
    found = list(whole_units(parts, PLACE))
    assert pa.concat_tables(found).equals(table)
    for before, after in pairwise(found):
        assert before["place"][-1] != after["place"][0]


def test_without_columns_batches_stay_as_they_are() -> None:
    parts = [records("aa"), records("a")]
    assert list(whole_units(parts, ())) == parts


@pytest.mark.parametrize(("least", "taken"), [(1, 3), (3, 3), (4, 4), (5, 6), (6, 6), (9, 6)])
def test_a_limit_ends_with_a_unit(least: int, taken: int) -> None:
    assert first_units(records("aaabcc"), PLACE, least).num_rows == taken
    assert first_units(records("aaabcc"), (), least).num_rows == min(least, 6)


def test_who_belongs_with_a_refused_record_is_refused_with_its_name() -> None:
    table = records("aabbb", [1.0, 1.0, 1.0, -1.0, 1.0])
    found = without_broken_units(check(table, SPEC, first_row=100), table, PLACE, 100)
    assert found.table["record_id"].to_pylist() == ["a0", "a1"]
    assert found.rows.tolist() == [100, 101]
    told = {reject.row: reject.reasons[0] for reject in found.rejects}
    assert {row: key for row, (key, _) in told.items()} == {102: "unit", 103: "below", 104: "unit"}
    assert told[102][1]["other"] == "b3"


def test_the_same_place_further_down_is_another_unit() -> None:
    table = records("aba", [-1.0, 1.0, 1.0])
    found = without_broken_units(check(table, SPEC), table, PLACE, 0)
    assert found.table["record_id"].to_pylist() == ["b1", "a2"]


def test_a_repeated_record_takes_its_unit_with_it() -> None:
    fresh, gone = without_mates(records("aabb"), PLACE, np.array([0, 1, 3]), np.array([2]))
    assert fresh.tolist() == [0, 1]
    assert gone == {3: "b2"}


def test_empty_cells_and_numbers_name_units_too() -> None:
    table = pa.table({"place": [1, 1, None, None, 2]})
    assert unit_starts(unit_names(table, PLACE)).tolist() == [0, 2, 4]
    assert unit_starts(unit_names(table.slice(0, 0), PLACE)).tolist() == []
