"""What a network for pictures is compared with: the most frequent class, and a tiny grey copy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from lepton_core.decision import ClassifyMany
from lepton_core.images import decode_rows

_SIDE = 8


def picture_baselines(
    train_images: pa.ChunkedArray,
    train_codes: np.ndarray,
    test_images: pa.ChunkedArray,
    classes: tuple[str, ...],
    formats: Sequence[str] = (),
) -> dict[str, np.ndarray]:
    """A model that only knows the classes, and one that only sees where a picture is light or dark.

    Args:
        train_images: encoded training pictures [n].
        train_codes: their class numbers, int64 [n].
        test_images: encoded test pictures [m].
        classes: names of the classes.
        formats: of the image column, where it takes more than everyday pictures.

    Returns:
        ``majority_class`` and ``thumbnail_regression``, logits float32 [m, classes] each; a test
        picture that does not decode gets the scores of the former in both.

    Raises:
        ValueError: not one code a training picture.
    """
    if len(train_codes) != len(train_images):
        raise ValueError(
            f"one class number a picture. Received: {len(train_codes)} for {len(train_images)}"
        )
    majority = ClassifyMany(classes).trivial(train_codes, len(test_images))
    train_x, train_kept = _thumbnails(train_images, formats)
    test_x, test_kept = _thumbnails(test_images, formats)
    thumbnail = majority.copy()
    thumbnail[test_kept] = regression_of_classes(
        train_x, train_codes[train_kept], test_x, len(classes)
    )
    return {"majority_class": majority, "thumbnail_regression": thumbnail}


def regression_of_classes(
    train_x: np.ndarray, train_codes: np.ndarray, test_x: np.ndarray, classes: int
) -> np.ndarray:
    """Logits of a multinomial logistic regression.

    Args:
        train_x: float32 [n, features], scaled.
        train_codes: class numbers int64 [n], of two classes at least.
        test_x: float32 [m, features], scaled alike.
        classes: number of classes.

    Returns:
        float32 [m, classes]; far below the others for a class without a training record.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1.0, max_iter=1000).fit(train_x, train_codes)
    found = np.log(np.maximum(model.predict_proba(test_x), 1e-9))
    scores = np.full((len(test_x), classes), found.min(initial=-20.0), np.float32)
    scores[:, model.classes_] = found
    return scores


def _thumbnails(images: pa.ChunkedArray, formats: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Grey copies [k, 64], about -1..1, and which pictures [k] they are of."""
    x, kept, _ = decode_rows(images, channels=1, size=(_SIDE, _SIDE), formats=tuple(formats))
    return x.reshape(len(x), -1).astype(np.float32) / 127.5 - 1.0, kept
