"""The live line: the part that has just passed, counters, the last parts, yield and Pareto."""

from __future__ import annotations

from functools import partial

import streamlit as st

from lepton_core.images import decode
from lepton_core.messages import t
from lepton_core.ui.figures import CHART, Figure, show_figures
from lepton_core.ui.language import use_language
from lepton_core.ui.picture_uri import encoded
from lepton_core.ui.plain import plain
from lepton_core.ui.scored import reason_name

from . import dashboard_line_source as sources
from .dashboard_line_folder import RunFolder
from .dashboard_line_seen import Seen
from .dashboard_part_drawing import BADGES, ICONS, drawn, thumbnail
from .dashboard_parts import Parts
from .dashboard_parts_choice import look_at

_EVERY_S = 1.0
# What is drawn anew each second must not fade while that happens.
_STEADY = '<style>[data-stale="true"]{opacity:1!important;transition:none!important}</style>'
_LAST = 12
_MOST_CLASSES = 10
# The part that is shown large until the newest one is asked for again.
_HELD = "defect.line.held"
_PAGE = "defect_detection.line"


def show_line(parts: Parts) -> None:
    """The whole view; what moves is drawn again by itself, the rest of the page stays."""
    st.html(_STEADY)
    kind = sources.choose_kind()
    if kind == sources.PLAY:
        moves = sources.play_controls(parts)
        st.fragment(_play, run_every=_EVERY_S if moves else None)(parts, moves)
    elif kind == sources.FOLDER:
        run = sources.folder_controls(parts)
        if run is not None:
            pauses = st.toggle(
                t(f"{_PAGE}.stand_still"),
                key="defect.line.still",
                help=t(f"{_PAGE}.stand_still_help"),
                persist_state="session",
            )
            st.fragment(_follow, run_every=None if pauses else _EVERY_S)(run, parts)
    else:
        seen = sources.stored(parts)
        if seen is not None:
            _show(seen, parts)


def _play(parts: Parts, moves: bool) -> None:
    # A fragment's rerun has a thread of its own.
    use_language()
    seen = sources.played(parts)
    _show(seen, parts)
    refused = len(parts.scored.rejects)
    if len(seen) == len(parts):
        st.success(t(f"{_PAGE}.over", n=len(seen), refused=refused), icon=":material/flag:")
        if moves:
            # Once, so that the page stops asking.
            st.rerun(scope="app")


def _follow(run: RunFolder, parts: Parts) -> None:
    use_language()
    seen = sources.followed(run, parts)
    if seen is not None:
        _show(seen, parts)


def _show(seen: Seen, parts: Parts) -> None:
    if not seen.total and not seen.refused:
        st.info(t(f"{_PAGE}.empty"), icon=":material/hourglass_empty:")
        return
    if seen.is_alarming():
        st.error(t(f"{_PAGE}.streak", n=seen.streak()), icon=":material/notification_important:")
    show_figures(_figures(seen))
    if seen.refused:
        reasons = " · ".join(f"{reason_name(key)}: {n:,}" for key, n in seen.refused.items())
        st.caption(t(f"{_PAGE}.refused_for", reasons=plain(reasons)))
    left, right = st.columns([5, 7], gap="medium")
    with left:
        _show_newest(seen, parts)
    with right:
        _show_last(seen, parts)
    _show_charts(seen, parts)


def _show_newest(seen: Seen, parts: Parts) -> None:
    """The part that passed last, or the one that a person holds, large, with what was found."""
    if not len(seen):
        return
    held = st.session_state.get(_HELD)
    row = seen.ids.index(held) if held in seen.ids else len(seen) - 1
    verdict, label = str(seen.verdict[row]), str(seen.label[row])
    st.markdown(f"### {verdict_badge(verdict)} {plain(parts.name(label))}")
    # Other limits may count other boxes.
    key = f"{seen.key}|{seen.ids[row]}|{verdict}|{len(seen.boxes(row))}"
    source = newest(key, seen, row, tuple(parts.decision.classes))
    name = t(f"{_PAGE}.newest", record=plain(seen.ids[row]))
    if source is None:
        st.caption(t("defect_detection.part.gone"))
    else:
        st.image(source, width="stretch", alt=name)
    st.caption(name)
    if held in seen.ids and st.button(
        t(f"{_PAGE}.newest_again"), icon=":material/fast_forward:", key="defect.line.newest"
    ):
        st.session_state.pop(_HELD)
        st.rerun(scope="app")


@st.cache_data(show_spinner=False, max_entries=64, scope="session")
def newest(key: str, _seen: Seen, _row: int, classes: tuple[str, ...]) -> str | None:
    """A part with its boxes as a data URI; None where its file is gone."""
    data = _seen.picture(_row)
    picture = decode(data) if data else None
    return None if picture is None else encoded(drawn(picture, _seen.boxes(_row), classes))


def verdict_badge(verdict: str) -> str:
    """A verdict in its color, as Markdown."""
    word = t(f"defect_detection.verdict.{verdict}")
    return f":{BADGES[verdict]}-badge[:material/{ICONS[verdict]}: {word}]"


def _figures(seen: Seen) -> list[Figure]:
    n = seen.total
    refused = sum(seen.refused.values())
    found = [_figure("parts", f"{n:,}")]
    for verdict in ("pass", "fail", "unsure"):
        count = seen.count(verdict)
        share = f"{count / n:.1%}" if n else ""
        word = t(f"defect_detection.verdict.{verdict}")
        found.append(Figure(word, f"{count:,}", share, t(f"{_PAGE}.help.{verdict}")))
    found.append(_figure("refused", f"{refused:,}"))
    rate = "–" if seen.rate is None else f"{seen.rate:,.0f}"
    found.append(_figure("rate", rate))
    return found


def _figure(name: str, value: str) -> Figure:
    return Figure(t(f"{_PAGE}.{name}"), value, "", t(f"{_PAGE}.help.{name}"))


def _show_last(seen: Seen, parts: Parts) -> None:
    """The last parts as small pictures, the newest first; each leads to its own view."""
    st.markdown(f"**{t(f'{_PAGE}.last')}**")
    rows = range(len(seen) - 1, max(len(seen) - 1 - _LAST, -1), -1)
    with st.container(horizontal=True, gap="small"):
        for row in rows:
            with st.container(width=120, gap=None):
                _show_small(seen, parts, row)


def _show_small(seen: Seen, parts: Parts, row: int) -> None:
    verdict, name = str(seen.verdict[row]), seen.ids[row]
    key = f"{seen.key}|{name}"
    small = thumbnail(key, verdict, partial(seen.picture, row))
    word = t(f"defect_detection.verdict.{verdict}")
    st.image(small, width=112, alt=f"{name}: {word}")
    label = plain(parts.name(str(seen.label[row])))
    is_here = name in parts.row_of
    # By place on the line, so that a button stays itself while parts move on.
    key = f"defect.line.open.{row}"
    if not st.button(label, key=key, type="tertiary", help=plain(name)):
        return
    if is_here:
        look_at(parts, parts.row_of[name])
    else:
        st.session_state[_HELD] = name
    st.rerun(scope="app")


def _show_charts(seen: Seen, parts: Parts) -> None:
    from .dashboard_line_charts import yield_chart
    from .dashboard_quality_figures import pareto_chart
    from .quality.pareto import pareto

    left, right = st.columns(2, gap="medium")
    with left:
        title = t(f"{_PAGE}.yield")
        st.subheader(title, anchor=False)
        if len(seen):
            st.plotly_chart(yield_chart(seen), key="defect.line.yield", config=CHART, alt=title)
    with right:
        title = t(f"{_PAGE}.pareto")
        st.subheader(title, anchor=False)
        counts = seen.defects()
        if counts:
            named = {parts.name(label): n for label, n in counts.items()}
            figure = pareto_chart(pareto(named)[:_MOST_CLASSES], False, 250)
            st.plotly_chart(figure, key="defect.line.pareto", config=CHART, alt=title)
        else:
            st.caption(t(f"{_PAGE}.no_defects"))
