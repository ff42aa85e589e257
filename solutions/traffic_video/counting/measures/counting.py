"""Counts by interval, line, direction, lane and size class; what was not watched is no zero."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa

from ..size_classes import SIZES
from .scene_file import SceneFile
from .watching import Watched

COUNTS = pa.schema(
    [
        pa.field("start", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("end", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("line", pa.string(), nullable=False),
        pa.field("direction", pa.string(), nullable=False),
        pa.field("lane", pa.string(), nullable=False),
        pa.field("count", pa.int64()),
        *(pa.field(size, pa.int64()) for size in SIZES),
        pa.field("watched_share", pa.float64(), nullable=False),
        pa.field("flag", pa.string(), nullable=False),
    ]
)


def counts(
    found: pa.Table,
    scene: SceneFile,
    watched: Watched,
    interval_s: float,
    by_lane: bool = False,
    enough_share: float = 0.95,
) -> pa.Table:
    """Counts of every line and direction in every interval.

    Args:
        found: crossings, the columns of ``CROSSINGS``.
        scene: whose lines and directions all get a row, also without a crossing.
        watched: when the road was really seen.
        interval_s: length of an interval; intervals begin at whole multiples of it.
        by_lane: whether lanes are told apart; otherwise ``lane`` is "".
        enough_share: an interval that was watched less is flagged ``partly``.

    Returns:
        the columns of ``COUNTS``. ``count`` is empty and ``flag`` ``not watched`` where nothing
        was seen; ``partly`` where less than ``enough_share`` was: then the count is too low. Of
        ``count``, so many are of each of ``SIZES``; empty where no crossing's size is known.

    Example:
        >>> import numpy as np
        >>> from .crossing import CROSSINGS
        >>> from .scene_file import CountLine
        >>> scene = SceneFile(20, 20, (CountLine("gate", (0, 10), (20, 10), "down", "up"),))
        >>> seen = Watched(np.array([[0, 60_000_000]]))
        >>> table = counts(CROSSINGS.empty_table(), scene, seen, 60)
        >>> table["direction"].to_pylist(), table["count"].to_pylist()
        (['down', 'up'], [0, 0])
    """
    step = round(interval_s * 1_000_000)
    if not len(watched.spans_us):
        return COUNTS.empty_table()
    first = int(watched.spans_us[:, 0].min()) // step
    last = -(-int(watched.spans_us[:, 1].max()) // step)
    times = found["time"].cast(pa.int64()).to_numpy()
    lanes = found["lane"].to_pylist() if by_lane else [""] * len(times)
    keys = list(
        zip(
            (times // step).tolist(),
            found["line"].to_pylist(),
            found["direction"].to_pylist(),
            lanes,
            strict=True,
        )
    )
    often = Counter(keys)
    sizes = found["size"].to_pylist()
    is_sized, of_size = any(sizes), Counter(zip(keys, sizes, strict=True))
    groups = _groups(scene, keys)
    rows: list[tuple[Any, ...]] = []
    for number in range(first, max(last, first + 1)):
        share = watched.share(number * step, (number + 1) * step)
        flag = "" if share >= enough_share else "partly" if share > 0 else "not watched"
        for group in groups:
            key = (number, *group)
            count = often[key] if share > 0 else None
            own = [of_size[key, size] if is_sized and share > 0 else None for size in SIZES]
            rows.append((number * step, (number + 1) * step, *group, count, *own, share, flag))
    columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * len(COUNTS)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, COUNTS, strict=True)]
    return pa.table(arrays, schema=COUNTS)


def _groups(scene: SceneFile, keys: list[tuple[Any, ...]]) -> list[tuple[str, str, str]]:
    """Line, direction, lane of every row of an interval, in the scene's order."""
    seen = {key[1:] for key in keys}
    groups: list[tuple[str, str, str]] = []
    for line in scene.lines:
        for direction in (line.to_right, line.to_left):
            if not direction:
                continue
            own = sorted(key for key in seen if key[:2] == (line.name, direction))
            groups += own or [(line.name, direction, "")]
    return groups
