"""Inspected parts under a decision: what every view about pictures works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision.detect import FAIL, PASS, UNSURE, Detect
from lepton_core.decision.outlier import Outlier
from lepton_core.solution import Task
from lepton_core.ui.columns import word
from lepton_core.ui.outcomes import unseen_rows
from lepton_core.ui.scored import Scored
from lepton_core.ui.uploader import Source

from .heat import strange_level

VERDICTS = (PASS, FAIL, UNSURE)
# Pictures whose maps tell what is usual.
_TELLING = 100
# What a part needs a person for comes first.
_URGENCY = {UNSURE: 0, FAIL: 1, PASS: 2}

Inspector = Detect | Outlier


def scale_of(scored: Scored, usual: float = 0.0) -> np.ndarray:
    """Millimetres a pixel of each picture, float64 [n]; not a number where it is not known.

    Args:
        scored: the pictures.
        usual: what holds where a picture does not tell it; 0 for not known.
    """
    n, given = len(scored.score), scored.raw.get("mm_per_px")
    if given is None and "mm_per_px" in scored.records.column_names:
        given = scored.records.column("mm_per_px").cast(pa.float64()).to_numpy()
    scale = np.full(n, np.nan) if given is None else np.asarray(given, np.float64).reshape(n)
    return np.where(scale > 0, scale, usual if usual > 0 else np.nan)


def apply(decision: Inspector, scored: Scored, scale: np.ndarray) -> dict[str, Any]:
    """Columns [n] of scored parts under a decision; nothing is scored again."""
    return decision.apply({"score": scored.score, **scored.raw, "mm_per_px": scale})


@dataclass(frozen=True)
class Parts:
    """Scored pictures and what a decision makes of them.

    Args:
        task: what inspected them.
        scored: the pictures [n] with the model's outputs.
        source: where they came from.
        folder: of the bundle.
        decision: as it stands on the page.
        columns: what it says of each, as in the task's predictions.
        scale: float64 [n], millimetres a pixel; not a number where it is not known.
    """

    task: Task
    scored: Scored
    source: Source
    folder: Path
    decision: Inspector
    columns: Mapping[str, Any]
    scale: np.ndarray

    def __len__(self) -> int:
        return len(self.scored.score)

    @cached_property
    def ids(self) -> list[str]:
        """The pictures' names."""
        return [str(name) for name in self.scored.records.column("record_id").to_pylist()]

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Name -> row."""
        return {name: row for row, name in enumerate(self.ids)}

    @cached_property
    def verdict(self) -> np.ndarray:
        """Strings [n]: ``pass``, ``fail`` or ``unsure``."""
        return _strings(self.columns["verdict"])

    @cached_property
    def label(self) -> np.ndarray:
        """Strings [n]: the main defect class, or that for none."""
        return _strings(self.columns["label"])

    @cached_property
    def defects(self) -> pa.Array:
        """Boxes [n]; none where the task does not tell where a defect is."""
        found = self.columns.get("defects")
        if found is None:
            return pa.array([[] for _ in range(len(self))], pa.list_(pa.null()))
        return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found

    def boxes(self, row: int) -> list[dict[str, Any]]:
        """The defects of one part, the likeliest first."""
        return list(self.defects[row].as_py() or [])

    @cached_property
    def strength(self) -> np.ndarray:
        """float64 [n] in 0..1: probability of a defect, or 1 less the p-value of a good part."""
        if "probability" in self.columns:
            return np.asarray(self.columns["probability"], np.float64)
        return 1.0 - np.asarray(self.columns["p_value"], np.float64)

    @cached_property
    def usual_map(self) -> float:
        """What most places of most pictures have in the map; 0 without one."""
        values = self.scored.raw.get("map")
        if values is None or not len(values):
            return 0.0
        return float(np.median(np.asarray(values[:_TELLING])))

    @cached_property
    def strange_map(self) -> float:
        """What no more good parts reach anywhere in the map than may fail."""
        assert isinstance(self.decision, Outlier)
        return strange_level(self.decision, np.asarray(self.scored.raw["map"]))

    @property
    def is_outlier(self) -> bool:
        """Whether the model knows good parts alone."""
        return isinstance(self.decision, Outlier)

    @property
    def good(self) -> str:
        """The name of the class for no defect."""
        return self.decision.classes[0]

    @property
    def own_decision(self) -> Inspector:
        """The bundle's."""
        return cast(Inspector, self.scored.decision)

    @cached_property
    def known_label(self) -> list[str | None]:
        """The known class of each; None where nobody said."""
        if "label" not in self.scored.records.column_names:
            return [None] * len(self)
        return list(self.scored.records.column("label").to_pylist())

    @cached_property
    def known(self) -> np.ndarray:
        """int8 [n]: 1 defective, 0 good, -1 not known."""
        names = {"good", self.good}
        codes = [-1 if name is None else int(name not in names) for name in self.known_label]
        return np.array(codes, np.int8)

    @cached_property
    def unseen(self) -> np.ndarray | None:
        """bool [n], pictures that the bundle never learned from; None where all are."""
        return unseen_rows(self.task, self.scored)

    @cached_property
    def judged(self) -> np.ndarray:
        """int8 [n], ``known`` where it may judge the bundle: not on what it learned from."""
        return self.known if self.unseen is None else np.where(self.unseen, self.known, np.int8(-1))

    @cached_property
    def urgency(self) -> np.ndarray:
        """int64 [n], all rows: the unsure ones, then what fails, the most suspicious first."""
        rank = np.array([_URGENCY[name] for name in self.verdict.tolist()], np.int64)
        return np.lexsort((-self.strength, rank))

    def image(self, row: int) -> bytes:
        """The picture's file."""
        return bytes(self.scored.records.column("image")[row]["bytes"].as_py())

    def image_key(self, row: int) -> str:
        """Differs between any two pictures of any two sources."""
        return f"{self.scored.key}|{self.ids[row]}"

    def name(self, label: str) -> str:
        """A class in the page's language."""
        return class_name(self.task.name, label)


def class_name(task_name: str, label: str) -> str:
    """A class in the page's language; the name itself where no catalogue knows it."""
    return word(task_name, "class", label)


def _strings(values: Any) -> np.ndarray:
    array = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values)
    return np.asarray(pc.cast(array, pa.string()).to_pylist(), object)
