"""One medical picture in the units of its file, and how it is shown in grey."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Window = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Frame:
    """A decoded frame: high values are white.

    Args:
        values: float32 [height, width], after the modality transform (Hounsfield units for CT);
            a picture in colour uint8 [height, width, 3], red, green, blue.
        window: center and width of the values shown by default, as DICOM's VOI LINEAR function
            takes them (width at least 1).
        function: ``LINEAR``, ``LINEAR_EXACT`` or ``SIGMOID``: how the default window is applied.
        curve: the file's own VOI LUT: its first value, and float32 [n] of 0 to 1; None without.
        spacing_mm: mm from row to row and from column to column; None where the file does not say.
        spacing_from: ``PixelSpacing`` (in the body), ``ImagerPixelSpacing`` (at the detector,
            larger than in the body), ``NominalScannedPixelSpacing`` or ``pixdim``; empty without.
        unit: of the values, ``HU`` or empty.
        modality: as DICOM writes it (``CR``, ``DX``, ``CT``); empty where the file does not say.
        body_part: as DICOM writes it (``CHEST``); may be empty, and is often wrong.
        view: ``PA``, ``AP``, ``LL``...; may be empty.
        burned_in: whether the file says that text is burnt into the picture; None where it does
            not say. A name in the picture itself is not removed.
        kind: ``dicom``, ``nifti``, or a picture's format (``png``).
    """

    values: np.ndarray
    window: Window
    function: str = "LINEAR"
    curve: tuple[float, np.ndarray] | None = None
    spacing_mm: tuple[float, float] | None = None
    spacing_from: str = ""
    unit: str = ""
    modality: str = ""
    body_part: str = ""
    view: str = ""
    burned_in: bool | None = None
    kind: str = ""

    @property
    def is_colour(self) -> bool:
        """Whether the values are red, green and blue."""
        return self.values.ndim == 3


def range_window(low: float, high: float) -> Window:
    """The window that shows ``low`` in black and ``high`` in white.

    Example:
        >>> range_window(0, 4095)
        (2048.0, 4096.0)
    """
    return (low + high + 1) / 2, max(high - low + 1.0, 1.0)


def to_grey(frame: Frame, window: Window | None = None) -> np.ndarray:
    """A frame in 8 bit grey.

    Args:
        frame: what to show.
        window: center and width that a person chose, linear; the frame's default view when None.

    Returns:
        uint8 [height, width].

    Source:
        DICOM PS3.3, C.11.2 (VOI LUT module).

    Example:
        >>> frame = Frame(np.array([[0, 50, 100]], np.float32), window=(50.5, 101.0))
        >>> to_grey(frame).tolist(), to_grey(frame, (100.5, 101.0)).tolist()
        ([[0, 128, 255]], [[0, 0, 128]])
    """
    values = frame.values
    if frame.is_colour:
        import cv2

        values = cv2.cvtColor(values, cv2.COLOR_RGB2GRAY)
        if window is None:
            return values
    if window is None and frame.curve is not None:
        return _by_curve(values, *frame.curve)
    center, width = frame.window if window is None else window
    return _by_window(values, center, width, "LINEAR" if window else frame.function)


def to_rgb(frame: Frame, window: Window | None = None) -> np.ndarray:
    """A frame as uint8 [height, width, 3]; a grey one has three equal channels."""
    if frame.is_colour and window is None:
        return frame.values
    return np.repeat(to_grey(frame, window)[..., None], 3, axis=2)


def _by_window(values: np.ndarray, center: float, width: float, function: str) -> np.ndarray:
    out = values.astype(np.float32)
    if function == "SIGMOID":
        out = 255 / (1 + np.exp(np.clip(-4 * (out - center) / max(width, 1e-6), -60, 60)))
    else:
        if function == "LINEAR":
            center, width = center - 0.5, width - 1
        # A width of nothing is a step.
        scale = 255 / max(width, 1e-3)
        out *= scale
        out += 127.5 - center * scale
    np.clip(out, 0, 255, out=out)
    return np.rint(out, out=out).astype(np.uint8)


def _by_curve(values: np.ndarray, first: float, curve: np.ndarray) -> np.ndarray:
    place = np.clip(np.rint(values - first), 0, len(curve) - 1).astype(np.int64)
    return np.rint(np.clip(curve, 0, 1) * 255).astype(np.uint8)[place]
