"""Who may import whom: the rules that keep scoring light and solutions apart."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("keras", "tensorflow", "torch", "jax", "sklearn", "lightgbm", "fairlearn", "transformers")
TEMPLATES = "lepton_core.templates."
FOUNDATION = (
    *(
        "messages",
        "errors",
        "rejects",
        "spec",
        "numbers",
        "dates",
        "cells",
        "box_cells",
        "box_faults",
        "list_cells",
        "checking",
        "frames",
    ),
    "image_header",
    *("predictions", "decision", "retrieval"),
)


def modules(package: str) -> dict[str, Path]:
    """Dotted name -> file of every module of a package."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def core() -> dict[str, Path]:
    """The modules of the core; its templates are solutions to be."""
    found = modules("lepton_core")
    return {name: path for name, path in found.items() if not name.startswith(TEMPLATES)}


def solutions() -> dict[str, Path]:
    """The modules of solutions and of the templates that they are made from, less their tests."""
    templates = {n: p for n, p in modules("lepton_core").items() if n.startswith(TEMPLATES)}
    found = modules("solutions") | templates
    return {name: path for name, path in found.items() if ".tests." not in name}


def imports(name: str, path: Path, *, lazy: bool = True) -> set[str]:
    """Dotted names that a module imports, relative ones resolved.

    Args:
        lazy: whether imports inside functions count; those for type checkers never do.
    """
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if not lazy and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


def top(name: str) -> str:
    return name.split(".")[0]


def test_the_core_knows_no_solution() -> None:
    for name, path in modules("lepton_core").items():
        bad = {i for i in imports(name, path) if top(i) in ("solutions", "apps", "datasets")}
        assert not bad, f"{name} imports {bad}"


def test_no_solution_knows_another() -> None:
    for name, path in modules("solutions").items():
        own = ".".join(name.split(".")[:2])
        for imported in imports(name, path):
            other = imported.startswith("solutions.") and not imported.startswith(own)
            assert not other, f"{name} imports {imported}: move what both need to the core"


def test_the_foundation_imports_only_itself() -> None:
    names = modules("lepton_core")
    allowed = tuple(f"lepton_core.{part}" for part in FOUNDATION)
    inside = [n for n in names if n in allowed or n.startswith(tuple(f"{a}." for a in allowed))]
    assert set(allowed) <= set(inside)
    for name in inside:
        for imported in imports(name, names[name]):
            own = not imported.startswith("lepton_core") or imported.startswith(allowed)
            assert own, f"{name} imports {imported}"


@pytest.mark.parametrize("leaf", ["ui", "cli", "testing"])
def test_leaves_are_imported_by_no_one_in_the_core(leaf: str) -> None:
    prefix = f"lepton_core.{leaf}"
    for name, path in core().items():
        # The conformance checks draw a page, as a person's browser would.
        if name.startswith((prefix, "lepton_core.testing")):
            continue
        bad = {i for i in imports(name, path) if i == prefix or i.startswith(f"{prefix}.")}
        assert not bad, f"{name} imports {bad}"


def test_in_a_task_only_the_model_imports_keras() -> None:
    for name, path in solutions().items():
        if path.name == "model.py" or path.name.startswith("model_"):
            continue
        direct = {i for i in imports(name, path, lazy=False) if top(i) in HEAVY or "_keras" in i}
        assert not direct, f"{name} imports {direct}"


def test_models_use_keras_alone() -> None:
    for name, path in solutions().items():
        bad = {i for i in imports(name, path) if top(i) in ("tensorflow", "torch", "jax")}
        assert not bad, f"{name} imports {bad}: keras.ops trains on every backend"


def test_only_dashboards_import_streamlit() -> None:
    for name, path in solutions().items():
        if not path.name.startswith("dashboard"):
            assert "streamlit" not in {top(i) for i in imports(name, path)}, name


def test_nothing_catches_everything_silently() -> None:
    for package in ("lepton_core", "solutions", "apps"):
        for name, path in modules(package).items():
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                bare = isinstance(node, ast.ExceptHandler) and node.type is None
                assert not bare, f"{name}, line {getattr(node, 'lineno', 0)}: bare except"


@pytest.mark.parametrize(
    "program",
    [
        "import lepton_core.pipeline, lepton_core.bundle, lepton_core.scoring.engine",
        "import lepton_core.cli.main",
        "from lepton_core.solution import find_task; task = find_task('fraud_rnn'); "
        "task.hook(task.preprocessor); task.hook(task.sample); task.hook(task.explainer); "
        "task.hook(task.config); task.hook(task.measures)",
    ],
    ids=["core", "command line", "fraud task"],
)
def test_scoring_path_loads_nothing_heavy(program: str) -> None:
    check = f"{program}; import sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert run.stdout.strip() == "[]"
