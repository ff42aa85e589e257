"""Starts, shows and stops a run; it counts beside the page, which stays usable."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.figures import Figure, show_figures
from lepton_core.ui.frame import show_error
from lepton_core.ui.language import use_language

from .counting.measures.scene_file import SceneFile
from .counting.running import VIDEOS, CountingRun
from .dashboard_counting import PAGE
from .dashboard_counting_clip import Clip

_KEY = "traffic_video.counting"
_SLOT = f"{_KEY}.run"


def control(
    clip: Clip, scene: SceneFile | None, is_broken: bool, folder: Path
) -> CountingRun | None:
    """Draw the button, the run's progress, and how it ended.

    Args:
        clip: to count in.
        scene: what was drawn.
        is_broken: whether that cannot be used.
        folder: of the bundle.

    Returns:
        a finished run of this clip with rows to show; None where there is none.
    """
    from lepton_core.ui.loader import load

    kept = st.session_state.get(_SLOT)
    run: CountingRun | None = kept["run"] if kept is not None and kept["clip"] == clip.key else None
    if kept is not None and run is None:
        # Another clip was chosen: nobody waits for that one any more.
        kept["run"].stop()
        del st.session_state[_SLOT]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        video = st.segmented_control(
            t(f"{PAGE}.run.video"),
            VIDEOS,
            default=VIDEOS[0],
            required=True,
            format_func=lambda one: t(f"{PAGE}.run.{one}"),
            key=f"{_KEY}.video",
            help=t(f"{PAGE}.run.video_help"),
        )
        is_running = run is not None and run.is_running
        pressed = st.button(
            t(f"{PAGE}.run.start" if run is None else f"{PAGE}.run.again"),
            type="primary",
            icon=":material/play_arrow:",
            disabled=is_running or is_broken,
            key=f"{_KEY}.start",
        )
    if scene is not None and not scene.lines:
        st.info(t(f"{PAGE}.run.no_lines"), icon=":material/edit:")
    if pressed and scene is not None:
        run = CountingRun(load(folder), clip.paths, scene, str(video)).start()
        st.session_state[_SLOT] = {"clip": clip.key, "run": run}
        st.rerun()
    if run is None:
        return None
    if run.is_running:
        st.fragment(_progress, run_every=1.0)(run)
        return None
    return _ended(run, clip)


def _progress(run: CountingRun) -> None:
    """How far it is, drawn anew each second alone."""
    # A fragment's rerun has a thread of its own.
    use_language()
    run.look()
    if not run.is_running:
        st.rerun()
    share = min(run.frames / run.total, 1.0) if run.total else 0.0
    seconds = max(run.seconds, 1e-3)
    frames, total = f"{run.frames:,}", f"{run.total:,}" if run.total else "?"
    rate = run.frames / seconds
    st.progress(share, t(f"{PAGE}.run.progress", frames=frames, total=total, rate=rate))
    figures = [Figure(t(f"{PAGE}.run.vehicles"), f"{run.vehicles}")]
    for line in run.scene.lines:
        for way in (line.to_right, line.to_left):
            if way:
                count = run.so_far.get((line.name, way), 0)
                figures.append(Figure(f"{line.name}: {way}", f"{count}"))
    show_figures(figures[:8])
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(t(f"{PAGE}.run.stop"), icon=":material/stop:", key=f"{_KEY}.stop"):
            run.stop()
        st.caption(t(f"traffic_video.counting.state.{run.camera}"), width="content")


def _ended(run: CountingRun, clip: Clip) -> CountingRun | None:
    if run.error is not None:
        if "source" in run.error.values:
            run.error.values["source"] = Path(str(run.error.values["source"])).name
        show_error(run.error)
    if run.was_stopped:
        frames = f"{run.frames:,}"
        st.warning(t(f"{PAGE}.run.stopped", frames=frames), icon=":material/stop_circle:")
    if len(run.rejects):
        first = next(iter(run.rejects))
        key, values = first.reasons[0]
        reason = t(f"reject.{key}", **values)
        told = t(f"{PAGE}.run.refused", n=len(run.rejects), first=first.record_id, reason=reason)
        st.warning(told, icon=":material/broken_image:")
    if run.rows is None:
        if run.error is None:
            st.error(t("traffic_video.counting.note.no_frames"), icon=":material/error:")
        return None
    return run
