"""Histories to the network's input, and what it says to risk, value and segment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.rejects import Rejects
from lepton_core.settings import from_dict

from .config import DataConfig
from .features import FEATURES, Past, features, lifetime_says
from .forecast import Forecast, log_odds
from .lifetime import Lifetime
from .purchases import Purchases
from .segments import Segments

# What may lie before the clock here, for zones and clocks that differ.
_AHEAD = np.timedelta64(1, "D")
# So many deviations say "far out" and no more.
_CUT = 6.0


class CustomerPreprocessor(Preprocessor):
    """Customers to ``x`` float32 [n, F] and back to the numbers of ``COLUMNS``.

    A customer without an order at the moment that is asked for is refused, as is one whose lists
    differ in length or of whom it is not said when it is asked for.

    Args:
        config: horizon and what is no product.
    """

    def __init__(self, config: DataConfig | None = None) -> None:
        self.config = config or DataConfig()
        self.lifetime, self.segments, self.forecast = Lifetime(), Segments(), Forecast()
        self.scale = 1.0
        self.centre = np.zeros(len(FEATURES))
        self.spread = np.ones(len(FEATURES))
        # Mean and deviation of the logarithm of what those spend who order.
        self.value = (0.0, 1.0)

    def fit(self, records: pa.Table) -> CustomerPreprocessor:
        """Lifetime model, scales and segments of the training cases.

        The lifetime model learns from each customer once, at the last moment they are asked at.
        """
        from .lifetime_fitting import fit_lifetime

        bought, kept, _ = self._read(records)
        past = Past.of(bought)
        latest = bought.until == bought.until.max()
        of = (values[latest] for values in (past.orders, past.span, past.age, past.mean))
        self.lifetime = fit_lifetime(*of)
        positive = past.mean[past.mean > 0]
        self.scale = float(np.median(positive)) if len(positive) else 1.0
        said = lifetime_says(past, self.lifetime, self.config.horizon_days)
        x = features(bought, past, said, self.scale)
        self.centre, self.spread = x.mean(axis=0), x.std(axis=0)
        self.spread[self.spread < 1e-6] = 1.0
        if "value_next" in records.column_names:
            spent = records.column("value_next").to_numpy()[kept]
            logs = np.log(spent[spent > 0])
            if len(logs):
                self.value = float(logs.mean()), max(float(logs.std()), 1e-3)
        self.fit_segments(records)
        return self

    def fit_segments(self, records: pa.Table) -> None:
        """The segments' quantiles, of the customers at the latest moment of these cases."""
        bought, _, _ = self._read(records)
        past = Past.of(bought)
        some = bought.until == bought.until.max()
        self.segments = Segments.fit(past.recency[some], past.orders[some], past.spent[some])

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Checked records [n] to ``x``, with what is known of each beside it."""
        bought, kept, rejects = self._read(records)
        past = Past.of(bought)
        said = lifetime_says(past, self.lifetime, self.config.horizon_days)
        x = features(bought, past, said, self.scale)
        x = np.clip((x - self.centre) / self.spread, -_CUT, _CUT).astype(np.float32)
        known = np.stack([past.recency, past.orders, past.spent, said["chance"], said["value"]], 1)
        return Prepared({"x": x}, kept, rejects, notes={"known": known})

    def gather(
        self, outputs: Mapping[str, np.ndarray], prepared: Prepared, history: Any = None
    ) -> Mapping[str, np.ndarray]:
        """The numbers of ``COLUMNS``, float32 [n, 10]."""
        known = prepared.notes["known"]
        recency, orders, spent = known[:, 0], known[:, 1], known[:, 2]
        chance, kept = self.forecast.apply(self.said(outputs["score"], known))
        low, high = self.forecast.ends(chance, kept)
        numbers = [
            1.0 - chance,
            chance * kept,
            low,
            high,
            kept,
            self.segments.of(recency, orders, spent),
            recency,
            orders,
            spent,
            spent / np.maximum(orders, 1),
        ]
        return {"score": np.stack(numbers, axis=1).astype(np.float32)}

    def said(self, score: np.ndarray, known: np.ndarray) -> dict[str, np.ndarray]:
        """What both models say of customers, as :class:`~.forecast.Forecast` reads it.

        Args:
            score: of the network [n, 2]: log odds of an order, scaled log of the value.
            known: the notes of :meth:`transform` [n, 5].
        """
        score = np.asarray(score, np.float64)
        centre, spread = self.value
        return {
            "network": score[:, 0],
            "network_value": np.exp(np.clip(score[:, 1], -_CUT, _CUT) * spread + centre),
            "lifetime": log_odds(known[:, 3]),
            "lifetime_value": known[:, 4],
        }

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        state = {
            "config": asdict(self.config),
            "lifetime": asdict(self.lifetime),
            "segments": asdict(self.segments),
            "forecast": asdict(self.forecast),
            "scale": self.scale,
            "value": list(self.value),
            "features": list(FEATURES),
        }
        return state, {"centre": self.centre, "spread": self.spread}

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
    ) -> CustomerPreprocessor:
        made = cls(from_dict(DataConfig, state["config"]))
        made.lifetime = from_dict(Lifetime, state["lifetime"])
        made.segments = from_dict(Segments, state["segments"])
        made.forecast = from_dict(Forecast, state["forecast"])
        made.scale = float(state["scale"])
        made.value = (float(state["value"][0]), float(state["value"][1]))
        made.centre, made.spread = arrays["centre"], arrays["spread"]
        return made

    def _read(self, records: pa.Table) -> tuple[Purchases, np.ndarray, Rejects]:
        """Purchases of the records that can be read, where these stand, and the others."""
        rejects = refused(records)
        rows = np.array([r for r in range(records.num_rows) if r not in rejects], np.int64)
        some = records.take(pa.array(rows))
        until = (
            some.column("as_of").cast(pa.int64()).to_numpy()
            if "as_of" in some.column_names
            else np.zeros(len(rows), np.int64)
        )
        bought = Purchases.read(some, until, self.config.left_out)
        has = bought.orders() > 0
        ids = records.column("record_id")
        for row in rows[~has].tolist():
            rejects.add(row, ids[row].as_py(), "no_orders")
        if not has.all():
            rows = rows[has]
            bought = Purchases.read(records.take(pa.array(rows)), until[has], self.config.left_out)
        return bought, rows, rejects


def misaligned(records: pa.Table) -> Rejects:
    """Records whose lists differ in length."""
    rejects, ids = Rejects(), records.column("record_id")
    items = pc.fill_null(pc.list_value_length(records.column("items")), 0).to_numpy()
    for name in ("times", "prices", "quantities"):
        if name not in records.column_names:
            continue
        told = pc.list_value_length(records.column(name))
        found = pc.fill_null(told, 0).to_numpy()
        there = told.is_valid().to_numpy()
        for row in np.flatnonzero((found != items) & there).tolist():
            values = {"column": name, "expected": int(items[row]), "received": int(found[row])}
            rejects.add(row, ids[row].as_py(), "list_lengths", **values)
    return rejects


def latest_possible() -> int:
    """Microseconds since 1970 UTC after which nothing can have happened yet."""
    return int((np.datetime64("now", "us") + _AHEAD).astype(np.int64))


def refused(records: pa.Table) -> Rejects:
    """Records whose lists differ in length, or that do not say when they are asked for.

    A day to come is refused too: one mistyped date in a table of order lines would make it the day
    that all are asked for, and everybody would seem to have been silent for years.
    """
    rejects, ids = misaligned(records), records.column("record_id")
    if "as_of" in records.column_names:
        asked = records.column("as_of").is_valid().to_numpy()
    else:
        asked = np.zeros(records.num_rows, bool)
    for row in np.flatnonzero(~asked).tolist():
        rejects.add(row, ids[row].as_py(), "no_as_of", column="as_of")
    if asked.any():
        moments = records.column("as_of").cast(pa.int64())
        late = pc.fill_null(pc.greater(moments, latest_possible()), False).to_numpy()
        for row in np.flatnonzero(late).tolist():
            told = {"column": "as_of", "received": str(records.column("as_of")[row].as_py())}
            rejects.add(row, ids[row].as_py(), "as_of_to_come", **told)
    return rejects
