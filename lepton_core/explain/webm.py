"""Writes pictures as a video that plays in a browser: VP8 in WebM, which OpenCV encodes alone."""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from lepton_core.errors import DataError
from lepton_core.images import quiet_cv2

# OpenCV lets nobody choose how many bits its encoder spends, and it spends all that helps: what
# makes a file smaller is fewer pictures. So many a second show how something drives.
_LEAST_RATE, _MOST_RATE = 1.0, 15.0
# Pictures that are waited for before the rate is decided.
_WAIT = 12
# A longer time without a picture is not shown: the video goes on with the next one.
_LONGEST_GAP_S = 2.0
_opening = threading.Lock()


class WebmWriter:
    """A video whose pictures are shown at their times.

    The rate is that of the first pictures; of faster ones every second, third... is shown, so that
    there are at most 15 a second. Where pictures come slower one is shown longer.

    Args:
        path: of the file; its name ends in ``.webm``. It is whole after :meth:`close`.

    Raises:
        DataError: ``explain.no_video`` at the first pictures, where the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: object | None = None
        self._held: list[tuple[float, np.ndarray]] = []
        self._size = (0, 0)
        # The rate, and of how many pictures one is shown.
        self._fps, self._each = 0.0, 1
        self._start_s = 0.0
        self._last: tuple[float, np.ndarray] | None = None
        self._written = 0

    def add(self, picture: np.ndarray, time_s: float) -> None:
        """The next picture.

        Args:
            picture: uint8 [h, w, 3], red, green, blue; h and w even. One of another size than the
                first is stretched to it.
            time_s: when it is shown, later than the one before.
        """
        if self._writer is None:
            self._held.append((time_s, picture))
            if len(self._held) == _WAIT:
                self._open()
            return
        self._show(picture, time_s)

    def close(self) -> None:
        """Finish the file. Nothing is written where no picture came."""
        if self._writer is None and self._held:
            self._open()
        if self._writer is not None:
            self._writer.release()  # type: ignore[attr-defined]
            self._writer = None

    def _open(self) -> None:
        times = [time for time, _ in self._held]
        gaps = np.diff(times)
        gaps = gaps[gaps > 0]
        rate = 1.0 / float(np.median(gaps)) if len(gaps) else 25.0
        rate = max(rate, _LEAST_RATE)
        # A thousandth more is the rounding of time stamps, no faster camera.
        self._each = math.ceil(rate / _MOST_RATE - 1e-3)
        self._fps = rate / self._each
        height, width = self._held[0][1].shape[:2]
        self._size, self._start_s = (width, height), times[0]
        cv2 = quiet_cv2()
        code = cv2.VideoWriter.fourcc(*"VP80")
        with _opening, _quiet_stderr():
            writer = cv2.VideoWriter(str(self._path), cv2.CAP_FFMPEG, code, self._fps, self._size)
        if not writer.isOpened():
            raise DataError("explain.no_video", path=self._path)
        self._writer = writer
        held, self._held = self._held, []
        for time, picture in held:
            self._show(picture, time)

    def _show(self, picture: np.ndarray, time_s: float) -> None:
        if self._last is not None and time_s - self._last[0] > _LONGEST_GAP_S:
            self._start_s += time_s - self._last[0] - 1.0 / self._fps
        # A picture that comes up to half a gap of the camera early is still that of its turn.
        due = math.floor((time_s - self._start_s) * self._fps + 0.5 / self._each)
        # What stood before goes on until now.
        while self._last is not None and self._written < due:
            self._put(self._last[1])
        if self._written == due:
            self._put(picture)
        self._last = (time_s, picture)

    def _put(self, picture: np.ndarray) -> None:
        cv2 = quiet_cv2()
        if picture.shape[1::-1] != self._size:
            picture = cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA)
        self._writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))  # type: ignore[union-attr]
        self._written += 1


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """OpenCV warns of a tag that WebM does not have, whatever its log level; all is well."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)
