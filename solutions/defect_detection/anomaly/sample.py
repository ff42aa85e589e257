"""Pictures for the sample: the surfaces that `surface` draws, good ones and others."""

from __future__ import annotations

import pyarrow as pa

from ..surface import sample


def generate(seed: int = 0, pictures: int = 600) -> pa.Table:
    """Draw surfaces; see :func:`solutions.defect_detection.surface.sample.generate`.

    Args:
        seed: the same seed gives the same pictures.
        pictures: how many.

    Example:
        >>> "good" in generate(seed=1, pictures=8)["label"].to_pylist()
        True
    """
    return sample.generate(seed, pictures)
