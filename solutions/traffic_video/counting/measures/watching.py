"""When the road was really seen: gaps between frames and times of trouble are taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Watched:
    """Spans of time in which the road was seen.

    Args:
        spans_us: int64 [k, 2], from and to, microseconds since 1970, in order, not overlapping.
    """

    spans_us: np.ndarray

    @classmethod
    def of(
        cls, time_us: np.ndarray, is_good: np.ndarray | None = None, gap_s: float = 2.0
    ) -> Watched:
        """From the times of frames.

        Args:
            time_us: int64 [n], each frame's time, in order.
            is_good: bool [n], whether the camera was right then; all when None.
            gap_s: a longer time between two frames was not watched.

        Example:
            >>> seen = Watched.of(np.array([0, 1, 2, 60, 61]) * 1_000_000)
            >>> (seen.spans_us // 1_000_000).tolist()
            [[0, 2], [60, 61]]
        """
        time = np.asarray(time_us, np.int64)
        if len(time) < 2:
            return cls(np.zeros((0, 2), np.int64))
        good = np.ones(len(time), bool) if is_good is None else np.asarray(is_good, bool)
        joined = (np.diff(time) <= gap_s * 1e6) & good[:-1] & good[1:]
        edges = np.flatnonzero(np.diff(np.concatenate([[False], joined, [False]]).astype(int)))
        starts, ends = edges[::2], edges[1::2]
        return cls(np.stack([time[starts], time[ends]], axis=1))

    @property
    def seconds(self) -> float:
        """Watched in all."""
        return float(np.diff(self.spans_us, axis=1).sum()) / 1e6

    def share(self, start_us: int, end_us: int) -> float:
        """Which part of a stretch of time was watched, 0 to 1."""
        low = np.maximum(self.spans_us[:, 0], start_us)
        high = np.minimum(self.spans_us[:, 1], end_us)
        return float(np.clip(high - low, 0, None).sum() / max(1, end_us - start_us))

    def seconds_in(self, start_us: int, end_us: int) -> float:
        """Seconds of a stretch of time that were watched."""
        return self.share(start_us, end_us) * (end_us - start_us) / 1e6

    def holds(self, time_us: np.ndarray) -> np.ndarray:
        """Whether each moment int64 [n] was watched, bool [n].

        Example:
            >>> Watched(np.array([[0, 4], [6, 9]])).holds(np.array([0, 5, 9, 10])).tolist()
            [True, False, True, False]
        """
        moments = np.asarray(time_us, np.int64)
        if not len(self.spans_us):
            return np.zeros(len(moments), bool)
        at = np.searchsorted(self.spans_us[:, 0], moments, side="right") - 1
        return np.asarray((at >= 0) & (moments <= self.spans_us[np.maximum(at, 0), 1]))
