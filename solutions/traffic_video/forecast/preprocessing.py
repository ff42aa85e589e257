"""Records to the arrays of the network: each station's last counts beside its usual day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.errors import UsageError
from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.series import SeriesHistory, Windows, refuse_unordered, step_numbers
from lepton_core.settings import from_dict

from .clock import Clock, local_clock, slots_a_day
from .config import DataConfig
from .stations import counts, partly, stations
from .usual import UsualDay, learn_usual

# Scaled values further out than this say "far out" and no more.
_CUT = 10.0
# What the network knows of the time of day: half hours.
HALF_HOURS = 48
# Notes on a record, the lowest bit first; names of the flags of the decision.
FLAGS = ("new_station", "short_past", "stuck", "partly")
# So many equal counts one after the other, this many spreads from what is usual, are a fault.
_STUCK, _STRANGE = 6, 3.0


class CountsPreprocessor(Preprocessor):
    """The last counts of each record's station, less what is usual at their times.

    Args:
        config: how the counts are read.
        usual: from training; None before ``fit``.

    Raises:
        UsageError: ``traffic_video.forecast.ahead`` where the times ahead are no whole intervals.
    """

    def __init__(self, config: DataConfig | None = None, usual: UsualDay | None = None) -> None:
        self.config = config or DataConfig()
        self._usual = usual
        self.ahead = steps_ahead(self.config)

    @property
    def usual(self) -> UsualDay:
        """What is usual; needs :meth:`fit`."""
        if self._usual is None:
            raise ValueError("the preprocessor was not fitted: call fit() first")
        return self._usual

    def new_history(self) -> SeriesHistory:
        return SeriesHistory(self.config.lags)

    def fit(self, records: pa.Table) -> CountsPreprocessor:
        """The usual days, from checked training records."""
        config = self.config
        values = counts(records)
        known = np.flatnonzero(np.isfinite(values))
        records, values = records.take(pa.array(known)), values[known]
        encoded = stations(records).dictionary_encode()
        names = np.array(encoded.dictionary.to_pylist(), object)
        order = np.argsort(names)
        places = np.argsort(order)[encoded.indices.to_numpy()]
        clock = local_clock(self.steps(records), config.step_minutes, config.timezone)
        width = config.smooth_minutes / config.step_minutes
        slots = slots_a_day(config.step_minutes)
        self._usual = learn_usual(places, tuple(names[order]), clock, values, slots, width)
        return self

    def steps(self, records: pa.Table) -> np.ndarray:
        """The interval of each record since 1970 in UTC, int64 [n]."""
        return step_numbers(records.column("time"), self.config.step_minutes)

    def pasts(self, records: pa.Table, history: SeriesHistory | None = None) -> Windows:
        """The last ``lags`` counts of each record's station, its own last; NaN where missing."""
        history = history or self.new_history()
        return history.step(stations(records), self.steps(records), counts(records)[:, None])

    def places(self, records: pa.Table) -> np.ndarray:
        """Which known station each record is of, int64 [n]; -1 for a new one."""
        encoded = stations(records).dictionary_encode()
        return self.usual.places(encoded.dictionary.to_pylist())[encoded.indices.to_numpy()]

    def arrays(
        self, past: np.ndarray, places: np.ndarray, steps: np.ndarray
    ) -> dict[str, np.ndarray]:
        """What the network takes.

        Args:
            past: float64 [n, lags], NaN where there is no count.
            places: int64 [n], known stations, -1 for a new one.
            steps: int64 [n], the records' own intervals.

        Returns:
            ``x`` float32 [n, lags, 2]: counts less what is usual, in spreads (0 where missing), and
            whether they are there; ``level`` [n, times]: what is usual ahead, in spreads;
            ``calendar`` [n, 5]: two waves of the day, and whether it is a weekend; ``station``,
            ``half_hour`` and ``weekday`` int32 [n, 1]; ``base`` [n, times] and ``scale`` [n, 1]:
            what is usual ahead and the spread, in the counts' unit.
        """
        config, usual = self.config, self.usual
        back = np.arange(1 - config.lags, 1)
        asked = np.concatenate([back, self.ahead])
        # Many stations count in the same interval: its clock is read once.
        moments, which = np.unique(steps, return_inverse=True)
        read = local_clock(moments[:, None] + asked, config.step_minutes, config.timezone)
        clock = Clock(*(part[which] for part in read))
        expected = usual.expected(places, clock)
        there = np.isfinite(past)
        known = places >= 0
        # A new station has the shape of a usual day, at the level of its own last counts.
        counted = np.where(there, past, 0.0).sum(axis=1)
        shaped = (expected[:, : config.lags] * there).sum(axis=1)
        level = np.where(known, 1.0, counted / np.maximum(shaped, 1e-9))
        expected = expected * level[:, None]
        spread = usual.spread[np.maximum(places, 0)] if len(usual.names) else np.ones(len(places))
        own = np.maximum(usual.spread_ratio * level, usual.floor)
        scale = np.where(known, spread, own)[:, None]
        lags, base = expected[:, : config.lags], expected[:, config.lags :]
        scaled = np.clip(np.where(there, past - lags, 0.0) / scale, -_CUT, _CUT)
        now = clock.slot[:, config.lags - 1]
        weekday = clock.weekday[:, config.lags - 1]
        part = now * config.step_minutes / 1440.0
        waves = [f(2 * np.pi * k * part) for k in (1, 2) for f in (np.sin, np.cos)]
        floats = {
            "x": np.stack([scaled, there], axis=2),
            "level": base / scale,
            "calendar": np.stack([*waves, weekday >= 5], axis=1),
            "base": base,
            "scale": scale,
        }
        numbers = {
            "station": places + 1,
            "half_hour": np.minimum((part * HALF_HOURS).astype(np.int64), HALF_HOURS - 1),
            "weekday": weekday,
        }
        found = {name: values.astype(np.float32) for name, values in floats.items()}
        return found | {n: values[:, None].astype(np.int32) for n, values in numbers.items()}

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Arrays of checked records, and notes on what makes a forecast doubtful.

        A record before its station's previous one (``late``) or on the same interval
        (``same_step``) is refused.
        """
        windows = self.pasts(records, history)
        past, kept = windows.past[:, :, 0], windows.kept
        arrays = self.arrays(past, self.places(records)[kept], self.steps(records)[kept])
        step = self.config.step_minutes
        rejects = refuse_unordered(
            records, windows, series="station", time="time", step_minutes=step
        )
        notes = {"notes": self._notes(past, arrays, partly(records)[kept])}
        return Prepared(arrays, kept, rejects, notes=notes)

    def gather(
        self, outputs: Mapping[str, np.ndarray], prepared: Prepared, history: Any = None
    ) -> Mapping[str, np.ndarray]:
        """What the network said, with the notes beside it."""
        return {**outputs, **prepared.notes}

    def _notes(
        self, past: np.ndarray, arrays: Mapping[str, np.ndarray], is_partly: np.ndarray
    ) -> np.ndarray:
        """float32 [n], a sum of the bits of ``FLAGS``."""
        last = past[:, -_STUCK:]
        equal = (last == last[:, -1:]).all(axis=1) & (last.shape[1] == _STUCK)
        strange = np.abs(arrays["x"][:, -_STUCK:, 0]).mean(axis=1) > _STRANGE
        flags = {
            "new_station": arrays["station"][:, 0] == 0,
            "short_past": 2 * np.isfinite(past).sum(axis=1) < past.shape[1],
            "stuck": equal & strange,
            "partly": is_partly,
        }
        return sum(flags[name] * np.float32(2**bit) for bit, name in enumerate(FLAGS))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        usual = self.usual
        told = {
            "data": asdict(self.config),
            "stations": list(usual.names),
            "spread_ratio": usual.spread_ratio,
            "floor": usual.floor,
        }
        return told, {"days": usual.days, "spread": usual.spread, "shape": usual.shape}

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> CountsPreprocessor:
        usual = UsualDay(
            tuple(state["stations"]),
            arrays["days"],
            arrays["spread"],
            arrays["shape"],
            state["spread_ratio"],
            state["floor"],
        )
        return cls(from_dict(DataConfig, state["data"]), usual)


def steps_ahead(config: DataConfig) -> np.ndarray:
    """The times ahead in intervals, int64 ascending.

    Raises:
        UsageError: ``traffic_video.forecast.ahead``.

    Example:
        >>> steps_ahead(DataConfig(step_minutes=5.0, ahead_minutes=(5.0, 60.0))).tolist()
        [1, 12]
    """
    ahead = np.asarray(config.ahead_minutes, np.float64) / config.step_minutes
    whole = np.rint(ahead)
    wrong = not len(ahead) or not (np.abs(ahead - whole) < 1e-6).all()
    if wrong or whole[0] < 1 or not (np.diff(whole) > 0).all():
        raise UsageError(
            "traffic_video.forecast.ahead",
            received=", ".join(f"{m:g}" for m in config.ahead_minutes) or "-",
            step=config.step_minutes,
        )
    return whole.astype(np.int64)
