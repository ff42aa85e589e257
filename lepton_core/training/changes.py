"""Records that a challenger decides otherwise than the champion, and which of the two is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.box_cells import GOOD
from lepton_core.decision import Decision
from lepton_core.decision.truth import codes_of
from lepton_core.messages import listed, t
from lepton_core.predictions import Predictions
from lepton_core.solution import Task

# What a part's verdict can be, as `lepton_core.decision.detect` says it.
_PASS, _FAIL = "pass", "fail"


@dataclass(frozen=True)
class Kind:
    """Records that belong to one kind of outcome under one of the two bundles, or both.

    Args:
        champion: how many under the champion.
        challenger: how many under the challenger.
        gone: ids of those under the champion alone.
        new: ids of those under the challenger alone.
    """

    champion: int
    challenger: int
    gone: tuple[str, ...]
    new: tuple[str, ...]

    @classmethod
    def of(cls, ids: np.ndarray, before: np.ndarray, after: np.ndarray) -> Kind:
        """From ids [n] and under which of the two each belongs to it, bool [n]."""
        gone, new = ids[before & ~after], ids[after & ~before]
        return cls(int(before.sum()), int(after.sum()), tuple(gone), tuple(new))


@dataclass(frozen=True)
class Changes:
    """What changed on the records that both scored.

    Args:
        kinds: ``wrong`` (another class than the true one) and, for parts that pass or fail,
            ``escape`` (defective and passed) and ``overkill`` (good and failed).
    """

    kinds: dict[str, Kind]

    def to_json(self, ids: bool = False) -> dict[str, Any]:
        """Counts by kind; with ``ids`` the records, too, which no bundle's card may hold."""
        found: dict[str, Any] = {}
        for name, kind in self.kinds.items():
            found[name] = {
                "champion": kind.champion,
                "challenger": kind.challenger,
                "gone": len(kind.gone),
                "new": len(kind.new),
            }
            if ids:
                found[name]["ids"] = {"gone": list(kind.gone), "new": list(kind.new)}
        return found

    def lines(self, language: str | None = None) -> list[str]:
        """The same in words, with the first ids of what changed."""
        found = []
        for name, kind in self.kinds.items():
            counts = {"champion": kind.champion, "challenger": kind.challenger}
            found.append(t(f"champion.changed.{name}", language=language, **counts))
            for how, ids in (("gone", kind.gone), ("new", kind.new)):
                if ids:
                    key = f"champion.changed.{how}"
                    found.append(f"  {t(key, language=language, n=len(ids), ids=listed(ids))}")
        return found


def changed(
    task: Task,
    records: pa.Table,
    champion: Predictions,
    challenger: Predictions,
    decision: Decision,
) -> Changes:
    """What two bundles decide otherwise, against the truth.

    Args:
        task: what they do.
        records: what both scored [n], with their truth; others than of a known class count nothing.
        champion: predictions [n] of the one that scores now.
        challenger: those of the other.
        decision: a decision that names the classes.
    """
    labels = task.inputs.of_role("label")
    classes = getattr(decision, "classes", ())
    if "label" not in task.outputs or not classes or not labels:
        return Changes({})
    if labels[0].name not in records.column_names:
        return Changes({})
    truth = codes_of(records.column(labels[0].name), classes)
    ids = np.array(records.column("record_id").to_pylist(), object)
    known = truth >= 0
    found = {
        "wrong": Kind.of(
            ids,
            *(
                known & (codes_of(one.columns["label"], classes) != truth)
                for one in (champion, challenger)
            ),
        )
    }
    if "verdict" in task.outputs and GOOD in classes:
        good = truth == tuple(classes).index(GOOD)
        verdicts = [one["verdict"] for one in (champion, challenger)]
        escape = (known & ~good & (said == _PASS) for said in verdicts)
        overkill = (known & good & (said == _FAIL) for said in verdicts)
        found |= {"escape": Kind.of(ids, *escape), "overkill": Kind.of(ids, *overkill)}
    return Changes(found)
