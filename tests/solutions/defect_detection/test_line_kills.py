"""A watched line under SIGKILL, by the benchmark's own experiment at a smaller size."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "defect_kills.py"


def experiment() -> ModuleType:
    spec = importlib.util.spec_from_file_location("defect_kills", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_every_part_is_there_exactly_once_after_kills(tmp_path: Path) -> None:
    hit, found = experiment().run("defect_detection/surface@sample", tmp_path, 8, 200, seed=1)
    assert sum(hit.values()) == 8
    assert found["scored"] + found["refused"] == found["parts"] == 200
    assert found["twice"] == found["lost"] == found["left in the folder"] == 0
    assert found["refused as undisturbed"]
    assert found["moved as they were sent"]
    assert found["identical"], found["greatest difference"]
