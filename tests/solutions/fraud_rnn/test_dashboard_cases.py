"""Verdicts on the page: the latest counts, one taken back leaves the case open."""

from __future__ import annotations

import pyarrow as pa
from fraud_book import make_book

from lepton_core.store import WITHDRAWN, Store, Verdict
from solutions.fraud_rnn.dashboard_book_cases import Cases

TASK = "fraud_rnn/transactions"
BOOK, _ = make_book([(day / 10, "a", "s", 10.0, None, 0.5) for day in range(4)])


def cases(*said: tuple[str, str]) -> Cases:
    store = Store.open("sqlite://")
    for record, verdict in said:
        store.add_verdict(Verdict(TASK, "", record, "ana", verdict))
    return Cases.of(BOOK, store.verdicts(TASK))


def test_a_verdict_is_found_by_its_record() -> None:
    found = cases(("t2", "fraud"), ("t0", "genuine"))
    assert [found.status(row) for row in range(4)] == ["dismissed", "open", "confirmed", "open"]


def test_the_latest_verdict_counts() -> None:
    assert cases(("t1", "fraud"), ("t1", "genuine")).status(1) == "dismissed"
    assert cases(("t1", "genuine"), ("t1", "fraud")).status(1) == "confirmed"


def test_a_verdict_taken_back_leaves_the_case_open() -> None:
    assert cases(("t1", "fraud"), ("t1", WITHDRAWN)).status(1) == "open"


def test_verdicts_on_other_records_change_nothing() -> None:
    assert cases(("elsewhere", "fraud")).judged.tolist() == [-1, -1, -1, -1]


def test_open_rows_keep_their_order() -> None:
    rows = cases(("t2", "fraud")).open_rows(pa.array([3, 2, 0]).to_numpy())
    assert rows.tolist() == [3, 0]


def test_without_a_store_everything_is_open() -> None:
    assert Cases.of(BOOK, None).judged.tolist() == [-1, -1, -1, -1]
