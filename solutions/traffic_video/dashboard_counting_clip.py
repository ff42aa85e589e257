"""Which clip the counting view is about: the sample, an upload, or files on this server."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import streamlit as st

from lepton_core.data.lookup import find_dataset
from lepton_core.errors import DataError
from lepton_core.messages import t
from lepton_core.ui.plain import plain

from .dashboard_counting import PAGE, TASK

FOLDER_SETTING = "LEPTON_VIDEOS"
SAMPLE, FILE, SERVER = "sample", "file", "server"
_SAMPLE_DATA = "traffic_clip_sample"
_KEY = "traffic_video.counting"
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Clip:
    """The files of one camera, in order.

    Args:
        name: what it is called on the page.
        key: differs between any two.
        paths: the files.
        frame: its first picture, uint8 [h, w, 3], red, green, blue.
        scene: a scene file that belongs to it; None without.
    """

    name: str
    key: str
    paths: tuple[Path, ...]
    frame: np.ndarray
    scene: Path | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.frame.shape[1], self.frame.shape[0]


def choose_clip() -> Clip | None:
    """Draw the choice; None where there is none yet.

    Raises:
        DataError: what was chosen cannot be read, or may not be.
    """
    kinds = (SAMPLE, FILE, SERVER)
    kind = st.radio(
        t(f"{PAGE}.source.label"),
        kinds,
        format_func=lambda one: t(f"{PAGE}.source.{one}"),
        key=f"{_KEY}.source",
        persist_state="session",
    )
    if kind == SAMPLE:
        clip = Path(find_dataset(_SAMPLE_DATA).path)
        return _clip(clip.name, SAMPLE, [clip], clip.with_name("scene.yaml"))
    return _uploaded() if kind == FILE else _on_server()


def _uploaded() -> Clip | None:
    from lepton_core.records.video_names import VIDEO_SUFFIXES

    given = st.file_uploader(
        t(f"{PAGE}.source.upload"),
        type=[suffix.lstrip(".") for suffix in VIDEO_SUFFIXES],
        accept_multiple_files=True,
        key=f"{_KEY}.upload",
        help=t(f"{PAGE}.source.upload_help"),
    )
    slot = f"{_KEY}.uploaded"
    if given:
        key = "+".join(file.file_id for file in given)
        if st.session_state.get(slot, {}).get("key") != key:
            st.session_state[slot] = {"key": key, **_kept(given)}
    kept = st.session_state.get(slot)
    if kept is None:
        return None
    name = ", ".join(path.name for path in kept["paths"])
    if not given:
        st.caption(t("ui.source.kept", name=plain(name)))
    try:
        return _clip(name, kept["key"], kept["paths"])
    except DataError as error:
        # The path of the temporary copy means nothing to the person who dropped the file.
        if "source" in error.values:
            error.values["source"] = Path(str(error.values["source"])).name
        raise


def _kept(given: Sequence[Any]) -> dict[str, Any]:
    """Copies of the files in a folder that lives as long as the session, or the next upload."""
    from lepton_core.ui.uploaded import unique_names

    folder = TemporaryDirectory(prefix="lepton-video-")
    paths = []
    for file, name in zip(given, unique_names([file.name for file in given]), strict=True):
        path = Path(folder.name, name)
        path.write_bytes(file.getbuffer())
        paths.append(path)
    return {"paths": paths, "folder": folder}


def _on_server() -> Clip | None:
    """Files below the folder of the setting; without one, any path for this machine alone."""
    from lepton_core.records.video import expand_videos
    from lepton_core.records.video_names import address_of

    root = os.environ.get(FOLDER_SETTING)
    if root:
        names = _below(Path(root)) if Path(root).is_dir() else []
        if not names:
            raise DataError(f"{PAGE}.no_videos", folder=root, setting=FOLDER_SETTING)
        chosen = st.multiselect(t(f"{PAGE}.source.files"), names, key=f"{_KEY}.files")
        given = [str(Path(root, name)) for name in chosen]
    elif (st.get_option("server.address") or "") in _LOCAL:
        text = st.text_area(
            t(f"{PAGE}.source.path"),
            key=f"{_KEY}.path",
            height=90,
            help=t(f"{PAGE}.source.path_help", setting=FOLDER_SETTING),
            placeholder="/data/camera_7/2026-11-25_07.mp4",
            persist_state="session",
        )
        given = [line.strip().strip('"') for line in (text or "").splitlines() if line.strip()]
    else:
        raise DataError(f"{PAGE}.no_folder", setting=FOLDER_SETTING)
    if not given:
        return None
    for one in given:
        if address_of(Path(one)):
            raise DataError(f"{PAGE}.no_stream", source=one)
    paths = expand_videos(given)
    names = [path.name for path in paths]
    shown = (
        names[0] if len(names) == 1 else t(f"{PAGE}.source.several", first=names[0], n=len(names))
    )
    stamps = [f"{path}:{path.stat().st_mtime_ns}" for path in paths]
    return _clip(shown, "|".join(stamps), paths)


def _below(root: Path) -> list[str]:
    """Videos in a folder, and folders with videos or frames in it, as people count."""
    from lepton_core.records.video_folder import frames_in, videos_in

    if not root.is_dir():
        return []
    found = [path.name for path in videos_in(root)]
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        if not folder.name.startswith(".") and (videos_in(folder) or frames_in(folder)):
            found.append(f"{folder.name}/")
    return found


def _clip(name: str, key: str, paths: Sequence[Path], scene: Path | None = None) -> Clip:
    frame = first_frame(str(paths[0]), paths[0].stat().st_mtime_ns)
    return Clip(name, key, tuple(paths), frame, scene)


@st.cache_data(show_spinner=False, max_entries=8)
def first_frame(path: str, stamp: int) -> np.ndarray:
    """The first picture of a file or folder that can be decoded.

    Args:
        path: of it.
        stamp: changes when the file does.

    Raises:
        DataError: nothing in it can be read.
    """
    from lepton_core.frames import frames_of
    from lepton_core.records.opening import open_records
    from lepton_core.solution import find_task

    inputs = find_task(TASK).inputs
    with open_records(path, inputs, labels=False, batch_rows=1) as reader:
        for batch in reader.batches():
            for frame in frames_of(batch.column("frame")):
                if frame is not None:
                    return np.array(frame)
    raise DataError("data.video_unreadable", source=path)
