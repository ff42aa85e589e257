"""What is known of records: the class that each turned out to be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def codes_of(labels: pa.ChunkedArray | pa.Array, classes: Sequence[str]) -> np.ndarray:
    """Class numbers int8 [n] of a label column; -1 where it is empty or names no class.

    Args:
        labels: class names, or class numbers.
        classes: names of the classes, in order.

    Example:
        >>> codes_of(pa.array(["fraud", None, "genuine"]), ("genuine", "fraud")).tolist()
        [1, -1, 0]
        >>> codes_of(pa.array([1, None, 0]), ("genuine", "fraud")).tolist()
        [1, -1, 0]
    """
    if isinstance(labels, pa.ChunkedArray):
        labels = labels.combine_chunks()
    if pa.types.is_string(labels.type) or pa.types.is_large_string(labels.type):
        found = pc.index_in(labels, pa.array(classes, labels.type))
    else:
        found = labels.cast(pa.int64())
        inside = pc.and_(pc.greater_equal(found, 0), pc.less(found, len(classes)))
        found = pc.if_else(inside, found, pa.scalar(None, pa.int64()))
    return pc.fill_null(found, -1).cast(pa.int8()).to_numpy(zero_copy_only=False)
