"""A record scored alone gets the score that it gets in a batch, and leaves the same memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.pipeline import Pipeline
from lepton_core.scoring.online import OnlineSession

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def rows(records: pa.Table) -> Rows:
    """Transactions in order of time, of which some have a label, no terminal, or come late."""
    rows = records.slice(0, 1500).drop_columns(["label"]).to_pylist()
    labels = records.column("label").to_pylist()
    for row, record in enumerate(rows):
        record["time"] = record["time"].isoformat()
        if row % 5 == 0:
            record["label"] = labels[row]
        if row % 7 == 0:
            record["terminal"] = None
    rows[400] |= {"time": rows[390]["time"], "card": rows[399]["card"]}
    rows[500]["time"] = "2050-01-01T00:00:00"
    return rows


def table_of(rows: Rows) -> pa.Table:
    names = ("record_id", "time", "card", "terminal", "amount", "label")
    return pa.table({name: [row.get(name) for row in rows] for name in names})


def assert_same_memory(one: OnlineSession, other: OnlineSession) -> None:
    mine, theirs = one.export_state(), other.export_state()
    assert mine.keys() == theirs.keys()
    for name in mine:
        assert np.allclose(mine[name], theirs[name], rtol=1e-5, atol=1e-5), name


def test_one_by_one_is_the_same_as_in_batches(pipeline: Pipeline, rows: Rows) -> None:
    single, batches = OnlineSession(pipeline), OnlineSession(pipeline)
    told = [single.step_one(row) for row in rows]
    expected = batches.step(table_of(rows)).to_arrow().to_pylist()
    for answer, row in zip(told, expected, strict=True):
        assert list(answer) == list(row)
        for name, value in row.items():
            same = pytest.approx(value, abs=1e-5) if isinstance(value, float) else value
            assert answer[name] == same
    assert_same_memory(single, batches)


def test_single_records_and_batches_may_alternate(pipeline: Pipeline, rows: Rows) -> None:
    mixed, batches = OnlineSession(pipeline), OnlineSession(pipeline)
    scores: list[float] = []
    for start in range(0, len(rows), 50):
        some = rows[start : start + 50]
        if start % 100:
            scores += mixed.step(table_of(some))["score"].tolist()
        else:
            scores += [mixed.step_one(row)["score"] for row in some]
    assert np.abs(batches.step(table_of(rows))["score"] - scores).max() <= 1e-5
    assert_same_memory(mixed, batches)


def test_most_records_take_the_short_way(
    pipeline: Pipeline, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = []
    take = OnlineSession._take_one
    monkeypatch.setattr(OnlineSession, "_take_one", lambda s, r: long.append(r) or take(s, r))
    session = OnlineSession(pipeline)
    for row in rows:
        session.step_one({name: value for name, value in row.items() if name != "label"})
    # The first two, before the clock is confirmed, the late one and the one of the future.
    assert 3 <= len(long) <= 5


def test_a_repeated_record_is_answered_and_not_applied_again(
    pipeline: Pipeline, rows: Rows
) -> None:
    session = OnlineSession(pipeline)
    first = [session.step_one(row) for row in rows[:20]]
    before = session.export_state()
    assert [session.step_one(row) for row in rows[:20]] == first
    after = session.export_state()
    assert after.pop("cursor") == before.pop("cursor") + 20
    assert all(np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"amount": -1.0}, "below"),
        ({"amount": float("nan")}, "not_finite"),
        ({"amount": "1,234"}, "ambiguous"),
        ({"amount": None}, "null"),
        ({"amount": True}, "type"),
        ({"card": " "}, "null"),
        ({"card": "\ud800"}, "json"),
        ({"time": "soon"}, "type"),
        ({"time": 1_700_000_000}, "type"),
        ({"label": 2}, "above"),
    ],
)
def test_a_bad_record_is_answered_with_its_reason_and_changes_nothing(
    pipeline: Pipeline, rows: Rows, change: dict[str, Any], key: str
) -> None:
    session, clean = OnlineSession(pipeline), OnlineSession(pipeline)
    for row in rows[:5]:
        session.step_one(row)
        clean.step_one(row)
    answer = session.step_one({**rows[5], **change})
    assert [reason["key"] for reason in answer["rejected"]] == [key]
    assert session.step_one(rows[6]) == clean.step_one(rows[6])


def test_text_and_numbers_mean_the_same(pipeline: Pipeline, rows: Rows) -> None:
    plain, texts = OnlineSession(pipeline), OnlineSession(pipeline)
    for row in rows[:50]:
        expected = plain.step_one(row)["score"]
        told = texts.step_one({**row, "amount": f"${row['amount']:,.2f}"})
        assert told["score"] == pytest.approx(expected, abs=1e-5)
