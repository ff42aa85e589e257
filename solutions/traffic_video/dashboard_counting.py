"""The view of counting: a clip, lines on its first frame, a run, and what was counted."""

from __future__ import annotations

import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.solution import find_task

PAGE = "traffic_video.counting_page"
TASK = "traffic_video/counting"


def view() -> None:
    """Draw the view below a heading that stands already."""
    st.caption(t(f"{PAGE}.caption"))
    # Imported here, so that what stands above is on the screen while the rest loads.
    from lepton_core.ui.frame import show_error
    from lepton_core.ui.loader import choose_bundle

    from .dashboard_counting_clip import choose_clip
    from .dashboard_counting_run import control
    from .dashboard_counting_scene import edit_scene

    task = find_task(TASK)
    with st.sidebar:
        st.subheader(t("ui.source.title"), anchor=False)
        place = st.container()
        st.subheader(t("ui.bundle.title"), anchor=False)
        folder = choose_bundle(task, task.default_bundle, f"ui.bundle.{task.name}")
    clip, broken = None, None
    with place:
        try:
            clip = choose_clip()
        except LeptonError as error:
            broken = error
    # Told in the middle of the page, where it is seen in a narrow window, too.
    if broken is not None:
        show_error(broken)
        return
    if clip is None:
        st.info(t(f"{PAGE}.source.nothing"), icon=":material/upload_file:")
        return
    scene, fault = edit_scene(clip)
    if fault is not None:
        show_error(fault)
    run = control(clip, scene, fault is not None, folder)
    if run is None:
        return
    from .dashboard_counting_results import show_results

    show_results(run, run.scene if scene is None else scene, clip)
