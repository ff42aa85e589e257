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

from .config import FeatureConfig
from .features import FeatureEngine, fit_scaling, learn_outlier_amount, scale
from .ordering import TransactionOrder

_SECONDS_A_DAY = 86_400


class TransactionHistory:
    """What is remembered of cards and terminals, and of the order of their times.

    Args:
        config: feature settings.
    """

    def __init__(self, config: FeatureConfig) -> None:
        self._config = config
        self.order = TransactionOrder(config.jump_days)
        self.engine = FeatureEngine(config)

    def forget(self) -> None:
        """Nothing is known of any card or terminal, as at the start."""
        self.engine = FeatureEngine(self._config)

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
    """

    def __init__(
        self,
        config: FeatureConfig | None = None,
        mean: np.ndarray | None = None,
        std: np.ndarray | None = None,
    ) -> None:
        self.config = config or FeatureConfig()
        self.mean = mean
        self.std = std

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the F features, in order."""
        return FeatureEngine(self.config).names

    def fit(self, records: pa.Table) -> TransactionPreprocessor:
        """Scaling, and the amount that is an outlier whoever pays it, from training records."""
        self.fit_outliers(records)
        history = self.new_history()
        return self.fit_scaling(history.engine.step(*columns(records)))

    def fit_outliers(self, records: pa.Table) -> TransactionPreprocessor:
        """The outlier amount from labelled training records; unchanged where none has a label."""
        _, _, _, amount, label = columns(records)
        if (label >= 0).any():
            outlier = learn_outlier_amount(amount, label)
            self.config = replace(self.config, outlier_amount=outlier)
        return self

    def fit_scaling(self, features: np.ndarray) -> TransactionPreprocessor:
        """Scaling from the features [N, F] of training rows."""
        self.mean, self.std = fit_scaling(features)
        return self

    def scale(self, features: np.ndarray) -> np.ndarray:
        """Features [N, F] as the network takes them; unchanged before ``fit``."""
        if self.mean is None or self.std is None:
            return features
        return scale(features, self.mean, self.std)

    def new_history(self) -> TransactionHistory:
        return TransactionHistory(self.config)

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

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        if self.mean is None or self.std is None:
            raise ValueError("the preprocessor was not fitted: call fit() first")
        settings = asdict(self.config)
        if math.isinf(settings["outlier_amount"]):
            settings["outlier_amount"] = None  # JSON has no infinity
        state = {"features": settings, "names": list(self.feature_names)}
        return state, {"mean": self.mean, "std": self.std}

    @classmethod
    def from_state(
        cls, state: dict[str, Any], arrays: dict[str, np.ndarray]
    ) -> TransactionPreprocessor:
        settings = dict(state["features"])
        if settings["outlier_amount"] is None:
            settings["outlier_amount"] = math.inf
        made = cls(from_dict(FeatureConfig, settings), arrays["mean"], arrays["std"])
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
