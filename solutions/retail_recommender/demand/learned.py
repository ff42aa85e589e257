"""What training learns of series before any network does: their names, the season, usual sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from .config import DataConfig
from .past import Usual
from .sales import category_names, read_sales, series_names
from .season import Season, learn_season


@dataclass(frozen=True)
class Learned:
    """What is known of series from training.

    Args:
        series, categories: names, sorted.
        starts: float64 [categories + 1], the level at which a series of each category begins; the
            last is that of any other.
        usual: season and spreads.
    """

    series: tuple[str, ...]
    categories: tuple[str, ...]
    starts: np.ndarray
    usual: Usual

    def start_of(self, category: np.ndarray) -> np.ndarray:
        """The level at which a series begins, float64, by place of its category, -1 for none."""
        return self.starts[np.where(category >= 0, category, len(self.categories))]

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """All of it as plain values and arrays."""
        told = {
            "series": list(self.series),
            "categories": list(self.categories),
            "spread": self.usual.spread,
            "error": self.usual.error,
            "floor": self.usual.floor,
        }
        return told, {"starts": self.starts, "season": self.usual.season.factor}

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> Learned:
        """What :meth:`state` described."""
        usual = Usual(Season(arrays["season"]), state["spread"], state["error"], state["floor"])
        return cls(tuple(state["series"]), tuple(state["categories"]), arrays["starts"], usual)


def learn(records: pa.Table, steps: np.ndarray, config: DataConfig) -> Learned:
    """What training records say of series in general.

    Args:
        records: checked training records [n].
        steps: int64 [n], their periods.
        config: how the sales are read.
    """
    demand = read_sales(records).demand
    names = series_names(records).dictionary_encode()
    category = np.array(category_names(records).to_pylist(), object)
    rows = np.flatnonzero(np.isfinite(demand))
    code, step, value = names.indices.to_numpy()[rows], steps[rows], demand[rows]
    season = learn_season(code, step, value, config.step_minutes, config.season_steps)
    flat = value / season.at(step, config.step_minutes, config.season_steps)
    n = len(names.dictionary)
    count = np.maximum(np.bincount(code, minlength=n), 1)
    level = np.bincount(code, flat, n) / count
    variance = np.bincount(code, np.square(flat - level[code]), n) / count
    moving = level > 0
    typical = float(np.median(level[moving])) if moving.any() else 1.0
    # One unit more or less is no surprise, unless units are small parts of what is sold.
    floor = max(0.02 * typical, 1e-6)
    ratio = np.sqrt(variance[moving]) / level[moving]
    spread = float(np.median(ratio)) if moving.any() else 1.0
    begins = _begins(code, step, flat, category[rows], config.recent)
    kinds = tuple(sorted(kind for kind in begins if kind))
    overall = [start for starts in begins.values() for start in starts] or [typical]
    starts = [float(np.median(some)) for some in (*(begins[kind] for kind in kinds), overall)]
    # The usual distance from the base is measured once the pasts are read.
    usual = Usual(season, max(spread, 1e-3), 1.0, floor)
    known = tuple(sorted(names.dictionary.to_pylist()))
    return Learned(known, kinds, np.array(starts), usual)


def _begins(
    code: np.ndarray, step: np.ndarray, flat: np.ndarray, category: np.ndarray, first: int
) -> dict[str, list[float]]:
    """Category -> the mean of the first so many values of each of its series."""
    order = np.lexsort((step, code))
    found: dict[str, list[float]] = {}
    for rows in np.split(order, np.flatnonzero(np.diff(code[order])) + 1):
        if len(rows):
            found.setdefault(str(category[rows[0]]), []).append(float(flat[rows[:first]].mean()))
    return found
