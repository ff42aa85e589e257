"""What a camera gives, frame by frame: the scene made steady, and whether it can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from .background import Background
from .config import BlobConfig, SceneConfig
from .motion import STILL, CameraMotion, Lately, Motion

STATES = (*("ok", "warming", "shaking", "moving", "frozen", "gap", "dark", "glare", "covered"),)
"""What ``camera`` says: all well; background still learned; shakes (taken out); moved; stream
stands still; frames are missing; night; blinded; nothing to see."""
TRUSTED = ("ok", "shaking")

# Beyond so many picture widths the camera has moved, not shaken.
_MOST_SHAKE = 0.08
# Fewer points in agreement: it is not the same scene, or it cannot be told. So many that stay where
# they were, to a pixel, are the same scene, whatever hides the others: a queue, a lorry.
_LEAST_AGREE, _STAND_AGREE, _STAND_PX = 0.35, 0.2, 1.0
# So alike, whatever points say, are pictures of one place.
_ALIKE = 0.5
# In the dark they are no more alike than noise and headlights leave them: such a part of how alike
# frames of a moment are. Places that are not one are alike by .05 at most.
_DARK_ALIKE = 0.3
# Seconds that a camera looks elsewhere before that is its new place.
_SETTLE_S = 0.5
# Of a frame's usual distance, from what on frames are missing; and seconds at least.
_GAP, _GAP_S = 3.5, 0.5
# Light within which a change is an exposure that follows clouds and headlights.
_GAIN = (0.4, 2.5)
_CALM_GAIN = 0.02
# Grey levels by which two frames of a living camera differ at least, by noise.
_ALIVE = 0.02


@dataclass(frozen=True)
class Seen:
    """One frame, made steady.

    Args:
        picture: uint8 [h, w, 3], shaking and exposure taken out.
        foreground: uint8 [h, w] of :meth:`.background.Background.step`.
        state: number of one of ``STATES``.
        restarted: whether the scene is another than before: nothing goes on.
        motion: how the camera stood, which was taken out of the picture.
    """

    picture: np.ndarray
    foreground: np.ndarray
    state: int
    restarted: bool
    motion: Motion = STILL


class Camera:
    """The memory of one camera: background, motion, light, the flow of its frames.

    Args:
        config: how frames are prepared.
        blobs: from what on a pixel is foreground.
    """

    def __init__(self, config: SceneConfig, blobs: BlobConfig) -> None:
        self._config = config
        self.background = Background(config, blobs)
        self._motion, self._lately = CameraMotion(), Lately()
        self._before = np.empty((0, 0), np.uint8)
        # Time of the last frame; usual gap; since when still, elsewhere, looked at.
        self._last_s = self._usual_s = self._changed_s = np.nan
        self._away_s = self._looked_s = np.nan

    def step(self, frame: np.ndarray, time_s: float) -> Seen:
        """The next frame.

        Args:
            frame: uint8 [h, w, 3], shrunk; of one size until :meth:`restart`.
            time_s: when it was taken; later than the one before.
        """
        is_gap = self._has_gap(time_s)
        is_frozen = self._is_frozen(frame, time_s)
        restarted = self.background.is_empty
        motion = self._where(frame)
        restarted |= self._has_settled(frame, motion, time_s)
        self._lately.step(frame, time_s)
        if restarted:
            self.background.restart()
            self._motion.look_at(frame)
            self._looked_s, self._away_s, motion = time_s, np.nan, STILL
        is_away = np.isfinite(self._away_s)
        if motion.known and not is_away and motion.agree < _LEAST_AGREE:
            motion = STILL  # nothing is known of how it stands
        picture = frame if is_away else motion.undone(frame)
        lit = self._exposed(picture)
        if is_frozen or is_away:
            foreground = np.zeros(frame.shape[:2], np.uint8)
        else:
            foreground = self.background.step(lit, time_s)
            self._look_again(time_s)
        state = self._state(frame, motion, is_away, is_frozen, is_gap)
        motion = STILL if is_away else motion
        return Seen(lit, foreground, STATES.index(state), restarted, motion)

    def restart(self) -> None:
        """Forget all: frames of another size, or another camera, come next."""
        self.background.restart()
        self._motion, self._lately = CameraMotion(), Lately()
        self._before = np.empty((0, 0), np.uint8)
        self._last_s = self._usual_s = self._changed_s = np.nan
        self._away_s = self._looked_s = np.nan

    def _has_gap(self, time_s: float) -> bool:
        gap = time_s - self._last_s
        self._last_s = time_s
        if not np.isfinite(gap):
            return False
        if not np.isfinite(self._usual_s):
            self._usual_s = gap
            return False
        is_gap = gap > max(_GAP * self._usual_s, _GAP_S)
        # A gap is no rate; but a rate that has changed for good becomes the usual one.
        self._usual_s += (0.02 if is_gap else 0.1) * (gap - self._usual_s)
        return is_gap

    def _is_frozen(self, frame: np.ndarray, time_s: float) -> bool:
        small = cv2.resize(frame[..., 1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_NEAREST)
        same = (
            small.shape == self._before.shape
            and cv2.norm(small, self._before, cv2.NORM_L1) < _ALIVE * small.size
        )
        self._before = small
        if not same or not np.isfinite(self._changed_s):
            self._changed_s = time_s
        return time_s - self._changed_s >= self._config.frozen_s

    def _where(self, frame: np.ndarray) -> Motion:
        if not self._config.stabilise or not self._motion.has_reference:
            return STILL
        return self._motion.step(frame)

    def _has_settled(self, frame: np.ndarray, motion: Motion, time_s: float) -> bool:
        """Whether the camera has looked elsewhere for so long that this is its place now."""
        width = self._before.shape[1] * 2
        few = motion.agree < (_STAND_AGREE if motion.moved < _STAND_PX else _LEAST_AGREE)
        lost = motion.known and (few or motion.moved > _MOST_SHAKE * width)
        # Rain, lamps and crowds hide points, and leave the picture much as it was. The darker it
        # is, the more of it is noise and lamps that drive by.
        light = min(float(self._before.mean()) / max(2.0 * self._config.dark, 1.0), 1.0)
        if lost:
            found = self._motion.alike(frame)
            lost = found < _ALIKE * light
            if light < 1.0 and lost:
                lost = found < _DARK_ALIKE * self._lately.alike(frame)
        if not lost:
            self._away_s = np.nan
            return False
        if not np.isfinite(self._away_s):
            self._away_s = time_s
        return time_s - self._away_s >= _SETTLE_S

    def _look_again(self, time_s: float) -> None:
        """The background is the better reference as soon as there is one; light changes, too."""
        seconds = self.background.seconds
        wait = 1.0 if seconds < 10 else 20.0
        if seconds > 1.0 and time_s - self._looked_s > wait:
            self._motion.look_at(self.background.picture)
            self._looked_s = time_s

    def _exposed(self, picture: np.ndarray) -> np.ndarray:
        """The frame in the light of the background: clouds and automatic exposure change all."""
        if self.background.is_empty:
            return picture
        now = picture[::6, ::6, 1].astype(np.float32) + 4.0
        usual = self.background.picture[::6, ::6, 1].astype(np.float32) + 4.0
        gain = float(np.median(now / usual))
        if abs(gain - 1.0) < _CALM_GAIN or not _GAIN[0] < gain < _GAIN[1]:
            return picture
        return cv2.convertScaleAbs(picture, alpha=1.0 / gain)

    def _state(
        self, frame: np.ndarray, motion: Motion, is_away: bool, is_frozen: bool, is_gap: bool
    ) -> str:
        if is_frozen:
            return "frozen"
        if is_away:
            return "moving"
        light = self._before
        mean, spread = cv2.meanStdDev(light)
        if float(spread[0, 0]) < 3.0:
            return "covered"
        if float((light > 250).mean()) > 0.3:
            return "glare"
        if self.background.seconds < self._config.warm_s:
            return "warming"
        if is_gap:
            return "gap"
        if float(mean[0, 0]) < self._config.dark:
            return "dark"
        return "ok" if motion.is_still else "shaking"

    def export(self) -> dict[str, np.ndarray]:
        """All that is remembered, as plain arrays."""
        times = [self._last_s, self._usual_s, self._changed_s, self._away_s, self._looked_s]
        return {
            **{f"background.{name}": a for name, a in self.background.export().items()},
            **{f"motion.{name}": a for name, a in self._motion.export().items()},
            **{f"lately.{name}": a for name, a in self._lately.export().items()},
            "before": self._before.copy(),
            "times": np.array(times, np.float64),
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what :meth:`export` gave."""
        parts: tuple[tuple[str, Background | CameraMotion | Lately], ...] = (
            ("background", self.background),
            ("motion", self._motion),
            ("lately", self._lately),
        )
        for name, part in parts:
            below = {
                key.removeprefix(f"{name}."): values
                for key, values in arrays.items()
                if key.startswith(f"{name}.")
            }
            part.restore(below)
        self._before = arrays["before"].copy()
        self._last_s, self._usual_s, self._changed_s, self._away_s, self._looked_s = arrays[
            "times"
        ].tolist()
