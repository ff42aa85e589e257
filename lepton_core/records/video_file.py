"""Frames of a video file, each with the time that its container gives it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lepton_core.errors import DataError
from lepton_core.images import quiet_cv2
from lepton_core.records.video_names import moment_in

# Packets that may fail one after the other before the file counts as ended: OpenCV does not tell
# an end from a damage, but goes on behind the damage when asked again.
_MOST_FAILURES = 250
# Some containers tell their number of frames only as length times rate, so a few may lack.
_SHARE_THERE = 0.98


@dataclass(frozen=True)
class Shot:
    """One frame as it was read.

    Args:
        name: what it is called behind its source: a number of six digits, or a file's name.
        time_us: when it was taken, microseconds since 1970, UTC.
        picture: uint8 [height, width, 3], blue first, as OpenCV gives it; it may be overwritten by
            the next one. None where it could not be decoded.
        mask: uint8 [height, width], what is true of it, where that is known.
    """

    name: str
    time_us: int
    picture: np.ndarray | None
    mask: np.ndarray | None = None


class VideoFile:
    """A video file that can be read.

    Times are those of the container (presentation time stamps), so that variable and low frame
    rates come out right; where there are none, or they do not grow, the nominal rate goes on from
    the last one. They count from the date and time in the file's name, from 1970 without.

    Args:
        path: the file.

    Raises:
        DataError: ``data.no_file``, ``data.video_empty``, ``data.video_unreadable`` or
            ``data.video_codec``.
    """

    is_live = False

    def __init__(self, path: Path) -> None:
        try:
            size = path.stat().st_size
        except OSError as error:
            raise DataError("data.no_file", source=path) from error
        if not size:
            raise DataError("data.video_empty", source=path)
        self._path = path
        self._capture = open_capture(str(path))
        if not self._capture.isOpened():
            self.close()
            raise DataError("data.video_unreadable", source=path)
        cv2 = quiet_cv2()
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = rate if math.isfinite(rate) and 0 < rate <= 1000 else 0.0
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        # What a container claims: as length times rate, or from its index.
        self.frames_claimed = int(count) if math.isfinite(count) and 0 < count < 1e9 else None
        self._failed_before = self._grab()
        if self._failed_before is None:
            codec = _code(self._capture.get(cv2.CAP_PROP_FOURCC))
            self.close()
            raise DataError("data.video_codec", source=path, codec=codec)

    def shots(self) -> Iterator[Shot]:
        """The frames in order, once; one without picture for each that could not be decoded."""
        cv2 = quiet_cv2()
        start = moment_in(self._path.name) or 0
        step = round(1e6 / (self.fps or 25.0))
        number, last, failed = 0, start - step, self._failed_before
        first_ms = self._capture.get(cv2.CAP_PROP_POS_MSEC)
        while failed is not None:
            for _ in range(failed):
                last += step
                yield Shot(f"{number:06d}", last, None)
                number += 1
            there, picture = self._capture.retrieve()
            stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) - first_ms
            time = start + round(stamp * 1000) if math.isfinite(stamp) else last + step
            # Equal or falling stamps occur in streams that were cut together.
            last = time if time > last else last + step
            yield Shot(f"{number:06d}", last, picture if there else None)
            number += 1
            failed = self._grab()
        if self._is_cut_off(number, last - start, step):
            yield Shot(f"{number:06d}", last + step, None)

    def close(self) -> None:
        """Let go of the file."""
        self._capture.release()

    def _grab(self) -> int | None:
        """Step to the next frame: how many failed before it; None at the end."""
        for failed in range(_MOST_FAILURES):
            if self._capture.grab():
                return failed
        return None

    def _is_cut_off(self, seen: int, length_us: int, step: int) -> bool:
        """Whether the container claims clearly more frames than there were, at its own rate."""
        if self.frames_claimed is None or not self.fps or seen < 2:
            return False
        is_steady = abs(length_us / (seen - 1) - step) < 0.2 * step
        return is_steady and seen < _SHARE_THERE * self.frames_claimed - 1


def open_capture(source: str) -> Any:
    """OpenCV's reader of a file or address, which keeps to itself what FFmpeg says of damages."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2 = quiet_cv2()
    return cv2.VideoCapture(source, cv2.CAP_FFMPEG)


def _code(fourcc: float) -> str:
    value = int(fourcc) if math.isfinite(fourcc) and fourcc > 0 else 0
    text = value.to_bytes(8, "little")[:4].decode("latin-1").strip("\0 ")
    return text if text.isprintable() and text else "-"
