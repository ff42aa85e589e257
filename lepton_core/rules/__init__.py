"""Rules beside the model: conditions in YAML that act on its decisions, or only look on.

Loaded on first use: every session asks whether there are rules, and few have some.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lepton_core.rules.faults import Fault as Fault
    from lepton_core.rules.faults import RulesError as RulesError
    from lepton_core.rules.figures import rule_figures as rule_figures
    from lepton_core.rules.ruleset import Rule as Rule
    from lepton_core.rules.ruleset import RuleSet as RuleSet
    from lepton_core.rules.ruleset import types_of as types_of

__all__ = ["Fault", "Rule", "RuleSet", "RulesError", "rule_figures", "types_of"]

_MODULES = {
    "Fault": "faults",
    "RulesError": "faults",
    "rule_figures": "figures",
    "Rule": "ruleset",
    "RuleSet": "ruleset",
    "types_of": "ruleset",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
