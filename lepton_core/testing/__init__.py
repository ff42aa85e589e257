"""Conformance checks that every solution, runtime and layer passes; a consultant uses them too.

Each check raises ``AssertionError`` with one sentence on what does not hold.

Example:
    >>> from lepton_core.testing import check_solution
    >>> check_solution("fraud_rnn", training=False)  # doctest: +SKIP
"""

from __future__ import annotations

from typing import Any

_NAMES = {
    "check_layer": "lepton_core.testing.layers",
    "check_page": "lepton_core.testing.pages",
    "check_runtime": "lepton_core.testing.scoring",
    "check_solution": "lepton_core.testing.solution",
    "check_task": "lepton_core.testing.solution",
    "check_training": "lepton_core.testing.training",
}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_NAMES[name]), name)
