"""A folder of pictures as the frames of a video."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from lepton_core.errors import DataError
from lepton_core.images import quiet_cv2
from lepton_core.records.annotation.mask_files import FOLDERS
from lepton_core.records.picture_files import is_picture
from lepton_core.records.video_file import Shot
from lepton_core.records.video_names import frame_times, is_video, last_number, natural

# Where nothing tells it: the usual rate of cameras in America; 25 in Europe.
ASSUMED_FPS = 30.0


def frames_in(folder: Path) -> list[str]:
    """Names of the pictures directly in a folder, as people count; hidden ones left out."""
    return _names(folder, is_picture)


def videos_in(folder: Path) -> list[Path]:
    """The video files directly in a folder, as people count: those of one camera, in order."""
    return [folder / name for name in _names(folder, is_video)]


class FrameFolder:
    """The pictures of a folder, in the order of their numbers.

    Args:
        folder: where they stand.
        fps: frames a second, where their names tell no times; ``ASSUMED_FPS`` when None.
        masks: whether true masks are looked for: in a folder beside it with one of the usual names
            (``groundtruth``, ``masks``...), under the same number.

    Raises:
        DataError: ``data.video_no_frames``.
    """

    is_live = False

    def __init__(self, folder: Path, fps: float | None = None, masks: bool = False) -> None:
        self.fps = fps or ASSUMED_FPS
        self._masks = _masks_beside(folder) if masks else {}
        self._folder, self._names = folder, frames_in(folder)
        if not self._names:
            raise DataError("data.video_no_frames", source=folder)
        self.frames_claimed: int | None = len(self._names)

    def shots(self) -> Iterator[Shot]:
        """The frames in order; one without picture for each file that cannot be decoded."""
        cv2 = quiet_cv2()
        for name, time in zip(self._names, frame_times(self._names, self.fps), strict=True):
            picture = None
            try:
                data = np.fromfile(self._folder / name, np.uint8)
                picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
            except (OSError, cv2.error):
                pass  # told as a frame that cannot be decoded
            yield Shot(name, time, picture, self._mask(name))

    def _mask(self, name: str) -> np.ndarray | None:
        number = last_number(name)
        path = None if number is None else self._masks.get(number)
        if path is None:
            return None
        cv2 = quiet_cv2()
        return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)

    def close(self) -> None:
        """Nothing is held open."""


def _masks_beside(folder: Path) -> dict[int, Path]:
    """Number -> mask of the folder of masks beside a folder of frames; none where there is none."""
    for name in FOLDERS:
        beside = folder.resolve().parent / name
        if beside.is_dir() and beside != folder.resolve():
            numbered = ((last_number(found), beside / found) for found in frames_in(beside))
            return {number: path for number, path in numbered if number is not None}
    return {}


def _names(folder: Path, wanted: Callable[[str], bool]) -> list[str]:
    try:
        found = [entry.name for entry in os.scandir(folder) if not entry.is_dir()]
    except OSError as error:
        reason = error.strerror or error
        raise DataError("data.no_access", source=folder, reason=reason) from error
    return sorted((n for n in found if wanted(n) and not n.startswith((".", "_"))), key=natural)
