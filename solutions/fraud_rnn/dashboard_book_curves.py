"""The numbers beside the curves: what the chosen threshold costs and catches on judged rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lepton_core.decision.curves import CostCurve
from lepton_core.evaluation.calibration import reliability

from .dashboard_book import Book, Marks


@dataclass(frozen=True)
class JudgedRows:
    """Transactions whose outcome is known and can speak for the bundle.

    Args:
        probability: float32 [m].
        known: int8 [m], 1 fraud, 0 genuine.
        amount: float64 [m].
        days: different days among them.
    """

    probability: np.ndarray
    known: np.ndarray
    amount: np.ndarray
    days: int

    @classmethod
    def of(cls, book: Book, marks: Marks, usable: np.ndarray) -> JudgedRows:
        """Those of a book.

        Args:
            book: the transactions.
            marks: for their probabilities.
            usable: int8 [n], 1 fraud, 0 genuine, -1 not known or learned from.
        """
        rows = np.flatnonzero(usable >= 0)
        days = len(np.unique(book.day[rows]))
        return cls(marks.probability[rows], usable[rows], book.amount[rows], days)

    @property
    def n(self) -> int:
        """How many."""
        return len(self.known)

    @property
    def frauds(self) -> int:
        """How many are fraud."""
        return int((self.known == 1).sum())

    @property
    def genuine(self) -> int:
        """How many are genuine."""
        return int((self.known == 0).sum())

    def at(self, threshold: float) -> tuple[float | None, float]:
        """Precision and recall at a threshold; precision is None without an alert.

        Raises:
            ValueError: there is no fraud to be found.
        """
        if not self.frauds:
            raise ValueError("recall needs a fraud. Received: none")
        alert = self.probability >= np.float32(threshold)
        hits = int((self.known[alert] == 1).sum())
        precision = hits / int(alert.sum()) if alert.any() else None
        return precision, hits / self.frauds


@dataclass(frozen=True)
class CostSummary:
    """What judged transactions cost, a day, in the currency of the amounts.

    Args:
        chosen: at the chosen threshold.
        best: at the best threshold.
        best_threshold: the probability where the cost is least.
        nothing: when nothing is reviewed.
        days: over how many days it was counted.
    """

    chosen: float
    best: float
    best_threshold: float
    nothing: float
    days: int

    @classmethod
    def of(
        cls,
        rows: JudgedRows,
        curve: CostCurve,
        threshold: float,
        review_cost: float,
        factor: float,
    ) -> CostSummary:
        """Sum up at a threshold.

        Args:
            rows: the transactions; there is at least one.
            curve: their costs by threshold, with its minimum.
            threshold: the chosen one.
            review_cost: of one alert.
            factor: part of a missed amount that is lost.
        """
        alert = rows.probability >= np.float32(threshold)
        lost = factor * rows.amount * (rows.known == 1)
        chosen = review_cost * alert.sum() + lost[~alert].sum()
        # Among thresholds that cost the same, the highest: the fewest alerts.
        best = len(curve.total) - 1 - int(np.argmin(curve.total[::-1]))
        return cls(
            chosen=float(chosen) / rows.days,
            best=float(curve.total[best]) / rows.days,
            best_threshold=float(curve.threshold[best]),
            nothing=float(lost.sum()) / rows.days,
            days=rows.days,
        )


def reliability_summary(rows: JudgedRows, top: float) -> tuple[float, float, int]:
    """Frauds expected and observed among the highest probabilities, and how many rows these are.

    Args:
        rows: the transactions.
        top: part of them, in 0..1.
    """
    curve = reliability(rows.known, rows.probability, bins=1, top=top)
    return float(curve.expected.sum()), float(curve.observed.sum()), int(curve.count.sum())


def reliability_groups(rows: JudgedRows, top: float, bins: int = 10) -> pa.Table:
    """The groups of the reliability curve, the highest probabilities first.

    Args:
        rows: the transactions.
        top: part of them, in 0..1.
        bins: groups at most.

    Returns:
        ``count``, ``probability`` and ``rate`` in per cent, ``expected`` and ``observed`` frauds.
    """
    curve = reliability(rows.known, rows.probability, bins=bins, top=top)
    columns = {
        "count": curve.count,
        "probability": 100.0 * curve.probability,
        "rate": 100.0 * curve.rate,
        "expected": curve.expected,
        "observed": curve.observed,
    }
    return pa.table({name: values[::-1].copy() for name, values in columns.items()})
