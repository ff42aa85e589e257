"""Settings of a task: frozen dataclasses, changed by ``key=value`` and written as JSON."""

from __future__ import annotations

import json
import math
import typing
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from difflib import get_close_matches
from typing import Any, TypeVar

from lepton_core.errors import UsageError

T = TypeVar("T")


def keys(config: Any, prefix: str = "") -> dict[str, Any]:
    """Dotted name -> value of every setting, groups followed into their dataclasses."""
    found: dict[str, Any] = {}
    for field in fields(config):
        value = getattr(config, field.name)
        if is_dataclass(value):
            found |= keys(value, f"{prefix}{field.name}.")
        else:
            found[prefix + field.name] = value
    return found


def apply_settings(config: T, assignments: Iterable[str]) -> T:
    """A copy of ``config`` with ``key=value`` assignments carried out.

    Args:
        config: a frozen dataclass, possibly of dataclasses.
        assignments: ``key=value``; the key is dotted, or its last part where that is unambiguous.
            Values are read as JSON, otherwise taken as text.

    Raises:
        UsageError: an unknown key (the nearest one is named), or a value of the wrong type.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Config:
        ...     epochs: int = 6
        >>> apply_settings(Config(), ["epochs=2"])
        Config(epochs=2)
    """
    for assignment in assignments:
        key, sign, text = assignment.partition("=")
        if not sign:
            raise UsageError("usage.bad_setting", setting=assignment)
        known = keys(config)
        full = [name for name in known if name == key or name.endswith(f".{key}")]
        if len(full) != 1:
            near = full or get_close_matches(key, known, n=3, cutoff=0.4) or sorted(known)
            raise UsageError("usage.unknown_setting", setting=key, known=", ".join(near))
        config = _set(config, full[0].split("."), text)
    return config


def to_dict(config: Any) -> dict[str, Any]:
    """A dataclass as plain values for JSON, which has no infinity: such a setting is left out, and
    :func:`from_dict` gives it its default again.
    """
    values = {field.name: getattr(config, field.name) for field in fields(config)}
    return {
        name: to_dict(value) if is_dataclass(value) else value
        for name, value in values.items()
        if not (isinstance(value, float) and not math.isfinite(value))
    }


def _set(config: Any, path: list[str], text: str) -> Any:
    name = path[0]
    current = getattr(config, name)
    if len(path) > 1:
        return replace(config, **{name: _set(current, path[1:], text)})
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    kind = typing.get_type_hints(type(config))[name]
    converted = _convert(value, kind)
    if converted is None and value is not None:
        raise UsageError("usage.setting_type", setting=name, expected=_name(kind), received=text)
    return replace(config, **{name: converted})


def _convert(value: Any, kind: Any) -> Any:
    """``value`` as ``kind``; None where it does not fit."""
    if kind is bool or isinstance(value, bool):
        return value if kind is bool and isinstance(value, bool) else None
    if kind is float and isinstance(value, (int, float)):
        return float(value)
    if kind is int and isinstance(value, int):
        return value
    if kind is str:
        return str(value)
    if typing.get_origin(kind) is tuple and isinstance(value, list):
        inner = typing.get_args(kind)[0]
        converted = tuple(_convert(part, inner) for part in value)
        return None if None in converted else converted
    return None


def _name(kind: Any) -> str:
    return getattr(kind, "__name__", None) or str(kind)


def from_dict(kind: type[T], values: dict[str, Any]) -> T:
    """A dataclass, nested ones too, from plain values; an unknown key is an error.

    Raises:
        UsageError: for a key that the dataclass does not have.
    """
    hints = typing.get_type_hints(kind)
    ready: dict[str, Any] = {}
    for name, value in values.items():
        if name not in hints:
            raise UsageError("usage.unknown_setting", setting=name, known=", ".join(hints))
        if is_dataclass(hints[name]):
            value = from_dict(hints[name], value)
        ready[name] = tuple(value) if isinstance(value, list) else value
    return kind(**ready)
