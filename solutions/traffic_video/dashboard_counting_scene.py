"""Lines, zones, lanes and the calibration of a clip, drawn on its first frame."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from lepton_core.errors import DataError, LeptonError
from lepton_core.messages import t
from lepton_core.ui.picture_uri import encoded
from lepton_core.ui.plain import plain
from lepton_core.ui.shape_editor import edit_shapes

from .counting.measures.scene_file import SceneFile, read_scene, scene_of, tree_of
from .dashboard_counting import PAGE
from .dashboard_counting_clip import Clip
from .dashboard_counting_shapes import FORMS, GROUND, kinds, merged, shapes_of
from .dashboard_counting_tables import edit_tables

_KEY = "traffic_video.counting"
# How small and how large a rectangle on the road may be, metres.
_LEAST_M, _ACROSS_M, _ALONG_M = 0.5, 200.0, 1000.0


def edit_scene(clip: Clip) -> tuple[SceneFile | None, LeptonError | None]:
    """Draw the editor.

    Args:
        clip: on whose first frame is drawn.

    Returns:
        the scene as it stands, and None; or what is wrong with it.
    """
    draft = _draft(clip)
    st.subheader(t(f"{PAGE}.scene.title"), anchor=False)
    width, height = clip.size
    st.caption(t(f"{PAGE}.scene.about", name=plain(clip.name), width=width, height=height))
    # A frame as high as the window would push all else out of it.
    share = 7 if width >= height else 5
    left, right = st.columns([share, 5], gap="medium")
    with left:
        kind = st.segmented_control(
            t(f"{PAGE}.scene.kind"),
            list(FORMS),
            default="line",
            required=True,
            format_func=lambda one: t(f"{PAGE}.scene.{one}"),
            key=f"{_KEY}.kind",
            label_visibility="collapsed",
        )
        if kind == GROUND:
            _ground(draft, f"{clip.key}:{draft['version']}")
        told = edit_shapes(
            _picture(clip.key, clip.frame),
            clip.size,
            shapes_of(draft["tree"]),
            f"{clip.key}:{draft['version']}",
            f"{_KEY}.editor",
            kind=str(kind),
            kinds=kinds(),
            alt=t(f"{PAGE}.scene.alt", name=plain(clip.name)),
        )
        draft["tree"] = merged(draft["tree"], told, draft["ground"])
    with right:
        changed = edit_tables(draft["tree"], f"{clip.key}:{draft['version']}")
        _files(clip, draft)
    if changed is not None:
        _put(draft, changed)
        st.rerun()
    try:
        return scene_of(draft["tree"], t(f"{PAGE}.scene.drawn")), None
    except DataError as error:
        return None, error


def _draft(clip: Clip) -> dict[str, Any]:
    """What the session holds of a clip's scene: its tree, and how often it was begun anew."""
    kept: dict[str, dict[str, Any]] = st.session_state.setdefault(f"{_KEY}.scenes", {})
    if clip.key not in kept:
        width, height = clip.size
        tree: dict[str, Any] = {"frame": {"width": width, "height": height}}
        if clip.scene is not None:
            tree = tree_of(read_scene(clip.scene))
        ground = _extent(tree, (7.0, 30.0))
        kept[clip.key] = {"tree": tree, "version": 0, "ground": ground}
    return kept[clip.key]


def _put(draft: dict[str, Any], tree: dict[str, Any]) -> None:
    draft["tree"] = tree
    draft["version"] += 1
    draft["ground"] = _extent(tree, draft["ground"])


def _extent(tree: dict[str, Any], usual: tuple[float, float]) -> tuple[float, float]:
    """Metres across and along of the calibrated rectangle; the usual ones where there is none."""
    try:
        calibration = scene_of(tree).calibration
    except DataError:
        return usual  # said where the scene is checked
    if calibration is None:
        return usual
    first, second, third, _ = calibration.metres
    across, along = math.dist(first, second), math.dist(second, third)
    return min(max(across, _LEAST_M), _ACROSS_M), min(max(along, _LEAST_M), _ALONG_M)


def _ground(draft: dict[str, Any], key: str) -> None:
    """How large the rectangle on the road is, of which four corners are clicked."""
    st.caption(t(f"{PAGE}.scene.ground_help"))
    with st.container(horizontal=True):
        across, along = draft["ground"]
        width = st.number_input(
            t(f"{PAGE}.scene.across"), _LEAST_M, _ACROSS_M, across, 0.5, key=f"{_KEY}.across.{key}"
        )
        length = st.number_input(
            t(f"{PAGE}.scene.along"), _LEAST_M, _ALONG_M, along, 1.0, key=f"{_KEY}.along.{key}"
        )
    if (width, length) != (across, along):
        draft["ground"] = (width, length)
        old = draft["tree"].get("calibration")
        if old is not None:
            metres = [[0.0, 0.0], [width, 0.0], [width, length], [0.0, length]]
            draft["tree"] = {**draft["tree"], "calibration": {**old, "metres": metres}}


def _files(clip: Clip, draft: dict[str, Any]) -> None:
    """A scene file brought or taken away."""
    import yaml

    with st.expander(t(f"{PAGE}.scene.file"), icon=":material/description:"):
        given = st.file_uploader(
            t(f"{PAGE}.scene.upload"), type=["yaml", "yml"], key=f"{_KEY}.yaml.{clip.key}"
        )
        if given is not None and draft.get("file") != given.file_id:
            draft["file"] = given.file_id
            draft["file_error"] = None
            try:
                tree = yaml.safe_load(given.getvalue().decode("utf-8"))
                scene = scene_of(tree, given.name)
                if (scene.width, scene.height) != clip.size:
                    raise DataError(
                        "traffic_video.scene.other_frame",
                        scene=f"{scene.width} x {scene.height}",
                        frame=f"{clip.size[0]} x {clip.size[1]}",
                    )
                _put(draft, tree_of(scene))
            except (UnicodeDecodeError, yaml.YAMLError) as error:
                reason = " ".join(str(error).split())
                key = "traffic_video.scene.unreadable"
                draft["file_error"] = DataError(key, path=given.name, reason=reason)
            except DataError as error:
                draft["file_error"] = error
            st.rerun()
        if given is not None and draft.get("file_error") is not None:
            from lepton_core.ui.frame import show_error

            show_error(draft["file_error"])
        st.download_button(
            t(f"{PAGE}.scene.download"),
            yaml.safe_dump(draft["tree"], sort_keys=False, allow_unicode=True),
            "scene.yaml",
            "application/yaml",
            icon=":material/download:",
            on_click="ignore",
            key=f"{_KEY}.scene_down",
        )


@st.cache_data(show_spinner=False, max_entries=8)
def _picture(key: str, _frame: Any) -> str:
    return encoded(_frame)
