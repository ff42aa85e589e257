"""Pictures as data URIs: what a browser shows without asking the server for a file."""

from __future__ import annotations

import base64

import numpy as np

from lepton_core.images import quiet_cv2

_QUALITY = 92
# What is lossless up to this many pixels is a small file; above, JPEG at high quality.
_LOSSLESS_PIXELS = 700_000


def encoded(picture: np.ndarray) -> str:
    """A picture as a data URI for a browser: PNG, or JPEG where it is very small or large.

    Args:
        picture: uint8 [height, width] or [height, width, 3], red, green, blue.

    Example:
        >>> encoded(np.zeros((200, 200), np.uint8))[:22]
        'data:image/png;base64,'
    """
    cv2 = quiet_cv2()
    own = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    small = picture.shape[0] * picture.shape[1] <= _LOSSLESS_PIXELS and max(picture.shape) > 100
    options = [] if small else [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    data = cv2.imencode(".png" if small else ".jpg", own, options)[1].tobytes()
    return f"data:image/{'png' if small else 'jpeg'};base64,{base64.b64encode(data).decode()}"
