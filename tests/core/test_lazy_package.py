"""``import lepton_core`` costs nothing, and every name it promises is there when asked for."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

import lepton_core as lc
from lepton_core._lazy import KERAS_NAMESPACES

# Names of Keras that are not under `lc.`: ours stand in the place of the first two, the others
# are Keras's own past and plumbing.
NOT_TAKEN = {"export", "preprocessing", "legacy", "version", "FloatDTypePolicy", "RematScope"}
SCORING_NAMES = [
    *("Classify", "Column", "Decision", "LeptonError", "Pipeline", "Predictions", "Preprocessor"),
    *("Session", "Solution", "Spec", "Task", "load", "load_bundle"),
]
TRAINING_ONLY = ("keras", "tensorflow", "jax", "torch", "sklearn", "lightgbm", "transformers")


def run(program: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    unset = {name for name, value in environment.items() if value is None}
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    given = {name: value for name, value in environment.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={**kept, **given}
    )


def modules_after(program: str) -> set[str]:
    listing = "; import sys, json; print(json.dumps(sorted(sys.modules)))"
    done = run(program + listing)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_the_import_loads_nothing_third_party() -> None:
    loaded = modules_after("import lepton_core") - modules_after("pass")
    assert loaded - set(sys.stdlib_module_names) == {"lepton_core"}


@pytest.mark.parametrize("package", ["layers", "models"])
def test_our_keras_packages_load_nothing_until_a_name_is_asked_for(package) -> None:
    loaded = modules_after(f"import lepton_core.{package}") - modules_after("pass")
    assert loaded - set(sys.stdlib_module_names) == {"lepton_core"}


def test_the_names_that_score_do_not_load_what_trains() -> None:
    program = f"import lepton_core; [getattr(lepton_core, name) for name in {SCORING_NAMES}]"
    assert modules_after(program).isdisjoint(TRAINING_ONLY)


@pytest.mark.parametrize("name", [*lc.__all__, "__version__"])
def test_every_public_name_resolves(name) -> None:
    assert getattr(lc, name) is not None
    assert name in dir(lc)


def test_editors_see_the_same_names_as_the_table() -> None:
    tree = ast.parse(Path(lc.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    shown = {
        alias.name: f"{node.module}:{alias.name}"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert sorted(shown) == lc.__all__
    for name, target in lc._PUBLIC.items():
        expected = {target, f"lepton_core:{name}", f"keras:{name}"}
        assert shown[name] in expected, f"{name}: {shown[name]} is not {target}"


def test_what_a_keras_user_expects_is_there() -> None:
    public = {name for name in dir(keras) if not name.startswith("_")} - {"src"}
    assert public - set(lc.__all__) <= NOT_TAKEN
    ours = {"Sequential", "layers", "models"}
    for name in (public & set(lc.__all__)) - ours:
        assert getattr(lc, name) is getattr(keras, name), name
    assert {name for name in dir(keras.models) if not name.startswith("_")} <= set(dir(lc.models))
    assert lc.models.Sequential is lc.Sequential
    assert lc.models.Model is keras.Model


def test_an_unknown_name_says_where_it_was_looked_for() -> None:
    with pytest.raises(AttributeError, match="'lepton_core' has no attribute 'Sequentail'"):
        lc.Sequentail  # noqa: B018


def test_keras_namespaces_import_under_our_name() -> None:
    import lepton_core.applications.resnet as resnet
    from lepton_core.callbacks import EarlyStopping

    assert EarlyStopping is keras.callbacks.EarlyStopping
    assert resnet.__spec__.name == "keras.applications.resnet", "the module ran a second time"
    assert lc.callbacks is keras.callbacks
    assert keras.callbacks.__spec__.name == "keras.callbacks"
    with pytest.raises(ModuleNotFoundError):
        import lepton_core.callbacks.nothing  # noqa: F401


def test_no_module_of_ours_hides_behind_a_keras_namespace() -> None:
    folder = Path(lc.__file__).parent
    own = {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert own.isdisjoint(KERAS_NAMESPACES)


# Keras as we load it


def test_keras_starts_without_a_word() -> None:
    done = run("import lepton_core as lc; lc.Model", TF_CPP_MIN_LOG_LEVEL=None)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


WITHOUT = "import sys; sys.modules.update({missing}=None); import lepton_core as lc; lc.Model"


def test_keras_missing_gives_the_install_line() -> None:
    done = run(WITHOUT.format(missing="keras"))
    assert done.returncode == 1
    assert "needs the package keras" in done.stderr
    assert "pip install 'lepton-core[train]'" in done.stderr


def test_the_backend_is_the_users_choice(tmp_path: Path) -> None:
    def asked_for(backend: str | None) -> str:
        program = WITHOUT.format(missing="tensorflow=None, torch")
        error = run(program, KERAS_BACKEND=backend, KERAS_HOME=str(tmp_path)).stderr
        return error.partition("needs the package ")[2].partition(",")[0]

    assert asked_for("torch") == "torch"
    (tmp_path / "keras.json").unlink(missing_ok=True)
    assert asked_for(None) == "tensorflow"
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    assert asked_for(None) == "torch"
    assert asked_for("tensorflow") == "tensorflow"


def test_only_start_up_notices_are_held_back(capfd) -> None:
    from lepton_core._keras import _without_notices

    with _without_notices():
        os.write(2, b"I0000 00:00:1.5 port.cc:153] oneDNN custom operations are on.\n")
        print("a warning that matters", file=sys.stderr)
    assert capfd.readouterr().err == "a warning that matters\n"
