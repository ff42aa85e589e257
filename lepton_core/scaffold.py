"""Makes a solution package from a template: copied, renamed, with its sample, or not at all."""

from __future__ import annotations

import keyword
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from lepton_core.errors import LeptonError, UsageError
from lepton_core.solution import entries

# Kind -> the task's folder and the second half of its address.
KINDS = {"image": "pictures", "table": "records", "sequence": "events", "series": "forecast"}

_NAME, _TITLE = "my_solution", "My solution"
_TEMPLATES = Path(__file__).parent / "templates"
_TEXTS = {".py", ".md", ".yaml", ".toml"}
_ENTRY_POINTS = '[project.entry-points."lepton.solutions"]'


@dataclass(frozen=True)
class Made:
    """A new solution on disk.

    Args:
        name: what it is called.
        task: address of its task.
        project: the folder with the ``pyproject.toml`` that declares it.
        package: its package's folder.
        task_folder: its task's folder, in which ``bundles/`` belongs.
        tests: the folder of its tests.
    """

    name: str
    task: str
    project: Path
    package: Path
    task_folder: Path
    tests: Path


def check_name(name: str) -> None:
    """Refuse a name that cannot be a package, or that something installed has.

    Raises:
        UsageError: ``new.bad_name`` or ``new.taken``.
    """
    usable = re.fullmatch(r"[a-z][a-z0-9_]*", name) and not keyword.iskeyword(name)
    if not usable or name == _NAME:
        raise UsageError("new.bad_name", name=name)
    if name in entries() or name in sys.stdlib_module_names or find_spec(name) is not None:
        raise UsageError("new.taken", name=name)


def make(name: str, kind: str, where: Path) -> Made:
    """Write a complete package with its embedded sample; nothing is left of it after an error.

    Below a checkout of Lepton it becomes one of its solutions; anywhere else a project of its own.

    Args:
        name: a lower-case identifier.
        kind: one of ``KINDS``.
        where: the checkout, or the folder that shall hold the project.

    Raises:
        UsageError: the name is no name or taken, the kind is unknown, or the place is.
        LeptonError: the sample could not be made.
    """
    check_name(name)
    if kind not in KINDS:
        raise UsageError("new.kind", received=kind, known=", ".join(KINDS))
    if not where.is_dir():
        raise UsageError("new.no_folder", folder=where)
    house = is_checkout(where)
    made = _places(name, kind, where, house)
    for place in {made.package, made.tests, *([] if house else [made.project])}:
        if place.exists():
            raise UsageError("new.exists", folder=place)
    with tempfile.TemporaryDirectory(prefix=f".new-{name}-", dir=where) as folder:
        work = Path(folder)
        _copy(_TEMPLATES / kind, work / name, name, house)
        _write_sample(work, name, KINDS[kind])
        if house:
            _move_in(work, where, made)
        else:
            _copy_file(_TEMPLATES / "common/pyproject.toml", work / "pyproject.toml", name, house)
            os.replace(work / name / "README.md", work / "README.md")
            shutil.move(work / name / "tests", work / "tests")
            # A copy, because the temporary folder goes by its own name.
            shutil.copytree(work, made.project)
    return made


def is_checkout(folder: Path) -> bool:
    """Whether a folder is a checkout of Lepton itself."""
    project = folder / "pyproject.toml"
    return (
        (folder / "lepton_core").is_dir()
        and (folder / "solutions").is_dir()
        and project.is_file()
        and _ENTRY_POINTS in project.read_text(encoding="utf-8")
    )


def install_command(made: Made) -> list[str]:
    """What makes a new solution known to this Python; needs no network."""
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    return [*pip, "--no-deps", "--no-build-isolation", "--editable", str(made.project)]


def train_command(made: Made, run: Path) -> list[str]:
    """What trains the ``sample`` bundle of a new solution that is installed."""
    out = made.task_folder / "bundles" / "sample"
    lepton = [sys.executable, "-m", "lepton_core.cli"]
    return [*lepton, "train", made.task, "--out", str(out), "--run", str(run)]


def _places(name: str, kind: str, where: Path, house: bool) -> Made:
    project = where if house else where / name
    package = where / "solutions" / name if house else project / name
    tests = where / "tests/solutions" / name if house else project / "tests"
    task = KINDS[kind]
    return Made(name, f"{name}/{task}", project, package, package / task, tests)


def _copy(source: Path, target: Path, name: str, house: bool) -> None:
    for path in sorted(source.rglob("*")):
        if path.is_file() and path.suffix in _TEXTS:
            inside = path.relative_to(source).as_posix().replace(_NAME, name)
            _copy_file(path, target / inside, name, house)


def _copy_file(source: Path, target: Path, name: str, house: bool) -> None:
    text = source.read_text(encoding="utf-8")
    if house:
        text = text.replace(f'package="{_NAME}', f'package="solutions.{name}')
    title = name.replace("_", " ").capitalize()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text.replace(_NAME, name).replace(_TITLE, title), encoding="utf-8")


def _write_sample(work: Path, name: str, task: str) -> None:
    """Let the new generator write the embedded sample, in a process of its own."""
    program = (
        "import importlib, pathlib, sys; sys.path.insert(0, sys.argv[1]); "
        "importlib.import_module(sys.argv[2]).write(pathlib.Path(sys.argv[3]))"
    )
    folder = work / name / "datasets" / f"{name}_sample"
    ran = subprocess.run(
        [sys.executable, "-B", "-c", program, str(work), f"{name}.{task}.sample", str(folder)],
        capture_output=True,
        text=True,
    )
    if ran.returncode != 0:
        reason = (ran.stderr.strip().splitlines() or ["-"])[-1]
        raise LeptonError("new.no_sample", name=name, reason=reason)


def _move_in(work: Path, where: Path, made: Made) -> None:
    """Distribute a package to where a checkout of Lepton has its parts."""
    for data in (work / made.name / "datasets").iterdir():
        shutil.move(data, where / "datasets" / data.name)
    (work / made.name / "datasets").rmdir()
    made.tests.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(work / made.name / "tests", made.tests)
    shutil.move(work / made.name, made.package)
    project = where / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    entry = f'{made.name} = "solutions.{made.name}.solution:SOLUTION"'
    project.write_text(text.replace(_ENTRY_POINTS, f"{_ENTRY_POINTS}\n{entry}"), encoding="utf-8")
