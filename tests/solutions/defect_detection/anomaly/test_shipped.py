"""The shipped bundles: what they promise, and another sensitivity without scoring again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.bundle_files import read_json
from lepton_core.cli.main import _run
from lepton_core.decision import Outlier
from lepton_core.pipeline import Pipeline
from lepton_core.runtime.keras import KerasRuntime
from solutions.defect_detection.anomaly.sample import generate
from solutions.defect_detection.anomaly.task import TASK

ADDRESS = "defect_detection/anomaly@sample"


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load_bundle(TASK.bundle("sample"))


@pytest.fixture(scope="module")
def scores(pipeline: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    table = generate(seed=9, pictures=120)
    found = pipeline.score(table).to_arrow()
    kept = table.select(["record_id", "label"]).rename_columns(["record_id", "input.label"])
    path = tmp_path_factory.mktemp("scores") / "scores.parquet"
    pq.write_table(found.append_column("input.label", kept["input.label"]), path)
    return path


@pytest.fixture
def lepton(capsys: pytest.CaptureFixture) -> Callable[..., dict[str, Any]]:
    def run(*arguments: object, code: int = 0) -> dict[str, Any]:
        assert _run([*map(str, arguments), "--json"], debug=False) == code
        told = json.loads(capsys.readouterr().out)
        assert isinstance(told, dict)
        return told

    return run


def test_fresh_sample_pictures_are_told_apart(pipeline: Pipeline) -> None:
    table = generate(seed=11, pictures=200)
    found = pipeline.score(table)
    bad = np.array(table["label"].to_pylist())[found.rows] != "good"
    failed = found["verdict"] == "fail"
    assert not len(found.rejects)
    assert failed[bad].mean() > 0.9
    assert failed[~bad].mean() < 0.2


def test_scores_are_those_of_the_keras_model_to_the_fifth_digit(pipeline: Pipeline) -> None:
    table = generate(seed=9, pictures=60)
    taught = replace(pipeline, runtime=KerasRuntime.open(TASK.bundle("sample") / "models"))
    assert taught.score(table)["score"] == pytest.approx(pipeline.score(table)["score"], abs=5e-5)


def test_another_false_reject_rate_moves_the_verdicts_and_no_score(
    lepton: Callable[..., dict[str, Any]], scores: Path, tmp_path: Path
) -> None:
    out = tmp_path / "decided.parquet"
    told = lepton(
        "decide", ADDRESS, scores, "--policy", "false_reject", "--value", 0.3, "--out", out
    )
    assert told["threshold"] < told["threshold_before"]
    assert told["false_reject"] == 0.3
    assert told["after"]["fail"] > told["before"]["fail"]
    before, after = pq.read_table(scores), pq.read_table(out)
    assert after["score"].equals(before["score"])
    assert after["p_value"].equals(before["p_value"])
    assert after["defects"].equals(before["defects"])
    assert after["verdict"].to_pylist().count("fail") == told["after"]["fail"]
    assert told["after"]["false_reject"] > told["before"]["false_reject"]


def test_a_rate_that_cannot_be_promised_is_said(
    lepton: Callable[..., dict[str, Any]], scores: Path
) -> None:
    told = lepton("decide", ADDRESS, scores, "--policy", "false_reject", "--value", 0.001)
    assert "999" in told["shortfall"]
    assert told["false_reject"] > 0.001


def test_the_cheapest_threshold_takes_three_costs(
    lepton: Callable[..., dict[str, Any]], scores: Path, tmp_path: Path
) -> None:
    money = ["--escape-cost", 400, "--overkill-cost", 2, "--defect-rate", 0.05]
    told = lepton("decide", ADDRESS, scores, "--policy", "cost", *money, "--save", tmp_path / "b")
    assert told["false_reject"] is None
    saved = load_bundle(tmp_path / "b")
    assert isinstance(saved.decision, Outlier)
    assert saved.decision.threshold == told["threshold"]
    assert "false_reject" not in read_json(tmp_path / "b", "card.json")["metrics"]
    lenient = ["--escape-cost", 2, "--overkill-cost", 400, "--defect-rate", 0.05]
    other = lepton("decide", ADDRESS, scores, "--policy", "cost", *lenient)
    assert other["threshold"] >= told["threshold"]


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (["--policy", "f1"], "decision.policy"),
        (["--coverage", 0.9], "decide.not_for_outlier"),
        (["--policy", "cost"], "decide.needs_costs"),
        (["--escape-cost", 3], "decide.needs_costs"),
        (["--policy", "false_reject"], "decide.no_rate"),
        (["--policy", "false_reject", "--value", 2], "decision.false_reject"),
        (["--value", 0.1], "decide.value_alone"),
    ],
)
def test_options_that_mean_nothing_here_are_refused(
    lepton: Callable[..., dict[str, Any]], scores: Path, options: list[object], key: str
) -> None:
    assert lepton("decide", ADDRESS, scores, *options, code=2)["error"]["key"] == key


def test_the_bundle_of_real_tiles_states_what_it_measured() -> None:
    card = read_json(TASK.bundle("magnetic_tile"), "card.json")
    rate = card["metrics"]["false_reject"]
    assert rate["low"] <= card["decision"]["asked"] <= rate["high"]
    assert card["metrics"]["image_auroc"]["value"] > 0.8
    for figures in card["baselines"].values():
        assert figures["image_auroc"]["value"] < card["metrics"]["image_auroc"]["low"]
    assert card["decision"]["good"]["groups"] == card["training"]["good_parts"]


@pytest.mark.parametrize("name", TASK.bundles())
def test_a_card_is_a_page_and_no_list_of_every_held_out_score(name: str) -> None:
    folder = TASK.bundle(name)
    held_out = read_json(folder, "card.json")["decision"]["good"]["scores"]
    lines = (folder / "CARD.md").read_text(encoding="utf-8").splitlines()
    assert max(len(line) for line in lines) < 1000
    assert any(f"{len(held_out)} numbers" in line for line in lines)
