"""Labelling: which picture next, what it shows and where, how far one is, and training with it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from lepton_core.box_cells import GOOD
from lepton_core.messages import t
from lepton_core.ui.figures import Figure, show_figures
from lepton_core.ui.plain import plain
from lepton_core.ui.verdict import Answer, verdict_form
from lepton_core.ui.verdict_store import open_store, read_verdicts, show_store_error

from .dashboard_label_queue import Labels, Waiting, queue
from .dashboard_part_drawing import thumbnail
from .dashboard_part_verdict import main_class, mark
from .dashboard_parts import Parts

_PAGE = "defect_detection.label"
_NEXT = 8
_CHOSEN = "defect.label.chosen"
_SKIPPED = "defect.label.skipped"


def show_label(parts: Parts) -> None:
    """The whole view."""
    if open_store() is None:
        show_store_error()
        return
    labels = Labels.of(parts, read_verdicts(parts.task.name))
    with_known = st.toggle(
        t(f"{_PAGE}.with_known"),
        key="defect.label.with_known",
        help=t(f"{_PAGE}.with_known_help"),
        persist_state="session",
    )
    waiting = queue(parts, labels, with_known=with_known)
    rows = _without_skipped(parts, waiting.rows)
    _show_progress(parts, labels, rows)
    if len(rows):
        _show_next(parts, waiting, rows)
    else:
        st.success(t(f"{_PAGE}.done"), icon=":material/task_alt:")
    from .dashboard_label_results import show_results

    show_results(parts, labels)


def _without_skipped(parts: Parts, rows: np.ndarray) -> np.ndarray:
    """Skipped pictures come last."""
    skipped = st.session_state.setdefault(_SKIPPED, {}).get(parts.source.key, [])
    is_skipped = np.isin(rows, [parts.row_of[name] for name in skipped if name in parts.row_of])
    return np.concatenate([rows[~is_skipped], rows[is_skipped]])


def _show_progress(parts: Parts, labels: Labels, rows: np.ndarray) -> None:
    said = len(labels.said)
    known = sum(label is not None for label in parts.known_label)
    counts = (
        ("labelled", said),
        ("waiting", len(rows)),
        ("known", known),
        ("overruled", len(labels.overruled(parts))),
    )
    show_figures(
        [
            Figure(t(f"{_PAGE}.{name}"), f"{count:,}", "", t(f"{_PAGE}.{name}_help"))
            for name, count in counts
        ]
    )
    of = said + len(rows)
    if of:
        st.progress(said / of, t(f"{_PAGE}.progress", n=said, of=of))


def _show_next(parts: Parts, waiting: Waiting, rows: np.ndarray) -> None:
    """The picture to label, and those that come after it."""
    row = parts.row_of.get(str(st.session_state.get(_CHOSEN)), -1)
    if row not in rows:
        row = int(rows[0])
    left, right = st.columns([7, 5], gap="medium")
    with left:
        st.subheader(plain(parts.ids[row]), anchor=False)
        st.caption(plain(waiting.reason(parts, row)))
        boxes = _boxes(parts, row)
    with right:
        st.subheader(t(f"{_PAGE}.what"), anchor=False)
        verdict_form(
            parts.task.name,
            parts.scored.address,
            parts.ids[row],
            _answers(parts, boxes),
            after=partial(_forget, _CHOSEN),
        )
        st.button(
            t(f"{_PAGE}.skip"),
            icon=":material/skip_next:",
            key="defect.label.skip",
            help=t(f"{_PAGE}.skip_help"),
            on_click=_skip,
            args=(parts, row),
        )
    _show_waiting(parts, rows[rows != row])


def _boxes(parts: Parts, row: int) -> list[dict[str, Any]] | None:
    """The picture, with boxes to draw where the model learns places; None where it does not."""
    if parts.is_outlier:
        from .dashboard_part_picture import show_picture

        show_picture(parts, row)
        return None
    begin = parts.boxes(row) if st.session_state.get("defect.label.begin", True) else []
    found = mark(parts, row, begin, "defect.label")
    st.toggle(
        t(f"{_PAGE}.begin"),
        value=True,
        key="defect.label.begin",
        help=t(f"{_PAGE}.begin_help"),
        persist_state="session",
    )
    return found


def _answers(parts: Parts, boxes: list[dict[str, Any]] | None) -> tuple[Answer, ...]:
    """Good, the boxes as drawn, and each class without a place."""
    good = parts.good
    nowhere: list[dict[str, Any]] | None = [] if good == GOOD else None
    found = [Answer(good, parts.name(good), "thumb_up", shortcut="G", marks=nowhere)]
    if boxes:
        kept = [{name: box[name] for name in ("label", "x0", "y0", "x1", "y1")} for box in boxes]
        label = main_class(kept)
        word = t("defect_detection.part.verdict.boxes", n=len(kept), name=plain(parts.name(label)))
        found.insert(0, Answer(label, word, "crop_free", True, shortcut="B", marks=kept))
        return tuple(found)
    classes = parts.decision.classes[1:]
    icon = "error" if parts.is_outlier else "label"
    return (*found, *(Answer(name, plain(parts.name(name)), icon) for name in classes))


def _show_waiting(parts: Parts, rows: np.ndarray) -> None:
    if not len(rows):
        return
    st.markdown(f"**{t(f'{_PAGE}.next')}**")
    st.caption(t(f"{_PAGE}.next_help"))
    with st.container(horizontal=True, gap="small"):
        for row in rows[:_NEXT].tolist():
            with st.container(width=120, gap=None):
                small = thumbnail(parts.image_key(row), "", partial(parts.image, row))
                st.image(small, width=112, alt=parts.ids[row])
                st.button(
                    plain(parts.name(str(parts.label[row]))),
                    key=f"defect.label.open.{row}",
                    type="tertiary",
                    help=plain(parts.ids[row]),
                    on_click=_choose,
                    args=(parts.ids[row],),
                )


def _choose(name: str) -> None:
    st.session_state[_CHOSEN] = name


def _forget(slot: str) -> None:
    st.session_state.pop(slot, None)


def _skip(parts: Parts, row: int) -> None:
    skipped = st.session_state.setdefault(_SKIPPED, {}).setdefault(parts.source.key, [])
    name = parts.ids[row]
    if name in skipped:
        skipped.remove(name)
    skipped.append(name)
    _forget(_CHOSEN)
