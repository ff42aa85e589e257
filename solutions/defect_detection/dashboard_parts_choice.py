"""Which parts a page shows: how they are inspected, which pictures, which bundle and decision."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import streamlit as st

from lepton_core.decision.detect import Detect
from lepton_core.decision.outlier import Outlier
from lepton_core.messages import t
from lepton_core.solution import Task, load_solution
from lepton_core.ui.plain import plain
from lepton_core.ui.scored import Scored

from .dashboard_parts import Inspector, Parts, apply, scale_of

SOLUTION = "defect_detection"
# Tasks whose records are pictures of parts, in the order of the choice.
_PICTURE_TASKS = ("surface", "anomaly")
VIEW_KEY = "defect.view"
SCALE_KEY = "defect.mm_per_px"
_TASK_KEY = "defect.task"
_PART = "part"


def picture_tasks() -> dict[str, Task]:
    """Short name -> task, of those that inspect pictures and have a bundle."""
    found = {task.name.partition("/")[2]: task for task in load_solution(SOLUTION).tasks}
    return {name: found[name] for name in _PICTURE_TASKS if name in found and found[name].bundles()}


def choose_parts() -> Parts | None:
    """Draw the choices in the sidebar, and give the inspected parts.

    Returns:
        None where there is nothing to show yet, which the page then says.
    """
    from lepton_core.ui.choosing import choose_scored

    tasks = picture_tasks()
    if not tasks:
        st.info(t("defect_detection.parts.no_task"), icon=":material/inventory_2:")
        return None
    with st.sidebar:
        name = _choose_task(tasks)
    found = choose_scored(tasks[name], datasets=True)
    if found is None:
        return None
    scored, source = found
    if not isinstance(scored.decision, (Detect, Outlier)):
        st.warning(t("defect_detection.parts.old_bundle", bundle=plain(scored.address)))
        return None
    decision = decision_of(scored)
    folder = tasks[name].bundle(scored.address.partition("@")[2])
    scale = scale_of(scored, usual_scale())
    columns = _columns(scored, decision, scale)
    parts = Parts(tasks[name], scored, source, folder, decision, columns, scale)
    with st.sidebar:
        _show_changed(parts)
    if not source.is_sample and scored.address.endswith("@sample"):
        st.warning(t("defect_detection.parts.simulated"), icon=":material/science:")
    return parts


def _choose_task(tasks: dict[str, Task]) -> str:
    names = {name: t(f"defect_detection.parts.task.{name}") for name in tasks}
    return str(
        st.radio(
            t("defect_detection.parts.task.label"),
            list(names),
            format_func=names.__getitem__,
            help=t("defect_detection.parts.task.help"),
            key=_TASK_KEY,
            persist_state="session",
        )
    )


def _slot(address: str) -> str:
    return f"defect.decision.{address}"


def decision_of(scored: Scored) -> Inspector:
    """The decision as it stands on the page: the bundle's own until somebody changes it."""
    kept = st.session_state.get(_slot(scored.address))
    own = cast(Inspector, scored.decision)
    # A bundle of the same name may have been made anew, of other classes.
    is_usable = type(kept) is type(own) and kept.classes == own.classes
    return cast(Inspector, kept) if is_usable else own


def set_decision(parts: Parts, decision: Inspector | None) -> None:
    """Decide so on every view from the next run on; None for the bundle's own."""
    if decision is None or decision == parts.own_decision:
        st.session_state.pop(_slot(parts.scored.address), None)
    else:
        st.session_state[_slot(parts.scored.address)] = decision


def usual_scale() -> float:
    """Millimetres a pixel that a person gave for pictures that do not tell it; 0 for none."""
    return float(st.session_state.get(SCALE_KEY) or 0.0)


def _columns(scored: Scored, decision: Inspector, scale: np.ndarray) -> dict[str, Any]:
    """What the decision says, remembered until another decision or other parts come."""
    key = (scored.key, decision, usual_scale())
    kept = st.session_state.get("defect.columns")
    if kept is None or kept[0] != key:
        kept = (key, apply(decision, scored, scale))
        st.session_state["defect.columns"] = kept
    return dict(kept[1])


def _show_changed(parts: Parts) -> None:
    if parts.decision == parts.own_decision:
        return
    st.warning(t("defect_detection.parts.changed"), icon=":material/tune:")
    st.button(
        t("defect_detection.parts.reset"),
        key="defect.reset",
        icon=":material/undo:",
        on_click=set_decision,
        args=(parts, None),
    )


def go_to(view: str) -> None:
    """Show a view at the next run; for buttons."""
    st.session_state[VIEW_KEY] = view


def opened(parts: Parts) -> int | None:
    """The row that a person chose last, else the one that the address names, if it is here."""
    for name in (st.session_state.get(_opened(parts)), st.query_params.get(_PART)):
        if name in parts.row_of:
            return parts.row_of[name]
    return None


def open_part(parts: Parts, row: int) -> None:
    """Remember the row that a person chose, also in the address."""
    st.session_state[_opened(parts)] = parts.ids[row]


def put_in_address(parts: Parts, row: int) -> None:
    """Let the address name a part, for a reload or a colleague."""
    if st.query_params.get(_PART) != parts.ids[row]:
        st.query_params[_PART] = parts.ids[row]


def look_at(parts: Parts, row: int) -> None:
    """Show one part at the next run; for buttons."""
    open_part(parts, row)
    go_to("part")


def _opened(parts: Parts) -> str:
    return f"defect.opened.{parts.source.key}"
