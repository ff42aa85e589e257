"""A bundle verifies itself, appears whole or not at all, and holds nothing of real records."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lepton_core import bundle as bundles
from lepton_core.bundle import ScoringModel, Trained, load_bundle, rewrite_card, save_bundle
from lepton_core.bundle import verify_parity as check_parity
from lepton_core.bundle_files import read_arrays, sha256, verify_manifest, write_arrays
from lepton_core.errors import BundleError
from lepton_core.solution import find_task, solutions

TASK = find_task("fraud_rnn")
# Exported and Keras model, learned scaling, decision, card, quantiles; no place for a record.
KNOWN_FILES = {
    "CARD.md",
    "card.json",
    "decision.json",
    "models/main.keras",
    "models/step.onnx",
    "parity.npz",
    "preprocessor.json",
    "preprocessor.npz",
    "reference.npz",
    "spec.json",
}
UNITS = 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped sample bundle."""
    return Path(shutil.copytree(TASK.bundle("sample"), tmp_path / "copy"))


@pytest.fixture(scope="module")
def trained() -> Trained:
    """A small untrained network with the sample bundle's preprocessing."""
    pytest.importorskip("onnx")
    from lepton_core._keras import keras

    pipeline = load_bundle(TASK.bundle("sample"))
    n_features = len(read_arrays(TASK.bundle("sample") / "preprocessor.npz")["mean"])
    x, h = keras.Input((n_features,), name="x"), keras.Input((UNITS,), name="h")
    joined = keras.layers.Concatenate()([x, h])
    h_next = keras.layers.Dense(UNITS, activation="tanh")(joined)
    score = keras.layers.Dense(1)(h_next)[:, 0]
    model = keras.Model({"x": x, "h": h}, [score, h_next])
    rng = np.random.default_rng(0)
    given = {"x": rng.normal(size=(8, n_features)), "h": rng.normal(size=(8, UNITS))}
    given = {name: values.astype(np.float32) for name, values in given.items()}
    scoring = {"step": ScoringModel(model, ("score", "h_next"), given)}
    reference = {"score_quantiles": np.linspace(0, 1, 5)}
    return Trained(pipeline.preprocessor, pipeline.decision, scoring, model, reference)


def renew(folder: Path) -> None:
    """Let the manifest agree with the files as they are now."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"] = {name: sha256(folder / name) for name in manifest["files"]}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def edit(path: Path, change: Callable[[dict], None]) -> None:
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def refusal(folder: Path) -> BundleError:
    with pytest.raises(BundleError) as caught:
        load_bundle(folder)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("name", sorted(KNOWN_FILES))
def test_one_changed_byte_in_any_file_is_named(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(bytes(content))
    error = refusal(folder)
    assert (error.key, error.values["file"]) == ("bundle.file_changed", name)


@pytest.mark.parametrize("name", sorted(KNOWN_FILES | {"manifest.json"}))
def test_any_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    error = refusal(folder)
    assert (error.key, error.values["file"]) == ("bundle.file_missing", name)


@pytest.mark.parametrize("name", ["models/other.onnx", ".hidden", "records.parquet"])
def test_a_file_that_does_not_belong_is_named(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"x")
    error = refusal(folder)
    assert (error.key, error.values["file"]) == ("bundle.file_extra", name)


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_to_a_file_elsewhere_does_not_belong(
    folder: Path, tmp_path: Path, exists: bool
) -> None:
    if exists:
        (tmp_path / "elsewhere").write_text("x")
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    assert refusal(folder).key == "bundle.file_extra"


def test_no_folder_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none").key == "bundle.not_found"


def test_a_newer_format_is_refused(folder: Path) -> None:
    edit(folder / "manifest.json", lambda manifest: manifest.update(format=2))
    error = refusal(folder)
    assert error.key == "bundle.format"
    assert (error.values["expected"], error.values["received"]) == (1, 2)


def test_a_bundle_for_other_columns_is_refused(folder: Path) -> None:
    def rename(spec: dict) -> None:
        text = json.dumps(spec["inputs"]).replace('"amount"', '"value"')
        spec["inputs"] = json.loads(text)

    edit(folder / "spec.json", rename)
    renew(folder)
    error = refusal(folder)
    assert (error.key, error.values["task"]) == ("bundle.other_spec", TASK.name)


@pytest.mark.parametrize("name", ["manifest.json", "spec.json", "decision.json", "card.json"])
@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\xfa"], ids=["cut off", "not utf-8"])
def test_unreadable_json_is_named(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    if name != "manifest.json":
        renew(folder)
    error = refusal(folder)
    assert (error.key, error.values["file"]) == ("bundle.bad_json", name)


class Intruder:
    """What a pickle runs when it is opened: leaves a file behind."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple:
        return Path.touch, (self.trace,)


@pytest.mark.parametrize("name", ["preprocessor.npz", "parity.npz"])
def test_no_pickled_object_is_ever_opened(folder: Path, tmp_path: Path, name: str) -> None:
    trace = tmp_path / "was here"
    arrays = read_arrays(folder / name)
    first = next(iter(arrays))
    np.savez(folder / name, **{**arrays, first: np.array([Intruder(trace)], dtype=object)})
    renew(folder)

    def load() -> None:
        load_bundle(folder)
        check_parity(folder)

    with pytest.raises((BundleError, ValueError), match=r"allow_pickle|pickle"):
        load()
    assert not trace.exists()


def test_no_object_is_ever_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        write_arrays(tmp_path / "a.npz", {"a": np.array([object()], dtype=object)})


@pytest.mark.parametrize("wrong", [0.01, float("nan")])
def test_a_model_that_disagrees_with_the_stored_outputs_is_refused(
    folder: Path, wrong: float
) -> None:
    assert check_parity(folder) <= bundles.PARITY_TOLERANCE
    arrays = read_arrays(folder / "parity.npz")
    arrays["step.out.score"][3] += wrong * max(np.abs(arrays["step.out.score"]).max(), 1)
    write_arrays(folder / "parity.npz", arrays)
    with pytest.raises(BundleError) as caught:
        check_parity(folder)
    assert (caught.value.key, caught.value.values["model"]) == ("bundle.parity", "step.score")


@pytest.mark.parametrize("name", sorted(TASK.bundles()))
def test_a_shipped_bundle_holds_the_known_files_alone(name: str) -> None:
    assert set(verify_manifest(TASK.bundle(name))["files"]) == KNOWN_FILES


def test_stored_inputs_are_the_generators_alone() -> None:
    for folder in TASK.bundles().values():
        pipeline = load_bundle(folder)
        records = TASK.hook(TASK.sample)(seed=1, cards=20, terminals=10, days=30).slice(0, 64)
        prepared = pipeline.preprocessor.transform(records, pipeline.preprocessor.new_history())
        stored = read_arrays(folder / "parity.npz")["step.in.x"]
        np.testing.assert_array_equal(stored, prepared.arrays["x"])


def test_a_saved_bundle_is_whole_and_loads(trained: Trained, tmp_path: Path) -> None:
    folder = save_bundle(tmp_path / "new", TASK, trained, {"created": "today"}, {"seed": 7})
    manifest = verify_manifest(folder)
    assert set(manifest["files"]) == KNOWN_FILES
    assert (manifest["format"], manifest["seed"]) == (1, 7)
    pipeline = load_bundle(folder)
    assert pipeline.address == "fraud_rnn/transactions@new"
    assert pipeline.decision == trained.decision
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def fails(*_: object, **__: object) -> None:
    raise RuntimeError("the disk is on fire")


def test_the_kept_model_has_no_optimizer_state_and_the_given_one_keeps_its(
    trained: Trained, tmp_path: Path
) -> None:
    import zipfile

    import h5py

    model = trained.source
    assert model is not None
    model.compile("adam", loss=["mse", None])
    model.optimizer.build(model.trainable_variables)
    optimizer = model.optimizer
    saved = save_bundle(tmp_path / "made", TASK, trained, {}, {"seed": 0})
    assert model.optimizer is optimizer
    with zipfile.ZipFile(saved / "models" / "main.keras") as packed:
        kinds = {entry.compress_type for entry in packed.infolist()}
        assert kinds == {zipfile.ZIP_DEFLATED}, "it is kept small"
        weights = packed.open("model.weights.h5")
        with h5py.File(weights) as stored:
            assert "optimizer" not in stored
            assert "layers" in stored


def test_a_model_made_elsewhere_is_taken_as_it_is(tmp_path: Path) -> None:
    shipped = TASK.bundle("sample")
    pipeline = load_bundle(shipped)
    model, kept = shipped / "models" / "step.onnx", read_arrays(shipped / "parity.npz")
    given = {n.removeprefix("step.in."): a for n, a in kept.items() if n.startswith("step.in.")}
    parts = Trained(pipeline.preprocessor, pipeline.decision, foreign={"step": (model, given)})
    saved = save_bundle(tmp_path / "made", TASK, parts, {}, {"seed": 0})
    assert (saved / "models" / "step.onnx").read_bytes() == model.read_bytes()
    said = read_arrays(saved / "parity.npz")
    assert set(said) == set(kept)
    np.testing.assert_allclose(said["step.out.score"], kept["step.out.score"], atol=1e-5)
    load_bundle(saved)


@pytest.mark.parametrize("target", ["lepton_core.export.onnx.export_onnx", "verify_parity"])
@pytest.mark.parametrize("older", [False, True], ids=["new", "an older one"])
def test_a_failed_save_leaves_the_place_as_it_was(
    trained: Trained, folder: Path, monkeypatch: pytest.MonkeyPatch, target: str, older: bool
) -> None:
    if target == "verify_parity":
        # Parity comes last: all parts are written by then.
        monkeypatch.setattr(bundles, target, fails)
    else:
        monkeypatch.setattr(target, fails)
    out = folder if older else folder.with_name("new")
    before = {path: sha256(path) for path in folder.parent.rglob("*") if path.is_file()}
    with pytest.raises(RuntimeError, match="on fire"):
        save_bundle(out, TASK, trained, {}, {})
    after = {path: sha256(path) for path in folder.parent.rglob("*") if path.is_file()}
    assert after == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_model_that_changes_after_its_export_is_not_saved(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lepton_core.export import onnx as exporting

    export = exporting.export_onnx
    (name,) = trained.scoring
    scoring = trained.scoring[name]

    def export_and_move_on(model, path, **options):  # type: ignore[no-untyped-def]
        export(model, path, **options)
        model.set_weights([weight + 0.1 for weight in model.get_weights()])

    monkeypatch.setattr(exporting, "export_onnx", export_and_move_on)
    from lepton_core._keras import keras

    copy = keras.models.clone_model(scoring.model)
    moved = replace(trained, scoring={name: replace(scoring, model=copy)})
    with pytest.raises(BundleError) as caught:
        save_bundle(tmp_path / "new", TASK, moved, {}, {})
    assert caught.value.key == "bundle.parity"
    assert not list(tmp_path.iterdir())


def test_the_card_is_rewritten_and_the_bundle_stays_valid(folder: Path) -> None:
    rewrite_card(folder, {"limits": "Only on Sundays.", "metrics": {"auc": {"value": 0.5}}})
    pipeline = load_bundle(folder)
    # A bundle keeps its name and task whatever the card says besides.
    assert pipeline.card["task"] == TASK.name
    assert pipeline.card["bundle"] == "sample"
    assert "Only on Sundays." in (folder / "CARD.md").read_text(encoding="utf-8")
    assert "| auc | 0.5000 |" in (folder / "CARD.md").read_text(encoding="utf-8")


def test_a_changed_bundle_gets_no_new_card(folder: Path) -> None:
    (folder / "decision.json").write_text("{}")
    with pytest.raises(BundleError):
        rewrite_card(folder, {})


@pytest.mark.slow
def test_every_shipped_keras_model_opens_with_the_core_alone() -> None:
    # Whoever trains it further has the file and `lepton_core`, not the solution's modules.
    shipped = [
        folder for one in solutions()[0] for task in one.tasks for folder in task.bundles().values()
    ]
    # A task without a model ships none.
    models = [str(path) for folder in shipped for path in folder.glob("models/main.keras")]
    code = "import sys, lepton_core as lc\nfor path in sys.argv[1:]: print(lc.load(path).name)"
    run = subprocess.run([sys.executable, "-c", code, *models], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-1000:]
    assert len(run.stdout.split()) == len(models) > 3
