"""How steady a score is: the same picture shifted, turned, brighter, with less contrast, blurred.

A calibrated probability says how often pictures with such a score have the finding. It does not say
how much of the score hangs on an accident of this exposure. Sixteen small changes, each of which a
reader would not even notice as one, tell that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.images import quiet_cv2
from lepton_core.records.pictures import IMAGE_TYPE
from lepton_core.ui.loader import bundle_stamp, load

from .dashboard_viewer_picture import decoded

# Larger than any network here takes; smaller than a film, of which sixteen copies take seconds.
_LONGEST = 512
# Shares of a side, degrees, factors of size, powers of grey, factors of contrast, pixels of blur.
_SHIFTS = ((0.02, 0.0), (-0.02, 0.0), (0.0, 0.02), (0.0, -0.02))
_TURNS, _SIZES = (-3.0, -1.5, 1.5, 3.0), (0.96, 1.04)
_GAMMAS, _CONTRASTS, _BLURS = (0.85, 1.18), (0.88, 1.12), (0.6, 1.2)


def varied_scores(folder: Path, key: str, read: Callable[[], bytes]) -> np.ndarray:
    """Raw scores [m, ...] of at most sixteen slightly changed copies of a picture.

    Copies that the bundle's gate refuses are left out.

    Args:
        folder: of the bundle.
        key: of the picture.
        read: gives the stored picture; called where its scores are not remembered.
    """
    return _scores(str(folder), bundle_stamp(folder), key, read)


@st.cache_data(show_spinner=False, max_entries=256, scope="session")
def _scores(folder: str, stamp: int, key: str, _read: Callable[[], bytes]) -> np.ndarray:
    picture = decoded(_read(), _LONGEST)
    if picture is None:
        return np.zeros(0, np.float32)
    return load(Path(folder)).score(_records(picture)).raw["score"]


def _records(picture: np.ndarray) -> pa.Table:
    cv2 = quiet_cv2()
    images = []
    for number, changed in enumerate(variants(picture)):
        data = cv2.imencode(".png", changed)[1].tobytes()
        digest = hashlib.sha256(data).hexdigest()
        images.append({"path": f"{number}.png", "bytes": data, "sha256": digest})
    names = [image["path"] for image in images]
    return pa.table({"record_id": names, "image": pa.array(images, IMAGE_TYPE)})


def variants(picture: np.ndarray) -> Iterator[np.ndarray]:
    """Sixteen small changes of a grey picture, uint8 of its shape each.

    Example:
        >>> [changed.shape for changed in variants(np.zeros((30, 20), np.uint8))] == [(30, 20)] * 16
        True
    """
    cv2 = quiet_cv2()
    height, width = picture.shape
    centre = (width / 2, height / 2)
    for right, down in _SHIFTS:
        yield _moved(picture, np.array([[1, 0, right * width], [0, 1, down * height]]))
    for degrees in _TURNS:
        yield _moved(picture, cv2.getRotationMatrix2D(centre, degrees, 1.0))
    for factor in _SIZES:
        yield _moved(picture, cv2.getRotationMatrix2D(centre, 0.0, factor))
    grey = picture.astype(np.float32) / 255
    for power in _GAMMAS:
        yield _bytes(grey**power)
    for factor in _CONTRASTS:
        yield _bytes((grey - grey.mean()) * factor + grey.mean())
    for sigma in _BLURS:
        yield cv2.GaussianBlur(picture, (0, 0), sigma)


def _moved(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    cv2 = quiet_cv2()
    size = picture.shape[::-1]
    moved: np.ndarray = cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return moved


def _bytes(grey: np.ndarray) -> np.ndarray:
    return np.rint(255 * np.clip(grey, 0, 1)).astype(np.uint8)
