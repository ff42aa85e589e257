"""Makes a project from a template: files copied with a name filled in, sample written, all or none.

A template is a folder in ``templates/``: a working package under the neutral name ``my_solution``,
with ``README.md`` and ``tests/`` beside its modules. Whoever adds such a folder adds a kind.
"""

from __future__ import annotations

import importlib.util
import keyword
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from lepton_core.errors import LeptonError, UsageError
from lepton_core.solution import GROUP, entries

TEMPLATES = Path(__file__).parent / "templates"
_NEUTRAL, _TITLE, _CHINESE = "my_solution", "My solution", "我的方案"
_OUTSIDE = ("README.md", "tests")
_TEXT = {".py", ".md", ".yaml", ".toml", ""}
# What a project has beside its package, so that the package cannot be called so.
_RESERVED = ("tests", "datasets", "lepton")


@dataclass(frozen=True)
class Project:
    """A project that was made.

    Args:
        name: of the solution, the package and the entry point.
        task: address of its task, ``churn/records``.
        root: the folder to install: the project's own, or the checkout it was put into.
        package: the folder of its package.
        task_folder: the folder of its task in it.
    """

    name: str
    task: str
    root: Path
    package: Path
    task_folder: Path

    @property
    def sample_bundle(self) -> Path:
        """Where the bundle of its embedded sample belongs."""
        return self.task_folder / "bundles" / "sample"


def kinds() -> list[str]:
    """The kinds of task that there is a template for.

    Example:
        >>> "table" in kinds()
        True
    """
    return sorted(path.parent.name for path in TEMPLATES.glob("*/README.md"))


def make_project(name: str, kind: str, out: Path) -> Project:
    """Write a new project with its embedded sample.

    In a checkout of Lepton its parts go where those of the built-in solutions stand, and its entry
    point into the checkout's ``pyproject.toml``; anywhere else it gets a folder of its own.

    Args:
        name: a small letter, then small letters, digits or underscores.
        kind: one of :func:`kinds`.
        out: the folder to make it in.

    Raises:
        UsageError: the name cannot be used or is taken, the kind is not known, or something stands
            in the way; nothing was written.
        LeptonError: ``scaffold.sample``: its generator failed; nothing was left.
    """
    check_name(name)
    if kind not in kinds():
        raise UsageError("scaffold.kind", received=kind, known=", ".join(kinds()))
    if not out.is_dir():
        raise UsageError("scaffold.no_folder", folder=out)
    out = out.resolve()
    inside = is_checkout(out)
    tops = _tops(name, inside)
    for top in tops:
        if (out / top).exists():
            raise UsageError("scaffold.exists", path=out / top)
    check_free(name)
    declared = _declared(out, name) if inside else ""
    work = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=out))
    moved: list[Path] = []
    try:
        for source, target in _files(kind, inside):
            _copy(source, work / _filled(str(target), name, inside), name, inside)
        package = Path("solutions", name) if inside else Path(name, "src", name)
        task = _task_of(kind)
        samples = Path("datasets") if inside else package / "datasets"
        _write_sample(work / package, name, task, work / samples / f"{name}_sample")
        for top in tops:
            (out / top).parent.mkdir(parents=True, exist_ok=True)
            os.replace(work / top, out / top)
            moved.append(out / top)
        if inside:
            _replace_text(out / "pyproject.toml", declared)
    except BaseException:
        for path in moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    root = out if inside else out / name
    return Project(name, f"{name}/{task}", root, out / package, out / package / task)


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a package.

    Raises:
        UsageError: ``scaffold.bad_name``.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) or keyword.iskeyword(name):
        near = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_0123456789")[:40] or _NEUTRAL
        near = f"my_{near}" if keyword.iskeyword(near) else near
        raise UsageError("scaffold.bad_name", name=name, near=near)


def check_free(name: str) -> None:
    """Refuse a name that something installed has.

    Raises:
        UsageError: ``scaffold.taken``.
    """
    if name in _RESERVED:
        raise UsageError("scaffold.taken", name=name, what=f"every project's folder {name}")
    if name in entries():
        raise UsageError("scaffold.taken", name=name, what="an installed solution")
    try:
        found = importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        found = True
    if not found:
        try:
            found = distribution(name) is not None
        except PackageNotFoundError:
            return
    raise UsageError("scaffold.taken", name=name, what="an installed Python package")


def is_checkout(folder: Path) -> bool:
    """Whether a folder is a working copy of Lepton itself."""
    project = folder / "pyproject.toml"
    if not (project.is_file() and (folder / "lepton_core").is_dir()):
        return False
    named = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {}).get("name")
    return (folder / "solutions").is_dir() and named == "lepton-core"


def install_command(project: Project) -> list[str]:
    """What installs a project into the running environment; it needs no network."""
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    return [*pip, "--no-deps", "--no-build-isolation", "--editable", str(project.root)]


def train_command(project: Project) -> list[str]:
    """What trains the bundle of the project's embedded sample, in a process of its own."""
    # Safe path: in a checkout lies an older list of its solutions, which would be read first.
    lepton = [sys.executable, "-P", "-m", "lepton_core.cli"]
    return [*lepton, "train", project.task, "--out", str(project.sample_bundle)]


def _tops(name: str, inside: bool) -> list[Path]:
    """What appears in the folder, each at once."""
    if not inside:
        return [Path(name)]
    return [
        Path("solutions", name),
        Path("datasets", f"{name}_sample.yaml"),
        Path("datasets", f"{name}_sample"),
        Path("tests", "solutions", name),
    ]


def _files(kind: str, inside: bool) -> Iterator[tuple[Path, Path]]:
    """Each file of a template, and where it goes, below the folder it is made in."""
    solution = Path("solutions", _NEUTRAL)
    for path in sorted((TEMPLATES / kind).rglob("*")):
        part = path.relative_to(TEMPLATES / kind)
        made = part.parts[:2] == ("datasets", f"{_NEUTRAL}_sample") or "bundles" in part.parts
        if path.is_dir() or "__pycache__" in part.parts or made:
            continue
        if not inside:
            # Below src: else a Python started beside the project would take its folder, which has
            # the package's name, for the package.
            place = Path(_NEUTRAL) if part.parts[0] in _OUTSIDE else Path(_NEUTRAL, "src", _NEUTRAL)
            yield path, place / part
        elif part.parts[0] == "tests":
            yield path, Path("tests", solution, *part.parts[1:])
        else:
            yield path, part if part.parts[0] == "datasets" else solution / part
    if not inside:
        for path in sorted((TEMPLATES / "common").iterdir()):
            name = ".gitignore" if path.name == "gitignore" else path.name
            yield path, Path(_NEUTRAL, name)


def _copy(source: Path, target: Path, name: str, inside: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix in _TEXT:
        text = _filled(source.read_text(encoding="utf-8"), name, inside)
        target.write_text(text, encoding="utf-8")
    else:
        shutil.copyfile(source, target)


def _filled(text: str, name: str, inside: bool) -> str:
    """A template's text with the neutral words replaced, in one pass."""
    title = name.replace("_", " ").strip().capitalize()
    words = {
        f'package="{_NEUTRAL}': f'package="{"solutions." if inside else ""}{name}',
        _NEUTRAL: name,
        _TITLE: title,
        _CHINESE: f"{title} 方案",
    }
    pattern = "|".join(re.escape(word) for word in words)
    return re.sub(pattern, lambda found: words[found[0]], text)


def _task_of(kind: str) -> str:
    """The name of a template's task: the folder that holds ``task.py``."""
    (path,) = (TEMPLATES / kind).glob("*/task.py")
    return path.parent.name


def _write_sample(package: Path, name: str, task: str, folder: Path) -> None:
    """Run the new package's generator in a process that knows nothing else of it."""
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); "
        f"from {name}.{task}.sample import write; write(Path(sys.argv[2]))"
    )
    command = [sys.executable, "-c", program, str(package.parent), str(folder)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment)
    if ran.returncode:
        reason = (ran.stderr.strip().splitlines() or ["-"])[-1]
        raise LeptonError("scaffold.sample", reason=f"{reason.rstrip('.')}.")


def _declared(checkout: Path, name: str) -> str:
    """The checkout's ``pyproject.toml`` with the solution's entry point."""
    path = checkout / "pyproject.toml"
    text, head = path.read_text(encoding="utf-8"), f'[project.entry-points."{GROUP}"]\n'
    if head not in text:
        raise UsageError("scaffold.no_entry_points", path=path)
    before, _, after = text.partition(head)
    section, gap, rest = after.partition("\n\n")
    return f'{before}{head}{section}\n{name} = "solutions.{name}.solution:SOLUTION"{gap}{rest}'


def _replace_text(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.tmp")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
