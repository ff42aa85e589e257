"""Rules beside a model while it scores: files, kills, streams, facts, repeated records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scoring_task import Amounts, Lines, outcome, read, records, stream, table_pipeline

from lepton_core.decision import Interval
from lepton_core.errors import DataError, UsageError
from lepton_core.pipeline import Pipeline
from lepton_core.rules import RulesError, RuleSet, rule_figures, types_of
from lepton_core.rules.report import report
from lepton_core.scoring.engine import score_files
from lepton_core.scoring.options import Options
from lepton_core.spec import Column, Spec

pytestmark = pytest.mark.usefixtures("fast_runs")

ROOT = Path(__file__).resolve().parents[2]
SHADOW = """
rules:
  - {name: large, when: amount > 500, action: pass}
  - {name: sure, when: probability >= 0.7}
"""
LIVE = SHADOW + "  - {name: very large, when: amount > 900, mode: live, action: alert}\n"


class Facts(Amounts):
    """Knows one thing more of a record: the amount in tens, and never that of a small one."""

    asked = 0

    def fact_types(self) -> dict[str, pa.DataType]:
        return {"tens": pa.float64()}

    def facts(self, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        type(self).asked += 1
        tens = arrays["x"].astype(np.float64) / 10
        return {"tens": np.where(tens < 5, np.nan, tens)}


def ruled(text: str = LIVE, pipeline: Pipeline | None = None) -> Pipeline:
    pipeline = pipeline or table_pipeline()
    return pipeline.with_rules(RuleSet.of(text, pipeline))


def amounts_of(table: pa.Table) -> dict[str, float]:
    """The amount of each id, of its first record where it is repeated."""
    return {row["record_id"]: row["amount"] for row in reversed(table.to_pylist())}


def source_of(folder: Path, n: int = 200) -> Path:
    path = folder / "in.parquet"
    pq.write_table(records(n), path)
    return path


def test_shadow_rules_change_no_other_column(tmp_path: Path) -> None:
    source = source_of(tmp_path)
    plain, shadow = tmp_path / "plain.parquet", tmp_path / "shadow.parquet"
    score_files(table_pipeline(), [source], plain)
    score_files(ruled(SHADOW), [source], shadow)
    before, after = read(plain), read(shadow)
    assert after.column_names == [*before.column_names[:-1], "rules", "shadow_rules", "bundle"]
    assert after.select(before.column_names).equals(before)
    assert set(after["rules"].to_pylist()) == {""}
    assert set(after["shadow_rules"].to_pylist()) == {"", "large", "sure", "large; sure"}


def test_live_rules_change_label_and_review_alone(tmp_path: Path) -> None:
    source = source_of(tmp_path)
    plain, live = tmp_path / "plain.parquet", tmp_path / "live.parquet"
    score_files(table_pipeline(), [source], plain)
    summary = score_files(ruled(), [source], live)
    before, after = read(plain), read(live)
    for name in ("record_id", "score", "probability", "bundle"):
        assert after[name].equals(before[name]), name
    amounts = amounts_of(records(200))
    hit = 0
    for one, other in zip(before.to_pylist(), after.to_pylist(), strict=True):
        large = amounts[one["record_id"]] > 900
        assert other["rules"] == ("very large" if large else "")
        assert other["label"] == ("high" if large else one["label"])
        hit += large
    assert summary.rules["very large"] == hit > 0


def test_what_is_written_can_be_chosen_by_rules(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    options = Options(select=("record_id", "rules"), condition='contains(rules, "very")')
    score_files(ruled(), [source_of(tmp_path)], out, options)
    found = read(out)
    assert found.column_names == ["record_id", "rules"]
    assert set(found["rules"].to_pylist()) == {"very large"}


class Stop(Exception):
    pass


def stopped(pipeline: Pipeline, source: Path, out: Path, options: Options, after: int) -> None:
    """Begin a run, or go on with one, and stop after some batches."""
    left = after

    def progress(done: int, total: int | None) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Stop

    with pytest.raises(Stop):
        score_files(pipeline, [source], out, options, resume=True, progress=progress)


@pytest.mark.parametrize("name", ["dir", "one.csv"])
def test_a_run_that_is_stopped_ends_as_if_it_had_not_been(tmp_path: Path, name: str) -> None:
    source, options = source_of(tmp_path), Options(batch_rows=8, part_batches=2, threads=2)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    whole = outcome(
        tmp_path / "a" / name, score_files(ruled(), [source], tmp_path / "a" / name, options)
    )
    out = tmp_path / "b" / name
    for _ in range(3):
        stopped(ruled(), source, out, options, 4)
    again = outcome(out, score_files(ruled(), [source], out, options, resume=True))
    assert again == whole
    assert whole["counts"]["rules"]["large"] > 0


@pytest.mark.parametrize("other", [None, LIVE.replace("900", "800"), LIVE + "# another word\n"])
def test_a_run_does_not_go_on_with_other_rules(tmp_path: Path, other: str | None) -> None:
    source, options = source_of(tmp_path), Options(batch_rows=8, part_batches=2, threads=1)
    out = tmp_path / "dir"
    stopped(ruled(), source, out, options, 6)
    changed = table_pipeline() if other is None else ruled(other)
    with pytest.raises(UsageError) as caught:
        score_files(changed, [source], out, options, resume=True)
    assert caught.value.key == "journal.other_settings"
    assert caught.value.values["setting"] == "rules_sha256"
    # Nothing was lost: with its own rules it goes on.
    score_files(ruled(), [source], out, options, resume=True)


def test_a_run_without_rules_does_not_go_on_with_some(tmp_path: Path) -> None:
    source, options = source_of(tmp_path), Options(batch_rows=8, part_batches=2, threads=1)
    stopped(table_pipeline(), source, tmp_path / "dir", options, 6)
    with pytest.raises(UsageError, match="rules_sha256"):
        score_files(ruled(), [source], tmp_path / "dir", options, resume=True)


# Facts


def test_facts_are_told_to_the_rules_that_ask() -> None:
    pipeline = replace(table_pipeline(), preprocessor=Facts())
    table = records(60)
    Facts.asked = 0
    ruled(SHADOW, pipeline).score(table)
    assert Facts.asked == 0
    text = "rules: [{name: tens, when: tens > 50}, {name: unknown, when: tens is None}]"
    with_facts = ruled(text, pipeline)
    found = with_facts.score(table)
    assert Facts.asked == 1
    amounts = amounts_of(table)
    rules = with_facts.rules
    assert rules is not None
    expected = [amounts[record] for record in found["record_id"]]
    assert rules.hits_of(found)["tens"].tolist() == [amount > 500 for amount in expected]
    assert rules.hits_of(found)["unknown"].tolist() == [amount < 50 for amount in expected]
    assert found["shadow_rules"].tolist() == [
        "tens" if amount > 500 else "unknown" if amount < 50 else "" for amount in expected
    ]


def test_a_wrong_name_is_told_before_anything_is_scored_with_the_names_there_are() -> None:
    pipeline = replace(table_pipeline(), preprocessor=Facts())
    with pytest.raises(RulesError) as caught:
        ruled("rules: [{name: a, when: tons > 5}]", pipeline)
    assert "label, probability, record_id, review, score, shop, tens" in caught.value.text("en")


def test_the_truth_is_no_name_for_a_rule(fraud: Pipeline) -> None:
    # `label` is what the model says, a word, and never the column that came with the record.
    assert types_of(fraud.task)["label"] == pa.string()
    with pytest.raises(RulesError, match="label"):
        RuleSet.of("rules: [{name: a, when: label == 1}]", fraud)
    # Nor is it under any other name, though columns that serve nothing else are.
    task = table_pipeline().task
    inputs = Spec((*task.inputs, Column("left", "int64", "label", required=False)))
    names = types_of(replace(task, inputs=inputs))
    assert "left" not in names
    assert "shop" in names


def test_a_fact_needs_a_name_of_its_own() -> None:
    class Same(Facts):
        def fact_types(self) -> dict[str, pa.DataType]:
            return {"amount": pa.float64()}

    with pytest.raises(ValueError, match="amount"):
        types_of(table_pipeline().task, Same())


def test_rules_need_a_decision_between_two_classes() -> None:
    pipeline = replace(table_pipeline(), decision=Interval())
    with pytest.raises(UsageError, match="interval"):
        ruled(SHADOW, pipeline)


def test_other_rules_replace_those_that_were_there() -> None:
    twice = ruled(LIVE, ruled(SHADOW))
    assert twice.task.outputs.names.count("rules") == 1
    assert "rules" not in types_of(twice.task)


# Streams


def test_a_stream_answers_with_the_rules() -> None:
    told, summary = stream(ruled(), records(60).to_pylist())
    answered = [one for one in told if "rejected" not in one]
    amounts = amounts_of(records(60))
    assert len(answered) > 40
    for one in answered:
        assert one["rules"] == ("very large" if amounts[one["record_id"]] > 900 else "")
    assert summary.rules["large"] > 0


def test_a_repeated_record_is_answered_as_it_was_the_first_time() -> None:
    # Nine rules, so that their hits take two numbers of what is remembered.
    text = "rules:\n" + "".join(
        f"  - {{name: r{n}, when: amount > {100 * n}, mode: live}}\n" for n in range(9)
    )
    session = ruled(text).open_session(on_repeat="answer")
    table = pa.table({"record_id": ["a", "b", "c"], "amount": [850.0, 50.0, 350.0]})
    first = session.step(table)
    # The sender's retry says another amount: the id decides, and nothing is applied twice.
    retry = table.set_column(1, "amount", pa.array([1.0, 999.0, 1.0]))
    resumed = ruled(text).open_session(on_repeat="answer")
    resumed.restore(session.export_state())
    for again in (session.step(retry), resumed.step(retry.slice(1))):
        for name in ("score", "label", "review", "rules", "shadow_rules"):
            assert again[name].tolist() == first[name].tolist()[-len(again) :], name


def test_a_stateful_task_has_the_same_scores_with_rules(
    fraud: Pipeline, transactions: Lines
) -> None:
    text = "rules: [{name: any, when: amount > 20, mode: live, action: review}]"
    plain, _ = stream(fraud, transactions)
    beside, _ = stream(ruled(text, fraud), transactions)
    for one, other in zip(plain, beside, strict=True):
        assert other.get("score") == one.get("score")
    assert any(one.get("rules") == "any" for one in beside)


# The report


def test_the_report_counts_what_scoring_does(fraud: Pipeline) -> None:
    table = fraud.task.hook(fraud.task.sample)(seed=5, cards=60, terminals=20, days=40)
    text = """
rules:
  - {name: dear, when: probability * amount > 5, mode: live, action: alert}
  - {name: tiny, when: amount < 20, mode: live, action: pass}
  - {name: looks, when: hour(time) < 6}
"""
    pipeline = ruled(text, fraud)
    found = report(pipeline, table)
    predictions = pipeline.score(table)
    plain = fraud.score(table)
    model, after = plain["label"] == "fraud", predictions["label"] == "fraud"
    assert found.alerts == model.sum()
    assert found.added == (after & ~model).sum() > 0
    assert found.taken == (model & ~after).sum()
    truth = table["label"].to_numpy()[predictions.rows]
    rules = pipeline.rules
    assert rules is not None
    assert found.rules.equals(rule_figures(rules, rules.hits_of(predictions), model, truth))
    assert found.positives == truth.sum()


def test_a_report_since_a_day_keeps_the_past_for_the_memory(fraud: Pipeline) -> None:
    table = fraud.task.hook(fraud.task.sample)(seed=5, cards=20, terminals=10, days=30)
    pipeline = ruled("rules: [{name: a, when: probability > 0.01}]", fraud)
    moment = table["time"][table.num_rows // 2].as_py()
    later = table["time"].to_numpy() >= np.datetime64(moment.replace(tzinfo=None))
    hits = pipeline.score(table)["shadow_rules"][later] == "a"
    found: Any = report(pipeline, table, moment).rules.to_pylist()[0]
    assert found["hits"] == hits.sum()
    with pytest.raises(DataError, match="Choose an earlier"):
        report(pipeline, table, moment.replace(year=2100))


def test_the_rules_of_the_documentation_and_of_the_solution_are_sound(fraud: Pipeline) -> None:
    page = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    (text,) = [part.partition("```")[0] for part in page.split("```yaml\n")[1:]]
    assert [rule.is_live for rule in RuleSet.of(text, fraud).rules] == [True, False, True]
    shipped = RuleSet.of(ROOT / "solutions" / "fraud_rnn" / "rules.yaml", fraud)
    assert not any(rule.is_live for rule in shipped.rules)
