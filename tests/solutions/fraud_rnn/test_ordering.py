"""Times that are late, ahead or wrong from the start: what is scored, refused and remembered."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from solutions.fraud_rnn.transactions.ordering import US_A_DAY, StreamClock

Row = tuple[str, float]  # card, day


def transactions(rows: list[Row]) -> pa.Table:
    """One transaction a row, at three terminals in turn, of slowly rising amounts."""
    days = np.array([day for _, day in rows])
    return pa.table(
        {
            "record_id": [f"t{row}" for row in range(len(rows))],
            "time": pa.array((days * US_A_DAY).astype(np.int64), pa.timestamp("us", "UTC")),
            "card": [card for card, _ in rows],
            "terminal": [f"s{row % 3}" for row in range(len(rows))],
            "amount": 20.0 + 3.0 * np.arange(len(rows)),
        }
    )


def scores(done: Predictions) -> dict[str, float]:
    return dict(zip(done["record_id"].tolist(), done["score"].tolist(), strict=True))


def same(expected: dict[str, float]) -> Any:
    """Equal but for the last digit, which may depend on the rows beside a row."""
    return pytest.approx(expected, abs=1e-5)


def without(table: pa.Table, *rows: int) -> pa.Table:
    return table.take(pa.array([row for row in range(len(table)) if row not in rows]))


def test_a_late_transaction_is_scored_at_its_cards_latest_time_and_remembered(
    pipeline: Pipeline,
) -> None:
    late = transactions([("a", 10), ("b", 10), ("a", 12), ("a", 6), ("a", 13)])
    then = transactions([("a", 10), ("b", 10), ("a", 12), ("a", 12), ("a", 13)])
    received = pipeline.score(late)
    assert not len(received.rejects)
    assert scores(received) == same(scores(pipeline.score(then)))
    assert scores(received)["t4"] != scores(pipeline.score(without(late, 3)))["t4"]


def test_a_transaction_older_than_the_late_days_is_refused_and_changes_nothing(
    pipeline: Pipeline,
) -> None:
    table = transactions([("a", 10), ("b", 10), ("a", 12), ("a", 4.9), ("a", 13), ("b", 13)])
    received = pipeline.score(table)
    (reject,) = received.rejects
    assert reject.record_id == "t3"
    (reason,) = reject.to_json()["reasons"]
    assert reason["key"] == "late"
    assert "1970-01-05" in reason["message"]
    assert "1970-01-13" in reason["message"]
    assert scores(received) == same(scores(pipeline.score(without(table, 3))))


def test_an_old_transaction_of_a_card_not_seen_is_not_late(pipeline: Pipeline) -> None:
    received = pipeline.score(transactions([("a", 100), ("a", 101), ("b", 20), ("b", 21)]))
    assert not len(received.rejects)


@pytest.mark.parametrize("ahead", [20.0, 400.0, 27_000.0, 5e7, 1e8])
def test_a_time_in_the_future_is_scored_and_moves_nothing(pipeline: Pipeline, ahead: float) -> None:
    honest: list[Row] = [("a", 10), ("b", 10.5), ("a", 11)]
    after: list[Row] = [("a", 11.5), ("b", 11.6), ("c", 12), ("a", 13)]
    table = transactions([*honest, ("a", 11 + ahead), *after])
    received = pipeline.score(table)
    assert not len(received.rejects)
    assert "t3" in scores(received)
    expected = scores(pipeline.score(without(table, 3)))
    assert {name: scores(received)[name] for name in expected} == same(expected)


def test_future_stamps_that_honest_ones_interrupt_never_move_the_clock(
    pipeline: Pipeline,
) -> None:
    rows = [
        row
        for n in range(40)
        for row in (("a", 10 + n / 50), ("x", 5000 + n), ("y", 5000 + n), ("b", 10 + n / 50))
    ]
    table = transactions(rows)
    wrong = [row for row in range(len(rows)) if rows[row][0] in "xy"]
    received, expected = pipeline.score(table), scores(pipeline.score(without(table, *wrong)))
    assert len(received) == len(rows)
    assert {name: scores(received)[name] for name in expected} == same(expected)


def test_three_in_a_row_say_that_time_has_passed() -> None:
    clock, day = StreamClock(7.0), US_A_DAY
    moves, _, restart = clock.judge(np.array([0, 1, 30, 30.1, 30.2, 30.3]).astype(int) * day)
    assert moves.tolist() == [True, True, False, False, True, True]
    assert (clock.time_us, restart) == (30 * day, None)


def test_a_wrong_stamp_after_a_quiet_time_is_no_witness_of_it() -> None:
    clock, day = StreamClock(7.0), US_A_DAY
    days = np.array([0, 1, 30, 30, 40_000, 30, 30, 30, 31])
    moves, _, _ = clock.judge(days * day)
    assert moves.tolist() == [True, True, False, False, False, False, False, True, True]
    assert clock.time_us == 31 * day


def test_a_card_used_once_a_month_alone_in_its_file_comes_forward() -> None:
    clock, day = StreamClock(7.0), US_A_DAY
    days = np.array([0, 30, 61, 89, 120, 150, 181, 212])
    moves, _, _ = clock.judge(days * day)
    assert clock.time_us >= 181 * day
    assert moves.sum() >= 3


@pytest.mark.parametrize("first", [27_000.0, -20_000.0], ids=["future", "past"])
def test_a_wrong_first_time_is_corrected_by_three_that_agree(
    pipeline: Pipeline, first: float
) -> None:
    honest: list[Row] = [("b", 10), ("c", 10.1), ("a", 10.2), ("b", 10.3), ("c", 11), ("a", 12)]
    table = transactions([("a", first), *honest])
    received = pipeline.score(table)
    assert len(received) == len(table)
    session = pipeline.open_session()
    session.step(table)
    # The clock is that of the honest ones: a time far from theirs is doubtful, theirs is not.
    clock = session.export_state()["history.order.clock"]
    assert clock.tolist()[:2] == [12 * US_A_DAY, 1]
    late = (
        transactions([*honest, ("a", 11.9)])
        .slice(len(honest))
        .set_column(0, "record_id", pa.array(["next"]))
    )
    assert not len(session.step(late).rejects)


def test_what_a_wrong_first_time_left_is_forgotten(pipeline: Pipeline) -> None:
    honest: list[Row] = [("b", 10), ("c", 10.1), ("d", 10.2), ("b", 10.3), ("c", 11), ("d", 12)]
    table = transactions([("a", 27_000.0), *honest])
    received = scores(pipeline.score(table))
    # The first two only witnessed; from the third on all is as if the stream began there.
    expected = scores(pipeline.score(without(table, 0, 1, 2)))
    assert {name: received[name] for name in expected} == same(expected)


def test_the_cut_into_batches_changes_nothing(pipeline: Pipeline, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    days = np.sort(rng.uniform(0, 60, 400))
    days = days + rng.choice([0.0, -3.0, -9.0, 50.0, 9000.0], 400, p=[0.6, 0.1, 0.1, 0.1, 0.1])
    days[0], days[200:] = 8000.0, days[200:] + 40.0
    table = transactions([(f"c{rng.integers(12)}", float(day)) for day in days])
    whole = pipeline.score(table)
    assert len(whole.rejects) > 5
    for cut in (1, 3, 64):
        session, parts, refused = pipeline.open_session(), [], []
        for start in range(0, len(table), cut):
            part = session.step(table.slice(start, cut))
            parts.append(part["score"])
            refused += [reject.record_id for reject in part.rejects]
            if start % (5 * cut) == 0:
                np.savez(tmp_path / "state.npz", **session.export_state())
                session = pipeline.open_session()
                with np.load(tmp_path / "state.npz", allow_pickle=False) as stored:
                    session.restore({name: stored[name] for name in stored.files})
        assert refused == [reject.record_id for reject in whole.rejects]
        assert np.abs(np.concatenate(parts) - whole["score"]).max() < 1e-5


def test_a_flood_of_one_card_is_linear_and_remembers_one_card(pipeline: Pipeline) -> None:
    def seconds(n: int) -> float:
        table = transactions([("a", row / 1e5) for row in range(n)])
        session, start = pipeline.open_session(), time.process_time()
        session.step(table)
        took = time.process_time() - start
        memory = session.export_state()
        small = [a.size for name, a in memory.items() if not name.startswith("seen")]
        assert max(small) < 1000
        return took

    seconds(200)
    # Twenty times the rows: quadratic work would take 400 times as long.
    assert seconds(10_000) < 60 * seconds(500)


def test_a_label_on_a_refused_record_or_on_a_doubtful_one_teaches_nothing(
    pipeline: Pipeline,
) -> None:
    rows: list[Row] = [
        ("a", 10),
        ("b", 10),
        ("a", 1),
        ("c", 5000),
        ("d", 11),
        ("d", 17.5),
        ("d", 18),
    ]
    table = transactions(rows).set_column(3, "terminal", pa.array(["s"] * len(rows)))
    silent = pipeline.score(table)
    labels = pa.array([None, None, 1, 1, None, None, None], pa.int64())
    told = pipeline.score(table.append_column("label", labels))
    assert [reject.record_id for reject in told.rejects] == ["t2"]
    assert scores(told) == same(scores(silent))
    known = pa.array([1, None, None, None, None, None, None], pa.int64())
    assert scores(pipeline.score(table.append_column("label", known))) != scores(silent)


def test_new_cards_and_terminals_and_none_at_all_are_scored(pipeline: Pipeline) -> None:
    table = transactions([("a", 1), ("new", 2), ("newer", 3)])
    table = table.set_column(3, "terminal", pa.array(["s", None, "never seen"]))
    received = pipeline.score(table)
    assert len(received) == 3
    assert np.isfinite(received["score"]).all()
