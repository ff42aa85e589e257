"""What a training was: settings, data, versions and history, in the ``run.json`` of its folder."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from lepton_core.errors import TrainingError
from lepton_core.training.fingerprint import fingerprint

__all__ = ["History", "Run", "RunManifest", "fingerprint", "versions"]

History = dict[str, list[float]]

# Another value of one of these is another training, and never a continuation.
_SETTINGS = ("task", "seed", "data", "split", "config", "backend")


@dataclass(frozen=True)
class RunManifest:
    """One training, as written to ``run.json``.

    Args:
        task: address of the task.
        seed: of everything random.
        data: fingerprint of the records.
        split: fingerprint of the split; empty where it follows from the settings.
        config: all settings, as plain JSON.
        backend: Keras backend.
        command: the command that repeats it.
        versions: of Python and the packages that decide on the result.
        started: ISO time in UTC.
        ended: ISO time in UTC; None while it runs, or where it was killed.
        status: ``running``, ``interrupted``, ``failed`` or ``done``.
        history: metric -> value of each epoch.
    """

    task: str
    seed: int
    data: str
    split: str
    config: Any
    backend: str
    command: str
    versions: Mapping[str, str]
    started: str
    ended: str | None = None
    status: str = "running"
    history: History = field(default_factory=dict)


@dataclass
class Run:
    """The folder of one training, which the same command can go on in.

    Args:
        folder: holds ``run.json``, ``logs/`` and ``checkpoint/``.
        manifest: what stands in ``run.json``.
        resumed: whether an earlier, unfinished training goes on.
    """

    folder: Path
    manifest: RunManifest
    resumed: bool = False

    @classmethod
    def open(
        cls,
        folder: Path | str,
        *,
        task: str,
        seed: int,
        data: str,
        config: Any,
        split: str = "",
        command: str | None = None,
    ) -> Run:
        """Begin a training in a folder, or go on with the unfinished one of the same settings.

        A finished training is not taken for the new one: the code may have changed since. It is
        cleared and done again.

        Args:
            folder: where to; made when it is not there.
            task: address of the task.
            seed: of everything random.
            data: fingerprint of the records, from :func:`fingerprint`.
            config: the settings: a dataclass, or what JSON can hold.
            split: fingerprint of the split.
            command: the command that repeats the training; by default the running one.

        Raises:
            TrainingError: ``train.other_settings`` when the folder holds a training with other
                settings, ``train.bad_manifest`` when its ``run.json`` cannot be read.

        Example:
            >>> import tempfile
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     run = Run.open(folder, task="t", seed=1, data="ab", config={"epochs": 2})
            ...     run.manifest.status, Path(folder, "run.json").exists()
            ('running', True)
        """
        from lepton_core._keras import keras

        manifest = RunManifest(
            task=task,
            seed=seed,
            data=data,
            split=split,
            config=_plain(config),
            backend=keras.backend.backend(),
            command=shlex.join(sys.argv) if command is None else command,
            versions=versions(),
            started=_now(),
        )
        return cls._at(Path(folder), manifest, keep_done=False)

    @classmethod
    def _at(cls, folder: Path, manifest: RunManifest, keep_done: bool) -> Run:
        earlier = _read(folder / "run.json")
        if earlier is not None and earlier.status == "done" and not keep_done:
            _clear(folder)
            earlier = None
        if earlier is not None:
            _refuse_other(folder, earlier, manifest)
            done = earlier.status == "done"
            gone_on = replace(manifest, started=earlier.started, history=earlier.history)
            manifest = earlier if done else gone_on
        run = cls(folder, manifest, resumed=earlier is not None)
        run.write()
        return run

    @property
    def done(self) -> bool:
        """Whether this training is finished, as a part of a run that goes on may be."""
        return self.manifest.status == "done"

    def part(self, name: str) -> Run:
        """A training of its own within this one, for a fold or a member of an ensemble.

        Parts that are done stay done until this run is; call :meth:`finish` after the last one.
        """
        manifest = replace(self.manifest, started=_now(), ended=None, status="running", history={})
        return Run._at(self.folder / name, manifest, keep_done=True)

    def finish(self) -> None:
        """Mark a run of several parts as done."""
        self.update("done", self.manifest.history)

    def update(self, status: str, history: History) -> None:
        """Write status and history to ``run.json``; every status but ``running`` ends the run."""
        ended = None if status == "running" else _now()
        self.manifest = replace(self.manifest, status=status, history=history, ended=ended)
        self.write()

    def write(self) -> None:
        """Write ``run.json``, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / ".run.json.tmp"
        text = json.dumps(dataclasses.asdict(self.manifest), indent=1, ensure_ascii=False)
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(self.folder / "run.json")


def versions() -> dict[str, str]:
    """Python and the packages that decide on a training's result; the backend once it is known.

    Example:
        >>> versions()["python"] == platform.python_version()
        True
    """
    found = {"python": platform.python_version()}
    keras = sys.modules.get("keras")
    if keras is not None:
        found["backend"] = keras.backend.backend()
    for name in ("lepton-core", "keras", found.get("backend", ""), "numpy", "onnx", "tf2onnx"):
        for package in (name, f"{name}-cpu"):  # tensorflow-cpu is the same package, smaller
            try:
                found[name] = metadata.version(package)
                break
            except (metadata.PackageNotFoundError, ValueError):
                continue
    return found


def _clear(folder: Path) -> None:
    """Remove what an earlier training left, parts included, and nothing else."""
    for name in ("checkpoint", "logs"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for part in folder.glob("*/run.json"):
        shutil.rmtree(part.parent)
    (folder / "run.json").unlink()


def _refuse_other(folder: Path, earlier: RunManifest, now: RunManifest) -> None:
    differences = []
    for name in _SETTINGS:
        there, here = getattr(earlier, name), getattr(now, name)
        if isinstance(there, dict) and isinstance(here, dict):
            pairs = _flat(name, there, here)
        else:
            pairs = {name: (there, here)} if there != here else {}
        differences += [f"{key} {old} there, {new} now" for key, (old, new) in pairs.items()]
    if differences:
        raise TrainingError(
            "train.other_settings", folder=folder, differences="; ".join(differences)
        )


def _flat(name: str, there: dict[str, Any], here: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    pairs: dict[str, tuple[Any, Any]] = {}
    for key in sorted({*there, *here}):
        old, new = there.get(key), here.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            pairs.update(_flat(f"{name}.{key}", old, new))
        elif old != new:
            pairs[f"{name}.{key}"] = (old, new)
    return pairs


def _read(path: Path) -> RunManifest | None:
    if not path.exists():
        return None
    try:
        return RunManifest(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise TrainingError("train.bad_manifest", path=path, reason=error) from error


def _plain(value: Any) -> Any:
    """As JSON would give it back, so that settings of two runs compare."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value - value != 0:
        return str(value)  # JSON has no word for infinity
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value) if isinstance(value, os.PathLike) else _plain(value.item())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
