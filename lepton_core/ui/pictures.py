"""Pictures on a page: a grid of small ones with their labels, and one of them large."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.box_cells import flat_boxes
from lepton_core.explain.occlusion_map import overlay
from lepton_core.images import decode, resize
from lepton_core.messages import t
from lepton_core.ui.class_charts import class_bars
from lepton_core.ui.class_outcomes import ClassOutcomes
from lepton_core.ui.csv_button import csv_button
from lepton_core.ui.figures import CHART
from lepton_core.ui.loader import bundle_stamp, load
from lepton_core.ui.plain import plain

_COLUMNS, _ROWS = 6, 3
_SMALL, _LARGE = 144, 480
_PAPER = 238


def choose_picture(outcomes: ClassOutcomes, key: str) -> int | None:
    """Draw filters, a page of small pictures, and the downloads below them.

    Args:
        outcomes: the pictures at a review limit.
        key: of the widgets; another key forgets the choice.

    Returns:
        the chosen row, at first the one that is shown first; None where the filters leave none.
    """
    rows = _filtered(outcomes, key)
    if not len(rows):
        st.info(t("ui.pictures.empty"), icon=":material/filter_alt_off:")
        return None
    size = _COLUMNS * _ROWS
    pages = -(-len(rows) // size)
    page = 1
    if pages > 1:
        page = st.number_input(
            t("ui.pictures.page", n=pages), 1, pages, key=f"{key}.page.{pages}", width=160
        )
    shown = rows[(page - 1) * size : page * size]
    for start in range(0, len(shown), _COLUMNS):
        places = st.columns(_COLUMNS, gap="small")
        for place, row in zip(places, shown[start : start + _COLUMNS].tolist(), strict=False):
            with place:
                _cell(outcomes, row, key)
    _downloads(outcomes, rows, key)
    chosen: int | None = st.session_state.get(f"{key}.chosen")
    return chosen if chosen is not None and chosen in rows else int(shown[0])


def _filtered(outcomes: ClassOutcomes, key: str) -> np.ndarray:
    """The rows that the filters leave, the least sure first."""
    names = {-1: t("ui.pictures.every"), **dict(enumerate(outcomes.classes))}
    left, right = st.columns([7, 5], vertical_alignment="bottom")
    with left:
        label = st.selectbox(
            t("ui.pictures.label"),
            list(names),
            format_func=names.__getitem__,
            key=f"{key}.label",
        )
    kinds = ["all", "review"] + (["wrong"] if (outcomes.known >= 0).any() else [])
    views = {kind: t(f"ui.pictures.views.{kind}") for kind in kinds}
    with right:
        view = st.segmented_control(
            t("ui.pictures.view"),
            kinds,
            default="all",
            required=True,
            format_func=views.__getitem__,
            key=f"{key}.view",
        )
    keep = np.ones(len(outcomes.codes), bool) if label < 0 else outcomes.codes == label
    if view == "review":
        keep &= outcomes.review
    elif view == "wrong":
        keep &= (outcomes.known >= 0) & (outcomes.codes != outcomes.known)
    rows = np.flatnonzero(keep)
    st.caption(t("ui.pictures.shown", n=len(rows), of=len(keep)))
    return rows[np.argsort(outcomes.probability[rows], kind="stable")]


def _cell(outcomes: ClassOutcomes, row: int, key: str) -> None:
    """One small picture with label, probability and marks, and the button that chooses it."""
    image = outcomes.scored.records.column("image")[row].as_py()
    st.image(_small(image["sha256"] or f"{outcomes.scored.key}.{row}", image["bytes"]))
    name = plain(outcomes.classes[outcomes.codes[row]])
    text = f"**{name}** {outcomes.probability[row]:.0%}"
    if outcomes.review[row]:
        text += f" :orange-badge[{t('ui.pictures.review')}]"
    known = int(outcomes.known[row])
    if known >= 0 and known != outcomes.codes[row]:
        text += f" :red-badge[{t('ui.pictures.is', name=plain(outcomes.classes[known]))}]"
    st.markdown(text)
    st.button(
        t("ui.pictures.open"),
        key=f"{key}.open.{row}",
        icon=":material/zoom_in:",
        type="tertiary",
        on_click=partial(_choose, f"{key}.chosen", row),
    )


def _choose(slot: str, row: int) -> None:
    st.session_state[slot] = row


def show_picture(outcomes: ClassOutcomes, row: int | None, key: str) -> None:
    """Draw one picture large, with the probability of every class and what speaks for its label.

    Args:
        outcomes: the pictures.
        row: which of them; None where none is chosen.
        key: of the widgets.
    """
    if row is None:
        return
    record = outcomes.scored.records.slice(row, 1)
    st.subheader(plain(record["record_id"][0].as_py()), anchor=False)
    picture = decode(record["image"][0].as_py()["bytes"])
    if picture is None:  # it decoded when it was scored, so this is a file that changed
        st.warning(t("ui.pictures.gone"))
        return
    number = int(outcomes.codes[row])
    name = plain(outcomes.classes[number])
    large = _fitted(picture, _LARGE)
    if st.toggle(t("ui.pictures.map"), key=f"{key}.map", help=t("ui.pictures.map_help", name=name)):
        large = overlay(large, _map(outcomes, record, number))
    st.image(large)
    st.markdown(t("ui.pictures.verdict", name=name, probability=float(outcomes.probability[row])))
    if outcomes.review[row]:
        st.markdown(t("ui.pictures.look"))
    probability = outcomes.decision.probabilities(outcomes.scored.score[row : row + 1])[0]
    figure = class_bars(outcomes.classes, probability, int(outcomes.known[row]))
    st.plotly_chart(figure, key=f"{key}.bars", config=CHART, alt=t("ui.classes.probability"))


def _map(outcomes: ClassOutcomes, record: pa.Table, number: int) -> np.ndarray:
    folder = outcomes.task.bundle(outcomes.scored.address.partition("@")[2])
    record_key = f"{outcomes.scored.key}.{record['record_id'][0].as_py()}"
    return _occlusion(str(folder), bundle_stamp(folder), record_key, number, record)


@st.cache_data(show_spinner=False, max_entries=64, scope="session")
def _occlusion(folder: str, stamp: int, key: str, number: int, _record: pa.Table) -> np.ndarray:
    from lepton_core.explain.occlusion_map import occlusion_map

    return occlusion_map(load(Path(folder)), _record, number)


@st.cache_data(show_spinner=False, max_entries=512, scope="session")
def _small(key: str, _data: bytes) -> np.ndarray:
    """A square of grey paper with the picture in its middle, uint8 [side, side, 3]."""
    paper = np.full((_SMALL, _SMALL, 3), _PAPER, np.uint8)
    # Decoded at a fraction of its size where it is large; the shape is that of the stored one.
    picture = decode(_data)
    if picture is not None:
        small = _fitted(picture, _SMALL)
        height, width = small.shape[:2]
        top, left = (_SMALL - height) // 2, (_SMALL - width) // 2
        paper[top : top + height, left : left + width] = small
    return paper


def _fitted(picture: np.ndarray, side: int) -> np.ndarray:
    """A picture whose longer side is ``side`` or a little less; pixels of a tiny one stay sharp."""
    height, width = picture.shape[:2]
    longest = max(height, width)
    if longest <= side:
        times = side // longest
        return picture.repeat(times, axis=0).repeat(times, axis=1)
    size = (max(round(height * side / longest), 1), max(round(width * side / longest), 1))
    return resize(picture, size)


def _downloads(outcomes: ClassOutcomes, rows: np.ndarray, key: str) -> None:
    everyone = np.arange(len(outcomes.codes))
    with st.container(horizontal=True):
        for name, some in (("shown", rows), ("scored", everyone)):
            csv_button(
                t(f"ui.table.download_{name}", n=len(some)),
                partial(_flat, outcomes, some),
                f"{outcomes.task.name.replace('/', '_')}_{name}.csv",
                f"{key}.download.{name}",
            )


def _flat(outcomes: ClassOutcomes, rows: np.ndarray) -> pa.Table:
    return flat_boxes(outcomes.table(rows))
