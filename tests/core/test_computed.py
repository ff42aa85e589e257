"""A task without a model goes through bundle, session and conformance like any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.bundle import Trained, load_bundle, save_bundle, verify_parity
from lepton_core.decision import Computed, Told, from_json
from lepton_core.errors import BundleError
from lepton_core.pipeline import Pipeline
from lepton_core.solution import Task
from lepton_core.spec import Column, Spec
from lepton_core.testing.scoring import check_scoring

COLUMNS = (
    Told("value"),
    Told("label", "word", ("below", "above")),
    Told("odd", "flags", ("one", "two")),
)
TASK = Task(
    "shop/sums",
    "-",
    "computed_shop",
    Spec(
        (
            Column("record_id", "string", "id"),
            Column("shop", "string", "entity"),
            Column("sold", "float64"),
        )
    ),
    Spec(
        (
            Column("record_id", "string", "id"),
            Column("value", "float32", "output"),
            Column("label", "string", "output"),
            Column("odd", "string", "output"),
            Column("bundle", "string", "meta"),
        )
    ),
    preprocessor="counting:RunningSum",
    trainer="-",
    sample="-",
    sample_data="-",
    config="counting:Config",
    stateful=True,
)


def records(n: int = 40) -> pa.Table:
    sold = np.random.default_rng(0).integers(0, 5, n).astype(float)
    sold[:2] = 0.0
    names = [f"r{i}" for i in range(n)]
    return pa.table({"record_id": names, "shop": [f"s{i % 2}" for i in range(n)], "sold": sold})


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.setattr("lepton_core.bundle.find_task", lambda name: TASK)
    preprocessor = TASK.hook(TASK.preprocessor)().fit(records())
    made = save_bundle(tmp_path / "sums", TASK, Trained(preprocessor, Computed(COLUMNS)), {}, {})
    return load_bundle(made)


def test_a_bundle_without_a_model_holds_none_and_scores(bundle: Pipeline) -> None:
    assert bundle.folder is not None
    assert not (bundle.folder / "models").exists()
    assert verify_parity(bundle.folder) == 0.0
    predictions = bundle.score(records())
    assert predictions.columns["value"].to_pylist()[:2] == [None, None]
    assert predictions["value"][-2:].sum() == records()["sold"].to_numpy().sum()
    assert set(predictions["label"]) == {"below", "above"}


def test_it_keeps_what_every_bundle_promises(bundle: Pipeline) -> None:
    check_scoring(bundle, records())


def test_a_changed_bundle_is_found(bundle: Pipeline) -> None:
    assert bundle.folder is not None
    (bundle.folder / "models").mkdir()
    (bundle.folder / "models" / "main.onnx").write_bytes(b"")
    with pytest.raises(BundleError):
        load_bundle(bundle.folder)


@pytest.mark.parametrize(
    ("bits", "said"), [(0, ""), (1, "one"), (2, "two"), (3, "one; two")], ids=str
)
def test_flags_are_told_by_name(bits: int, said: str) -> None:
    score = np.array([[0.0, 0, bits]], np.float32)
    assert Computed(COLUMNS).apply({"score": score})["odd"].to_pylist() == [said]


def test_it_survives_json() -> None:
    decision = Computed(COLUMNS, {"n": 3})
    assert from_json(decision.to_json()) == decision


@pytest.mark.parametrize(
    ("kind", "names"), [("word", ()), ("number", ("a",)), ("colour", ()), ("flags", ("x",) * 25)]
)
def test_a_column_that_cannot_be_read_is_refused(kind: str, names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="kind is one of"):
        Told("x", kind, names)
