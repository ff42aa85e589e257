"""Reads a rules file: plain YAML alone, every fault with its line, all of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from lepton_core.errors import LeptonError, UsageError
from lepton_core.messages import t

MAX_BYTES = 262_144
MAX_RULES = 200
MAX_NAME = 60  # characters
_MAX_DEPTH = 8
KEYS = ("name", "when", "mode", "action", "note")
MODES = ("shadow", "live")
ACTIONS = ("alert", "review", "pass")
_CHOICES = {"mode": MODES, "action": ACTIONS}


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


class Entry(NamedTuple):
    """One rule as it stands in the file: texts, and the line of each key."""

    line: int
    values: dict[str, str]
    lines: dict[str, int]


def read_entries(source: Path | str) -> tuple[str, list[Entry], list[Fault]]:
    """The rules of a file, each key checked; conditions are not read yet.

    Args:
        source: a path, or the YAML itself as a string.

    Returns:
        the text, the entries that have all they need, and the faults.

    Raises:
        RulesError: there is no such file, or nothing of it can be read.
    """
    name = str(source) if isinstance(source, Path) else "rules"
    faults: list[Fault] = []
    try:
        text = _text(source)
        _check_plain(text)
        root = yaml.compose(text, yaml.SafeLoader)
        nodes = _rule_nodes(root)
    except _Stop as stop:
        raise RulesError(name, [Fault(stop.line, "", stop.error)]) from None
    except (yaml.YAMLError, RecursionError) as error:
        line, reason = _place(error)
        broken = UsageError("rules.unreadable", reason=reason)
        raise RulesError(name, [Fault(line, "", broken)]) from None
    entries = [entry for node in nodes if (entry := _entry(node, faults)) is not None]
    _check_names(entries, faults)
    return text, entries, faults


class _Stop(Exception):
    def __init__(self, line: int, key: str, /, **values: Any) -> None:
        self.line, self.error = line, UsageError(key, **values)


def _text(source: Path | str) -> str:
    if isinstance(source, str):
        data = source.encode("utf-8", "surrogatepass")
    else:
        try:
            with source.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            reason = error.strerror or str(error)
            raise _Stop(0, "rules.no_file", source=source, reason=reason) from None
    if len(data) > MAX_BYTES:
        raise _Stop(0, "rules.too_large", most=MAX_BYTES // 1024)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _Stop(line, "rules.unreadable", reason="it is not UTF-8 text") from None


def _check_plain(text: str) -> None:
    """Refuse what could grow or run: aliases, tags, deep nesting. Reads events, builds nothing."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Stop(line, "rules.alias")
        if getattr(event, "tag", None):
            raise _Stop(line, "rules.tag", tag=event.tag)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise _Stop(line, "rules.too_deep", most=_MAX_DEPTH)


def _rule_nodes(root: yaml.Node | None) -> list[yaml.Node]:
    if not isinstance(root, yaml.MappingNode):
        raise _Stop(root.start_mark.line + 1 if root else 0, "rules.shape")
    found: list[yaml.Node] | None = None
    for key, value in root.value:
        line = key.start_mark.line + 1
        if getattr(key, "value", None) != "rules":
            raise _Stop(line, "rules.unknown_key", key=_shown(key), known="rules", near="rules")
        if found is not None:
            raise _Stop(line, "rules.key_twice", key="rules")
        if not isinstance(value, yaml.SequenceNode):
            raise _Stop(value.start_mark.line + 1, "rules.shape")
        found = value.value
    if not found:
        raise _Stop(root.start_mark.line + 1, "rules.shape")
    if len(found) > MAX_RULES:
        raise _Stop(0, "rules.too_many", n=len(found), most=MAX_RULES)
    return found


def _entry(node: yaml.Node, faults: list[Fault]) -> Entry | None:
    """One rule, or None where it lacks what the others build on; its faults are added."""
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        faults.append(Fault(line, "", UsageError("rules.not_a_rule", known=", ".join(KEYS))))
        return None
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    own = list(_own_faults(node, values, lines))
    name = values.get("name", "")
    faults += [Fault(at, name, error) for at, error in own]
    missing = [key for key in ("name", "when") if key not in lines]
    if missing:
        error = UsageError("rules.missing_key", keys=", ".join(missing))
        faults.append(Fault(line, name, error))
    # A rule with a bad mode or action may still have a bad condition: all faults at once.
    return Entry(line, values, lines) if {"name", "when"} <= set(values) else None


def _own_faults(
    node: yaml.MappingNode, values: dict[str, str], lines: dict[str, int]
) -> Iterator[tuple[int, LeptonError]]:
    for key_node, value in node.value:
        key, line = _shown(key_node), key_node.start_mark.line + 1
        if key not in KEYS:
            near = get_close_matches(key, KEYS, n=1, cutoff=0.4) or ["-"]
            known = ", ".join(KEYS)
            yield line, UsageError("rules.unknown_key", key=key, known=known, near=near[0])
            continue
        if key in lines:
            yield line, UsageError("rules.key_twice", key=key)
            continue
        lines[key] = line
        if not isinstance(value, yaml.ScalarNode) or not value.tag.endswith(":str"):
            yield line, UsageError("rules.not_text", key=key, received=_shown(value))
            continue
        text = value.value.strip()
        if key in _CHOICES and text not in _CHOICES[key]:
            known = ", ".join(_CHOICES[key])
            yield line, UsageError("rules.choice", key=key, known=known, received=text)
            continue
        if key == "name" and not _is_name(text):
            yield line, UsageError("rules.bad_name", received=text, most=MAX_NAME)
            continue
        values[key] = text


def _check_names(entries: list[Entry], faults: list[Fault]) -> None:
    first: dict[str, int] = {}
    for entry in entries:
        name = entry.values["name"]
        if name in first:
            error = UsageError("rules.name_twice", name=name, first=first[name])
            faults.append(Fault(entry.lines["name"], name, error))
        first.setdefault(name, entry.lines["name"])


def _is_name(text: str) -> bool:
    """Names are joined by semicolons in the output, and stand on one line."""
    return 0 < len(text) <= MAX_NAME and text.isprintable() and ";" not in text


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)[:80]
    return "[...]" if isinstance(node, yaml.SequenceNode) else "{...}"


def _place(error: Exception) -> tuple[int, str]:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or " ".join(str(error).split())
    return (mark.line + 1 if mark else 0), str(reason)
