"""Figures in a row, and how tall a table is: what pages show their numbers with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import streamlit as st

CHART = {"displayModeBar": False}


@dataclass(frozen=True)
class Figure:
    """One number of a page.

    Args:
        label: what it is.
        value: ready to be shown.
        note: a short word below it; empty for none.
        help: one sentence on it.
    """

    label: str
    value: str
    note: str = ""
    help: str = ""


def show_figures(figures: Iterable[Figure]) -> None:
    """Figures side by side, in several rows where the window is narrow."""
    with st.container(horizontal=True, gap="small"):
        for figure in figures:
            st.metric(
                figure.label,
                figure.value,
                delta=figure.note or None,
                delta_color="off",
                delta_arrow="off",
                border=True,
                width="stretch",
                height="stretch",
                help=figure.help or None,
            )


def table_height(count: int, most: int = 480) -> int | Literal["content"]:
    """Height of a table with ``count`` rows: no empty lines below a short one.

    Example:
        >>> table_height(3), table_height(3000)
        ('content', 480)
    """
    return "content" if 34 * (count + 1) <= most else most
