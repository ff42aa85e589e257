"""What a fixed camera sees without the vehicles: a median over time, and what differs from it."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from .config import BlobConfig, SceneConfig

# Seconds in which every row of the median is made anew once.
_ROUND_S = 2.0
# At the start samples are this much closer together, so that there soon is a median at all.
_START_RATE = 8.0
# Of brightness a shadow leaves so much, with much the same colour (Horprasert 1999 and after).
_SHADOW = (0.5, 0.95)
_SHADOW_COLOUR = 0.06
_ONE, _LIFT = 200.0, (4.0, 4.0, 4.0, 0.0)


class Background:
    """The background of one fixed camera, learned while it is looked at.

    The median of samples taken over time (Cutler and Davis 1998). A pixel that differs from it is
    not sampled until it has differed for ``hold_s``: a queue does not fade into the road. A slow
    mean of how much each pixel differs tells leaves that move from vehicles.

    Args:
        config: how it is learned.
        blobs: from what on a pixel is foreground.
    """

    def __init__(self, config: SceneConfig, blobs: BlobConfig) -> None:
        self._config, self._blobs = config, blobs
        self._samples = np.empty((0, 0, 0, 3), np.uint8)
        self.picture = np.empty((0, 0, 3), np.uint8)
        self._spread = np.empty((0, 0), np.float32)
        self._age = np.empty((0, 0), np.float32)
        self._taken = 0
        self._last_s = self._sampled_s = self._started_s = 0.0
        self._row = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether nothing was seen yet."""
        return not self.picture.size

    @property
    def seconds(self) -> float:
        """How long it has been learned."""
        return 0.0 if self.is_empty else self._last_s - self._started_s

    def restart(self) -> None:
        """Forget all, as when the camera looks elsewhere."""
        self.__init__(self._config, self._blobs)  # type: ignore[misc]

    def step(self, frame: np.ndarray, time_s: float) -> np.ndarray:
        """What is foreground in the next frame; the frame is learned from.

        Args:
            frame: uint8 [h, w, 3], light and shaking made alike, always of one size.
            time_s: when it was taken; later than the one before.

        Returns:
            uint8 [h, w]: 255 what differs from the background, 127 what may be a shadow, else 0.
        """
        if self.is_empty:
            self._begin(frame, time_s)
            return np.zeros(frame.shape[:2], np.uint8)
        gap = min(max(time_s - self._last_s, 0.0), 1.0)
        self._last_s = time_s
        most = _highest(cv2.absdiff(frame, self.picture))
        limit = cv2.max(self._spread * self._blobs.spreads, self._blobs.contrast)
        mask = cv2.compare(most, cv2.convertScaleAbs(limit), cv2.CMP_GT)
        mask[cv2.bitwise_and(mask, self._shadows(frame)) > 0] = 127
        self._learn(frame, most, mask == 255, gap, time_s)
        return mask

    def _begin(self, frame: np.ndarray, time_s: float) -> None:
        self._samples = np.repeat(frame[None], self._config.samples, axis=0)
        self.picture = frame.copy()
        self._spread = np.full(frame.shape[:2], 3.0, np.float32)
        self._age = np.zeros(frame.shape[:2], np.float32)
        self._taken = 1
        self._last_s = self._sampled_s = self._started_s = time_s

    def _shadows(self, frame: np.ndarray) -> np.ndarray:
        """Where a pixel is the background, only darker, uint8 [h, w]: 255 or 0."""
        # In whole numbers, at many times the speed: a ratio of one is 200.
        lifted = cv2.add(frame, _LIFT), cv2.add(self.picture, _LIFT)
        ratio = cv2.divide(*lifted, scale=_ONE)
        low, high = _lowest(ratio), _highest(ratio)
        same_colour = cv2.compare(cv2.subtract(high, low), _SHADOW_COLOUR * _ONE, cv2.CMP_LT)
        darker = cv2.compare(low, _SHADOW[0] * _ONE, cv2.CMP_GT)
        not_lighter = cv2.compare(high, _SHADOW[1] * _ONE, cv2.CMP_LT)
        return cv2.bitwise_and(cv2.bitwise_and(same_colour, darker), not_lighter)

    def _learn(
        self, frame: np.ndarray, most: np.ndarray, foreground: np.ndarray, gap: float, now: float
    ) -> None:
        share = 1.0 - np.exp(-gap / 4.0)
        # What differs widens its limit but slowly, or a busy lane would go blind.
        seen = cv2.min(most.astype(np.float32), 2.0 * self._spread + 4.0)
        seen -= self._spread
        seen *= np.where(foreground, np.float32(0.1 * share), np.float32(share))
        self._spread += seen
        self._age *= np.where(foreground, np.float32(1.0), np.float32(1.0 - min(gap * 4, 0.5)))
        self._age += foreground * np.float32(gap)
        is_start = self._taken < self._config.samples
        wait = self._config.every_s / (_START_RATE if is_start else 1.0)
        if now - self._sampled_s >= wait:
            self._sample(frame, foreground, is_start)
            self._sampled_s = now
        if not is_start:
            self._renew(gap)

    def _sample(self, frame: np.ndarray, foreground: np.ndarray, is_start: bool) -> None:
        taken = frame
        if not is_start:
            kept = foreground & (self._age < self._config.hold_s)
            taken = np.where(kept[..., None], self.picture, frame)
        self._samples[self._taken % len(self._samples)] = taken
        self._taken += 1
        # A median of few samples is soon made; of many, row by row as time goes on.
        if self._taken in (3, 5, 9, 15, len(self._samples)):
            self.picture = _median(self._samples[: self._taken])

    def _renew(self, gap: float) -> None:
        height = len(self.picture)
        end = self._row + height * gap / _ROUND_S
        rows = slice(int(self._row), min(int(end), height))
        if rows.stop > rows.start:
            self.picture[rows] = _median(self._samples[:, rows])
        self._row = 0.0 if end >= height else end

    def export(self) -> dict[str, np.ndarray]:
        """All that is remembered, as plain arrays."""
        return {
            "samples": self._samples.copy(),
            "picture": self.picture.copy(),
            "spread": self._spread.copy(),
            "age": self._age.copy(),
            "taken": np.array(self._taken, np.int64),
            "times": np.array([self._last_s, self._sampled_s, self._started_s, self._row]),
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what :meth:`export` gave."""
        self._samples, self.picture = arrays["samples"].copy(), arrays["picture"].copy()
        self._spread, self._age = arrays["spread"].copy(), arrays["age"].copy()
        self._taken = int(arrays["taken"])
        self._last_s, self._sampled_s, self._started_s, self._row = arrays["times"].tolist()


def _highest(picture: np.ndarray) -> np.ndarray:
    """The highest of the three colours of each pixel, [h, w]."""
    red, green, blue = cv2.split(picture)
    return cv2.max(cv2.max(red, green), blue)


def _lowest(picture: np.ndarray) -> np.ndarray:
    red, green, blue = cv2.split(picture)
    return cv2.min(cv2.min(red, green), blue)


def _median(samples: np.ndarray) -> np.ndarray:
    """The middle value over the first axis, uint8; the lower one of two.

    Its bits are found one by one, from the highest on: it is the largest value that enough samples
    reach. Eight passes over whole bytes are several times faster than putting samples in order.

    Example:
        >>> _median(np.array([[9, 250], [4, 7], [5, 8], [5, 255]], np.uint8)).tolist()
        [5, 8]
    """
    enough = len(samples) - (len(samples) - 1) // 2
    kind = np.uint8 if len(samples) < 256 else np.uint32
    found = np.zeros(samples.shape[1:], np.uint8)
    for bit in (128, 64, 32, 16, 8, 4, 2, 1):
        tried = found | np.uint8(bit)
        reach = np.add.reduce((samples >= tried).view(np.uint8), axis=0, dtype=kind)
        found = np.where(reach >= enough, tried, found)
    return found
