"""What stateful tasks share: events in order, windows of days, batches of whole histories."""

from __future__ import annotations

import os

import numpy as np
import pyarrow as pa
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from lepton_core.entities import StateArray
from lepton_core.errors import DataError, TrainingError
from lepton_core.evaluation.days import DaySplit
from lepton_core.events import EventTable, refuse_late
from lepton_core.training.sequences import SequenceBatch, entity_sequences

DAY_US = 86_400_000_000


@pytest.fixture
def stream() -> tuple[pa.Array, np.ndarray]:
    """Machines and times of 300 events, one in ten of them late."""
    rng = np.random.default_rng(0)
    time_us = np.sort(rng.integers(0, 30 * DAY_US, 300))
    late = rng.random(300) < 0.1
    return pa.array([f"m{n}" for n in rng.integers(0, 12, 300)]), time_us - late * 2 * DAY_US


def gaps(table: EventTable, who: pa.Array, time_us: np.ndarray) -> np.ndarray:
    return table.gaps(table.slots(who), time_us)


def test_gaps_do_not_depend_on_how_events_are_cut(stream) -> None:
    who, time_us = stream
    whole, table = gaps(EventTable(), who, time_us), EventTable()
    parts = []
    for rows in np.array_split(np.arange(300), 37):
        # Goes on in another table, as a session does in another process.
        again = EventTable()
        again.restore(table.export())
        table = again
        parts.append(gaps(table, who.take(pa.array(rows)), time_us[rows]))
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_gaps_are_those_of_one_event_after_the_other(stream) -> None:
    who, time_us = stream
    last: dict[str, int] = {}
    found = gaps(EventTable(), who, time_us)
    for name, moment, gap in zip(who.to_pylist(), time_us.tolist(), found, strict=True):
        if name in last:
            assert gap == (moment - last[name]) / 1e6
        else:
            assert np.isnan(gap)
        last[name] = max(moment, last.get(name, moment))


def test_late_events_are_refused_by_name(stream) -> None:
    who, time_us = stream
    records = pa.table(
        {
            "record_id": [f"e{number}" for number in range(300)],
            "machine": who,
            "time": pa.array(time_us, pa.timestamp("us", "UTC")),
        }
    )
    gap = gaps(EventTable(), who, time_us)
    kept, rejects = refuse_late(records, gap, entity="machine", time="time")
    assert len(rejects) == (gap < 0).sum() > 5
    assert sorted([*kept, *(reject.row for reject in rejects)]) == list(range(300))
    first = next(iter(rejects))
    assert first.record_id == f"e{first.row}"
    message = first.to_json()["reasons"][0]["message"]
    assert f"machine {who[first.row].as_py()}" in message


def test_an_event_table_holds_states_of_ones_own() -> None:
    table = EventTable(StateArray("count"))
    slots = table.slots(pa.array(["a", "b"]))
    table["count"][slots] += 2
    again = EventTable(StateArray("count"))
    again.restore(table.export())
    assert again["count"].tolist() == [2, 2]


def records_of(day: np.ndarray, label: list[int | None]) -> pa.Table:
    time = pa.array((day * DAY_US).astype(np.int64), pa.timestamp("us", "UTC"))
    return pa.table({"time": time, "failed": pa.array(label, pa.int64())})


def test_windows_of_days_follow_each_other() -> None:
    day = np.arange(0, 40, 0.5)
    label = [None if number % 5 == 0 else number % 2 for number in range(len(day))]
    protocol = DaySplit("failed", "time", valid_days=5, test_days=7, delay_days=3, warmup_days=4)
    split = protocol.split(records_of(day, label))
    for rows, first, after in (
        (split.train, 4, 25),
        (split.valid, 25, 30),
        (split.test, 33, 40),
    ):
        wanted = (day >= first) & (day < after) & (np.arange(len(day)) % 5 != 0)
        np.testing.assert_array_equal(rows, np.flatnonzero(wanted))
    assert protocol.describe()["delay_days"] == 3


def test_too_few_days_are_told_with_how_many_are_needed() -> None:
    protocol = DaySplit("failed", "time", valid_days=5, test_days=7)
    assert len(protocol.split(records_of(np.arange(19.0), [0] * 19)).test) == 7
    with pytest.raises(DataError) as caught:
        protocol.split(records_of(np.arange(18.0), [0] * 18))
    assert (caught.value.values["expected"], caught.value.values["received"]) == (19, 18)


def test_padding_is_zero_whatever_the_type() -> None:
    batch = SequenceBatch(np.array([[2, 0, -1]]))
    assert batch.take(np.array([5, 6, 7], np.int8)).tolist() == [[7, 5, 0]]
    assert batch.take(np.ones((3, 2))).sum() == 4


def test_no_events_are_no_batches() -> None:
    assert entity_sequences(np.empty(0, np.int64), 8) == []


@pytest.fixture
def histories():
    """Features, slots, labels, mask; the label says whether the entity's first event was high."""
    rng = np.random.default_rng(0)
    slots = np.sort(rng.integers(0, 40, 600))
    x = rng.normal(size=(600, 3)).astype(np.float32)
    first = np.searchsorted(slots, slots)
    return x, slots, (x[first, 0] > 0).astype(np.int8), np.arange(600) > first


def test_every_event_with_a_loss_counts_alike(histories) -> None:
    from lepton_core.training.histories import HistoryBatches

    x, slots, labels, mask = histories
    mask = mask & (slots % 3 > 0)
    data = HistoryBatches(x, slots, labels, mask, 8, seed=1)
    weights = np.concatenate([data[at][2].ravel() / data[at][2].size for at in range(len(data))])
    there = weights[weights > 0]
    assert len(there) == mask.sum()
    np.testing.assert_allclose(there, there[0], rtol=1e-6)
    assert sum(data[at][0].any(axis=2).sum() for at in range(len(data))) == (slots % 3 > 0).sum()


def test_an_epoch_is_shuffled_by_seed_and_number_alone(histories) -> None:
    from lepton_core.training.histories import HistoryBatches

    def epoch(number: int, seed: int = 1) -> list[np.ndarray]:
        data = HistoryBatches(*histories, 8, seed)
        for _ in range(number):
            data.on_epoch_end()
        return [data[at][0] for at in range(len(data))]

    for ours, again in zip(epoch(2), epoch(2), strict=True):
        np.testing.assert_array_equal(ours, again)
    assert not all(np.array_equal(a, b) for a, b in zip(epoch(2), epoch(3), strict=True))


def test_training_learns_what_an_entity_did_first(histories) -> None:
    from lepton_core._keras import keras
    from lepton_core.models.recurrent import score_histories, start_weights
    from lepton_core.training.histories import fit_histories

    x, slots, labels, mask = histories
    inputs = keras.Input((None, 3))
    hidden = keras.layers.GRU(8, return_sequences=True)(inputs)
    logit = keras.layers.Reshape((-1,))(keras.layers.Dense(1)(hidden))
    model = keras.Model(inputs, logit)
    model.set_weights(start_weights(model, seed=0))
    fit_histories(model, *histories, epochs=60, learning_rate=3e-2, batch_entities=8)
    scores = score_histories(model, x, slots)
    assert np.mean((scores > 0)[mask] == (labels == 1)[mask]) > 0.9
    with pytest.raises(TrainingError):
        fit_histories(model, x, slots, labels, np.zeros(600, bool), epochs=1, learning_rate=1e-2)


def test_the_loss_of_a_step_is_found_by_its_name() -> None:
    from lepton_core._keras import keras
    from lepton_core.models.recurrent import step_log_loss

    logits = np.array([[-30.0, 0.0, 40.0]], np.float32)
    loss = keras.ops.convert_to_numpy(step_log_loss(np.array([[1.0, 1.0, 1.0]]), logits))
    np.testing.assert_allclose(loss, [[30.0, np.log(2.0), 0.0]], atol=1e-6)
    assert keras.saving.get_registered_object("lepton>step_log_loss") is step_log_loss
