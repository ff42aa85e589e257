"""Records that are planned together: which have a plan already, and why some cannot have one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lepton_core.entities import EntityTable, StateArray
from lepton_core.rejects import Rejects


@dataclass(frozen=True)
class Fault:
    """Why records of a unit cannot be used.

    Args:
        row: which of the unit's records is at fault; None for the unit as a whole.
        key: of the sentence, below ``reject.``.
        values: what its placeholders stand for.
    """

    row: int | None
    key: str
    values: dict[str, Any]


class PlannedUnits:
    """Which units have a plan already: none gets two.

    Example:
        >>> planned = PlannedUnits()
        >>> planned.is_new("J1"), planned.is_new("J1")
        (True, False)
    """

    def __init__(self) -> None:
        self._table = EntityTable(StateArray("planned", dtype="int8"))

    def is_new(self, name: str) -> bool:
        """Whether this one comes for the first time; from now on it does not."""
        before = len(self._table)
        return self._table.slot(name) == before

    def export(self) -> dict[str, np.ndarray]:
        """The whole memory as plain arrays."""
        return self._table.export()

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Take what :meth:`export` gave."""
        self._table.restore(arrays)


def refuse_unit(
    rejects: Rejects, start: int, unit: Sequence[Mapping[str, Any]], faults: Sequence[Fault]
) -> None:
    """Each record at fault with its own reasons; the others with the one that breaks the plan.

    Args:
        rejects: takes them.
        start: where the unit's first record stands in the batch.
        unit: its records.
        faults: at least one.
    """
    own = {fault.row for fault in faults if fault.row is not None}
    for fault in faults:
        for at in [fault.row] if fault.row is not None else range(len(unit)):
            rejects.add(start + at, unit[at]["record_id"], fault.key, **fault.values)
    if own:
        other = unit[min(own)]["record_id"]
        for at in set(range(len(unit))) - own:
            if start + at not in rejects:
                rejects.add(start + at, unit[at]["record_id"], "unit", other=other)
