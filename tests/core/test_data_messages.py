"""Every error that reading data can raise has its sentence, with a value for each placeholder."""

import ast
from pathlib import Path
from string import Formatter

import pytest

import lepton_core.data
import lepton_core.records
from lepton_core.messages import LANGUAGES, catalogue

MESSAGES = Path(lepton_core.data.__file__).parents[1] / "messages"


def raised():
    """(key, names of the values) of every error written with a literal key and plain values."""
    for package in (lepton_core.data, lepton_core.records):
        for path in Path(package.__file__).parent.glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                name, key = getattr(node.func, "id", ""), node.args[0]
                if name == "DataError" and isinstance(key, ast.Constant):
                    values = {k.arg for k in node.keywords}
                    yield pytest.param(key.value, values, id=f"{path.stem}:{node.lineno}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("key", "values"), raised())
def test_a_raised_error_has_a_sentence_and_its_values(key, values, language):
    sentence = catalogue(MESSAGES, language)[key]
    placeholders = {name for _, name, _, _ in Formatter().parse(sentence) if name}
    if None not in values:
        assert placeholders == values
