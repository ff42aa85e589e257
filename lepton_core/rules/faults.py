"""What is wrong in a rules file: every fault with its line, all of them in one error."""

from __future__ import annotations

from typing import Any, NamedTuple

import yaml

from lepton_core.errors import LeptonError, UsageError
from lepton_core.messages import t


class Fault(NamedTuple):
    """One thing that is wrong in a rules file.

    Args:
        line: from 1; 0 for the file as a whole.
        rule: the rule's name; empty where it has none.
        error: what is wrong.
    """

    line: int
    rule: str
    error: LeptonError

    def text(self, language: str | None = None) -> str:
        """The fault with its place, in words."""
        key = "rules.place" if self.rule else "rules.line" if self.line else "rules.whole"
        told = self.error.text(language)
        return t(key, language=language, line=self.line, rule=self.rule, told=told)


class RulesError(UsageError):
    """A rules file cannot be used; the text holds every fault, a line each.

    Args:
        source: the file.
        faults: what is wrong, in the file's order.
        known: the names that a condition may read, told where one of them names another.
    """

    def __init__(self, source: str, faults: list[Fault], known: tuple[str, ...] = ()) -> None:
        super().__init__("rules.faults", source=source, n=len(faults))
        self.faults = tuple(faults)
        self.known = known

    def __reduce__(self) -> tuple[Any, ...]:
        return RulesError, (self.values["source"], list(self.faults), self.known)

    def text(self, language: str | None = None) -> str:
        lines = [super().text(language), *(f"  {fault.text(language)}" for fault in self.faults)]
        keys = {fault.error.key for fault in self.faults}
        if self.known and "expression.unknown_column" in keys:
            known = ", ".join(self.known)
            lines.append("  " + t("rules.known", language=language, known=known))
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        told = super().to_json()
        told["error"]["faults"] = [
            {"line": fault.line, "rule": fault.rule, **fault.error.to_json()["error"]}
            for fault in self.faults
        ]
        return told


def shown(node: yaml.Node) -> str:
    """A value as a message tells it."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)[:80]
    return "[...]" if isinstance(node, yaml.SequenceNode) else "{...}"
