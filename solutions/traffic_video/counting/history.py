"""What is remembered of one camera from frame to frame: the scene, the vehicles, the clock."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .camera import Camera
from .config import CLASSICAL, Config
from .tracker import Tracker

# Where the gap between two frames is not known yet.
_USUAL_US = 40_000
# A frame is late enough for the detector from this share of the wanted gap on: of 30 frames a
# second every second one is wanted for 15 a second, also where times are a little off.
_EARLY = 0.9


class Clock:
    """One time for all files of a camera, of which each may begin anew at nought."""

    def __init__(self) -> None:
        self.source = ""
        self._last: int | None = None
        self._shift = 0
        self._gap = _USUAL_US

    def take(self, source: str, time_us: int) -> int | None:
        """The time of the next frame, later than the one before.

        Args:
            source: the file that it is of. Where another one begins earlier than the last one
                ended, it goes on behind it.
            time_us: as its own file tells.

        Returns:
            microseconds since 1970; None for a frame that is earlier than the one before it in
            the same file.
        """
        time = time_us + self._shift
        if self._last is not None and time <= self._last:
            if source == self.source:
                return None
            self._shift = self._last + self._gap - time_us
            time = time_us + self._shift
        elif self._last is not None and source == self.source:
            self._gap = time - self._last
        self.source, self._last = source, time
        return time

    def export(self) -> dict[str, np.ndarray]:
        """All that is remembered, as plain arrays."""
        last = -1 if self._last is None else self._last
        text = np.frombuffer(self.source.encode(), np.uint8).copy()
        return {"times": np.array([last, self._shift, self._gap], np.int64), "source": text}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what :meth:`export` gave."""
        last, self._shift, self._gap = arrays["times"].tolist()
        self._last = None if last < 0 else last
        self.source = arrays["source"].tobytes().decode()


class CameraHistory:
    """The memory of one camera.

    Args:
        config: all settings.
    """

    def __init__(self, config: Config) -> None:
        self.clock = Clock()
        self.camera = Camera(config.scene, config.blobs)
        self.tracker = Tracker(config.tracks, config.blobs)
        self.size = (0, 0)
        self._gap_us = 0.0 if config.detector == CLASSICAL else 1e6 / config.detector_fps
        self._asked_us: int | None = None

    def ask(self, time_us: int, is_wanted: bool = False) -> bool:
        """Whether the detector is asked about the frame of a time; remembered if so.

        Args:
            time_us: of the frame, microseconds since 1970.
            is_wanted: whether it is asked in any case.
        """
        last = self._asked_us
        if not is_wanted and last is not None and time_us - last < _EARLY * self._gap_us:
            return False
        self._asked_us = time_us
        return True

    def look_at(self, size: tuple[int, int]) -> None:
        """Begin anew where frames of another height and width come."""
        if self.size not in ((0, 0), size):
            self.camera.restart()
        self.size = size

    def export(self) -> dict[str, np.ndarray]:
        """The whole memory as plain arrays."""
        asked = -1 if self._asked_us is None else self._asked_us
        found = {"size": np.array(self.size, np.int64), "asked": np.array(asked, np.int64)}
        for name in ("clock", "camera", "tracker"):
            part = getattr(self, name).export()
            found |= {f"{name}.{key}": values for key, values in part.items()}
        return found

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what :meth:`export` gave."""
        height, width = arrays["size"].tolist()
        self.size = (height, width)
        asked = int(arrays["asked"])
        self._asked_us = None if asked < 0 else asked
        for name in ("clock", "camera", "tracker"):
            start = f"{name}."
            below = {k.removeprefix(start): a for k, a in arrays.items() if k.startswith(start)}
            getattr(self, name).restore(below)
