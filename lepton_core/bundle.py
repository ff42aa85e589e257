"""A pipeline on disk: a folder that verifies itself when it is loaded."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_core import card as cards
from lepton_core.bundle_files import (
    FORMAT,
    files_of,
    pack,
    read_arrays,
    read_json,
    sha256,
    verify_manifest,
    write_arrays,
    write_json,
)
from lepton_core.decision import Decision, from_json
from lepton_core.errors import BundleError
from lepton_core.pipeline import Pipeline
from lepton_core.preprocessing import Preprocessor
from lepton_core.runtime.base import Runtime
from lepton_core.runtime.no_model import NoModel
from lepton_core.solution import Task, find_task
from lepton_core.spec import Spec

if TYPE_CHECKING:
    from keras import Model

# Largest difference between a runtime and Keras, relative to the largest output: float32 rounding
# over a few hundred additions stays a hundred times below it.
PARITY_TOLERANCE = 1e-4


@dataclass(frozen=True)
class ScoringModel:
    """A Keras model that scores, and what it is called with.

    Args:
        model: a functional Keras model.
        outputs: names of its outputs, in order.
        parity: input name -> array, from the sample generator, never from real records.
    """

    model: Model
    outputs: tuple[str, ...]
    parity: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Trained:
    """What a task's trainer returns.

    A computed task has no model: it leaves ``scoring`` and ``source`` out, and its preprocessor
    gives the ``score`` that its :class:`~lepton_core.decision.Computed` decision reads.

    Args:
        preprocessor: fitted on the training split.
        decision: fitted on validation.
        scoring: role -> model exported to ONNX.
        source: the model that is kept to be trained further; None without a model.
        reference: histograms and moments that monitoring compares with.
        figures: further facts for the card (epochs run, parameters...).
        foreign: role -> an ONNX file that was made elsewhere and is taken as it is, and what it is
            called with to see that it still says the same.
    """

    preprocessor: Preprocessor
    decision: Decision
    scoring: Mapping[str, ScoringModel] = field(default_factory=dict)
    source: Model | None = None
    reference: Mapping[str, np.ndarray] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    foreign: Mapping[str, tuple[Path, Mapping[str, np.ndarray]]] = field(default_factory=dict)


def save_bundle(
    folder: Path, task: Task, trained: Trained, card: Mapping[str, Any], manifest: Mapping[str, Any]
) -> Path:
    """Write a bundle; nothing stands at ``folder`` until all of it is written and verified.

    Args:
        folder: where it shall stand; its name is the bundle's name. An older one is replaced.
        task: the task it is for.
        trained: its parts.
        card: contents of ``card.json``.
        manifest: seed, command, versions, data fingerprint.

    Raises:
        ExportError: an exported model disagrees with the Keras model.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        _write_parts(work, task, trained, {**card, "task": task.name, "bundle": folder.name})
        files = {name: sha256(work / name) for name in files_of(work)}
        write_json(work / "manifest.json", {"format": FORMAT, **manifest, "files": files})
        verify_parity(work)
        os.chmod(work, 0o755)
        if folder.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
            os.replace(folder, old / folder.name)
            os.replace(work, folder)
            shutil.rmtree(old)
        else:
            os.replace(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def rewrite_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Give a bundle its final card, once it has been evaluated, and renew the manifest."""
    manifest = verify_manifest(folder)
    old = read_json(folder, "card.json")
    whole = {"task": old["task"], "bundle": old["bundle"], **card}
    write_json(folder / "card.json", whole)
    (folder / "CARD.md").write_text(cards.to_markdown(whole), encoding="utf-8")
    for name in ("card.json", "CARD.md"):
        manifest["files"][name] = sha256(folder / name)
    write_json(folder / "manifest.json", manifest)


def _save_source(model: Model, path: Path) -> None:
    """The model without its loss (a solution's own would be needed to open it) and optimizer."""
    compiled, optimizer = model.compiled, getattr(model, "optimizer", None)
    model.compiled, model.optimizer = False, None
    try:
        model.save(path)
    finally:
        model.compiled, model.optimizer = compiled, optimizer
    pack(path)


def _write_models(work: Path, trained: Trained, source: Model) -> None:
    from lepton_core.export.onnx import export_onnx
    from lepton_core.export.signature import Signature

    (work / "models").mkdir()
    parity: dict[str, np.ndarray] = {}
    for role, scoring in trained.scoring.items():
        path = work / "models" / f"{role}.onnx"
        export_onnx(scoring.model, path, output_names=scoring.outputs)
        signature = Signature.of(scoring.model, scoring.outputs)
        for name, array in scoring.parity.items():
            parity[f"{role}.in.{name}"] = array
        for name, value in signature.call(scoring.model, scoring.parity).items():
            parity[f"{role}.out.{name}"] = np.asarray(_to_numpy(value))
    write_arrays(work / "parity.npz", parity)
    _save_source(source, work / "models" / "main.keras")


def _copy_models(work: Path, foreign: Mapping[str, tuple[Path, Mapping[str, np.ndarray]]]) -> None:
    """Models that were made elsewhere, and what each says of its trial inputs."""
    from lepton_core.runtime.onnx import OnnxRuntime

    (work / "models").mkdir()
    parity: dict[str, np.ndarray] = {}
    for role, (path, inputs) in foreign.items():
        shutil.copyfile(path, work / "models" / f"{role}.onnx")
        said = OnnxRuntime.open(work / "models").run(role, inputs)
        parity |= {f"{role}.in.{name}": array for name, array in inputs.items()}
        parity |= {f"{role}.out.{name}": array for name, array in said.items()}
    write_arrays(work / "parity.npz", parity)


def _write_parts(work: Path, task: Task, trained: Trained, card: Mapping[str, Any]) -> None:
    if trained.source is not None:
        _write_models(work, trained, trained.source)
    elif trained.foreign:
        _copy_models(work, trained.foreign)
    state, arrays = trained.preprocessor.state()
    write_json(work / "preprocessor.json", state)
    if arrays:
        write_arrays(work / "preprocessor.npz", arrays)
    if trained.reference:
        write_arrays(work / "reference.npz", trained.reference)
    specs = {
        "inputs": task.inputs.to_json(),
        "outputs": task.outputs.to_json(),
        "models": {role: list(scoring.outputs) for role, scoring in trained.scoring.items()},
    }
    write_json(work / "spec.json", specs)
    write_decision(work, trained.decision)
    write_json(work / "card.json", dict(card))
    (work / "CARD.md").write_text(cards.to_markdown(card), encoding="utf-8")


def _to_numpy(value: Any) -> np.ndarray:
    from lepton_core._keras import keras

    return keras.ops.convert_to_numpy(value)


def load_bundle(folder: Path | str, runtime: str = "onnx", threads: int | None = None) -> Pipeline:
    """The pipeline of a bundle's folder.

    Args:
        folder: the bundle.
        runtime: ``onnx``; ``keras`` scores only a bundle whose one model is ``main``.
        threads: threads of one runtime call; None leaves it to the library.

    Raises:
        BundleError: a file was changed, is missing or should not be there; or the bundle is of a
            newer format or for a task that is not installed as it was.
    """
    folder = Path(folder).resolve()
    verify_manifest(folder)
    task = find_task(read_task_name(folder))
    specs = read_json(folder, "spec.json")
    if Spec.from_json(specs["inputs"]) != task.inputs:
        raise BundleError("bundle.other_spec", bundle=folder, task=task.name)
    if runtime == "keras":
        # A task's own layers are known to Keras once what trains it is imported.
        task.hook(task.trainer)
    kind = task.hook(task.preprocessor)
    preprocessor = kind.from_state(
        read_json(folder, "preprocessor.json"), read_arrays(folder / "preprocessor.npz")
    )
    decision = read_decision(folder)
    outputs = task.outputs.filled(decision.further_outputs())
    return Pipeline(
        task=task if outputs == task.outputs else replace(task, outputs=outputs),
        address=f"{task.name}@{folder.name}",
        preprocessor=preprocessor,
        runtime=open_runtime(runtime, folder / "models", threads),
        decision=decision,
        card=read_json(folder, "card.json"),
        folder=folder,
    )


def write_decision(folder: Path, decision: Decision) -> None:
    """Write a decision's files into a bundle's folder; the manifest is not renewed."""
    write_json(folder / "decision.json", decision.to_json())
    arrays = decision.arrays()
    if arrays:
        write_arrays(folder / "decision.npz", arrays)


def read_decision(folder: Path) -> Decision:
    """The decision of a bundle's folder."""
    return from_json(read_json(folder, "decision.json"), read_arrays(folder / "decision.npz"))


def open_runtime(name: str, models: Path, threads: int | None = None) -> Runtime:
    """A runtime by name over a bundle's ``models`` folder; without that folder nothing is run."""
    if not models.is_dir():
        return NoModel()
    if name == "onnx":
        from lepton_core.runtime.onnx import OnnxRuntime

        return OnnxRuntime.open(models, threads)
    if name == "keras":
        from lepton_core.runtime.keras import KerasRuntime

        return KerasRuntime.open(models, threads)
    raise ValueError(f"runtime is onnx or keras. Received: {name!r}")


def read_task_name(folder: Path) -> str:
    """The task that a bundle is for."""
    return str(read_json(folder, "card.json")["task"])


def verify_parity(folder: Path, runtime: str = "onnx") -> float:
    """Run a bundle's stored inputs through a runtime and compare with the stored outputs.

    Returns:
        the largest difference relative to the largest stored output of its kind.

    Raises:
        BundleError: when it is above ``PARITY_TOLERANCE`` or not a number.
    """
    stored = read_arrays(folder / "parity.npz")
    engine = open_runtime(runtime, folder / "models")
    worst = 0.0
    for role in engine.roles():
        inputs = {n.removeprefix(f"{role}.in."): a for n, a in stored.items() if f"{role}.in." in n}
        outputs = engine.run(role, inputs)
        for name, value in outputs.items():
            expected = stored[f"{role}.out.{name}"]
            scale = max(float(np.abs(expected).max()), 1.0)
            difference = float(np.abs(value.reshape(expected.shape) - expected).max()) / scale
            if not difference <= PARITY_TOLERANCE:
                raise BundleError(
                    "bundle.parity",
                    bundle=folder,
                    model=f"{role}.{name}",
                    runtime=runtime,
                    expected=PARITY_TOLERANCE,
                    received=difference,
                )
            worst = max(worst, difference)
    return worst
