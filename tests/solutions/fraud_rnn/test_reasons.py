"""A reason names what raised the score: without it, the score falls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.data.reading import load_records
from lepton_core.explain.base import Explanation, Reason
from lepton_core.pipeline import Pipeline, Session
from solutions.fraud_rnn.transactions.preprocessing import columns
from solutions.fraud_rnn.transactions.reasons import CAUSES, TransactionExplainer, without

PREFIX = "fraud_rnn.reason."
KEYS = {PREFIX + cause.key for cause in CAUSES} | {PREFIX + "card_past"}


@dataclass(frozen=True)
class Explained:
    """The sample's alerts, what the network was given for each, and their reasons."""

    explanations: list[Explanation]
    raw: np.ndarray
    x: np.ndarray
    h: np.ndarray
    pipeline: Pipeline

    def score(self, x: np.ndarray, h: np.ndarray) -> np.ndarray:
        given = {"x": x.astype(np.float32), "h": h.astype(np.float32)}
        return self.pipeline.runtime.run("step", given)["score"].reshape(len(x))


@pytest.fixture(scope="module")
def sample() -> pa.Table:
    from lepton_core.solution import find_task

    return load_records("fraud_sample", find_task("fraud_rnn").inputs).table


@pytest.fixture(scope="module")
def explained(pipeline: Pipeline, sample: pa.Table) -> Explained:
    session = Session(pipeline, trace=True)
    alert = session.step(sample)["label"] == "fraud"
    raw = pipeline.preprocessor.new_history().engine.step(*columns(sample))
    explanations = TransactionExplainer().explain(pipeline, sample)
    assert len(explanations) == alert.sum() > 100
    traced = session.traced
    return Explained(explanations, raw[alert], traced["x"][alert], traced["h"][alert], pipeline)


def strongest(explanation: Explanation) -> Reason | None:
    """The strongest reason that features carry."""
    named = [reason for reason in explanation.reasons if reason.key != PREFIX + "card_past"]
    return named[0] if named else None


def test_without_the_named_cause_the_score_falls_more_than_without_others(
    explained: Explained,
) -> None:
    names = explained.pipeline.preprocessor.feature_names
    rng = np.random.default_rng(0)
    causes = {PREFIX + cause.key: cause for cause in CAUSES}
    without_cause, without_other = explained.x.copy(), explained.x.copy()
    rows = []
    for row, explanation in enumerate(explained.explanations):
        reason = strongest(explanation)
        if reason is None:
            continue
        rows.append(row)
        features = dict(zip(names, explained.raw[row].tolist(), strict=True))
        cause, amount = causes[reason.key], reason.values.get("amount", 0.0)
        usual = cause.usual(features, amount)
        without_cause[row] = without(
            explained.pipeline.preprocessor, explained.raw[row], cause, amount
        )
        other = [at for at, name in enumerate(names) if name not in usual]
        # As many features as the cause has, set to their average over the training rows.
        without_other[row, rng.choice(other, len(usual), replace=False)] = 0.0
    score = explained.score(explained.x, explained.h)
    fall = (score - explained.score(without_cause, explained.h))[rows]
    fall_other = (score - explained.score(without_other, explained.h))[rows]
    assert len(rows) > 100
    assert fall.mean() > 2 * max(fall_other.mean(), 0.0)
    assert (fall > fall_other).mean() > 0.7


def test_a_contribution_is_the_fall_without_the_cause(explained: Explained) -> None:
    for row, explanation in enumerate(explained.explanations[:50]):
        found = {reason.key: reason.contribution for reason in explanation.reasons}
        for cause in CAUSES:
            if PREFIX + cause.key not in found:
                continue
            x = without(explained.pipeline.preprocessor, explained.raw[row], cause, 0.0)
            score = explained.score(x[None], explained.h[row : row + 1])[0]
            expected = explanation.score - score
            assert found[PREFIX + cause.key] == pytest.approx(expected, abs=1e-4)


def test_a_usual_amount_would_have_scored_lower(
    pipeline: Pipeline, sample: pa.Table, explained: Explained
) -> None:
    # End to end: the record itself is changed and the whole stream scored again.
    named = {
        e.record_id: reason
        for e in explained.explanations
        if (reason := strongest(e)) and reason.key == PREFIX + "amount"
    }
    ids = sample.column("record_id").to_pylist()
    cards = sample.column("card").to_pylist()
    # The last named one of each card: no changed record stands in another's past.
    chosen = {cards[row]: row for row, i in enumerate(ids) if i in named}
    rows = sorted(chosen.values())
    assert len(rows) > 20
    amount = sample.column("amount").to_numpy().copy()
    amount[rows] = [named[ids[row]].values["usual"] for row in rows]
    at = sample.schema.get_field_index("amount")
    changed = sample.set_column(at, "amount", pa.array(amount))
    fall = pipeline.score(sample)["score"][rows] - pipeline.score(changed)["score"][rows]
    assert fall.mean() > 0.5
    assert (fall > 0).mean() > 0.8
    told = np.array([named[ids[row]].contribution for row in rows])
    assert np.median(np.abs(fall - told)) < 0.1 * told.mean()


def test_at_most_four_reasons_the_strongest_first(explained: Explained) -> None:
    seen = set()
    for explanation in explained.explanations:
        falls = [reason.contribution for reason in explanation.reasons]
        assert len(falls) <= 4
        assert falls == sorted(falls, reverse=True)
        assert all(fall > 0 for fall in falls)
        keys = [reason.key for reason in explanation.reasons]
        assert len(set(keys)) == len(keys)
        seen.update(keys)
    assert seen <= KEYS
    assert len(seen) > 5


def test_nearly_every_alert_has_a_reason(explained: Explained) -> None:
    assert np.mean([bool(e.reasons) for e in explained.explanations]) > 0.95


def test_reasons_are_sentences_in_both_languages(explained: Explained) -> None:
    for explanation in explained.explanations:
        for reason in explanation.reasons:
            english, chinese = reason.text("en"), reason.text("zh")
            for text in (english, chinese):
                assert reason.key not in text
                assert not set("{}\n") & set(text)
                assert "nan" not in text
            assert english.isascii()
            assert any("一" <= letter <= "鿿" for letter in chinese)


def test_a_sentence_tells_the_records_own_amount(sample: pa.Table, explained: Explained) -> None:
    ids = sample.column("record_id").to_pylist()
    amount = dict(zip(ids, sample.column("amount").to_pylist(), strict=True))
    told = 0
    for explanation in explained.explanations:
        for reason in explanation.reasons:
            if "amount" in reason.values:
                assert f"{amount[explanation.record_id]:.2f}" in reason.text("en")
                told += 1
    assert told > 50


def test_only_the_named_records_are_explained(pipeline: Pipeline, records: pa.Table) -> None:
    ids = records.column("record_id").to_pylist()
    explain = TransactionExplainer().explain
    found = explain(pipeline, records, [ids[7], "unknown", ids[3]])
    assert [explanation.record_id for explanation in found] == [ids[3], ids[7]]
    scores = pipeline.score(records)["score"]
    assert [explanation.score for explanation in found] == [scores[3], scores[7]]
    assert explain(pipeline, records, ["unknown"]) == []
    assert explain(pipeline, records, []) == []


def test_refused_records_shift_no_explanation(pipeline: Pipeline, records: pa.Table) -> None:
    rows = records.to_pylist()
    rows.insert(5, {**rows[4], "record_id": "negative", "amount": -1.0})
    rows.insert(9, dict(rows[2]))
    faulty = pa.Table.from_pylist(rows, schema=records.schema)
    wanted = [rows[row]["record_id"] for row in (20, 400, 1200)]
    explain = TransactionExplainer().explain
    for theirs, mine in zip(
        explain(pipeline, faulty, wanted), explain(pipeline, records, wanted), strict=True
    ):
        assert theirs.record_id == mine.record_id
        assert [r.key for r in theirs.reasons] == [r.key for r in mine.reasons]
        falls = [r.contribution for r in theirs.reasons]
        assert falls == pytest.approx([r.contribution for r in mine.reasons], abs=1e-4)
