"""A classifier made elsewhere is scored as the same task, with nothing of it but three files."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tiny_classifier import write_classifier

from lepton_core.bundle import load_bundle, save_bundle, verify_parity
from lepton_core.errors import UsageError
from lepton_core.pipeline import Pipeline
from lepton_core.solution import Task
from lepton_core.training.job import TrainingJob
from lepton_core.training.splits import Split
from solutions.retail_recommender.reviews.config import Config, ModelConfig
from solutions.retail_recommender.reviews.foreign import ForeignForm
from solutions.retail_recommender.reviews.reasons import weigh

GOOD, BAD = "the phone is good", "The phone is BAD"


def make(task: Task, folder: Path, model: Path, **settings: object) -> Pipeline:
    """The pipeline of a bundle around a model, its decision fitted on a few reviews."""
    texts = [GOOD, BAD, "good", "bad", "手机好", "手机差"] * 8
    records = pa.table(
        {
            "record_id": [str(n) for n in range(len(texts))],
            "text": texts,
            "positive": pa.array([1, 0] * 24, pa.int64()),
        }
    )
    config = replace(Config(), model=ModelConfig(start=str(model), **settings))
    nobody, everyone = np.zeros(0, np.int64), np.arange(len(texts))
    job = TrainingJob(task, config, 0, records, Split(nobody, everyone, nobody))
    save_bundle(folder, task, task.hook(task.trainer)(job), {}, {"seed": 0})
    verify_parity(folder)
    return load_bundle(folder)


def scored(pipeline: Pipeline, *texts: str) -> list[str]:
    ids = [str(n) for n in range(len(texts))]
    return pipeline.score(pa.table({"record_id": ids, "text": list(texts)}))["label"].tolist()


@pytest.fixture(scope="module")
def foreign(task: Task, tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder = tmp_path_factory.mktemp("foreign")
    return make(task, folder / "bundle", write_classifier(folder / "model"))


def test_it_says_what_the_model_says(foreign: Pipeline) -> None:
    assert scored(foreign, GOOD, BAD, "好", "差") == ["positive", "negative"] * 2


def test_a_review_scores_alike_whatever_stands_beside_it(foreign: Pipeline) -> None:
    """Padding is masked, and lots of 64 are padded to different lengths."""
    texts = [GOOD, BAD, "good"] * 40 + ["the phone is good " * 3]
    ids = [str(n) for n in range(len(texts))]
    together = foreign.score(pa.table({"record_id": ids, "text": texts}))["score"]
    alone = foreign.score(pa.table({"record_id": ["0"], "text": [GOOD]}))["score"]
    assert together[0] == pytest.approx(alone[0], rel=1e-5)
    assert np.ptp(together[0:120:3]) < 1e-5


def test_a_text_longer_than_the_model_takes_is_cut(foreign: Pipeline) -> None:
    assert scored(foreign, "good " * 100, "bad " * 100) == ["positive", "negative"]


def test_its_deciding_word_is_found(foreign: Pipeline) -> None:
    weighed = weigh(foreign, "The phone, 的, is BAD!")
    worst = min(weighed, key=lambda one: one.weight)
    assert (worst.word.text, worst.weight < -1) == ("BAD", True)


@pytest.mark.parametrize(
    ("classes", "settings"),
    [
        (("1 star", "2 stars", "3 stars", "4 stars", "5 stars"), {}),
        (("negative", "neutral", "positive"), {}),
        (("LABEL_0", "LABEL_1"), {"positive": ("LABEL_1",), "negative": ("LABEL_0",)}),
    ],
)
def test_classes_of_any_name(
    task: Task, tmp_path: Path, classes: tuple[str, ...], settings: dict[str, tuple[str, ...]]
) -> None:
    model = write_classifier(tmp_path / "model", classes)
    pipeline = make(task, tmp_path / "bundle", model, **settings)
    assert scored(pipeline, GOOD, BAD) == ["positive", "negative"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("config.json", None, "no config.json"),
        ("config.json", '{"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}', "not clear"),
        ("config.json", '{"id2label": {"0": "a"}}', "two classes"),
        ("config.json", "not json", "cannot be read"),
        ("model.onnx", "not a model", "model.onnx"),
        ("tokenizer.json", "not json", "tokenizer.json"),
    ],
)
def test_a_folder_that_cannot_be_used_says_why(
    tmp_path: Path, name: str, content: str | None, told: str
) -> None:
    folder = write_classifier(tmp_path)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content)
    with pytest.raises(UsageError) as caught:
        ForeignForm.of(folder)
    assert caught.value.key == "retail_recommender.reviews.error.foreign"
    assert told in str(caught.value)


def test_a_class_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="GREAT"):
        ForeignForm.of(write_classifier(tmp_path), positive=("GREAT",))


def test_it_is_scored_without_what_it_was_made_with(foreign: Pipeline) -> None:
    heavy = ("transformers", "torch", "keras", "sklearn", "scipy")
    code = f"""
import sys
import pyarrow as pa
from lepton_core.bundle import load_bundle
load_bundle({str(foreign.folder)!r}).score(pa.table({{"record_id": ["1"], "text": ["good"]}}))
print([name for name in {heavy} if name in sys.modules])
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
