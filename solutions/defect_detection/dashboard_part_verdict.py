"""A person's verdict on a part: right, good after all, another class, or other boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from lepton_core.box_cells import GOOD
from lepton_core.images import decode
from lepton_core.messages import t
from lepton_core.ui.box_editor import edit_boxes
from lepton_core.ui.picture_uri import encoded
from lepton_core.ui.plain import plain
from lepton_core.ui.verdict import Answer, verdict_form

from .dashboard_part_drawing import class_color
from .dashboard_parts import Parts

_PAGE = "defect_detection.part.verdict"
_REASONS = ("dirt", "reflection", "light", "within_limits", "too_faint", "other_product")


def show_verdict(parts: Parts, row: int) -> None:
    """Draw the form; what is said is kept in the store, and training takes it from there."""
    st.subheader(t(f"{_PAGE}.title"), anchor=False)
    st.caption(t(f"{_PAGE}.help"))
    boxes = None
    if not parts.is_outlier:
        is_marking = st.toggle(
            t(f"{_PAGE}.mark"), key="defect.part.mark", help=t(f"{_PAGE}.mark_help")
        )
        boxes = mark(parts, row, parts.boxes(row), "defect.part") if is_marking else None
    reasons = tuple(t(f"{_PAGE}.reason.{name}") for name in _REASONS)
    verdict_form(
        parts.task.name, parts.scored.address, parts.ids[row], answers(parts, row, boxes), reasons
    )


def mark(
    parts: Parts, row: int, begin: Sequence[Mapping[str, Any]], key: str
) -> list[dict[str, Any]]:
    """Draw the picture to draw boxes on.

    Args:
        parts: the pictures.
        row: which of them.
        begin: boxes to begin with.
        key: of the widgets.

    Returns:
        the boxes as they stand; those to begin with where the picture cannot be decoded.
    """
    picture = decode(parts.image(row))
    if picture is None:
        st.warning(t("defect_detection.part.gone"), icon=":material/broken_image:")
        return [dict(box) for box in begin]
    classes = list(parts.decision.classes[1:])
    names = {name: parts.name(name) for name in classes}
    label = st.selectbox(
        t(f"{_PAGE}.box_class"),
        classes,
        format_func=names.__getitem__,
        key=f"{key}.box_class",
        help=t(f"{_PAGE}.box_class_help"),
        width=240,
    )
    return edit_boxes(
        _source(parts.image_key(row), picture),
        (picture.shape[1], picture.shape[0]),
        begin,
        parts.image_key(row),
        f"{key}.editor",
        label=label,
        names=names,
        colors={name: class_color(parts.decision.classes, name) for name in classes},
        alt=t("defect_detection.part.picture", record=parts.ids[row]),
    )


@st.cache_data(show_spinner=False, max_entries=16, scope="session")
def _source(key: str, _picture: np.ndarray) -> str:
    return encoded(_picture)


def answers(
    parts: Parts, row: int, boxes: Sequence[Mapping[str, Any]] | None
) -> tuple[Answer, ...]:
    """What can be said of a part.

    Args:
        parts: the pictures.
        row: which of them.
        boxes: as a person drew them; None where nobody did.
    """
    label, good = str(parts.label[row]), parts.good
    if boxes is not None:
        return _of_boxes(parts, boxes)
    name = plain(parts.name(label))
    # What is said to be good has no defect anywhere.
    nowhere: list[Mapping[str, Any]] | None = [] if good == GOOD else None
    agreed = nowhere if label == good else None
    found = [Answer(label, t(f"{_PAGE}.agree", name=name), "check", True, said=name, marks=agreed)]
    if label != good:
        word = t(f"{_PAGE}.good")
        found.append(
            Answer(good, word, "thumb_up", needs_note=True, said=parts.name(good), marks=nowhere)
        )
    others = [one for one in parts.decision.classes if one not in (label, good)]
    if others:
        chosen = _other(parts, others, row)
        name = plain(parts.name(chosen))
        word = t(f"{_PAGE}.other", name=name)
        found.append(Answer(chosen, word, "edit", needs_note=True, said=name))
    return tuple(found)


def _of_boxes(parts: Parts, boxes: Sequence[Mapping[str, Any]]) -> tuple[Answer, ...]:
    """One answer: the boxes as they are drawn, of the class that the largest one has."""
    if not boxes:
        word = t(f"{_PAGE}.no_boxes")
        said = parts.name(parts.good)
        return (Answer(parts.good, word, "thumb_up", True, needs_note=True, said=said, marks=[]),)
    kept = [{name: box[name] for name in ("label", "x0", "y0", "x1", "y1")} for box in boxes]
    label = main_class(kept)
    word = t(f"{_PAGE}.boxes", n=len(kept), name=plain(parts.name(label)))
    return (Answer(label, word, "crop_free", True, said=plain(parts.name(label)), marks=kept),)


def main_class(boxes: Sequence[Mapping[str, Any]]) -> str:
    """The class of the largest box, which is the part's.

    Example:
        >>> main_class([{"label": "a", "x0": 0, "y0": 0, "x1": 2, "y1": 2},
        ...             {"label": "b", "x0": 0, "y0": 0, "x1": 9, "y1": 1}])
        'b'
    """
    return str(max(boxes, key=_size)["label"])


def _size(box: Mapping[str, Any]) -> float:
    return float((box["x1"] - box["x0"]) * (box["y1"] - box["y0"]))


def _other(parts: Parts, others: list[str], row: int) -> str:
    if len(others) == 1:
        return others[0]
    return str(
        st.selectbox(
            t(f"{_PAGE}.other_class"),
            others,
            format_func=parts.name,
            key=f"defect.part.other.{parts.ids[row]}",
            width=240,
        )
    )
