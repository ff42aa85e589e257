"""Transactions to the arrays of the network, with the cards' and terminals' past."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import BundleError
from lepton_core.events import refuse_late
from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.settings import from_dict

from . import facts
from .config import FeatureConfig
from .features import FeatureEngine, fit_scaling, layout, scale
from .learned import learn_history
from .ordering import TransactionOrder
from .suspicion import CardSuspicion

_SECONDS_A_DAY = 86_400


class TransactionHistory:
    """What is remembered of cards and terminals, and of the order of their times.

    Args:
        config: feature settings.
        suspicion: weights of the card's suspicion.
    """

    def __init__(self, config: FeatureConfig, suspicion: np.ndarray | None = None) -> None:
        self._config = config
        self._suspicion = suspicion
        self.order = TransactionOrder(config.jump_days)
        self.engine = FeatureEngine(config, suspicion)

    def forget(self) -> None:
        """Nothing is known of any card or terminal, as at the start."""
        self.engine = FeatureEngine(self._config, self._suspicion)

    def export(self) -> dict[str, np.ndarray]:
        """The whole memory as plain arrays."""
        order = {f"order.{name}": array for name, array in self.order.export().items()}
        return order | {f"engine.{name}": array for name, array in self.engine.export().items()}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what :meth:`export` gave."""
        split: dict[str, dict[str, np.ndarray]] = {"order": {}, "engine": {}}
        for name, array in arrays.items():
            part, _, rest = name.partition(".")
            split[part][rest] = array
        self.order.restore(split["order"])
        self.engine.restore(split["engine"])


class TransactionPreprocessor(Preprocessor):
    """History features of each transaction, scaled.

    Args:
        config: feature settings.
        mean: float32 [F] of the training rows; None before ``fit``.
        std: float32 [F] of the training rows; None before ``fit``.
        suspicion: float64 [K + 1], weights of the card's suspicion; None where not learned.
    """

    def __init__(
        self,
        config: FeatureConfig | None = None,
        mean: np.ndarray | None = None,
        std: np.ndarray | None = None,
        suspicion: np.ndarray | None = None,
    ) -> None:
        self.config = config or FeatureConfig()
        self.mean = mean
        self.std = std
        self.suspicion = suspicion

    @property
    def scaling(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and spread, float32 [F] each."""
        if self.mean is None or self.std is None:
            raise ValueError("the preprocessor was not fitted: call fit() first")
        return self.mean, self.std

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the F features, in order."""
        return layout(self.config).names

    def fit(self, records: pa.Table) -> TransactionPreprocessor:
        """Scaling and what the histories learn from labels, from training records."""
        self.fit_history(records, np.arange(records.num_rows))
        return self

    def fit_history(self, records: pa.Table, train: np.ndarray) -> np.ndarray:
        """All that is learned: see :func:`~solutions.fraud_rnn.transactions.learned.learn_history`.

        Args:
            records: all records [N] up to the last learned one; the other rows are history.
            train: int64 [n], rows of the training split.

        Returns:
            the scaled features float32 [N, F].
        """
        self.config, self.suspicion, x = learn_history(self.config, columns(records), train)
        self.mean, self.std = fit_scaling(x[train])
        return self.scale(x)

    def scale(self, features: np.ndarray) -> np.ndarray:
        """Features [N, F] as the network takes them; unchanged before ``fit``."""
        if self.mean is None or self.std is None:
            return features
        return scale(features, self.mean, self.std)

    def unscale(self, x: np.ndarray) -> np.ndarray:
        """The features [N, F] of what the network takes, as far as :meth:`scale` did not cut."""
        return x if self.mean is None else x * self.std + self.mean

    def consistent(self, features: np.ndarray) -> np.ndarray:
        """Unscaled features [N, F] whose card features were changed, what follows from them too."""
        place = layout(self.config).suspicion
        names, large = self.feature_names[:place], self.config.outlier_amount
        features = features.copy()
        features[:, place] = CardSuspicion(names, large, self.suspicion).log_odds(
            features[:, :place]
        )
        return features

    def new_history(self) -> TransactionHistory:
        return TransactionHistory(self.config, self.suspicion)

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Features ``x`` float32 [n, F] and the card's slot of each transaction.

        A transaction that is late by more than ``late_days`` is refused; see
        :mod:`~solutions.fraud_rnn.transactions.ordering` for this and for times in the future.
        """
        prepared = self.features(records, history or self.new_history())
        return replace(prepared, arrays={"x": self.scale(prepared.arrays["x"])})

    def features(self, records: pa.Table, history: TransactionHistory) -> Prepared:
        """As :meth:`transform`, the features not scaled."""
        card, terminal, time_us, amount, label = columns(records)
        ordered = history.order.take(card, time_us)
        most_s = self.config.late_days * _SECONDS_A_DAY
        kept, rejects = refuse_late(
            records, ordered.gaps, entity="card", time="time", most_s=most_s
        )
        slots, time_us, moves = ordered.slots, ordered.time_us, ordered.moves
        if len(rejects):
            terminal, slots, time_us = terminal.take(pa.array(kept)), slots[kept], time_us[kept]
            amount, label, moves = amount[kept], label[kept], moves[kept]
        edges = [0, len(kept)]
        if ordered.restart is not None:
            edges.insert(1, int(np.searchsorted(kept, ordered.restart)))
        some = None if moves.all() else moves
        parts: list[np.ndarray] = []
        for start, end in pairwise(edges):
            if parts:
                history.forget()
            rows = slice(start, end)
            ids = pa.array(slots[rows]), terminal.slice(start, end - start)
            moving = None if some is None else some[rows]
            given = (*ids, time_us[rows], amount[rows], label[rows], moving)
            parts.append(history.engine.step(*given))
        x = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return Prepared({"x": x}, kept, rejects, slots, some)

    def fact_types(self) -> dict[str, pa.DataType]:
        return {name: pa.float64() for name in facts.names(self.feature_names)}

    def facts(self, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        x = self.unscale(arrays["x"])
        return facts.tell(self.feature_names, x, self.config.max_age_days)

    def transform_one(
        self, record: Mapping[str, Any], history: TransactionHistory
    ) -> tuple[np.ndarray, int] | None:
        time = record["time"]
        if record["label"] is not None:
            return None
        slot = history.order.take_one(record["card"], time)
        if slot is None:
            return None
        features = history.engine.step_one(slot, record["terminal"], time, record["amount"])
        return self.scale(np.array([features], np.float32)), slot

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        mean, std = self.scaling
        settings = asdict(self.config)
        if math.isinf(settings["outlier_amount"]):
            settings["outlier_amount"] = None  # JSON has no infinity
        state = {"features": settings, "names": list(self.feature_names)}
        arrays = {"mean": mean, "std": std}
        if self.suspicion is not None:
            arrays["suspicion"] = self.suspicion
        return state, arrays

    @classmethod
    def from_state(
        cls, state: dict[str, Any], arrays: dict[str, np.ndarray]
    ) -> TransactionPreprocessor:
        settings = dict(state["features"])
        if settings["outlier_amount"] is None:
            settings["outlier_amount"] = math.inf
        made = cls(
            from_dict(FeatureConfig, settings),
            arrays["mean"],
            arrays["std"],
            arrays.get("suspicion"),
        )
        if list(made.feature_names) != state["names"]:
            raise BundleError(
                "fraud_rnn.error.other_features",
                expected=", ".join(made.feature_names),
                received=", ".join(state["names"]),
            )
        return made


def columns(records: pa.Table) -> tuple[pa.Array, pa.Array, np.ndarray, np.ndarray, np.ndarray]:
    """Card, terminal, time (int64 microseconds), amount and label (int8, -1 unknown) of records."""
    table = records.combine_chunks()
    label = pc.fill_null(table.column("label").cast(pa.int8()), -1)
    return (
        _one(table.column("card")),
        _one(table.column("terminal")),
        table.column("time").cast(pa.int64()).to_numpy(),
        table.column("amount").to_numpy(),
        label.to_numpy(),
    )


def _one(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)
