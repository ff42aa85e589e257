"""How a bundle's figures hold on corrupted copies of its test pictures, by kind and level.

Pictures are corrupted at the size that the network sees, written as PNG and scored as any record,
so that what a preprocessor refuses is refused here too. Figures are of what was scored: read them
with the share that was refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError, UsageError
from lepton_core.evaluation.corruptions import CORRUPTIONS, LEVELS, corrupt
from lepton_core.evaluation.report import Measured, aligned
from lepton_core.evaluation.rows import take_rows
from lepton_core.evaluation.run import measure
from lepton_core.images import decode_rows
from lepton_core.messages import t
from lepton_core.pictures import PicturePreprocessor
from lepton_core.records.pictures import IMAGE_TYPE

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline

# Eighteen corrupted sets are scored: more pictures narrow the intervals, and take as much longer.
MOST_RECORDS = 400


@dataclass(frozen=True)
class Corrupted:
    """Figures on one corrupted set.

    Args:
        name: of the corruption; empty for the pictures as they are.
        level: 0, 1 or 2.
        strength: in the corruption's own unit.
        n: pictures scored.
        refused: share of the pictures that were refused.
        metrics: the task's figures; empty where too few were scored for any.
    """

    name: str
    level: int
    strength: float
    n: int
    refused: float
    metrics: dict[str, Measured]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        figures = {key: figure.to_json() for key, figure in self.metrics.items()}
        return {
            "corruption": self.name or None,
            "level": self.level + 1 if self.name else 0,
            "strength": self.strength,
            "n": self.n,
            "refused": self.refused,
            "metrics": figures,
        }


def robustness(
    pipeline: Pipeline,
    records: pa.Table,
    rows: np.ndarray,
    *,
    most: int = MOST_RECORDS,
    seed: int = 0,
    note: Callable[[str], None] = lambda words: None,
) -> list[Corrupted]:
    """Figures on the pictures as they are, and on each corruption at each level.

    Args:
        pipeline: a bundle whose preprocessor reads pictures.
        records: checked records with their truth.
        rows: the test records, int64 [n].
        most: so many of them are taken, at random.
        seed: of the choice and the corruptions.
        note: told after each kind.

    Raises:
        UsageError: ``usage.robustness`` where the task reads no pictures.
        DataError: as :func:`lepton_core.evaluation.run.measure`, on the pictures as they are.
    """
    reader = pipeline.preprocessor
    if not isinstance(reader, PicturePreprocessor):
        raise UsageError("usage.robustness", task=pipeline.task.name)
    chosen = np.random.default_rng(seed).permutation(rows)[:most]
    some = take_rows(records, np.sort(chosen))
    pictures, kept, _ = decode_rows(
        some.column(reader.column),
        channels=reader.channels,
        size=(reader.height, reader.width),
        formats=reader.formats,
    )
    some = take_rows(some, kept)
    found = [_measured(pipeline, some, "", 0, 0.0)]
    for name, kind in CORRUPTIONS.items():
        for level in range(LEVELS):
            changed = [corrupt(p, name, level, seed + row) for row, p in enumerate(pictures)]
            table = _with_pictures(some, reader.column, changed)
            found.append(_measured(pipeline, table, name, level, kind.levels[level]))
        note(t(f"evaluate.robustness.kind.{name}"))
    return found


def to_text(found: Sequence[Corrupted], keys: Sequence[str]) -> str:
    """A plain table for a terminal, in the current language.

    Args:
        found: of :func:`robustness`.
        keys: the figures to show.
    """
    heads = ("title", "strength", "refused")
    rows = [[*(t(f"evaluate.robustness.{head}") for head in heads), *keys]]
    for one in found:
        kind = t(f"evaluate.robustness.kind.{one.name or 'none'}")
        figures = [str(one.metrics[key]) if key in one.metrics else "-" for key in keys]
        rows.append([kind, _strength(one), f"{one.refused:.1%}", *figures])
    head = t("evaluate.robustness.head", n=round(found[0].n / max(1 - found[0].refused, 1e-9)))
    return "\n".join([head, "", *aligned(rows)])


def _strength(one: Corrupted) -> str:
    if not one.name:
        return "-"
    unit = CORRUPTIONS[one.name].unit
    return t(f"evaluate.robustness.unit.{unit}", value=one.strength)


def _measured(
    pipeline: Pipeline, records: pa.Table, name: str, level: int, strength: float
) -> Corrupted:
    size = records.num_rows
    try:
        figures, n = measure(pipeline, records, np.arange(size))
    except DataError:
        # All refused, or only one class left: there is no figure, and that is the finding.
        if not name:
            raise
        figures, n = {}, len(pipeline.score(records))
    return Corrupted(name, level, strength, n, 1 - n / max(size, 1), figures)


def _with_pictures(records: pa.Table, column: str, pictures: Sequence[np.ndarray]) -> pa.Table:
    """The same records with other pictures, as PNG."""
    import cv2

    rows = []
    for number, picture in enumerate(pictures):
        stored = picture if picture.shape[-1] == 1 else picture[..., ::-1]
        data = cv2.imencode(".png", stored, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
        digest = hashlib.sha256(data).hexdigest()
        rows.append({"path": f"{number}.png", "bytes": data, "sha256": digest})
    at = records.column_names.index(column)
    return records.set_column(at, records.schema.field(at), pa.array(rows, IMAGE_TYPE))
