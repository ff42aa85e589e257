"""Reads a rules file: plain YAML alone, every fault with its line, all of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import yaml

from lepton_core.errors import LeptonError, UsageError
from lepton_core.rules.faults import Fault, RulesError, shown
from lepton_core.rules.lists import read_lists

MAX_BYTES = 262_144
MAX_RULES = 200
MAX_NAME = 60  # characters
_MAX_DEPTH = 8
KEYS = ("name", "when", "mode", "action", "note")
MODES = ("shadow", "live")
ACTIONS = ("alert", "review", "pass")
_TOP = ("rules", "lists")
_CHOICES = {"mode": MODES, "action": ACTIONS}


class Entry(NamedTuple):
    """One rule as it stands in the file: texts, and the line of each key."""

    line: int
    values: dict[str, str]
    lines: dict[str, int]


class Found(NamedTuple):
    """What a rules file holds.

    Args:
        text: the file.
        entries: the rules that have all they need.
        lists: name -> texts.
        faults: what is wrong so far.
    """

    text: str
    entries: list[Entry]
    lists: dict[str, pa.Array]
    faults: list[Fault]


def read_entries(source: Path | str) -> Found:
    """The rules and lists of a file, each key checked; conditions are not read yet.

    Args:
        source: a path, or the YAML itself as a string.

    Raises:
        RulesError: there is no such file, or nothing of it can be read.
    """
    name = str(source) if isinstance(source, Path) else "rules"
    faults: list[Fault] = []
    try:
        text = _text(source)
        _check_plain(text)
        parts = _parts(yaml.compose(text, yaml.SafeLoader))
        nodes = _rule_nodes(parts["rules"])
    except _Stop as stop:
        raise RulesError(name, [Fault(stop.line, "", stop.error)]) from None
    except (yaml.YAMLError, RecursionError) as error:
        line, reason = _place(error)
        broken = UsageError("rules.unreadable", reason=reason)
        raise RulesError(name, [Fault(line, "", broken)]) from None
    entries = [entry for node in nodes if (entry := _entry(node, faults)) is not None]
    _check_names(entries, faults)
    folder = source.parent if isinstance(source, Path) else None
    lists = read_lists(parts["lists"], folder, faults) if "lists" in parts else {}
    return Found(text, entries, lists, faults)


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


def _parts(root: yaml.Node | None) -> dict[str, yaml.Node]:
    """The values of the keys that the file has at its top."""
    if not isinstance(root, yaml.MappingNode):
        raise _Stop(root.start_mark.line + 1 if root else 0, "rules.shape")
    found: dict[str, yaml.Node] = {}
    for key, value in root.value:
        line, name = key.start_mark.line + 1, shown(key)
        if name not in _TOP:
            known, near = ", ".join(_TOP), get_close_matches(name, _TOP, n=1, cutoff=0.0)[0]
            raise _Stop(line, "rules.unknown_key", key=name, known=known, near=near)
        if name in found:
            raise _Stop(line, "rules.key_twice", key=name)
        found[name] = value
    if "rules" not in found:
        raise _Stop(root.start_mark.line + 1, "rules.shape")
    return found


def _rule_nodes(node: yaml.Node) -> list[yaml.Node]:
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        raise _Stop(node.start_mark.line + 1, "rules.shape")
    if len(node.value) > MAX_RULES:
        raise _Stop(0, "rules.too_many", n=len(node.value), most=MAX_RULES)
    return list(node.value)


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
        key, line = shown(key_node), key_node.start_mark.line + 1
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
            yield line, UsageError("rules.not_text", key=key, received=shown(value))
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


def _place(error: Exception) -> tuple[int, str]:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or " ".join(str(error).split())
    return (mark.line + 1 if mark else 0), str(reason)
