"""What becomes of a history: known items in order, the others told, and nothing refused for it."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.checking import check
from lepton_core.decision.rank import LONG_HISTORY, UNKNOWN_ITEMS
from solutions.retail_recommender.next_item.preprocessing import NextItemPreprocessor
from solutions.retail_recommender.next_item.sequences import Sequences
from solutions.retail_recommender.next_item.task import INPUTS
from solutions.retail_recommender.next_item.trends import together, trend


def table(*histories: list[str] | None, **more: list) -> pa.Table:
    lists = pa.array(histories, pa.list_(pa.string()))
    ids = [f"u{number}" for number in range(len(histories))]
    return check(pa.table({"record_id": ids, "items": lists, **more}), INPUTS).table


@pytest.fixture
def fitted() -> NextItemPreprocessor:
    return NextItemPreprocessor(3).fit(table(list("dcba"), list("ab")))


def test_the_last_known_items_are_read_in_order_and_the_latest_is_told_first(
    fitted: NextItemPreprocessor,
) -> None:
    prepared = fitted.transform(table(list("abcd"), ["b"], []))
    assert prepared.arrays["x"].tolist() == [[2, 3, 4], [0, 0, 2], [0, 0, 0]]
    assert prepared.notes["history"][:, :5].tolist() == [[4, 3, 2, 1, 0], [2] + [0] * 4, [0] * 5]


def test_unknown_items_are_passed_over_with_a_note(fitted: NextItemPreprocessor) -> None:
    prepared = fitted.transform(table(["a", "new", "b"], ["new"]))
    assert prepared.arrays["x"].tolist() == [[0, 1, 2], [0, 0, 0]]
    assert prepared.notes["notes"].tolist() == [UNKNOWN_ITEMS, UNKNOWN_ITEMS]
    assert not len(prepared.rejects)


def test_a_history_longer_than_what_is_remembered_is_told(fitted: NextItemPreprocessor) -> None:
    prepared = fitted.transform(table(["a"] * (fitted.remembered + 1), ["a"] * fitted.remembered))
    assert prepared.notes["notes"].tolist() == [LONG_HISTORY, 0]


def test_of_a_stranger_the_network_says_nothing(fitted: NextItemPreprocessor) -> None:
    prepared = fitted.transform(table([], ["a"]))
    said = fitted.gather({"score": np.float32([[np.nan, 1], [2, 3]])}, prepared)
    assert said["score"].tolist() == [[0, 0], [2, 3]]


def test_lists_of_other_lengths_are_refused_alone(fitted: NextItemPreprocessor) -> None:
    given = table(list("ab"), list("ab"), list("ab"), prices=[[1.0], [1.0, 2.0], None])
    prepared = fitted.transform(given)
    assert prepared.kept.tolist() == [1, 2]
    assert prepared.rejects.counts() == {"list_lengths": 1}


def test_its_state_makes_it_again(fitted: NextItemPreprocessor) -> None:
    state, arrays = fitted.state()
    again = NextItemPreprocessor.from_state(json.loads(json.dumps(state)), arrays)
    given = table(list("dab"))
    assert (
        again.transform(given).arrays["x"].tolist() == fitted.transform(given).arrays["x"].tolist()
    )


def test_late_choices_weigh_more_and_without_times_all_alike() -> None:
    day = 86_400_000_000
    codes, starts = np.array([1, 2, 1], np.int32), np.array([0, 2, 3])
    timed = Sequences(codes, starts, np.array([0, 10 * day, 0]))
    assert trend(timed, 2, 5).tolist() == [0.5, 1.0]
    assert trend(Sequences(codes, starts), 2, 5).tolist() == [2.0, 1.0]


def test_what_is_bought_within_one_visit_goes_together() -> None:
    hour = 3_600_000_000
    codes = np.array([1, 2, 3] * 5, np.int32)
    times = np.tile([0, hour // 60, 40 * hour], 5)
    found, lift = together(Sequences(codes, np.arange(0, 16, 3), times), 3, 2)
    assert found.tolist() == [[1, -1], [0, -1], [-1, -1]]
    assert lift[0, 0] > lift[0, 1] == 0
