"""A taught product tried on pictures at once: verdicts, and maps of what is strange."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import streamlit as st

from lepton_core.decision.outlier import Outlier
from lepton_core.errors import LeptonError
from lepton_core.images import decode
from lepton_core.messages import t
from lepton_core.solution import Task
from lepton_core.ui.frame import show_error
from lepton_core.ui.loader import bundle_stamp, load
from lepton_core.ui.picture_uri import encoded
from lepton_core.ui.plain import plain
from lepton_core.ui.scored import Scored, score_table, show_rejects
from lepton_core.ui.training_job import PageTraining
from lepton_core.ui.uploader import Source

from .dashboard_line import verdict_badge
from .dashboard_part_drawing import drawn
from .dashboard_part_picture import heat_of
from .dashboard_parts import Parts, apply, scale_of

_PAGE = "defect_detection.teach"
_MOST_SHOWN = 24
_SLOT = "defect.teach.tried"
_STRENGTH = 0.5


def show_try(product: PageTraining, task: Task) -> None:
    """Draw the place to drop pictures, and what the product's bundle says of them."""
    st.subheader(t(f"{_PAGE}.try"), anchor=False)
    files = st.file_uploader(
        t(f"{_PAGE}.try_upload"),
        accept_multiple_files=True,
        key=f"defect.teach.try.{product.name}",
        help=t(f"{_PAGE}.try_help"),
    )
    if not files:
        return
    scored = _scored(product, task, files)
    if scored is None:
        return
    show_rejects(scored)
    if not len(scored.score):
        return
    parts = parts_of(task, scored, product.bundle)
    words = {
        verdict: int((parts.verdict == verdict).sum()) for verdict in ("pass", "unsure", "fail")
    }
    st.markdown(" ".join(f"{verdict_badge(name)} {n:,}" for name, n in words.items()))
    rows = parts.urgency[:_MOST_SHOWN].tolist()
    for first in range(0, len(rows), 4):
        for place, row in zip(st.columns(4), rows[first : first + 4], strict=False):
            with place:
                _show_one(parts, row)
    if len(parts) > _MOST_SHOWN:
        st.caption(t(f"{_PAGE}.try_more", n=_MOST_SHOWN, of=len(parts)))


def parts_of(task: Task, scored: Scored, folder: Path) -> Parts:
    """Scored pictures under their bundle's own decision."""
    source = Source(scored.source, scored.key, scored.records, False)
    scale = scale_of(scored)
    decision = cast(Outlier, scored.decision)
    return Parts(task, scored, source, folder, decision, apply(decision, scored, scale), scale)


def _scored(product: PageTraining, task: Task, files: list[Any]) -> Scored | None:
    """The pictures' scores, made once; None where a file cannot be read, which is told."""
    from lepton_core.ui.uploaded import read_uploaded

    key = (
        f"{product.name}|{bundle_stamp(product.bundle)}|{'+'.join(file.file_id for file in files)}"
    )
    kept = st.session_state.get(_SLOT)
    if kept is None or kept[0] != key:
        try:
            table = read_uploaded(task, files)
            text = t("ui.scoring", n=table.num_rows, name=plain(product.name))
            bar = st.progress(0.0, text)
            try:
                made = score_table(
                    load(product.bundle),
                    table,
                    product.name,
                    key,
                    progress=lambda share: bar.progress(share, text),
                )
            finally:
                bar.empty()
        except LeptonError as error:
            show_error(error)
            return None
        kept = (key, made)
        st.session_state[_SLOT] = kept
    return cast(Scored, kept[1])


def _show_one(parts: Parts, row: int) -> None:
    picture = decode(parts.image(row))
    name = parts.ids[row]
    if picture is not None:
        classes = parts.decision.classes
        heat: np.ndarray | None = heat_of(parts, row)
        shown = drawn(picture, parts.boxes(row), classes, heat, _STRENGTH)
        st.image(encoded(shown), width="stretch", alt=name)
    p_value = float(parts.columns["p_value"][row])
    st.markdown(f"{verdict_badge(str(parts.verdict[row]))} {plain(name)}")
    st.caption(t(f"{_PAGE}.p_value", p=p_value))
