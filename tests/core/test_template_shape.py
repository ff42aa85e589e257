"""The sequence template is fraud's small brother: who knows one finds the way in the other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from solutions.fraud_rnn.transactions.task import TASK as FRAUD

ROOT = Path(__file__).resolve().parents[2]
LARGE = ROOT / "solutions/fraud_rnn"
SMALL = ROOT / "lepton_core/templates/sequence"
# What every task package has, whatever it is about.
ROLES = ("task", "config", "preprocessing", "model", "training", "evaluation", "sample")
HOOKS = ("config", "preprocessor", "trainer", "sample", "measures", "baselines")


def task_fields(path: Path) -> dict[str, ast.expr]:
    """Name -> value of every argument of the ``Task(...)`` in a ``task.py``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Task":
            return {keyword.arg or "": keyword.value for keyword in node.keywords}
    raise AssertionError(f"{path} declares no Task")


def functions(path: Path) -> dict[str, list[str]]:
    """Public functions of a module -> their arguments, in order."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name: [argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)]
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }


def methods(path: Path, base: str) -> set[str]:
    """Public methods of the module's class that derives from ``base``."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and base in map(ast.unparse, node.bases):
            return {
                part.name
                for part in node.body
                if isinstance(part, ast.FunctionDef) and not part.name.startswith("_")
            }
    raise AssertionError(f"{path} has no {base}")


def test_fraud_has_every_file_of_the_template() -> None:
    small = {path.name for path in (SMALL / "events").glob("*.py")}
    large = {path.name for path in (LARGE / "transactions").glob("*.py")}
    assert small == {f"{role}.py" for role in ROLES} | {"__init__.py"}
    assert small <= large
    assert {path.name for path in SMALL.glob("*.py")} <= {path.name for path in LARGE.glob("*.py")}


def test_both_declare_their_task_with_the_same_fields() -> None:
    small = task_fields(SMALL / "events/task.py")
    large = task_fields(LARGE / "transactions/task.py")
    assert set(small) <= set(large)
    # Fraud gives reasons, and ships a bundle of real data beside its sample.
    assert set(large) - set(small) == {"explainer", "default_bundle"}
    assert ast.literal_eval(small["stateful"]) is FRAUD.stateful is True


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_stands_in_the_file_of_the_same_name(hook: str) -> None:
    small = ast.literal_eval(task_fields(SMALL / "events/task.py")[hook])
    module, _, attribute = small.partition(":")
    other_module, _, other = getattr(FRAUD, hook).partition(":")
    assert module == other_module
    if hook != "preprocessor":
        assert attribute == other
    text = (SMALL / f"events/{module}.py").read_text(encoding="utf-8")
    named = {getattr(node, "name", None) for node in ast.parse(text).body}
    assert attribute in named, f"{module}.py has no {attribute}"


def test_any_data_is_split_by_days_in_both() -> None:
    small = ast.literal_eval(task_fields(SMALL / "events/task.py")["protocols"])
    assert small["*"] == FRAUD.protocols["*"] == "evaluation:ByDays"


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("model", {"build", "build_step", "train"}),
        ("training", {"train"}),
        ("evaluation", {"measures", "baselines"}),
        ("sample", {"generate", "write"}),
    ],
)
def test_functions_have_the_same_names_and_arguments(module: str, names: set[str]) -> None:
    small = functions(SMALL / f"events/{module}.py")
    large = functions(LARGE / f"transactions/{module}.py")
    assert names <= set(small) <= set(large)
    renamed = {"card_slots": "slots", "cards": "machines", "inputs": "n_features"}
    for name in names:
        there = [renamed.get(argument, argument) for argument in large[name]]
        assert set(small[name]) <= set(there), f"{module}.{name}"


def test_preprocessors_have_the_same_methods() -> None:
    file = "preprocessing.py"
    small = methods(SMALL / "events" / file, "Preprocessor")
    large = methods(LARGE / "transactions" / file, "Preprocessor")
    shared = {"new_history", "fit", "transform", "state", "from_state"}
    assert shared <= small
    assert shared <= large


def test_settings_that_both_have_are_named_alike() -> None:
    def settings(path: Path) -> dict[str, set[str]]:
        return {
            node.name: {ast.unparse(p.target) for p in node.body if isinstance(p, ast.AnnAssign)}
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.ClassDef)
        }

    small, large = settings(SMALL / "events/config.py"), settings(LARGE / "transactions/config.py")
    assert set(small) <= set(large)
    for name, fields in small.items():
        assert fields - {"batch_machines"} <= large[name], name
