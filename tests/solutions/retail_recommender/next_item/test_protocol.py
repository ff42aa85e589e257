"""Leave last out: what is asked for is in nobody's history, and nothing of it reaches training."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.checking import check
from lepton_core.errors import DataError
from solutions.retail_recommender.next_item.config import Config
from solutions.retail_recommender.next_item.evaluation import held_out
from solutions.retail_recommender.next_item.preprocessing import (
    NextItemPreprocessor,
    known_sequences,
)
from solutions.retail_recommender.next_item.protocols import leave_last_out
from solutions.retail_recommender.next_item.sequences import LeaveLastOut, Sequences
from solutions.retail_recommender.next_item.task import INPUTS

PROTOCOL = leave_last_out(Config())
HISTORIES = {"u": list("abcde"), "v": list("cd"), "w": [], "x": list("dab"), "y": ["e"]}


def records(histories: dict[str, list[str]], **more: list) -> pa.Table:
    table = pa.table(
        {
            "record_id": list(histories),
            "items": pa.array(list(histories.values()), pa.list_(pa.string())),
            **more,
        }
    )
    return check(table, INPUTS).table


def cases(part: str, table: pa.Table) -> dict[str, tuple[list[str], str | None]]:
    rows = PROTOCOL.with_truth(table).to_pylist()
    return {
        row["record_id"]: ("".join(row["items"]), row["next"])
        for row in rows
        if row["part"] == part
    }


def test_the_last_choice_is_the_test_and_the_one_before_validation() -> None:
    table = records(HISTORIES)
    assert cases("test", table) == {"u": ("abcd", "e"), "x": ("da", "b")}
    assert cases("valid", table) == {"u": ("abc", "d"), "x": ("d", "a")}
    assert cases("train", table) == {
        "u": ("ab", "c"),
        "v": ("c", "d"),
        "w": ("", None),
        "x": ("", "d"),
        "y": ("", "e"),
    }


def test_it_says_the_same_as_sequences_of_codes() -> None:
    rng = np.random.default_rng(0)
    histories = {
        f"u{n}": [f"i{code}" for code in rng.integers(0, 30, rng.integers(0, 9))] for n in range(60)
    }
    table = PROTOCOL.with_truth(records(histories))
    split = PROTOCOL.split(table)
    preprocessor = NextItemPreprocessor(5).fit(table)
    whole = Sequences.from_lists(
        preprocessor.known.codes(pa.array(items, pa.string())) + 1 for items in histories.values()
    )
    expected = LeaveLastOut.of(whole)
    train = known_sequences(table.take(pa.array(split.train)), preprocessor.known, following=True)[
        0
    ]
    assert train.codes.tolist() == expected.train.codes.tolist()
    assert train.starts.tolist() == expected.train.starts.tolist()
    for rows, part in ((split.valid, expected.valid), (split.test, expected.test)):
        held = held_out(table.take(pa.array(rows)), preprocessor)
        assert held.truth.tolist() == part.truth.tolist()
        assert held.history.codes.tolist() == part.history.codes.tolist()


@pytest.mark.parametrize("place", [-1, -2])
def test_other_held_out_choices_change_no_training_case(place: int) -> None:
    other = {name: list(items) for name, items in HISTORIES.items()}
    for name in ("u", "x"):
        other[name][place] = "zzz"
    assert cases("train", records(other)) == cases("train", records(HISTORIES))
    if place == -1:
        assert cases("valid", records(other)) == cases("valid", records(HISTORIES))


def test_lists_beside_the_items_tell_of_what_is_asked_for_too() -> None:
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3, 4)]
    table = records({"u": list("abcd")}, times=[days], prices=[[1.0, 2.0, 3.0, 4.0]])
    rows = {row["part"]: row for row in PROTOCOL.with_truth(table).to_pylist()}
    assert rows["train"]["prices"] == [1.0, 2.0]
    assert rows["valid"]["prices"] == [1.0, 2.0, 3.0]
    assert rows["test"]["times"] == days


def test_cases_stay_cases_and_know_whose_they_are() -> None:
    table = records(HISTORIES)
    once = PROTOCOL.with_truth(table)
    assert PROTOCOL.with_truth(once).equals(once)
    ids = table.column("record_id").take(pa.array(PROTOCOL.origins(table))).to_pylist()
    assert ids == once.column("record_id").to_pylist()


def test_what_is_told_to_come_next_is_the_last_choice() -> None:
    table = records({"u": list("abc"), "v": list("ab")}, next=["d", None])
    assert cases("test", table) == {"u": ("abc", "d")}


def test_customers_without_histories_are_refused_in_words() -> None:
    with pytest.raises(DataError, match="2 customers"):
        PROTOCOL.split(PROTOCOL.with_truth(records({"u": ["a"], "v": ["a", "b"]})))
