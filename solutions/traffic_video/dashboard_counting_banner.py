"""Says, before any number, which intervals are not to be trusted and why."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from lepton_core.messages import t

from .counting.camera import TRUSTED
from .counting.explainer import doubts
from .counting.report import Report
from .dashboard_counting import PAGE

_MOST = 6


def show_trust(report: Report) -> None:
    """Draw the banner: red where nothing can be trusted, yellow for single stretches and lines."""
    for told in doubts(report):
        st.warning(told, icon=":material/search_off:")
    spans = stretches(report)
    if not spans:
        return
    told = "; ".join(
        t(
            f"{PAGE}.trust.stretch",
            start=_moment(start),
            end=_moment(end),
            state=t(f"traffic_video.counting.state.{state}"),
        )
        for start, end, state in spans[:_MOST]
    )
    if len(spans) > _MOST:
        told += t(f"{PAGE}.trust.more", n=len(spans) - _MOST)
    if report.trusted_share <= 0:
        st.error(t(f"{PAGE}.trust.nothing", told=told), icon=":material/block:")
    else:
        percent = 100 * (1 - report.trusted_share)
        st.warning(
            t(f"{PAGE}.trust.partly", percent=percent, told=told), icon=":material/visibility_off:"
        )


def stretches(report: Report) -> list[tuple[datetime, datetime, str]]:
    """From, to and state of each stretch of frames in which counts cannot be trusted."""
    states = report.rows["camera"].to_pylist()
    times = report.rows["time"].to_pylist()
    found: list[tuple[datetime, datetime, str]] = []
    before = ""
    for time, state in zip(times, states, strict=True):
        if found and before == found[-1][2]:
            # A stretch lasts until the next frame.
            found[-1] = (found[-1][0], time, before)
        if state not in TRUSTED and state != before:
            found.append((time, time, state))
        before = state
    return found


def _moment(time: datetime) -> str:
    # Where nothing is known of the day, a file begins at 1970.
    return f"{time:%H:%M:%S}" if time.year == 1970 else f"{time:%Y-%m-%d %H:%M:%S}"
