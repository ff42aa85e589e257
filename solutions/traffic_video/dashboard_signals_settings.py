"""Settings of the signals view, and what a plan is compared with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from lepton_core.messages import t

from .signals.config import METHODS, Config

PAGE = "traffic_video.signals.page"
_KEY = "traffic_video.signals.set"
BEFORE = ("equal", "webster", "present")


@dataclass(frozen=True)
class Asked:
    """What the plan is compared with.

    Args:
        before: one of ``BEFORE``.
        greens: for ``present``, the greens as a person wrote them.
    """

    before: str
    greens: str = ""


def choose_settings() -> tuple[Config, Asked]:
    """Draw the settings; the configuration and the comparison that they stand for."""
    config = Config()
    with st.expander(t(f"{PAGE}.settings"), icon=":material/tune:"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            method = st.selectbox(
                t(f"{PAGE}.method"),
                METHODS,
                format_func=lambda one: t(f"{PAGE}.{one}"),
                key=f"{_KEY}.method",
                help=t(f"{PAGE}.method_help"),
            )
            timing = replace(
                config.timing,
                max_cycle=_number("max_cycle", 30, 300, config.timing.max_cycle),
                min_green=_number("min_green", 1, 60, config.timing.min_green),
                intergreen=_number("intergreen", 1, 20, config.timing.intergreen),
                lost=_number("lost", 0, 20, config.timing.lost),
            )
            hours = st.number_input(
                t(f"{PAGE}.hours"),
                0.05,
                4.0,
                config.plan.hours,
                0.25,
                key=f"{_KEY}.hours",
                help=t(f"{PAGE}.hours_help"),
            )
        robust = st.toggle(
            t(f"{PAGE}.robust"), True, key=f"{_KEY}.robust", help=t(f"{PAGE}.robust_help")
        )
    plan = replace(config.plan, method=method, robust=robust, hours=float(hours))
    return replace(config, timing=timing, plan=plan), _choose_before()


def _choose_before() -> Asked:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        before = st.segmented_control(
            t(f"{PAGE}.before"),
            BEFORE,
            default="equal",
            required=True,
            format_func=lambda one: t(f"{PAGE}.{one}"),
            key=f"{_KEY}.before",
        )
        greens = ""
        if before == "present":
            greens = st.text_input(
                t(f"{PAGE}.present_greens"),
                key=f"{_KEY}.greens",
                placeholder="25 12 30",
                help=t(f"{PAGE}.present_help"),
            )
    return Asked(str(before), greens)


def _number(name: str, low: int, high: int, value: int) -> int:
    return int(
        st.number_input(
            t(f"{PAGE}.{name}"),
            low,
            high,
            value,
            key=f"{_KEY}.{name}",
            help=t(f"{PAGE}.intergreen_help") if name == "intergreen" else None,
        )
    )
