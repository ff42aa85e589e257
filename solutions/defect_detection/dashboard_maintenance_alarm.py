"""When to be warned: the alarm's setting, with what it would have done on held-out units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from lepton_core.bundle_files import read_arrays
from lepton_core.decision.remaining import ALARM_BY, Remaining
from lepton_core.messages import t

from .maintenance.alarms import AHEAD, TOO_EARLY

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline

VIEW = "defect_detection.maintenance.view"


def choose_alarm(pipeline: Pipeline) -> Remaining:
    """Draw the setting, its consequences, and give the bundle's decision with it."""
    decision = pipeline.decision
    if not isinstance(decision, Remaining):
        raise TypeError(f"a unit's remaining life is decided. Received: {decision.kind}")
    left, middle, right = st.columns([4, 3, 6], gap="medium", vertical_alignment="center")
    usual = int(min(AHEAD, key=lambda ahead: abs(ahead - decision.alarm_cycles)))
    with left:
        ahead = st.select_slider(
            t(f"{VIEW}.ahead"),
            AHEAD,
            value=usual,
            key=f"maintenance.ahead.{pipeline.address}",
            help=t(f"{VIEW}.ahead_help"),
        )
    with middle:
        by = st.segmented_control(
            t(f"{VIEW}.by"),
            ALARM_BY,
            default=decision.alarm_by,
            required=True,
            format_func=lambda name: t(f"{VIEW}.by_{name}"),
            key=f"maintenance.by.{pipeline.address}",
            help=t(f"{VIEW}.by_help"),
        )
    with right:
        st.markdown(consequences(_held_out(pipeline), int(ahead), str(by)))
    return decision.with_alarm(float(ahead), str(by))


def consequences(table: np.ndarray | None, ahead: int, by: str) -> str:
    """What a setting would have done, in words.

    Args:
        table: from :func:`~.maintenance.alarms.table`; None where no units were held out.
        ahead: cycles ahead.
        by: one of ``ALARM_BY``.
    """
    if table is not None:
        chosen = table[(table[:, 0] == ALARM_BY.index(by)) & (table[:, 1] == ahead)]
        if len(chosen) and chosen[0, 2] > 0:
            _, _, units, warned, early, lead = chosen[0].tolist()
            told: dict[str, Any] = {"n": int(units), "warned": warned, "early": early}
            told["lead"] = f"{lead:.0f}" if np.isfinite(lead) else "–"
            told |= {"ahead": ahead, "much": int(TOO_EARLY * ahead)}
            return t(f"{VIEW}.consequences", **told)
    return t(f"{VIEW}.no_consequences")


def _held_out(pipeline: Pipeline) -> np.ndarray | None:
    path = None if pipeline.folder is None else pipeline.folder / "reference.npz"
    if path is None or not path.exists():
        return None
    return read_arrays(path).get("alarms")
