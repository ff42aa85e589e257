"""Corrupted copies are scored as records are, and refused pictures are counted, not hidden."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lepton_core.cli.main import main
from lepton_core.decision import Classify
from lepton_core.errors import UsageError
from lepton_core.evaluation.corruptions import CORRUPTIONS, LEVELS
from lepton_core.evaluation.robustness import robustness, to_text
from lepton_core.evaluation.run import measure
from lepton_core.pipeline import Pipeline
from lepton_core.runtime.base import Runtime
from lepton_core.solution import find_task
from solutions.medical_imaging.xray.gate import PARTS
from solutions.medical_imaging.xray.preprocessing import Preprocessor
from solutions.medical_imaging.xray.sample import generate


class Grain(Runtime):
    """A score that falls with the picture's grain and knows no class: what corruption changes."""

    name = "grain"

    @classmethod
    def open(cls, folder: Path, threads: int | None = None) -> Runtime:
        raise NotImplementedError

    def roles(self) -> tuple[str, ...]:
        return ("main",)

    def input_shapes(self, role: str) -> dict[str, tuple[int | None, ...]]:
        return {"x": (None, 32, 32, 1)}

    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        x = inputs["x"].astype(np.float32) / 255
        grain = np.abs(np.diff(x, axis=1)).mean((1, 2, 3))
        return {"score": 1.0 - 20 * grain, "map": np.zeros((len(x), 2, 2, 1), np.float32)}


RECORDS = generate(seed=3, pictures=40)
CLASSES = tuple(sorted(set(RECORDS["label"].to_pylist())))


@pytest.fixture
def pipeline() -> Pipeline:
    assert len(CLASSES) == 2
    decision = Classify((CLASSES[0], CLASSES[1]), fitted_on={"data": "test"})
    task = find_task("medical_imaging/xray")
    return Pipeline(task, "xray@test", Preprocessor(32), Grain(), decision)


def test_every_kind_and_level_is_measured(pipeline: Pipeline) -> None:
    rows = np.arange(RECORDS.num_rows)
    found = robustness(pipeline, RECORDS, rows)
    assert len(found) == 1 + len(CORRUPTIONS) * LEVELS
    assert [one.refused for one in found] == [0.0] * len(found)
    # The pictures as they are, written anew, are scored as the files themselves.
    figures, n = measure(pipeline, RECORDS, rows)
    assert (found[0].n, found[0].metrics["auc"]) == (n, figures["auc"])
    by_name = {(one.name, one.level): one.metrics for one in found}
    # A grain takes every picture below the threshold, so that none is called positive.
    assert by_name["noise", 2]["recall"].value == 0.0
    text = to_text(found, ("auc",))
    assert text.count("\n") == len(found) + 2
    assert "12% of the range" in text


def test_what_is_refused_is_counted(pipeline: Pipeline) -> None:
    """A gate that knows only fine pictures: of the corrupted ones it refuses those with grain."""

    def judge(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        grain = np.abs(np.diff(x.astype(float), axis=1)).mean((1, 2, 3))
        return grain / 15, grain <= 15, np.array([PARTS[0]] * len(x))

    pipeline.preprocessor.gate = SimpleNamespace(judge=judge, origin={})  # type: ignore[attr-defined]
    found = {(one.name, one.level): one for one in robustness(pipeline, RECORDS, np.arange(40))}
    assert found["", 0].refused == 0.0
    worst = found["noise", 2]
    assert (worst.refused, worst.n, worst.metrics) == (1.0, 0, {})
    assert worst.to_json()["refused"] == 1.0


def test_only_so_many_are_taken(pipeline: Pipeline) -> None:
    found = robustness(pipeline, RECORDS, np.arange(40), most=24)
    assert {one.n for one in found} == {24}


def test_views_go_through_the_pipeline(pipeline: Pipeline) -> None:
    plain, several = pipeline.score(RECORDS), pipeline.with_views(5).score(RECORDS)
    assert np.allclose(plain["score"], several["score"], atol=0.3)
    assert not np.array_equal(plain["score"], several["score"])
    with pytest.raises(UsageError, match="1 to 9"):
        pipeline.with_views(40)


@pytest.mark.parametrize("option", [["--views", "3"], ["--robustness"]])
def test_options_of_a_bundle_do_not_go_with_training(
    option: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["evaluate", "medical_imaging", "--data", "xray_sample", "--train", *option]
    monkeypatch.setattr("sys.argv", ["lepton", *command])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert option[0] in capsys.readouterr().err
