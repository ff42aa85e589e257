"""Which pictures a person should label next, and which have been labelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.labelling.queue import Judged, choose, judge
from lepton_core.messages import t
from lepton_core.store import WITHDRAWN

from .dashboard_parts import Parts

# As many as one labels at a sitting are chosen to differ from each other.
_AT_ONCE = 60


@dataclass(frozen=True)
class Labels:
    """What people said of the pictures, from the store.

    Args:
        said: row -> the verdict that counts: ``verdict who when note marks``.
    """

    said: dict[int, dict[str, Any]]

    @classmethod
    def of(cls, parts: Parts, verdicts: pa.Table | None) -> Labels:
        """From all verdicts on a task's records, in order of time; None for no store."""
        said: dict[int, dict[str, Any]] = {}
        for one in verdicts.to_pylist() if verdicts is not None else []:
            row = parts.row_of.get(one["record_id"])
            if row is None:
                continue
            # One that was taken back leaves the picture without a label.
            said.pop(row, None)
            if one["verdict"] != WITHDRAWN:
                said[row] = one
        return cls(said)

    def overruled(self, parts: Parts) -> list[int]:
        """Rows where a person says another class than the model, or drew other boxes."""
        return [
            row
            for row, one in self.said.items()
            if one["verdict"] != parts.label[row] or one.get("marks") not in (None, "[]")
        ]


@dataclass(frozen=True)
class Waiting:
    """Pictures that wait for a label.

    Args:
        rows: int64 [m], the most useful first.
        judged: what the model thinks of all pictures.
    """

    rows: np.ndarray
    judged: Judged

    def reason(self, parts: Parts, row: int) -> str:
        """Why a picture is worth a label, as a sentence."""
        key, values = self.judged.reasons[row]
        named = {k: parts.name(v) if isinstance(v, str) else v for k, v in values.items()}
        return t(f"queue.reason.{key}", **named)


def queue(parts: Parts, labels: Labels, *, with_known: bool = False) -> Waiting:
    """Pictures that wait for a label, the most useful first.

    The order is that of `lepton queue`: those that the model doubts most and that differ.

    Args:
        parts: the pictures.
        labels: what people said already; those pictures do not wait.
        with_known: whether pictures that came with a label wait too, to be checked.
    """
    waits = np.ones(len(parts), bool)
    waits[list(labels.said)] = False
    if not with_known:
        waits &= np.array([label is None for label in parts.known_label])
    rows = np.flatnonzero(waits)
    judged = judge(parts.decision, parts.scored.score)
    first = choose(judged.doubt[rows], judged.view[rows], _AT_ONCE)
    others = np.setdiff1d(np.arange(len(rows)), first)
    others = others[np.argsort(-judged.doubt[rows[others]], kind="stable")]
    return Waiting(rows[np.concatenate([first, others])], judged)
