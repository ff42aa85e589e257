"""Frames of a camera's stream, connected again when it breaks off."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

from lepton_core.errors import DataError
from lepton_core.images import quiet_cv2
from lepton_core.records.video_file import Shot, open_capture
from lepton_core.records.video_names import shown_address

# Seconds to wait before each further try; then the stream counts as gone.
WAITS_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0, 30.0)
_TIMEOUT_MS = 10_000


class VideoStream:
    """A stream by its address, as it comes; nothing of it can be read again.

    Times are those of this machine when a frame arrived: a camera's own begin anew with every
    connection. While the connection is lost there are no frames, and the gap shows in the times.

    Args:
        address: as ``rtsp://camera/live``.
        waits_s: seconds before each further try to connect; an end of the stream without one
            frame in between counts as a failed try.
        opener: makes OpenCV's reader of an address.
        clock: seconds since 1970.
        sleep: waits so many seconds.

    Raises:
        DataError: ``data.video_no_stream``, where it cannot be reached at first.
    """

    is_live = True
    frames_claimed: int | None = None

    def __init__(
        self,
        address: str,
        waits_s: tuple[float, ...] = WAITS_S,
        opener: Callable[[str], Any] | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._address, self._waits = address, waits_s
        self._open = opener or _open
        self._clock, self._sleep = clock, sleep
        self._capture = self._open(address)
        if not self._capture.isOpened():
            self._capture.release()
            raise DataError("data.video_no_stream", source=shown_address(address))

    def shots(self) -> Iterator[Shot]:
        """The frames as they arrive, until the stream is gone for good."""
        last = 0
        while True:
            there, picture = self._capture.read()
            if there:
                now = max(round(self._clock() * 1e6), last + 1)
                last = now
                yield Shot(_stamp(now), now, picture)
            elif not self._reconnect():
                return

    def _reconnect(self) -> bool:
        """Connect anew, with patience; a first frame is waited for, as some servers accept all."""
        for wait in self._waits:
            self._capture.release()
            self._sleep(wait)
            self._capture = self._open(self._address)
            if self._capture.isOpened() and self._capture.grab():
                return True
        return False

    def close(self) -> None:
        """Let go of the stream."""
        self._capture.release()


def _open(address: str) -> Any:
    cv2 = quiet_cv2()
    # Datagrams of a camera get lost, and a frame with them; over TCP none does.
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    capture = open_capture("")
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC]
    capture.open(address, cv2.CAP_FFMPEG, [*limits, _TIMEOUT_MS])
    return capture


def _stamp(time_us: int) -> str:
    seconds, rest = divmod(time_us, 1_000_000)
    return time.strftime("%Y%m%dT%H%M%S", time.gmtime(seconds)) + f".{rest:06d}"
