"""Records to the arrays of the network: what each series sold before, and what is known ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.rejects import Rejects
from lepton_core.series import SeriesHistory, Windows, refuse_unordered, step_numbers
from lepton_core.settings import from_dict

from .config import DataConfig
from .learned import Learned, learn
from .past import read_past
from .sales import COLUMNS, category_names, read_sales, remembered, series_names
from .season import year_week

# Notes on a record, the lowest bit first; names of the flags of the decision.
FLAGS = ("new_series", "short_past", "stock_outs")
_SHORT, _OFTEN_OUT = 0.5, 0.25


@dataclass(frozen=True)
class Asked:
    """Records [k] whose past could be read.

    Args:
        windows: their pasts, and where they stand in the table.
        steps: int64 [k], their periods.
        own: float64 [k, 3], promotion, holiday and price of the period itself, known ahead.
        series, category: int64 [k], places among those that training knows; -1 for a new one.
        asks: bool [k], whose own sale is not known.
    """

    windows: Windows
    steps: np.ndarray
    own: np.ndarray
    series: np.ndarray
    category: np.ndarray
    asks: np.ndarray

    def of(self, rows: np.ndarray) -> Asked:
        """Some of them, by their rows in the table [m], all of which must be here."""
        some = np.searchsorted(self.windows.kept, rows)
        windows = Windows(
            self.windows.past[some],
            self.windows.kept[some],
            self.windows.late,
            self.windows.latest,
            self.windows.repeated,
            self.windows.since[some],
        )
        told = (self.steps, self.own, self.series, self.category, self.asks)
        return Asked(windows, *(values[some] for values in told))


class DemandPreprocessor(Preprocessor):
    """The past of each record's series, as it was one period before it, two, and so on.

    A record without a quantity asks: it is forecast from the series' last known sale, and is not
    remembered.

    Args:
        config: how the sales are read.
        learned: from training; None before ``fit``.
    """

    def __init__(self, config: DataConfig | None = None, learned: Learned | None = None) -> None:
        self.config = config or DataConfig()
        self._learned = learned

    @property
    def learned(self) -> Learned:
        """What training knows; needs :meth:`fit`."""
        if self._learned is None:
            raise ValueError("the preprocessor was not fitted: call fit() first")
        return self._learned

    def new_history(self) -> SeriesHistory:
        return SeriesHistory(self.config.length, columns=len(COLUMNS))

    def fit(self, records: pa.Table) -> DemandPreprocessor:
        """Series, categories, season and spread, from checked training records in order of time."""
        self._learned = learn(records, self.steps(records), self.config)
        asked = self.read(records)
        arrays, demand = self.arrays(asked), read_sales(records).demand[asked.windows.kept]
        error = np.abs(demand[:, None] - arrays["base"]) / arrays["scale"]
        known = error[np.isfinite(error)]
        usual = self._learned.usual
        usual = replace(usual, error=max(float(np.median(known)), 1e-3) if len(known) else 1.0)
        self._learned = replace(self._learned, usual=usual)
        return self

    def steps(self, records: pa.Table) -> np.ndarray:
        """The period of each record since 1970, int64 [n]."""
        return step_numbers(records.column("time"), self.config.step_minutes)

    def read(self, records: pa.Table, history: SeriesHistory | None = None) -> Asked:
        """The pasts of records, with what is known ahead of each."""
        history = history or self.new_history()
        sales = read_sales(records)
        steps, names = self.steps(records), series_names(records)
        memory = remembered(records, sales.demand)
        asks = np.isnan(sales.quantity)
        windows = history.step(names, steps, memory, asks)
        kept = windows.kept
        learned = self.learned
        return Asked(
            windows,
            steps[kept],
            memory[kept, 1:4],
            _places(names, learned.series)[kept],
            _places(category_names(records), learned.categories)[kept],
            asks[kept],
        )

    def arrays(self, asked: Asked) -> dict[str, np.ndarray]:
        """What the network takes.

        Returns:
            ``x`` float32 [k, lags + horizon - 1, CHANNELS] and ``features`` [k, horizon,
            FEATURES], see :mod:`.past`; ``series``, ``category`` and ``week`` int32 [k, 1], 0 for
            what nobody knows; ``base`` and ``scale`` [k, horizon], in units.
        """
        learned = self.learned
        start = learned.start_of(asked.category)
        price = _last_known(asked.own[:, 2], asked.windows.past[:, :, 3])
        own = np.concatenate([asked.own[:, :2], price[:, None]], axis=1)
        past = read_past(asked.windows.past, own, asked.steps, start, self.config, learned.usual)
        week = year_week(asked.steps, self.config.step_minutes)
        floats = {
            "x": past.line,
            "features": past.features,
            "base": past.base,
            "scale": past.scale,
        }
        numbers = {"series": asked.series + 1, "category": asked.category + 1, "week": week}
        found = {name: values.astype(np.float32) for name, values in floats.items()}
        return found | {n: values[:, None].astype(np.int32) for n, values in numbers.items()}

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Arrays of checked records, and notes on what makes a forecast doubtful.

        Refused are a record of a period before its series' last known one (``late``), a second one
        of a period (``same_step``), and one that asks for more periods ahead than the horizon
        (``demand_too_far``).
        """
        asked = self.read(records, history)
        windows, step = asked.windows, self.config.step_minutes
        rejects = refuse_unordered(
            records, windows, series="series", time="time", step_minutes=step
        )
        far = asked.asks & (windows.since > self.config.horizon)
        _refuse_far(rejects, records, windows, far, self.config.horizon)
        asked = asked.of(windows.kept[~far])
        arrays = self.arrays(asked)
        # A series that never sold anything has no last sale: as from as far as is possible.
        since = np.where(asked.windows.since > 0, asked.windows.since, self.config.horizon)
        notes = {
            "since": np.where(asked.asks, since, 1).astype(np.float32),
            "ahead": np.where(asked.asks, since, 0).astype(np.float32),
            "notes": self._notes(asked, np.where(asked.asks, since, 1)),
        }
        return Prepared(arrays, asked.windows.kept, rejects, notes=notes)

    def gather(
        self, outputs: Mapping[str, np.ndarray], prepared: Prepared, history: Any = None
    ) -> Mapping[str, np.ndarray]:
        """What the network said, with the notes beside it.

        From fewer periods before it than the last known sale lies back nothing can be said of a
        record; there stands what is said from that sale.
        """
        since = prepared.notes["since"].astype(np.int64)
        score = np.asarray(outputs["score"])
        at = np.maximum(np.arange(score.shape[1]), since[:, None] - 1)
        told = np.take_along_axis(score, at[:, :, None], axis=1)
        return {**outputs, "score": told, **prepared.notes}

    def _notes(self, asked: Asked, since: np.ndarray) -> np.ndarray:
        """float32 [k], a sum of the bits of ``FLAGS``."""
        back = asked.windows.past[:, ::-1, :]
        rows = np.arange(len(since))[:, None]
        last = back[rows, since[:, None] + np.arange(self.config.lags)]
        known = np.isfinite(last[:, :, 0])
        out = np.nan_to_num(last[:, : self.config.recent, 4]) > 0
        flags = {
            "new_series": asked.series < 0,
            "short_past": known.mean(axis=1) < _SHORT,
            "stock_outs": out.mean(axis=1) > _OFTEN_OUT,
        }
        return sum(flags[name] * np.float32(2**bit) for bit, name in enumerate(FLAGS))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        told, arrays = self.learned.state()
        return {"data": asdict(self.config), **told}, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> DemandPreprocessor:
        return cls(from_dict(DataConfig, state["data"]), Learned.from_state(state, arrays))


def _places(names: pa.Array, known: tuple[str, ...]) -> np.ndarray:
    """Which known one each name is, int64 [n]; -1 for none."""
    encoded = names.dictionary_encode()
    at = {name: place for place, name in enumerate(known)}
    found = np.array([at.get(name, -1) for name in encoded.dictionary.to_pylist()], np.int64)
    return found[encoded.indices.to_numpy()] if len(names) else np.zeros(0, np.int64)


def _last_known(own: np.ndarray, past: np.ndarray) -> np.ndarray:
    """A price [k], where it is not said the last one known of the past [k, length]."""
    there = np.isfinite(past)
    last = past.shape[1] - 1 - np.argmax(there[:, ::-1], axis=1)
    found = np.where(there.any(axis=1), past[np.arange(len(past)), last], np.nan)
    return np.where(np.isfinite(own), own, found)


def _refuse_far(
    rejects: Rejects, records: pa.Table, windows: Windows, far: np.ndarray, horizon: int
) -> None:
    for place in np.flatnonzero(far).tolist():
        row = int(windows.kept[place])
        record_id = records.column("record_id")[row].as_py()
        received = int(windows.since[place])
        name = records.column("series")[row].as_py()
        values = {"series": name, "received": received, "horizon": horizon}
        rejects.add(row, record_id, "demand_too_far", **values)
