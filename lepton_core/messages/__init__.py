"""Sentences that people read, by key and language, English and Chinese.

Each folder of messages holds ``en.yaml`` and ``zh.yaml`` with the same keys and placeholders. The
core's own folder is always known; a solution adds its own with :func:`add_messages`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh")

_folders: list[Path] = [Path(__file__).parent]
_language: ContextVar[str] = ContextVar("lepton_language", default="en")


def add_messages(folder: Path) -> None:
    """Make the catalogues in ``folder`` (``en.yaml``, ``zh.yaml``) known to :func:`t`."""
    if folder not in _folders:
        _folders.append(folder)


def set_language(language: str) -> None:
    """Choose the language of the running thread or task: ``en`` or ``zh``."""
    if language not in LANGUAGES:
        raise ValueError(f"language is one of {LANGUAGES}. Received: language={language!r}")
    _language.set(language)


def get_language() -> str:
    """The language that :func:`t` uses when none is named."""
    return _language.get()


def t(key: str, /, *, language: str | None = None, **values: Any) -> str:
    """The sentence of ``key`` with ``values`` filled in.

    A key that the wanted language lacks is taken from English; a key that no catalogue has is
    returned itself with its values, so that a person still sees something to search for.

    Args:
        key: dotted name, for example ``data.missing_column``.
        language: ``en`` or ``zh``; the current language when None.
        **values: what the placeholders stand for; format specifications work (``{ratio:.1f}``).

    Example:
        >>> t("common.no_such_key", n=3)
        'common.no_such_key (n=3)'
    """
    for wanted in (language or get_language(), "en"):
        for folder in _folders:
            sentence = catalogue(folder, wanted).get(key)
            if sentence is not None:
                return sentence.format(**values)
    given = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"{key} ({given})" if given else key


def listed(names: Sequence[str], most: int = 10) -> str:
    """The first names as a sentence tells them; a JSON beside it has all.

    Example:
        >>> listed(["a", "b"]), listed(["a", "b", "c"], most=2)
        ('a, b', 'a, b, ...')
    """
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def has_message(key: str) -> bool:
    """Whether a catalogue has ``key``: for texts that a solution may leave out."""
    return any(key in catalogue(folder, "en") for folder in _folders)


@cache
def catalogue(folder: Path, language: str) -> dict[str, str]:
    """All sentences of one folder and language, nested YAML keys joined by dots."""
    import yaml

    path = folder / f"{language}.yaml"
    if not path.exists():
        return {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    tree = yaml.load(path.read_text(encoding="utf-8"), Loader=loader) or {}
    return dict(_flatten("", tree))


def _flatten(prefix: str, tree: dict[str, Any]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in tree.items():
        key = f"{prefix}{name}"
        pairs += _flatten(f"{key}.", value) if isinstance(value, dict) else [(key, str(value))]
    return pairs
