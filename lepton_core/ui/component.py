"""Parts of a page that run in the browser: how they are made, and what they tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st


@st.cache_resource(show_spinner=False)
def component(name: str, html: str, style: str) -> Any:
    """A part whose script stands beside this file as ``<name>.js``.

    Args:
        name: of the part.
        html: what it is made of.
        style: name of its CSS file, beside this one.
    """
    folder = Path(__file__).parent
    return st.components.v2.component(
        f"lepton_{name}",
        html=html,
        css=(folder / style).read_text(encoding="utf-8"),
        js=(folder / f"{name}.js").read_text(encoding="utf-8"),
    )


def told_of(told: Any, picture: str, name: str) -> Sequence[Any] | None:
    """The list that an editor told of a picture; None where it told none, or of another picture.

    Example:
        >>> told_of({"key": "a", "boxes": [1]}, "a", "boxes"), told_of(None, "a", "boxes")
        ([1], None)
    """
    if not isinstance(told, Mapping) or told.get("key") != picture:
        return None
    given = told.get(name)
    return given if isinstance(given, Sequence) else None


def check_source(source: str) -> None:
    """Refuse a picture that is no data URI.

    Raises:
        ValueError: it is none.
    """
    if not source.startswith("data:image/"):
        raise ValueError(f"source is a data URI. Received: {source[:20]!r}")


def nothing() -> None:
    """A change draws the page anew; nothing else is to be done."""
