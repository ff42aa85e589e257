"""Where in a picture its score comes from: patches covered in turn, and the score taken again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.images import resize

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline

# Patches are two cells wide and lie a cell apart, so that each cell is judged by four of them.
_PATCH = 2
_AT_ONCE = 32
_HEAT = 0.55


def occlusion_map(
    pipeline: Pipeline, record: pa.Table, class_number: int | None = None, cells: int = 8
) -> np.ndarray:
    """By how much a class loses when each part of a picture is covered with its mean colour.

    Runs on the bundle's own runtime and needs no gradients: about ``(cells + 1)^2`` pictures are
    scored. Parts that mean something only together share what they have in common.

    Args:
        pipeline: its preprocessor gives one array ``x`` [n, height, width, channels], and its model
            logits [n] or [n, classes].
        record: one checked record.
        class_number: the class asked about; None for the likeliest. Without meaning for logits [n].
        cells: rows and columns of the map, at least 2; not more than the picture has pixels.

    Returns:
        float32 [cells, cells], the mean fall of the logit over the log-sum of the other classes;
        above 0 where the part speaks for the class, below 0 where it speaks against it.

    Raises:
        DataError: ``explain.not_a_picture`` where the record does not decode.

    Source:
        Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, 2014.
    """
    prepared = pipeline.preprocessor.transform(record)
    if not len(prepared.kept):
        raise DataError("explain.not_a_picture", record=record.column("record_id")[0].as_py())
    x = prepared.arrays["x"]
    _, height, width, _ = x.shape
    if not 2 <= cells <= min(height, width):
        raise ValueError(f"cells is in 2..{min(height, width)}. Received: cells={cells}")
    fill = x.mean(axis=(1, 2))[0].astype(x.dtype)
    edges = [np.linspace(0, size, cells + 1).round().astype(int) for size in (height, width)]
    places = [
        (slice(max(row, 0), row + _PATCH), slice(max(column, 0), column + _PATCH))
        for row in range(1 - _PATCH, cells)
        for column in range(1 - _PATCH, cells)
    ]
    whole = pipeline.runtime.run("main", {"x": x})["score"]
    number = int(whole.reshape(1, -1).argmax()) if class_number is None else class_number
    start = _lead(whole, number)[0]
    total, count = np.zeros((2, cells, cells), np.float32)
    for first in range(0, len(places), _AT_ONCE):
        some = places[first : first + _AT_ONCE]
        covered = np.repeat(x, len(some), axis=0)
        for picture, (rows, columns) in zip(covered, some, strict=True):
            top, bottom = edges[0][rows.start], edges[0][min(rows.stop, cells)]
            left, right = edges[1][columns.start], edges[1][min(columns.stop, cells)]
            picture[top:bottom, left:right] = fill
        leads = _lead(pipeline.runtime.run("main", {"x": covered})["score"], number)
        for place, lead in zip(some, leads, strict=True):
            total[place] += start - lead
            count[place] += 1
    return total / count


def overlay(picture: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A picture with what speaks for its label in red and what speaks against it in blue.

    Args:
        picture: uint8 [height, width, 3].
        values: float32 [rows, columns], from :func:`occlusion_map`.

    Returns:
        uint8 of the picture's shape; unchanged where no part matters.

    Example:
        >>> black, values = np.zeros((2, 2, 3), np.uint8), np.array([[1.0, 0.0], [0.0, 0.0]])
        >>> overlay(black, values)[0, 0].tolist()
        [140, 22, 11]
    """
    largest = float(np.abs(values).max())
    if not largest > 0:
        return picture
    strength = resize((values / largest).astype(np.float32), picture.shape[:2])[..., None]
    color = np.where(strength > 0, (255.0, 40.0, 20.0), (30.0, 90.0, 255.0))
    share = _HEAT * np.abs(strength)
    mixed = picture * (1.0 - share) + color * share
    return np.rint(mixed).astype(np.uint8)


def _lead(scores: np.ndarray, number: int) -> np.ndarray:
    """The log odds [n] of a class."""
    if scores.ndim == 1:
        return scores
    others = np.delete(scores, number, axis=1)
    highest = others.max(axis=1, keepdims=True)
    return scores[:, number] - highest[:, 0] - np.log(np.exp(others - highest).sum(axis=1))
