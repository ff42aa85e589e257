"""Scoring one step a transaction is scoring the whole history, however the stream is cut."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.pipeline import Pipeline
from lepton_core.testing import check_runtime, check_solution


def test_the_solution_conforms() -> None:
    check_solution("fraud_rnn", training=False)


def test_onnx_runtime_agrees_with_the_outputs_that_keras_gave(pipeline: Pipeline) -> None:
    check_runtime("onnx", pipeline.task)


@pytest.mark.slow
def test_stepwise_scores_equal_the_whole_sequence(pipeline: Pipeline, records: pa.Table) -> None:
    from lepton_core._keras import keras
    from lepton_core.checking import check
    from lepton_core.models.recurrent import score_histories
    from solutions.fraud_rnn.transactions.preprocessing import columns

    assert pipeline.folder is not None
    model = keras.saving.load_model(pipeline.folder / "models" / "main.keras", compile=False)
    checked = check(records, pipeline.task.inputs).table
    x = pipeline.preprocessor.transform(checked, pipeline.preprocessor.new_history()).arrays["x"]
    cards = columns(checked)[0].dictionary_encode().indices.to_numpy().astype(np.int64)
    whole = score_histories(model, x, cards)
    session = pipeline.open_session()
    parts = [session.step(records.slice(start, 257)) for start in range(0, len(records), 257)]
    stepwise = np.concatenate([part["score"] for part in parts])
    assert np.abs(whole - stepwise).max() <= 1e-5


def test_a_card_is_not_moved_by_another_cards_transactions(
    pipeline: Pipeline, records: pa.Table
) -> None:
    card = records.column("card")[0].as_py()
    mine = pa.compute.equal(records.column("card"), card)
    alone = records.filter(mine).drop_columns(["terminal"])
    both = records.drop_columns(["terminal"])
    scored = pipeline.score(both)
    picked = pa.compute.is_in(
        scored.columns["record_id"], records.filter(mine).column("record_id").combine_chunks()
    ).to_numpy(zero_copy_only=False)
    assert np.abs(pipeline.score(alone)["score"] - scored["score"][picked]).max() <= 1e-5


def test_the_future_does_not_reach_a_score(pipeline: Pipeline, records: pa.Table) -> None:
    whole = pipeline.score(records)["score"]
    half = pipeline.score(records.slice(0, 1500))["score"]
    assert np.array_equal(whole[:1500], half)


def test_a_label_is_used_only_after_its_delay(pipeline: Pipeline) -> None:
    day = 86_400_000_000
    # One terminal, a fraud on day 0, and another card that comes on day 6 and on day 8.
    table = {
        "record_id": ["f", "early", "late"],
        "time": pa.array([0, 6 * day, 8 * day], pa.timestamp("us", tz="UTC")),
        "card": ["a", "b", "c"],
        "terminal": ["t", "t", "t"],
        "amount": [50.0, 50.0, 50.0],
    }
    fraud = pipeline.score(pa.table({**table, "label": [1, None, None]}))["score"]
    genuine = pipeline.score(pa.table({**table, "label": [0, None, None]}))["score"]
    assert fraud[1] == genuine[1]
    assert fraud[2] != genuine[2]


def test_a_repeated_transaction_is_answered_and_not_applied_twice(
    pipeline: Pipeline, records: pa.Table
) -> None:
    session = pipeline.open_session(on_repeat="answer")
    first = session.step(records.slice(0, 500))
    again = session.step(records.slice(100, 50))
    assert np.array_equal(again["score"], first["score"][100:150])
    rest = session.step(records.slice(500, 500))
    assert np.array_equal(rest["score"], pipeline.score(records.slice(0, 1000))["score"][500:])


def test_a_session_goes_on_from_its_exported_state(
    pipeline: Pipeline, records: pa.Table, tmp_path
) -> None:
    session = pipeline.open_session()
    session.step(records.slice(0, 1234))
    np.savez(tmp_path / "state.npz", **session.export_state())
    resumed = load_bundle(pipeline.folder).open_session()
    with np.load(tmp_path / "state.npz", allow_pickle=False) as stored:
        resumed.restore({name: stored[name] for name in stored.files})
    expected = session.step(records.slice(1234))["score"]
    assert np.array_equal(resumed.step(records.slice(1234))["score"], expected)


def test_a_refused_record_is_refused_again_in_the_same_batch_and_in_the_next(
    pipeline: Pipeline,
) -> None:
    hour = 3_600_000_000
    table = pa.table(
        {
            "record_id": ["z", "a", "x", "x", "b"],
            "time": pa.array(np.array([998, 999, 9, 1000, 1001]) * hour, pa.timestamp("us")),
            "card": ["c"] * 5,
            "amount": [5.0] * 5,
        }
    )
    whole = pipeline.score(table)
    session = pipeline.open_session()
    single = [session.step(table.slice(row, 1)) for row in range(5)]
    assert whole["record_id"].tolist() == ["z", "a", "b"]
    assert np.concatenate([part["record_id"] for part in single]).tolist() == ["z", "a", "b"]
    answering = pipeline.open_session(on_repeat="answer")
    answered = answering.step(table)
    # A repetition of what was refused has no answer; it is refused again, never lost.
    assert answered["record_id"].tolist() == ["z", "a", "b"]
    assert [reject.row for reject in answered.rejects] == [2, 3]


def test_the_exported_memory_does_not_depend_on_the_cut(
    pipeline: Pipeline, records: pa.Table
) -> None:
    whole, single = pipeline.open_session(), pipeline.open_session()
    whole.step(records.slice(0, 300))
    for row in range(300):
        single.step(records.slice(row, 1))
    memory, other = whole.export_state(), single.export_state()
    assert memory.keys() == other.keys()
    assert all(np.allclose(memory[name], other[name], atol=1e-6) for name in memory)


def test_any_cut_gives_the_same_scores_to_the_last_digit(
    pipeline: Pipeline, records: pa.Table
) -> None:
    # A replay after a kill makes other batches, and its answers must be those given before.
    whole = pipeline.open_session().step(records)["score"]
    for size in (1, 7, 50, 333):
        session = pipeline.open_session()
        starts = range(0, 1000, size)
        parts = [session.step(records.slice(at, min(size, 1000 - at)))["score"] for at in starts]
        np.testing.assert_array_equal(np.concatenate(parts), whole[:1000])
