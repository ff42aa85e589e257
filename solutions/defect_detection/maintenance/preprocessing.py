"""Records of units to the arrays of the network, and what is doubtful about each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.decision.remaining import RECORD_NOTES, SENSOR_NOTES
from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.rejects import Rejects
from lepton_core.settings import from_dict

from .config import DataConfig
from .histories import Seen, UnitHistory
from .sensors import Sensor, find_sensors, sensor_values
from .truth import cycles_of, unit_codes

# Further out than this a scaled value or feature says "far out" and no more.
_CUT = 6.0
# A sensor that moves is stuck once it stands still for so much longer than it ever did.
_STILL_TIMES, _STILL_MORE = 2, 10
_MISSING, _STUCK, _OUTSIDE = (SENSOR_NOTES.index(n) for n in ("missing", "stuck", "outside"))


class LifePreprocessor(Preprocessor):
    """Each record with its unit's past as the network takes it; doubts as notes for the decision.

    Args:
        config: how the machines are read.
        sensors: what training showed of each; empty before ``fit``.
        usual_step: cycles from one record of a unit to the next, at most, in training.
        centre: float32 [F], mean of each feature in training.
        scale: float32 [F], their deviations.
    """

    def __init__(
        self,
        config: DataConfig | None = None,
        sensors: tuple[Sensor, ...] = (),
        usual_step: float = 1.0,
        centre: np.ndarray | None = None,
        scale: np.ndarray | None = None,
    ) -> None:
        self.config = config or DataConfig()
        self.sensors, self.usual_step = sensors, usual_step
        width = 3 * len(sensors) + 1
        self.centre = np.zeros(width, np.float32) if centre is None else centre
        self.scale = np.ones(width, np.float32) if scale is None else scale

    @property
    def names(self) -> tuple[str, ...]:
        """The sensors' names, in order."""
        return tuple(sensor.name for sensor in self.sensors)

    def new_history(self) -> UnitHistory:
        return UnitHistory(len(self.sensors), self.usual_step)

    def fit(self, records: pa.Table) -> LifePreprocessor:
        """Which sensors there are and what is usual, from checked training records in order.

        Raises:
            DataError: as :func:`~.sensors.find_sensors`.
        """
        self.sensors = find_sensors(records, self.config.sensors)
        self.usual_step = np.inf
        _, seen, kept = self._seen(records, self.new_history())
        steps = seen.step[kept & np.isfinite(seen.step)]
        self.usual_step = float(steps.max(initial=1.0))
        longest = _usual_runs(unit_codes(records)[0], seen.run)
        told = (asdict(sensor) for sensor in self.sensors)
        self.sensors = tuple(
            Sensor(**{**one, "longest_run": run}) for one, run in zip(told, longest, strict=True)
        )
        features = seen.features[kept].reshape(-1, seen.features.shape[2]).astype(np.float64)
        self.centre = features.mean(axis=0).astype(np.float32)
        self.scale = np.maximum(features.std(axis=0), 1e-6).astype(np.float32)
        return self

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Features ``x`` float32 [n, TIMES, F], and notes as the decision ``Remaining`` reads them.

        Refused are records without cycle and time, those before or on a cycle of the same unit that
        came already, and those in which most sensors are missing.
        """
        history = self.new_history() if history is None else history
        values, seen, kept = self._seen(records, history)
        rows = np.flatnonzero(kept)
        x = np.clip((seen.features[rows] - self.centre) / self.scale, -_CUT, _CUT)
        rejects = self._refused(records, seen, kept, np.isnan(values))
        notes = {"notes": self._notes(values[rows], seen, rows)}
        return Prepared({"x": x}, rows, rejects, notes=notes)

    def gather(
        self, outputs: Mapping[str, np.ndarray], prepared: Prepared, history: Any = None
    ) -> Mapping[str, np.ndarray]:
        """The network's outputs with the notes beside them."""
        return {**outputs, **prepared.notes}

    def _seen(self, records: pa.Table, history: UnitHistory) -> tuple[np.ndarray, Seen, np.ndarray]:
        """Sensor values [n, S], what the past says, and which records were taken, bool [n]."""
        cycle = cycles_of(records, self.config.step_minutes)
        values = sensor_values(records, self.names)
        sound = np.isfinite(cycle) & (2 * np.isnan(values).sum(axis=1) <= len(self.sensors))
        rows = np.flatnonzero(sound)
        low, high, mean, std = (
            np.array([getattr(sensor, name) for sensor in self.sensors])
            for name in ("low", "high", "mean", "std")
        )
        some = values[rows]
        # What cannot be right must not weigh on the unit's trend for many cycles.
        possible = np.where((some < low) | (some > high), np.nan, some)
        scaled = np.clip((possible - mean) / std, -_CUT, _CUT)
        told = records.column("cycle").is_valid().to_numpy()[rows]
        part = history.take(
            history.slots(records.column("unit").take(pa.array(rows))),
            cycle[rows],
            np.where(told, cycle[rows], np.nan),
            scaled,
            some,
        )
        seen = _spread(part, rows, len(values))
        return values, seen, seen.known > 0

    def _notes(self, values: np.ndarray, seen: Seen, rows: np.ndarray) -> np.ndarray:
        """float32 [n, 2 + S], see :class:`~lepton_core.decision.remaining.Remaining`."""
        limit = np.array([_STILL_TIMES * s.longest_run + _STILL_MORE for s in self.sensors])
        low, high = (np.array([getattr(s, end) for s in self.sensors]) for end in ("low", "high"))
        notes = np.zeros((len(rows), len(RECORD_NOTES) + len(self.sensors)), np.float32)
        known = seen.known[rows]
        notes[:, 0] = np.where(known < self.config.least_history, known, 0)
        notes[:, 1] = seen.skipped[rows]
        of_sensors = notes[:, len(RECORD_NOTES) :]
        of_sensors[seen.run[rows] > limit] = _STUCK
        of_sensors[(values < low) | (values > high)] = _OUTSIDE
        of_sensors[np.isnan(values)] = _MISSING
        return notes

    def _refused(
        self, records: pa.Table, seen: Seen, kept: np.ndarray, missing: np.ndarray
    ) -> Rejects:
        rejects = Rejects()
        rows = np.flatnonzero(~kept)
        if not len(rows):
            return rejects
        some = records.select(["record_id", "unit", "cycle", "time"]).take(pa.array(rows))
        told = some.append_column("at", some["cycle"].cast(pa.string()))
        times = some["time"].cast(pa.string()).to_pylist()
        for place, row in enumerate(rows.tolist()):
            record_id, unit, at = (told[n][place].as_py() for n in ("record_id", "unit", "at"))
            at = times[place] if at is None else at
            if at is None:
                rejects.add(row, record_id, "maintenance_no_cycle", column="cycle", unit=unit)
            elif seen.late[row] or seen.repeated[row]:
                key = "late" if seen.late[row] else "same_cycle"
                told_of = {"column": "cycle", "unit": unit, "received": at}
                rejects.add(row, record_id, f"maintenance_{key}", **told_of)
            else:
                names = [n for n, gone in zip(self.names, missing[row], strict=True) if gone]
                told_of = {"column": names[0], "n": len(names), "of": len(self.names)}
                sensors = ", ".join(names)
                rejects.add(row, record_id, "maintenance_few_sensors", **told_of, sensors=sensors)
        return rejects

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        if not self.sensors:
            raise ValueError("the preprocessor was not fitted: call fit() first")
        told = {
            "data": asdict(self.config),
            "sensors": [asdict(sensor) for sensor in self.sensors],
            "usual_step": self.usual_step,
        }
        return told, {"centre": self.centre, "scale": self.scale}

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
    ) -> LifePreprocessor:
        return cls(
            from_dict(DataConfig, state["data"]),
            tuple(from_dict(Sensor, sensor) for sensor in state["sensors"]),
            state["usual_step"],
            arrays["centre"],
            arrays["scale"],
        )


def _usual_runs(unit: np.ndarray, run: np.ndarray) -> list[int]:
    """How long each sensor stands still at most, in nine of ten units: in some it may be broken."""
    longest = np.stack([run[unit == code].max(axis=0) for code in np.unique(unit)])
    return np.quantile(longest, 0.9, axis=0, method="lower").astype(int).tolist()


def _spread(part: Seen, rows: np.ndarray, n: int) -> Seen:
    """What was seen of some records, in the places of all."""
    if len(rows) == n:
        return part
    arrays = {}
    for name, values in vars(part).items():
        whole = np.zeros((n, *values.shape[1:]), values.dtype)
        whole[rows] = values
        arrays[name] = whole
    return Seen(**arrays)
