"""What finds vehicles in a frame: the network, background subtraction, or a detector of yours."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from lepton_core.errors import UsageError

from .blobs import Blobs, blobs_of, clean, named_blobs
from .camera import Camera, Seen
from .config import BlobConfig
from .parting import mean_sizes, named
from .targets import HEADS, STRIDE

# Rows and columns that the network's input is a multiple of.
GRID = 16
# Frame, background, and what differs between them.
CHANNELS = 7
_AROUND = np.ones((3, 3), np.uint8)


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
        return blobs_of(clean(outputs["foreground"][row]), self._config)


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
        if not outputs.keys() >= set(HEADS):
            raise UsageError("traffic_video.counting.error.answers", received=", ".join(outputs))
        logit, core = (outputs[name][row, :, :, 0] for name in ("vehicle", "core"))
        at = float(np.log(self._config.threshold / (1.0 - self._config.threshold)))
        names = named(logit > at, core, outputs["box"][row])
        sizes = mean_sizes(names, outputs["size"][row])
        shape = padded_size(size)[::-1]
        fine = cv2.resize(logit, shape)[:height, :width]
        # A pixel more around each: what lies between two answers is of a vehicle, too.
        given = names.astype(np.uint16).repeat(STRIDE, 0).repeat(STRIDE, 1)
        grown = np.where(given > 0, given, cv2.dilate(given, _AROUND))
        return named_blobs(grown[:height, :width] * (fine > at), fine, sizes, self._config)


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
