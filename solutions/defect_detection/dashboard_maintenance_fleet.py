"""All units of the scored records: each one's latest estimate, and since when it is alarmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lepton_core.decision.remaining import RECORD_NOTES, SENSOR_NOTES
from lepton_core.messages import t
from lepton_core.spreadsheet import to_csv
from lepton_core.ui.figures import Figure

from .maintenance.preprocessing import LifePreprocessor
from .maintenance.truth import cycles_of, remaining, unit_codes

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline
    from lepton_core.ui.scored import Scored

VIEW = "defect_detection.maintenance.view"


@dataclass(frozen=True)
class Fleet:
    """Scored records by unit.

    Args:
        scored: the records, with the decision that is in force.
        names: of the units, in order of appearance.
        unit: int64 [n], the number of each record's unit.
        cycle: float64 [n].
        columns: what the decision says of each record.
        truth: float64 [n], cycles left as the records tell it; NaN where they do not.
        last: int64 [units], the row of each unit's latest record.
        alarmed: float64 [units], the cycle from which a unit is alarmed without a break; NaN where
            it is not now.
    """

    scored: Scored
    names: list[str]
    unit: np.ndarray
    cycle: np.ndarray
    columns: dict[str, Any]
    truth: np.ndarray
    last: np.ndarray
    alarmed: np.ndarray

    @classmethod
    def of(cls, scored: Scored, pipeline: Pipeline) -> Fleet:
        """The fleet of scored records.

        Args:
            scored: of this task, with the decision that is in force.
            pipeline: what scored them.
        """
        assert isinstance(pipeline.preprocessor, LifePreprocessor)
        data = pipeline.preprocessor.config
        unit, names = unit_codes(scored.records)
        cycle = cycles_of(scored.records, data.step_minutes)
        columns = scored.decision.apply({"score": scored.score, **scored.raw})
        last = np.zeros(len(names), np.int64)
        last[unit] = np.arange(len(unit))
        alarmed = np.full(len(names), np.nan)
        for row, (code, on) in enumerate(
            zip(unit.tolist(), columns["alarm"].tolist(), strict=True)
        ):
            if not on:
                alarmed[code] = np.nan
            elif np.isnan(alarmed[code]):
                alarmed[code] = cycle[row]
        told = scored.records.column("rul").null_count < len(unit)
        truth = remaining(scored.records, data.step_minutes, data.cap) if told else None
        nobody = np.full(len(unit), np.nan)
        return cls(
            scored, names, unit, cycle, columns, nobody if truth is None else truth, last, alarmed
        )

    def figures(self) -> list[Figure]:
        """How many units, alarms and doubtful ones, and the shortest life."""
        alarm, review = (self.columns[name][self.last] for name in ("alarm", "review"))
        value = self.columns["value"][self.last]
        soonest = int(np.argmin(value))
        ahead = self.scored.decision.to_json()["alarm_cycles"]
        return [
            Figure(t(f"{VIEW}.units"), f"{len(self.names):,}"),
            Figure(
                t(f"{VIEW}.alarms"),
                f"{int(alarm.sum()):,}",
                t(f"{VIEW}.within", ahead=ahead) if alarm.any() else "",
            ),
            Figure(
                t(f"{VIEW}.soonest"),
                t(f"{VIEW}.cycles", n=float(value[soonest])),
                self.names[soonest],
            ),
            Figure(t(f"{VIEW}.doubtful"), f"{int(review.sum()):,}", "", t(f"{VIEW}.doubtful_help")),
        ]

    def table(self) -> pa.Table:
        """A row a unit, the soonest first."""
        rows = self.last[np.argsort(self.columns["value"][self.last], kind="stable")]
        since = self.alarmed[self.unit[rows]]
        return pa.table(
            {
                "unit": [self.names[code] for code in self.unit[rows]],
                **{name: self.columns[name][rows] for name in ("alarm", "value", "low", "high")},
                "cycle": pa.array(self.cycle[rows]).cast(pa.int64()),
                "since": pa.array(since, pa.float64(), from_pandas=True).cast(pa.int64()),
                "look": [self.doubts(int(row)) for row in rows],
            }
        )

    def doubts(self, row: int) -> str:
        """What makes a record's estimate doubtful, in the page's language; empty for nothing."""
        notes = self.scored.raw.get("notes")
        if notes is None or not notes[row].any():
            return ""
        told = [
            t(f"{VIEW}.doubt.{name}", n=float(value))
            for name, value in zip(RECORD_NOTES, notes[row].tolist(), strict=False)
            if value
        ]
        sensors = self.scored.decision.to_json()["sensors"]
        of_sensors = notes[row, len(RECORD_NOTES) :]
        for place, name in enumerate(SENSOR_NOTES):
            some = [s for s, note in zip(sensors, of_sensors, strict=True) if note == place]
            if name and some:
                told.append(t(f"{VIEW}.doubt.{name}", sensors=", ".join(some)))
        return "; ".join(told)

    def rows(self, name: str) -> np.ndarray:
        """The rows of one unit, in order of its cycles."""
        return np.flatnonzero(self.unit == self.names.index(name))

    def csv(self) -> bytes:
        """Every record with its estimate, to hand on."""
        names = ("value", "low", "high", "alarm", "review", "reason")
        records = self.scored.records.select(["record_id", "unit"])
        table = records.append_column("cycle", pa.array(self.cycle))
        for name in names:
            values = self.columns[name]
            table = table.append_column(name, pa.array(values))
        table = table.append_column("bundle", pa.repeat(self.scored.address, len(self.unit)))
        return to_csv(table)
