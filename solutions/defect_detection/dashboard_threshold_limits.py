"""Limits by class, number and size, and the probability from which a defect counts: a table."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from lepton_core.decision.detect import Detect
from lepton_core.decision.limits import ANY, Limit
from lepton_core.messages import t
from lepton_core.ui.plain import plain

from .dashboard_parts import Parts
from .dashboard_parts_choice import SCALE_KEY, set_decision

_PAGE = "defect_detection.threshold.limits"
_NUMBERS = ("max_count", "max_length_mm", "max_length_px", "max_area_mm2", "max_area_px2")


def limits_frame(decision: Detect, names: dict[str, str]) -> pd.DataFrame:
    """A row a defect class, and one for all that have no limit of their own.

    Args:
        decision: with limits and thresholds.
        names: class -> its name on the page.
    """
    own = {limit.defect: limit for limit in decision.limits}
    rows = []
    for label in (*decision.defects, ANY):
        limit = own.get(label)
        threshold = None
        if label != ANY:
            threshold = 100.0 * decision.thresholds[decision.defects.index(label)]
        row: dict[str, Any] = {"class": label, "name": names[label], "threshold": threshold}
        row |= {name: getattr(limit, name) if limit else None for name in _NUMBERS}
        rows.append(row)
    frame = pd.DataFrame(rows)
    return frame.astype(dict.fromkeys(("threshold", *_NUMBERS), "float64"))


def limits_of(frame: pd.DataFrame, decision: Detect) -> Detect:
    """The decision that an edited table stands for.

    A row without any number has no limit of its own: its class falls under that for all others.

    Args:
        frame: as :func:`limits_frame` gives it, with other numbers.
        decision: whose other settings stay.

    Raises:
        ValueError: a number below 0, or a probability outside 0..100.

    Example:
        >>> start = Detect(("good", "dent"), thresholds=(0.5,))
        >>> frame = limits_frame(start, {"dent": "Dent", "*": "Other"})
        >>> frame.loc[0, "max_count"] = 2
        >>> limits_of(frame, start).limits[0].max_count
        2
    """
    limits, thresholds = [], {}
    kept = {limit.defect: limit.min_probability for limit in decision.limits}
    for row in frame.to_dict("records"):
        label = str(row["class"])
        given = {name: float(row[name]) for name in _NUMBERS if pd.notna(row[name])}
        if given:
            count = given.pop("max_count", None)
            whole = None if count is None else int(count)
            limits.append(Limit(label, whole, min_probability=kept.get(label, 0.0), **given))
        if label != ANY and pd.notna(row["threshold"]):
            thresholds[label] = float(row["threshold"]) / 100.0
    return replace(decision.with_limits(limits), thresholds=_within(decision, thresholds))


def _within(decision: Detect, thresholds: dict[str, float]) -> tuple[float, ...]:
    return decision.with_thresholds(thresholds).thresholds


def show_limits(parts: Parts, decision: Detect) -> None:
    """Draw the table with its button; what is typed counts once it is pressed."""
    st.subheader(t(f"{_PAGE}.title"), anchor=False)
    st.caption(t(f"{_PAGE}.help"))
    names = {name: parts.name(name) for name in decision.defects} | {ANY: t(f"{_PAGE}.others")}
    config = st.column_config
    number: dict[str, Any] = {"min_value": 0.0}
    # The base stays while cells are edited: it changes with the decision alone.
    slot = f"defect.limits.{parts.scored.address}.{hash(repr(decision.to_json()))}"
    edited = st.data_editor(
        limits_frame(decision, names),
        hide_index=True,
        num_rows="fixed",
        key=slot,
        disabled=["name"],
        placeholder="–",
        column_config={
            "class": None,
            "name": config.TextColumn(t(f"{_PAGE}.class")),
            "threshold": config.NumberColumn(
                t(f"{_PAGE}.threshold"),
                min_value=0.0,
                max_value=100.0,
                format="%.1f%%",
                help=t(f"{_PAGE}.threshold_help"),
            ),
            "max_count": config.NumberColumn(
                t(f"{_PAGE}.max_count"), min_value=0, step=1, format="%d"
            ),
            **{
                name: config.NumberColumn(t(f"{_PAGE}.{name}"), format="%.2f", **number)
                for name in _NUMBERS[1:]
            },
        },
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            t(f"{_PAGE}.apply"),
            type="primary",
            icon=":material/check:",
            key="defect.limits.apply",
            on_click=partial(_apply, parts, decision, edited),
        )
        st.number_input(
            t(f"{_PAGE}.scale"),
            min_value=0.0,
            step=0.01,
            format="%.4f",
            key=SCALE_KEY,
            help=t(f"{_PAGE}.scale_help"),
            width=220,
            persist_state="session",
        )
    problem = st.session_state.pop("defect.limits.problem", None)
    if problem:
        st.error(plain(problem), icon=":material/error:")


def _apply(parts: Parts, decision: Detect, edited: pd.DataFrame) -> None:
    from lepton_core.ui.language import use_language

    use_language()
    try:
        set_decision(parts, limits_of(edited, decision))
    except ValueError as error:
        st.session_state["defect.limits.problem"] = t(f"{_PAGE}.bad", reason=error)
