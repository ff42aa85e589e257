"""Where a line's parts come from: these pictures played, a watched folder's run, or the store."""

from __future__ import annotations

import time
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.ui.frame import show_error
from lepton_core.ui.plain import plain
from lepton_core.ui.verdict_store import open_store, show_store_error

from .dashboard_line_folder import RunFolder
from .dashboard_line_play import Play
from .dashboard_line_seen import Seen
from .dashboard_parts import Parts

PLAY, FOLDER, STORE = "play", "folder", "store"
_KINDS = (PLAY, FOLDER, STORE)
_RATES = (6, 12, 30, 60, 120, 240, 600)
# Parts that are through when the page opens, so that there is something to see.
_BEGIN = 12
_MOST_RUNS = 30


def choose_kind() -> str:
    """Draw the choice of what feeds the line."""
    names = {kind: t(f"defect_detection.line.source.{kind}") for kind in _KINDS}
    return str(
        st.segmented_control(
            t("defect_detection.line.source.label"),
            list(_KINDS),
            default=PLAY,
            required=True,
            format_func=names.__getitem__,
            key="defect.line.kind",
            label_visibility="collapsed",
            help=t("defect_detection.line.source.help"),
            persist_state="session",
        )
    )


# Played.


def _play_slot(parts: Parts) -> str:
    return f"defect.play.{parts.scored.key}"


def play_of(parts: Parts) -> Play:
    """How far the played line is; it begins with a few parts through."""
    begin = Play(60.0, time.monotonic(), float(min(_BEGIN, parts.scored.read)))
    return st.session_state.setdefault(_play_slot(parts), begin)


def play_controls(parts: Parts) -> bool:
    """Draw rate, pause and restart.

    Returns:
        whether the line moves.
    """
    play, now = play_of(parts), time.monotonic()
    is_over = play.shown(now, parts.scored.read) >= parts.scored.read
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.select_slider(
            t("defect_detection.line.rate"),
            _RATES,
            value=60,
            key="defect.line.rate",
            help=t("defect_detection.line.rate_help"),
            on_change=_set_rate,
            args=(parts,),
            width=260,
            persist_state="session",
        )
        st.button(
            t(f"defect_detection.line.{'go_on' if play.is_paused else 'pause'}"),
            icon=f":material/{'play_arrow' if play.is_paused else 'pause'}:",
            type="primary",
            key="defect.line.pause",
            disabled=is_over,
            on_click=_toggle,
            args=(parts,),
        )
        st.button(
            t("defect_detection.line.again"),
            icon=":material/replay:",
            key="defect.line.again",
            on_click=_again,
            args=(parts,),
        )
    return not play.is_paused and not is_over


def _set_rate(parts: Parts) -> None:
    rate = float(st.session_state["defect.line.rate"])
    st.session_state[_play_slot(parts)] = play_of(parts).with_rate(rate, time.monotonic())


def _toggle(parts: Parts) -> None:
    play, now = play_of(parts), time.monotonic()
    st.session_state[_play_slot(parts)] = play.going(now) if play.is_paused else play.paused(now)


def _again(parts: Parts) -> None:
    rate = float(st.session_state.get("defect.line.rate", 60))
    st.session_state[_play_slot(parts)] = Play(rate, time.monotonic(), 0.0)


def played(parts: Parts) -> Seen:
    """The parts that are through by now; refused pictures take their turn too.

    Files of class folders come one class after the other, as no line's parts do: they are mixed,
    in the same way each time.
    """
    play = play_of(parts)
    reached = play.shown(time.monotonic(), parts.scored.read)
    turn = np.random.default_rng(0).permutation(max(parts.scored.read, 1))
    turns = turn[parts.scored.rows]
    rows = np.argsort(turns, kind="stable")
    rows = rows[turns[rows] < reached]
    reasons = Counter(
        reason
        for reject in parts.scored.rejects
        if turn[reject.row] < reached
        for reason in dict.fromkeys(key for key, _ in reject.reasons)
    )
    n = len(rows)
    return Seen(
        [parts.ids[row] for row in rows.tolist()],
        parts.verdict[rows],
        parts.label[rows],
        frozenset({"good", parts.good}),
        60.0 * turns[rows] / play.rate,
        dict(reasons),
        lambda at: parts.image(int(rows[at])),
        lambda at: parts.boxes(int(rows[at])),
        parts.scored.key,
        play.rate if n else None,
    )


# A watched folder's run.


def folder_controls(parts: Parts) -> RunFolder | None:
    """Draw the fields for the folders; None where none is given yet."""
    left, right = st.columns(2)
    with left:
        folder = st.text_input(
            t("defect_detection.line.folder.out"),
            key="defect.line.out",
            placeholder="/data/line1/results",
            help=t("defect_detection.line.folder.out_help"),
            persist_state="session",
        )
    with right:
        done = st.text_input(
            t("defect_detection.line.folder.done"),
            key="defect.line.done",
            placeholder="/data/line1/done",
            help=t("defect_detection.line.folder.done_help"),
            persist_state="session",
        )
    text = str(folder or "").strip()
    if not text:
        st.info(t("defect_detection.line.folder.nothing"), icon=":material/folder_open:")
        st.code(f"lepton score {parts.task.name} FOLDER --watch --out RESULTS", language="bash")
        return None
    finished = Path(str(done).strip()) if str(done or "").strip() else None
    slot = f"defect.run.{text}|{finished}"
    return st.session_state.setdefault(slot, RunFolder(Path(text), finished))


def followed(run: RunFolder, parts: Parts) -> Seen | None:
    """What the run has written by now; None where it cannot be read, which is told."""
    try:
        return run.look(frozenset({"good", parts.good}))
    except LeptonError as error:
        show_error(error)
        return None


# The store.


def stored(parts: Parts) -> Seen | None:
    """Draw the choice among the store's runs, and give what the chosen one predicted."""
    store = open_store()
    if store is None:
        show_store_error()
        return None
    try:
        runs = store.runs(parts.task.name).to_pylist()[::-1][:_MOST_RUNS]
        if not runs:
            st.info(t("defect_detection.line.store.none"), icon=":material/database:")
            return None
        numbers = {run["id"]: run for run in runs}
        chosen = numbers[
            st.selectbox(
                t("defect_detection.line.store.run"),
                list(numbers),
                format_func=partial(_run_name, numbers),
                key="defect.line.run",
            )
        ]
        table = store.predictions(chosen["id"])
    except LeptonError as error:
        show_error(error)
        return None
    st.caption(t("defect_detection.line.store.help"))
    good = frozenset({"good", parts.good})
    label = np.array(table["label"].to_pylist(), object)
    review = np.array(table["review"].to_pylist(), object) == True  # noqa: E712  null is no
    is_good = np.array([name in good for name in label], bool)
    verdict = np.where(review, "unsure", np.where(is_good, "pass", "fail")).astype(object)
    n = len(label)
    seconds = (chosen["ended"] - chosen["started"]).total_seconds() if chosen["ended"] else 0.0
    return Seen(
        [str(name) for name in table["record_id"].to_pylist()],
        verdict,
        label,
        good,
        np.full(n, np.nan),
        {},
        lambda row: None,
        lambda row: [],
        f"store.{chosen['id']}",
        60.0 * n / seconds if seconds > 0 else None,
    )


def _run_name(numbers: dict[int, dict[str, object]], number: int) -> str:
    run = numbers[number]
    return f"{number} · {run['started']:%Y-%m-%d %H:%M} UTC · {plain(run['bundle'])}"
