"""A heatmap over a grey X-ray, with a scale that means the same on every picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lepton_core.images import resize

# From amber, where evidence begins, to crimson, where it is full. Grey has no hue, so neither end
# is taken for anatomy, and the two differ in brightness as well for who cannot tell the hues.
_FAINT, _FULL = np.array((255, 190, 40), np.float32), np.array((205, 0, 60), np.float32)
# Weaker than this part of full colour is not drawn: a tint all over says nothing.
_LEAST = 0.08
_CAPTION = 0.045


@dataclass(frozen=True)
class Scale:
    """What full colour stands for.

    Evidence at a place is the calibrated log odds of the finding were the whole picture like that
    place (:func:`.evidence.evidence`): colour begins at 0, a probability of 50%.

    Args:
        full: log odds from which colour is full, above 0; 5 is a probability of 99.3%.

    Raises:
        ValueError: ``full`` is not a number above 0.

    Example:
        >>> Scale(4.0).strength(np.float32([-1.0, 2.0, 9.0])).tolist()
        [0.0, 0.5, 1.0]
    """

    full: float

    def __post_init__(self) -> None:
        if not 0 < self.full < np.inf:
            raise ValueError(f"full is above 0 and finite. Received: full={self.full!r}")

    @property
    def probability(self) -> float:
        """The probability, 0.5 to 1, that full colour stands for.

        Example:
            >>> round(Scale(5.0).probability, 3)
            0.993
        """
        return float(1.0 / (1.0 + np.exp(-self.full)))

    def strength(self, evidence: np.ndarray) -> np.ndarray:
        """Evidence in logits to 0..1 float32 of the same shape; what speaks against is 0."""
        return np.clip(np.nan_to_num(evidence) / self.full, 0.0, 1.0).astype(np.float32)


def overlay(
    picture: np.ndarray, evidence: np.ndarray, scale: Scale, opacity: float = 0.5
) -> np.ndarray:
    """A picture with the places that speak for the finding in colour.

    Args:
        picture: uint8 [height, width], grey.
        evidence: float32 [rows, columns] in logits, a coarse map of the same view; only what lies
            above 0 is shown.
        scale: what full colour stands for.
        opacity: 0..1, how much of the picture full colour covers.

    Returns:
        uint8 [height, width, 3], red, green, blue; the grey picture where nothing speaks for it.

    Raises:
        ValueError: another shape or type, or an opacity outside 0..1.

    Source:
        Zhou et al., Learning Deep Features for Discriminative Localization, 2016, for the map.

    Example:
        >>> picture, evidence = np.full((4, 4), 100, np.uint8), np.float32([[4, -4], [0, 0]])
        >>> seen = overlay(picture, evidence, Scale(4.0), opacity=1.0)
        >>> seen[0, 0].tolist(), seen[0, 3].tolist()
        ([205, 0, 60], [100, 100, 100])
    """
    if picture.ndim != 2 or picture.dtype != np.uint8 or evidence.ndim != 2:
        raise ValueError(
            "picture is uint8 [height, width], evidence [rows, columns]. "
            f"Received: {picture.dtype} {list(picture.shape)}, {list(evidence.shape)}"
        )
    if not 0 <= opacity <= 1:
        raise ValueError(f"opacity lies in 0..1. Received: opacity={opacity!r}")
    strength = resize(scale.strength(evidence), picture.shape)[..., None]
    # Opacity begins at nothing, so that no edge is drawn where there is none.
    drawn = np.clip((strength - _LEAST) / (1.0 - _LEAST), 0.0, 1.0)
    share = opacity * drawn**0.75
    mixed = picture[..., None] * (1.0 - share) + colors(strength[..., 0]) * share
    return np.rint(mixed).astype(np.uint8)


def colors(strength: np.ndarray) -> np.ndarray:
    """Colours float32 [..., 3] in 0..255 for strengths [...] in 0..1."""
    return _FAINT + (_FULL - _FAINT) * strength[..., None]


def color_bar(height: int, width: int) -> np.ndarray:
    """The legend, from no evidence on the left to full colour on the right.

    Args:
        height: in pixels.
        width: in pixels.

    Returns:
        uint8 [height, width, 3], as :func:`overlay` colours a mid-grey picture at opacity 1.
    """
    grey = np.full((height, width), 110, np.uint8)
    ramp = np.linspace(0, 1, width, dtype=np.float32)[None].repeat(height, axis=0)
    return overlay(grey, ramp, Scale(1.0), opacity=1.0)


def captioned(picture: np.ndarray, lines: Sequence[str]) -> np.ndarray:
    """A picture with a black strip below that says what it is, for viewers that show pixels alone.

    Args:
        picture: uint8 [height, width, 3], at least 16 pixels wide.
        lines: what the strip says; plain ASCII, the letters that OpenCV draws.

    Returns:
        uint8 [height + strip, width, 3]; the picture itself is unchanged.

    Example:
        >>> captioned(np.zeros((200, 300, 3), np.uint8), ["AI reading aid"]).shape
        (214, 300, 3)
    """
    import cv2

    width = picture.shape[1]
    line = max(round(width * _CAPTION), 12)
    strip = np.zeros((line * len(lines), width, 3), np.uint8)
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(line // 24, 1)
    for number, text in enumerate(lines):
        (long, tall), _ = cv2.getTextSize(text, font, 1.0, thickness)
        size = min(line * 0.55 / tall, width * 0.97 / max(long, 1))
        place = (round(width * 0.015), round(line * (number + 0.7)))
        cv2.putText(strip, text, place, font, size, (255, 255, 255), thickness, cv2.LINE_AA)
    return np.concatenate([picture, strip])
