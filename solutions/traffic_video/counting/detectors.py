"""What finds vehicles in a frame: the network, background subtraction, or a detector of yours."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .blobs import Blobs, blobs_of, clean
from .camera import Camera, Seen
from .config import BlobConfig

# Rows and columns that the network's input is a multiple of.
GRID = 16
# Frame, background, and what differs between them.
CHANNELS = 7
# From what logit on a pixel is core, and how many make one: where cores are parted by less, one
# vehicle would become two, which is worse than two that are one for a while.
_CORE, _LEAST_CORE = -1.0, 40


@dataclass(frozen=True)
class Look:
    """One frame as a detector is given it.

    Args:
        seen: the shrunk frame, made steady.
        background: uint8 [h, w, 3] of the same size.
        original: uint8 [H, W, 3].
    """

    seen: Seen
    background: np.ndarray
    original: np.ndarray

    @classmethod
    def of(cls, camera: Camera, seen: Seen, original: np.ndarray) -> Look:
        """What a camera has just seen."""
        known = camera.background
        return cls(seen, seen.picture if known.is_empty else known.picture.copy(), original)


class Detector(ABC):
    """Frames to the arrays of a model, and what it says of them to things.

    Attributes:
        one_by_one: whether the model is asked about each frame by itself: it takes no more, or they
            are large.
    """

    one_by_one = False

    @abstractmethod
    def inputs(self, looks: Sequence[Look], size: tuple[int, int]) -> dict[str, np.ndarray]:
        """Model input name -> array [n, ...] of n frames.

        Args:
            looks: the frames.
            size: height and width of the shrunk picture, for none of them.
        """

    @abstractmethod
    def things(self, outputs: Mapping[str, np.ndarray], row: int, size: tuple[int, int]) -> Blobs:
        """Things in one frame, in pixels of the shrunk picture.

        Args:
            outputs: of the model, [n, ...].
            row: which frame.
            size: height and width of the shrunk picture.
        """


class Classical(Detector):
    """Background subtraction alone, for which no model is run.

    Args:
        config: what of it counts.
    """

    def __init__(self, config: BlobConfig) -> None:
        self._config = config

    def inputs(self, looks: Sequence[Look], size: tuple[int, int]) -> dict[str, np.ndarray]:
        masks = [look.seen.foreground for look in looks]
        return {"foreground": np.stack(masks) if masks else np.empty((0, *size), np.uint8)}

    def things(self, outputs: Mapping[str, np.ndarray], row: int, size: tuple[int, int]) -> Blobs:
        return blobs_of(clean(outputs["foreground"][row]), None, self._config)


class Network(Detector):
    """Our own network, which is shown frame, background and difference.

    Args:
        config: what of its answer counts.
    """

    def __init__(self, config: BlobConfig) -> None:
        self._config = config

    def inputs(self, looks: Sequence[Look], size: tuple[int, int]) -> dict[str, np.ndarray]:
        height, width = padded_size(size)
        x = np.empty((len(looks), height, width, CHANNELS), np.uint8)
        for row, look in enumerate(looks):
            shown(look.seen.picture, look.background, look.seen.foreground, x[row])
        return {"x": x}

    def things(self, outputs: Mapping[str, np.ndarray], row: int, size: tuple[int, int]) -> Blobs:
        height, width = size
        shape = padded_size(size)[::-1]
        logit = cv2.resize(outputs["vehicle"][row, :, :, 0], shape)[:height, :width]
        core = cv2.resize(outputs["core"][row, :, :, 0], shape)[:height, :width]
        at = float(np.log(self._config.threshold / (1.0 - self._config.threshold)))
        return grown(logit, core, at, self._config)


def padded_size(size: tuple[int, int]) -> tuple[int, int]:
    """Height and width as the network takes them: the next multiples of ``GRID``.

    Example:
        >>> padded_size((180, 320))
        (192, 320)
    """
    height, width = (-(-side // GRID) * GRID for side in size)
    return height, width


def shown(
    picture: np.ndarray, background: np.ndarray, foreground: np.ndarray, out: np.ndarray
) -> None:
    """Put together what the network is shown of one frame.

    Args:
        picture: uint8 [h, w, 3].
        background: uint8 [h, w, 3].
        foreground: uint8 [h, w] of :meth:`.background.Background.step`.
        out: uint8 [h', w', 7], h' and w' of :func:`padded_size`; the edges are drawn out.
    """
    height, width = foreground.shape
    view = out[:height, :width]
    view[..., :3], view[..., 3:6], view[..., 6] = picture, background, foreground
    out[height:, :width] = view[height - 1 :]
    out[:, width:] = out[:, width - 1 : width]


def grown(logit: np.ndarray, core: np.ndarray, at: float, config: BlobConfig) -> Blobs:
    """Things whose cores lie apart, each with the part of the mask that is nearest to it.

    Args:
        logit: float32 [h, w], of a vehicle.
        core: float32 [h, w], of the inner part of a vehicle, which touches no other one.
        at: logit from which a pixel is foreground.
        config: how large things are at least.
    """
    mask = (logit > at).astype(np.uint8)
    if not mask.any():
        return Blobs.none(mask)
    sure = 1.0 / (1.0 + np.exp(-logit))
    found = blobs_of(_parted(mask, core), sure, config, connectivity=4)
    return Blobs(found.box, found.area, found.sure, mask)


def _parted(mask: np.ndarray, core: np.ndarray) -> np.ndarray:
    """The mask uint8 [h, w] with a gap, one pixel wide, half-way between any two cores in it."""
    seeds = ((core > _CORE) & (mask > 0)).astype(np.uint8)
    count, named, stats, _ = cv2.connectedComponentsWithStats(seeds, connectivity=4)
    is_small = stats[:, cv2.CC_STAT_AREA] < _LEAST_CORE
    seeds[is_small[named]] = 0
    count, pieces = cv2.connectedComponents(mask, connectivity=4)
    has_core = np.bincount(pieces.ravel(), seeds.ravel(), count) > 0
    has_core[0] = True
    if not has_core.all():
        seeds |= (~has_core[pieces]).astype(np.uint8)  # a piece without one is its own
    if cv2.connectedComponents(seeds, connectivity=4)[0] < 3:
        return mask
    _, nearest = cv2.distanceTransformWithLabels(
        1 - seeds, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_CCOMP
    )
    parted = mask.copy()
    across, down = nearest[:, 1:] != nearest[:, :-1], nearest[1:] != nearest[:-1]
    parted[:, :-1][across] = 0
    parted[:-1][down] = 0
    return parted
