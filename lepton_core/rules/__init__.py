"""Rules beside the model: conditions in YAML that act on its decisions, or only look on."""

from __future__ import annotations

from lepton_core.rules.faults import Fault, RulesError
from lepton_core.rules.figures import rule_figures
from lepton_core.rules.ruleset import Rule, RuleSet, types_of

__all__ = ["Fault", "Rule", "RuleSet", "RulesError", "rule_figures", "types_of"]
