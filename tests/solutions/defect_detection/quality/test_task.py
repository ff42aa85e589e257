"""The task: bad input is told, phase II holds frozen limits, any cut gives the same chart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.bundle import Trained, load_bundle, save_bundle
from lepton_core.checking import check
from lepton_core.errors import DataError, UsageError
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.settings import apply_settings
from lepton_core.solution import find_task
from lepton_core.testing import check_task
from solutions.defect_detection.quality.config import Config
from solutions.defect_detection.quality.preprocessing import ChartPreprocessor
from solutions.defect_detection.quality.sample import generate, generate_parts
from solutions.defect_detection.quality.training import DECISION

TASK = find_task("defect_detection/quality")


def records(**columns: Any) -> pa.Table:
    """Raw records with just these columns."""
    n = len(next(iter(columns.values())))
    return pa.table({"record_id": [f"r{i}" for i in range(n)], **columns})


def made(tmp_path: Path, baseline: pa.Table, *settings: str) -> Pipeline:
    """A bundle whose limits are those of ``baseline``."""
    config = apply_settings(Config(), settings)
    checked = check(baseline, TASK.inputs).table
    trained = Trained(ChartPreprocessor(config).fit(checked), DECISION)
    return load_bundle(save_bundle(tmp_path / "made", TASK, trained, {}, {}))


def told(predictions: Predictions) -> dict[str, str]:
    """Record id -> key of its first reason."""
    return {str(r.record_id): r.reasons[0][0] for r in predictions.rejects}


@pytest.fixture(scope="module")
def sample() -> Pipeline:
    return load_bundle(TASK.bundle("sample"))


def test_conformance() -> None:
    check_task(TASK)


def test_frozen_limits_do_not_move_with_what_is_monitored(tmp_path: Path) -> None:
    quiet = records(inspected=[100] * 20, defective=[4, 6] * 10)
    worse = records(inspected=[100] * 20, defective=[20] * 20)
    predictions = made(tmp_path, quiet).score(worse)
    assert predictions["centre"] == pytest.approx(0.05)
    assert set(predictions["label"]) == {"out_of_control"}
    assert predictions["rules"][0] == "beyond_limit"


def test_a_line_that_the_bundle_does_not_know_sets_its_own_limits(tmp_path: Path) -> None:
    pipeline = made(
        tmp_path, records(inspected=[50] * 9, defective=[9] * 9, line=["old"] * 9), "subgroups=4"
    )
    found = pipeline.score(
        records(inspected=[100] * 6, defective=[4, 6, 5, 5, 5, 30], line=["new"] * 6)
    )
    assert found["label"].tolist() == ["baseline"] * 4 + ["in_control", "out_of_control"]
    assert found.columns["centre"].to_pylist()[:4] == [None] * 4
    assert found["centre"][4] == pytest.approx(0.05)
    assert found["point"].tolist() == [1, 2, 3, 4, 5, 6]


def test_a_baseline_without_a_defect_goes_on_until_there_is_one(tmp_path: Path) -> None:
    pipeline = made(tmp_path, records(inspected=[9] * 3, defective=[1, 2, 1]), "subgroups=2")
    found = pipeline.score(
        records(inspected=[100] * 5, defective=[0, 0, 0, 2, 1], line=["clean"] * 5)
    )
    assert found["label"].tolist() == ["baseline"] * 4 + ["in_control"]


def test_verdicts_of_parts_become_subgroups(sample: Pipeline) -> None:
    parts = generate_parts(parts=175)
    found = sample.score(parts)
    whole = np.flatnonzero(found["complete"])
    assert whole.tolist() == [49, 99, 149]
    assert set(found["label"]) == {"gathering", "baseline"}
    verdicts = np.array(parts["verdict"].to_pylist())
    for place, end in enumerate(whole):
        share = (verdicts[end - 49 : end + 1] == "fail").mean()
        assert found["value"][end] == pytest.approx(share)
        assert found["point"][end] == place + 1


@pytest.mark.parametrize("kind", ["xbar_r", "xbar_s"])
def test_parts_and_subgroups_of_values_give_the_same_chart(tmp_path: Path, kind: str) -> None:
    values = np.round(np.random.default_rng(3).normal(10, 1, (12, 4)), 3)
    by_group = records(values=[" ".join(map(str, row)) for row in values])
    by_part = records(value=values.ravel().tolist())
    settings = f"kind={kind}", "size=4"
    whole = made(tmp_path / "a", by_group, *settings).score(by_group)
    parts = made(tmp_path / "b", by_part, *settings).score(by_part)
    done = parts["complete"]
    for column in ("value", "centre", "upper", "spread", "spread_upper"):
        assert parts[column][done] == pytest.approx(whole[column], rel=1e-5), column


@pytest.mark.parametrize("kind", ["u", "c", "np", "xbar_s", "xbar_r", "p"])
def test_the_sample_is_drawn_by_every_chart(tmp_path: Path, kind: str) -> None:
    table = generate(days=30)
    pipeline = made(tmp_path, table.slice(0, 135), f"kind={kind}")
    found = pipeline.score(table)
    disturbed = np.array(table["disturbed"].to_pylist())
    signal = found["label"] == "out_of_control"
    assert signal[disturbed].mean() > 0.6
    assert signal[~disturbed].mean() < 0.08


@pytest.mark.parametrize(
    ("settings", "columns", "expected"),
    [
        ((), {"inspected": [None], "defective": [3]}, "quality_no_size"),
        ((), {"inspected": [0], "defective": [0]}, "quality_none_inspected"),
        ((), {"inspected": [10], "defective": [11]}, "quality_above"),
        ((), {"inspected": ["many"], "defective": [1]}, "type"),
        ((), {"inspected": [-5], "defective": [1]}, "below"),
        ((), {"value": [74.0]}, "quality_missing"),
        ((), {"verdict": ["perhaps"]}, "quality_verdict"),
        (("kind=u",), {"inspected": [9], "defective": [1]}, "quality_missing"),
        (("kind=xbar_r",), {"values": ["74.0 n/a"]}, "quality_text"),
        (("kind=xbar_r",), {"values": ["74.0"]}, "quality_one_value"),
        (("kind=i_mr",), {"values": ["74.0 74.1"]}, "quality_missing"),
    ],
)
def test_a_record_that_cannot_be_used_is_told(
    tmp_path: Path, settings: tuple[str, ...], columns: dict[str, Any], expected: str
) -> None:
    good = {
        "kind=u": {"inspected": [9, 9], "defect_count": [1, 2]},
        "kind=xbar_r": {"values": ["1 2 3", "2 3 5"]},
        "kind=i_mr": {"value": [1.0, 3.0, 2.0]},
    }
    baseline = good.get((settings or ("",))[0], {"inspected": [50, 50], "defective": [2, 3]})
    pipeline = made(tmp_path, records(**baseline), *settings)
    # A good one beside it, so that not the whole column is at fault.
    sound = {name: pa.array([*map(str, values), None]) for name, values in columns.items()}
    sound = {
        name: pa.array([None if v is None else str(v) for v in [*columns.get(name, [None]), None]])
        for name in {*columns, *baseline}
    }
    for name, values in baseline.items():
        sound[name] = pa.array([sound[name][0].as_py(), str(values[0])])
    predictions = pipeline.score(records(**sound))
    assert told(predictions) == {"r0": expected}
    assert len(predictions) == 1


@pytest.mark.parametrize(
    ("settings", "columns", "key"),
    [
        ((), {"inspected": [50], "defective": [3]}, "few_subgroups"),
        ((), {"inspected": [50] * 9, "defective": [0] * 9}, "no_defects"),
        (("kind=xbar_r",), {"values": ["5 5 5"] * 9}, "constant"),
        (("kind=i_mr",), {"value": [5.0] * 9}, "constant"),
    ],
)
def test_a_baseline_without_limits_is_told(
    settings: tuple[str, ...], columns: dict[str, Any], key: str
) -> None:
    config = apply_settings(Config(), settings)
    table = check(records(**columns), TASK.inputs).table
    with pytest.raises(DataError) as raised:
        ChartPreprocessor(config).fit(table)
    assert raised.value.key == f"defect_detection.quality.error.{key}"
    assert raised.value.text("zh") != raised.value.text("en")


@pytest.mark.parametrize(
    "setting",
    [
        "kind=q",
        "size=0",
        "share=1",
        "subgroups=1",
        "unsure=maybe",
        'rules=["odd"]',
        "lower=Infinity",
    ],
)
def test_a_setting_that_means_nothing_is_told(setting: str) -> None:
    with pytest.raises(UsageError):
        apply_settings(Config(), [setting])


def test_a_signal_in_the_baseline_is_left_out_when_asked(tmp_path: Path) -> None:
    table = records(inspected=[100] * 21, defective=[5] * 20 + [60])
    kept = made(tmp_path / "a", table)
    dropped = made(tmp_path / "b", table, "drop_signals=true")
    assert kept.score(table)["centre"][0] == pytest.approx(160 / 2100)
    assert dropped.score(table)["centre"][0] == pytest.approx(0.05)


def test_unsure_parts_count_as_asked(tmp_path: Path) -> None:
    parts = records(verdict=["unsure", "pass", "fail", "pass"] * 3)
    for setting, share in (("good", 0.25), ("defective", 0.5)):
        pipeline = made(tmp_path / setting, parts, "size=4", f"unsure={setting}")
        assert pipeline.score(parts)["value"][-1] == pytest.approx(share)


def test_labels_of_good_parts_are_those_that_surface_takes_for_good(tmp_path: Path) -> None:
    parts = records(label=["Normal", "良品", "scratch", "defect-free"] * 3)
    pipeline = made(tmp_path, parts, "size=4")
    assert pipeline.score(parts)["value"][-1] == pytest.approx(0.25)
