"""Another decision on kept scores: nothing is scored again, and nothing else changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lepton_core.bundle import load_bundle, verify_parity
from lepton_core.bundle_files import read_json
from lepton_core.cli.main import _run
from lepton_core.decision import Classify, Policy
from lepton_core.errors import DataError, UsageError
from lepton_core.pipeline import Pipeline
from lepton_core.redecide.asking import Asked
from lepton_core.redecide.bundles import save_decided
from lepton_core.redecide.effect import effect
from lepton_core.redecide.files import redecide_files
from lepton_core.redecide.kept import Kept, read_kept
from lepton_core.rules import RuleSet
from lepton_core.scoring.engine import score_files
from lepton_core.scoring.options import Options

pytestmark = pytest.mark.usefixtures("fast_runs")

Run = Callable[..., dict[str, Any]]
RULES = """
rules:
  - {name: large, when: amount > 80, mode: live, action: alert}
  - {name: tiny, when: amount < 20, mode: live, action: pass}
  - {name: looks, when: amount > 50}
"""


@pytest.fixture(scope="module")
def table(fraud: Pipeline) -> pa.Table:
    made = fraud.task.hook(fraud.task.sample)(seed=5, cards=60, terminals=20, days=40)
    assert isinstance(made, pa.Table)
    return made.drop_columns(["pattern"])


@pytest.fixture(scope="module")
def source(table: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "payments.parquet"
    pq.write_table(table, path)
    return path


@pytest.fixture(scope="module")
def scores(fraud: Pipeline, source: Path) -> Path:
    out = source.parent / "scores.parquet"
    score_files(fraud, [source], out)
    return out


@pytest.fixture
def lepton(capsys: pytest.CaptureFixture) -> Run:
    def run(*arguments: object, code: int = 0) -> dict[str, Any]:
        assert _run([*map(str, arguments), "--json"], debug=False) == code
        told = json.loads(capsys.readouterr().out)
        assert isinstance(told, dict)
        return told

    return run


def decided(pipeline: Pipeline) -> Classify:
    assert isinstance(pipeline.decision, Classify)
    return pipeline.decision


# On kept scores


def test_capacity_is_kept_on_the_scored_records(
    fraud: Pipeline, scores: Path, table: pa.Table
) -> None:
    kept = read_kept([scores], fraud, table)
    after = Asked.of("capacity", 2.0).decide(decided(fraud), kept, "payments")
    called = effect(after, kept)
    assert called.cases_a_day is not None
    assert 1.0 < called.cases_a_day <= 2.0
    assert after.fitted_on["threshold"] == {"data": "payments", "n": table.num_rows}
    assert after.fitted_on["part"] == decided(fraud).fitted_on["part"]


def test_one_file_with_input_columns_is_as_good_as_two(
    fraud: Pipeline, scores: Path, source: Path, table: pa.Table, tmp_path: Path
) -> None:
    two = read_kept([scores], fraud, table)
    for name in ("wide.parquet", "wide.csv", "wide.jsonl", "parts"):
        select = ("*", "time", "card", "amount", "input.label")
        options = Options(select=select, batch_rows=500, part_batches=2)
        score_files(fraud, [source], tmp_path / name, options)
        one = read_kept([tmp_path / name], fraud)
        # Floats of other batches differ in their last digits.
        assert np.allclose(one.score, two.score, atol=1e-4), name
        for field in ("label", "day", "entity", "amount"):
            assert np.array_equal(getattr(one, field), getattr(two, field)), (name, field)


def test_the_order_of_the_records_does_not_matter(
    fraud: Pipeline, scores: Path, table: pa.Table
) -> None:
    backwards = table.take(pa.array(np.arange(table.num_rows)[::-1].copy()))
    one, two = read_kept([scores], fraud, table), read_kept([scores], fraud, backwards)
    assert one.label is not None
    assert two.label is not None
    assert np.array_equal(one.label, two.label)


def test_records_that_are_not_there_are_left_out_and_counted(
    fraud: Pipeline, scores: Path, table: pa.Table
) -> None:
    kept = read_kept([scores], fraud, table.slice(100))
    assert kept.unmatched == 100
    assert len(kept.score) == table.num_rows - 100
    others = table.set_column(0, "record_id", pa.array([f"x{n}" for n in range(table.num_rows)]))
    with pytest.raises(DataError) as caught:
        read_kept([scores], fraud, others)
    assert caught.value.key == "decide.unmatched"


def test_scores_of_another_bundle_are_refused(
    fraud: Pipeline, scores: Path, tmp_path: Path
) -> None:
    found = pq.read_table(scores)
    other = pa.array(["fraud_rnn/transactions@other"] * found.num_rows)
    path = tmp_path / "other.parquet"
    pq.write_table(found.set_column(found.num_columns - 1, "bundle", other), path)
    with pytest.raises(DataError, match="@other"):
        read_kept([path], fraud)
    with pytest.raises(DataError, match="@other"):
        redecide_files([path], fraud, tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_what_holds_no_scores_is_told(fraud: Pipeline, source: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="score"):
        read_kept([source], fraud)
    with pytest.raises(DataError, match="score"):
        redecide_files([source], fraud, tmp_path / "out.parquet")
    path = tmp_path / "broken.csv"
    path.write_text("record_id,score\na,1.5\nb,much\n")
    with pytest.raises(DataError) as caught:
        read_kept([path], fraud)
    assert caught.value.key == "decide.unreadable"
    path.write_text("record_id,score\na,1.5\nb,\n")
    with pytest.raises(DataError) as caught:
        read_kept([path], fraud)
    assert caught.value.key == "decide.bad_score"


# What is asked


def test_the_review_band_stays_unless_another_is_asked_for() -> None:
    before = Classify(threshold=0.5, band=(0.25, 0.5))
    kept = Kept(np.linspace(-4, 4, 101).astype(np.float32))
    assert Asked.of(threshold=0.75).decide(before, None).band == (0.25, 0.75)
    assert Asked.of(threshold=0.125).decide(before, None).band == (0.0, 0.0)
    assert Asked.of(review_from=0.375).decide(before, None).band == (0.375, 0.5)
    shared = Asked.of("alert_rate", 0.1, review_share=0.2).decide(before, kept)
    found = effect(shared, kept)
    assert (found.alerts, found.review) == (10, 20)
    assert Asked.of(review_share=0.0).decide(before, kept).band == (0.0, 0.0)
    assert Asked.of().decide(before, kept) == before


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ({"policy": "f1", "threshold": 0.5}, "decide.two_ways"),
        ({"review_share": 0.1, "review_from": 0.1}, "decide.two_bands"),
        ({"value": 3.0}, "decide.value_alone"),
        ({"policy": "capacity"}, "decide.no_value"),
        ({"policy": "capcity"}, "decision.policy"),
        ({"policy": "capacity", "value": -1.0}, "decision.policy_capacity"),
        ({"threshold": 1.5}, "decision.policy_share"),
        ({"policy": "alert_rate", "value": 0.1}, "decide.no_kept"),
        ({"review_share": 0.1}, "decide.no_kept"),
        ({"threshold": 0.3, "review_from": 0.3}, "decide.review_from"),
    ],
)
def test_what_does_not_go_together_is_told(asked: dict[str, Any], key: str) -> None:
    with pytest.raises(UsageError) as caught:
        Asked.of(**asked).decide(Classify(), None)
    assert caught.value.key == key


# Files


def test_a_file_is_decided_as_if_it_were_scored_again(
    fraud: Pipeline, scores: Path, source: Path, tmp_path: Path
) -> None:
    other = fraud.with_decision(decided(fraud).with_threshold(0.05).reviewed_from(0.03))
    for name in ("out.parquet", "out.csv", "out.jsonl.gz"):
        score_files(other, [source], tmp_path / f"again-{name}")
        counts = redecide_files([scores], other, tmp_path / name)
        assert (tmp_path / name).read_bytes() == (tmp_path / f"again-{name}").read_bytes() or (
            name.endswith("gz")
        )
        assert sum(counts.values()) == pq.read_table(scores).num_rows
    assert pq.read_table(tmp_path / "out.parquet").equals(
        pq.read_table(tmp_path / "again-out.parquet")
    )


def test_the_raw_score_and_all_other_columns_stay(fraud: Pipeline, scores: Path) -> None:
    before = pq.read_table(scores)
    extra = before.append_column("shop", pa.array([None, *["é"] * (before.num_rows - 1)]))
    path, out = scores.parent / "extra.parquet", scores.parent / "out.parquet"
    pq.write_table(extra, path)
    redecide_files([path], fraud.with_decision(decided(fraud).with_threshold(0.01)), out)
    after = pq.read_table(out)
    assert after.schema.equals(extra.schema)
    for name in set(extra.column_names) - {"label", "review"}:
        assert after[name].equals(extra[name]), name
    assert not after["label"].equals(extra["label"])


def test_a_selection_without_labels_gets_them(fraud: Pipeline, tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    path.write_text("record_id,score\na,3.5\nb,-3.5\n")
    assert redecide_files([path], fraud, tmp_path / "out.csv") == {"fraud": 1, "genuine": 1}
    head = (tmp_path / "out.csv").read_text().splitlines()[0]
    assert head == '"record_id","score","probability","label","review"'


def test_an_output_that_exists_is_kept(fraud: Pipeline, scores: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("mine")
    with pytest.raises(UsageError, match="--overwrite"):
        redecide_files([scores], fraud, out)
    assert out.read_text() == "mine"
    redecide_files([scores], fraud, out, overwrite=True)
    assert out.read_text() != "mine"
    assert list(tmp_path.iterdir()) == [out]


def test_what_live_rules_did_is_done_again(
    fraud: Pipeline, source: Path, scores: Path, tmp_path: Path
) -> None:
    ruled = fraud.with_rules(RuleSet.of(RULES, fraud))
    moved = decided(fraud).with_threshold(0.01)
    score_files(ruled, [source], tmp_path / "ruled.parquet")
    score_files(ruled.with_decision(moved), [source], tmp_path / "again.parquet")
    out = tmp_path / "out.parquet"
    with pytest.raises(DataError, match="--rules"):
        redecide_files([tmp_path / "ruled.parquet"], fraud.with_decision(moved), out)
    redecide_files([tmp_path / "ruled.parquet"], ruled.with_decision(moved), out)
    assert pq.read_table(out).equals(pq.read_table(tmp_path / "again.parquet"))
    for text, key in (
        (RULES.replace("large", "huge"), "decide.other_rules"),
        (RULES.replace("when: amount > 80", "when: review"), "decide.rules_read"),
    ):
        other = fraud.with_rules(RuleSet.of(text, fraud))
        with pytest.raises(DataError) as caught:
            redecide_files([tmp_path / "ruled.parquet"], other, tmp_path / "no.parquet")
        assert caught.value.key == key


# Bundles


def test_a_copy_decides_anew_and_scores_the_same(
    fraud: Pipeline, table: pa.Table, tmp_path: Path
) -> None:
    assert fraud.folder is not None
    moved = decided(fraud).with_threshold(0.05)
    made = save_decided(fraud.folder, fraud.address, moved, tmp_path / "strict")
    copy = load_bundle(made)
    assert copy.address == "fraud_rnn/transactions@strict"
    assert copy.decision == moved
    assert verify_parity(made) < 1e-4
    assert np.array_equal(copy.score(table)["score"], fraud.score(table)["score"])
    card, own = copy.card, fraud.card
    assert card["decision"] == json.loads(json.dumps(moved.to_json()))
    # What the threshold moved is gone from the card; what it did not move is there.
    assert card["metrics"]["auc"] == own["metrics"]["auc"]
    assert not {"precision", "recall", "f1"} & card["metrics"].keys()
    assert [path.name for path in tmp_path.iterdir()] == ["strict"]


def test_a_copy_decides_what_its_original_scored(
    fraud: Pipeline, scores: Path, tmp_path: Path
) -> None:
    assert fraud.folder is not None
    first = save_decided(fraud.folder, fraud.address, Classify(threshold=0.2), tmp_path / "a")
    address = load_bundle(first).address
    second = load_bundle(save_decided(first, address, Classify(threshold=0.3), tmp_path / "b"))
    assert len(read_kept([scores], second).score)
    with pytest.raises(DataError, match="@sample"):
        read_kept([tmp_path / "of-b.parquet"], _scored_by(second, fraud, tmp_path))


def _scored_by(second: Pipeline, first: Pipeline, folder: Path) -> Pipeline:
    """The first pipeline, and a file that the second is said to have scored."""
    pq.write_table(
        pa.table({"record_id": ["a"], "score": [1.0], "bundle": [second.address]}),
        folder / "of-b.parquet",
    )
    return first


def test_a_bundle_is_not_replaced_unasked(fraud: Pipeline, tmp_path: Path) -> None:
    assert fraud.folder is not None
    out = tmp_path / "out"
    save_decided(fraud.folder, fraud.address, Classify(threshold=0.2), out)
    with pytest.raises(UsageError, match="--overwrite"):
        save_decided(fraud.folder, fraud.address, Classify(threshold=0.3), out)
    assert read_json(out, "decision.json")["threshold"] == 0.2
    save_decided(fraud.folder, fraud.address, Classify(threshold=0.3), out, overwrite=True)
    assert load_bundle(out).decision == Classify(threshold=0.3)
    with pytest.raises(UsageError, match="nowhere"):
        save_decided(fraud.folder, fraud.address, Classify(), tmp_path / "nowhere" / "out")


# The command


def test_the_command_tells_writes_and_saves(
    lepton: Run, scores: Path, source: Path, tmp_path: Path
) -> None:
    told = lepton("decide", "fraud_rnn@sample", scores, "--policy", "capacity", "--value", "2",
                  "--data", source)  # fmt: skip
    assert told["after"]["cases_a_day"] <= 2
    assert told["before"]["recall"] is not None
    assert not list(tmp_path.iterdir())
    out, made = tmp_path / "out.csv", tmp_path / "made"
    told = lepton("decide", "fraud_rnn@sample", scores, "--policy", "cost", "--value", "5",
                  "--data", source, "--out", out, "--save", made)  # fmt: skip
    assert load_bundle(made).decision.threshold == told["threshold"]  # type: ignore[attr-defined]
    assert sum(told["labels"].values()) == told["records"]
    again = lepton("decide", made, scores, "--out", tmp_path / "again.csv")
    assert again["threshold"] == told["threshold"]
    assert (tmp_path / "again.csv").read_bytes() == out.read_bytes()


def test_the_command_refuses_before_it_writes(lepton: Run, scores: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    told = lepton("decide", "fraud_rnn@sample", scores, "--policy", "cost", "--value", "5",
                  "--out", out, code=1)  # fmt: skip
    assert told["error"]["key"] == "decision.needs"
    told = lepton("decide", "fraud_rnn@sample", "--threshold", "0.5", "--out", out, code=2)
    assert told["error"]["key"] == "decide.no_kept"
    assert not list(tmp_path.iterdir())


def test_a_policy_of_training_is_one_of_scoring(fraud: Pipeline, scores: Path) -> None:
    """Nothing is chosen in training that could not be chosen again from the kept scores."""
    kept = read_kept([scores], fraud)
    chosen = kept.decide(decided(fraud), Policy("alert_rate", 0.01))
    assert effect(chosen, kept).share == pytest.approx(0.01, abs=1 / len(kept.score))


def test_what_the_bundle_learned_from_is_told_and_can_be_left_out(
    fraud: Pipeline, scores: Path, table: pa.Table
) -> None:
    moment = table["time"][table.num_rows // 2].as_py()
    card = {**fraud.card, "protocol": {"learned_until": moment.isoformat()}}
    knowing = replace(fraud, card=card)
    kept = read_kept([scores], knowing, table)
    times = table["time"].to_pylist()
    assert kept.learned == sum(time <= moment for time in times)
    later = read_kept([scores], knowing, table, since=moment + timedelta(seconds=1))
    assert later.learned == 0
    assert len(later.score) == len(kept.score) - kept.learned
    assert later.label is not None
    assert later.label.tolist() == [
        label
        for label, time in zip(table["label"].to_pylist(), times, strict=True)
        if time > moment
    ]
    with pytest.raises(DataError, match="--data"):
        read_kept([scores], knowing, since=moment)
    with pytest.raises(DataError, match="Choose an earlier"):
        read_kept([scores], knowing, table, since=moment + timedelta(days=900))
