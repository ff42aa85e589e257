"""From light to a stored frame: shake, exposure, colours, lens, noise, rain, compression."""

from __future__ import annotations

import cv2
import numpy as np

from .scene import Scene


class Sensor:
    """The camera's own part; frames must be taken in order.

    Args:
        scene: what is rendered.
        margin: pixels of the picture around a frame that is given to :meth:`take`.
    """

    def __init__(self, scene: Scene, margin: int) -> None:
        self.scene, self.margin = scene, margin
        self.rng = np.random.default_rng([scene.seed, 51])
        height, width = scene.height, scene.width
        v, u = np.mgrid[0:height, 0:width].astype(np.float32)
        away = np.hypot((u - width / 2) / width, (v - height / 2) / height)
        vignette = 1 - np.float32(self.rng.uniform(0, 0.3)) * np.square(away)
        self.vignette = vignette[..., None]
        self.white = 1 + self.rng.normal(0, 0.025, 3)
        grain = self.rng.normal(0, 1, (height + 64, width + 64, 1))
        chroma = self.rng.normal(0, 1, (height + 64, width + 64, 3))
        noise = (0.85 * grain + 0.5 * chroma).astype(np.float32)
        soft = float(self.rng.uniform(0.0, 0.8))
        if soft > 0.25:
            noise = cv2.GaussianBlur(noise, (0, 0), soft)
        self.noise = noise / noise.std()
        self.sharpen = float(self.rng.choice([0.0, 0.0, 0.4, 0.8]))
        self.shakes = _shakes(scene)
        self.gains = _gains(scene)
        self.rain = [_rain(scene, self.rng) for _ in range(6)] if scene.rain else []

    def matrix(self, index: int) -> np.ndarray:
        """float64 [2, 3]: where frame ``index`` shows the pixels of the camera at rest."""
        dx, dy, turn = self.shakes[index]
        cx, cy = (self.scene.width - 1) / 2, (self.scene.height - 1) / 2
        cos, sin = np.cos(turn), np.sin(turn)
        return np.array(
            [
                [cos, -sin, cx - cos * cx + sin * cy + dx],
                [sin, cos, cy - sin * cx - cos * cy + dy],
            ]
        )

    def move(self, wide: np.ndarray, matrix: np.ndarray, nearest: bool = False) -> np.ndarray:
        """Cut the frame out of the wider picture, shaken by ``matrix``."""
        m, size = self.margin, (self.scene.width, self.scene.height)
        if not (self.scene.jitter_px or self.scene.jitter_deg):
            return wide[m : m + size[1], m : m + size[0]]
        moved = matrix.copy()
        moved[:, 2] -= matrix[:, :2] @ [m, m]
        way = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
        return np.asarray(
            cv2.warpAffine(wide, moved, size, flags=way, borderMode=cv2.BORDER_REPLICATE)
        )

    def take(self, light: np.ndarray, index: int) -> np.ndarray:
        """The stored frame uint8 [h, w, 3] of what falls on the sensor, float32 [h, w, 3]."""
        scene, rng = self.scene, self.rng
        picture = cv2.transform(light, self._colours(index)) * self.vignette
        if self.rain:
            drops = self.rain[index % len(self.rain)]
            picture = picture * (1 - 0.25 * scene.rain) + drops
        if scene.blur_px > 0.2:
            picture = cv2.GaussianBlur(picture, (0, 0), scene.blur_px)
        if self.sharpen:
            soft = cv2.GaussianBlur(picture, (0, 0), 1.0)
            picture = cv2.addWeighted(picture, 1 + self.sharpen, soft, -self.sharpen, 0)
        if scene.noise:
            dy, dx = rng.integers(0, 64, 2)
            grain = self.noise[dy : dy + scene.height, dx : dx + scene.width]
            if rng.random() < 0.5:
                grain = grain[:, ::-1]
            picture = picture + grain * np.float32(scene.noise)
        stored = np.clip(picture, 0, 255).astype(np.uint8)
        if scene.jpeg < 100:
            _, code = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, scene.jpeg])
            stored = cv2.imdecode(code, cv2.IMREAD_COLOR)
        return np.asarray(stored)

    def _colours(self, index: int) -> np.ndarray:
        """float64 [3, 4]: gain, white balance, saturation and contrast at once."""
        scene = self.scene
        grey = np.tile([0.114, 0.587, 0.299], (3, 1))
        colours = scene.saturation * np.eye(3) + (1 - scene.saturation) * grey
        colours = np.diag(self.white) @ colours * self.gains[index]
        lift = 110 * (1 - scene.contrast)
        return np.column_stack([colours * scene.contrast, np.full(3, lift)])


def _shakes(scene: Scene) -> np.ndarray:
    """float64 [n, 3]: shift right, down in pixels and turn in radians of each frame."""
    rng = np.random.default_rng([scene.seed, 52])
    t = np.arange(scene.n) / scene.fps
    out = np.zeros((scene.n, 3))
    for axis in range(3):
        for hz in (0.25, 0.8, 2.3, 5.0):
            size = rng.uniform(0.3, 1.0)
            rate = hz * rng.uniform(0.7, 1.3)
            wander = np.cumsum(rng.normal(0, 0.25, scene.n)) * np.sqrt(1 / scene.fps)
            out[:, axis] += size * np.sin(2 * np.pi * (rate * t + rng.random()) + wander)
        out[:, axis] += rng.normal(0, 0.35, scene.n)
    out /= 1.15
    sizes = [scene.jitter_px, scene.jitter_px, np.radians(scene.jitter_deg)]
    return np.clip(out, -2.8, 2.8) * sizes


def _gains(scene: Scene) -> np.ndarray:
    """float64 [n]: the exposure of each frame, 1 in the mean."""
    rng = np.random.default_rng([scene.seed, 53])
    t = np.arange(scene.n) / scene.fps
    drift = sum(np.sin(2 * np.pi * (t / period + rng.random())) for period in (7.0, 17.0, 41.0))
    gain = 1 + scene.gain_drift * np.asarray(drift) / 2
    at = 0.0
    while scene.gain_step and at < scene.seconds:
        at += float(rng.uniform(2.5, 9))
        level = float(rng.uniform(-1, 1)) * scene.gain_step
        back = float(rng.uniform(0.8, 5))
        inside = np.clip((t - at) / 0.25, 0, 1) * np.clip((at + back - t) / 0.6 + 1, 0, 1)
        gain = gain * (1 + level * inside)
        at += back
    return np.clip(gain, 0.25, 2.5)


def _rain(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """float32 [h, w, 1]: streaks of one moment."""
    drops = np.zeros((scene.height, scene.width), np.float32)
    lean = int(rng.integers(-3, 4))
    for _ in range(int(scene.rain * scene.width * scene.height / 900)):
        x, y = int(rng.integers(scene.width)), int(rng.integers(scene.height))
        long = int(rng.integers(4, 14) * scene.height / 240)
        cv2.line(drops, (x, y), (x + lean, y + long), float(rng.uniform(8, 45)), 1)
    return cv2.GaussianBlur(drops, (0, 0), 0.7)[..., None]
