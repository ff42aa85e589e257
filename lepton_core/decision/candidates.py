"""What a network proposes as defects: candidates in arrays, the same thing said once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from lepton_core.box_cells import BOXES
from lepton_core.decision.base import labels_of
from lepton_core.decision.overlap import grouped, thinned

# Logit of a row that is no candidate.
NOTHING = -30.0
# Columns of a candidate before the logits of its classes: x0 y0 x1 y1, area.
GEOMETRY = 5


class Found(NamedTuple):
    """Defects of many pictures, those of one after those of the other, the likeliest first.

    Args:
        row: int64 [m], the picture of each.
        box: x0 y0 x1 y1 float32 [m, 4], pixels of the original picture.
        area: float32 [m], square pixels of it.
        code: int64 [m], number of the class, 1 for the first defect class.
        probability: float32 [m].
    """

    row: np.ndarray
    box: np.ndarray
    area: np.ndarray
    code: np.ndarray
    probability: np.ndarray

    def take(self, which: np.ndarray) -> Found:
        """Some of them, by places or a mask."""
        return Found(*(values[which] for values in self))

    def once(self, iou: float) -> Found:
        """Without what a likelier defect of another class covers.

        Args:
            iou: intersection over union above which the likelier one stays.
        """
        stays = [
            rows[np.sort(thinned(self.box[rows], self.probability[rows], iou))]
            for rows in grouped(self.row)
        ]
        return self.take(np.concatenate(stays) if stays else np.empty(0, np.int64))

    def lists(self, classes: Sequence[str], n: int) -> pa.Array:
        """The defects of each of ``n`` pictures as a column of the dtype ``boxes``.

        Args:
            classes: names, that for no defect first.
            n: number of pictures.
        """
        ends = np.cumsum(np.bincount(self.row, minlength=n))
        columns = [self.probability, *self.box.T, self.area]
        flat = pa.StructArray.from_arrays(
            [
                labels_of(self.code, classes),
                *(pa.array(np.ascontiguousarray(column), pa.float32()) for column in columns),
            ],
            fields=list(BOXES.value_type),
        )
        offsets = pa.array(np.concatenate([[0], ends]), pa.int32())
        return pa.ListArray.from_arrays(offsets, flat, type=BOXES)


def find(candidates: np.ndarray, floors: Sequence[float] | np.ndarray | float, iou: float) -> Found:
    """Candidates above a probability, each once in each class.

    Args:
        candidates: x0 y0 x1 y1, area, logits of the C classes: float32 [n, K, 5 + C].
        floors: lowest probability of each class [C], or of all.
        iou: of two of one class that overlap more (intersection over union) the likelier stays.

    Example:
        >>> twice = np.array([[[0, 0, 10, 10, 100, 2.0], [1, 0, 10, 10, 90, 1.0]]])
        >>> find(twice, 0.5, iou=0.5).box.tolist()
        [[0.0, 0.0, 10.0, 10.0]]
    """
    given = np.asarray(candidates, np.float32)
    logits = given[..., GEOMETRY:]
    count = logits.shape[2]
    probability = 0.5 * (1 + np.tanh(0.5 * logits.astype(np.float64)))
    above = (probability >= np.broadcast_to(floors, count)) & (logits > NOTHING)
    row, place, kind = np.nonzero(above)
    box, area, told = given[row, place, :4], given[row, place, 4], probability[row, place, kind]
    stays = [one[thinned(box[one], told[one], iou)] for one in grouped(row * count + kind)]
    kept = np.concatenate(stays) if stays else np.empty(0, np.int64)
    kept = kept[np.lexsort((-told[kept], row[kept]))]
    return Found(row, box, area, kind + 1, told.astype(np.float32)).take(kept)
