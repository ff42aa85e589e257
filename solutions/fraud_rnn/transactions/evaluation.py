"""How the fraud model is split, measured and compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.decision import Classify
from lepton_core.evaluation.baselines import gradient_boosting, logistic_regression
from lepton_core.evaluation.days import DaySplit
from lepton_core.evaluation.measures import classification_measures
from lepton_core.evaluation.protocols import Fold, Protocol
from lepton_core.evaluation.report import Measured
from lepton_core.training.job import TrainingJob
from lepton_core.training.splits import Split

from .config import Config
from .features import layout
from .learned import either
from .preprocessing import TransactionPreprocessor, columns
from .protocol import HANDBOOK_TEST, HandbookProtocol, card_precision
from .protocol import Fold as Window

_US_A_DAY = 86_400_000_000


class Handbook(Protocol):
    """The Fraud Detection Handbook's protocol on its own transactions.

    Four folds train on one week each. The shipped bundle trains on every week that ends before its
    validation week, and is tested on the latest fold's test week with the same cards removed.
    """

    name = "handbook"

    def __init__(
        self, config: Config | None = None, rule: HandbookProtocol = HANDBOOK_TEST
    ) -> None:
        self._config = config or Config()
        self._rule = rule

    def folds(self, records: pa.Table) -> list[Fold]:
        empty = np.empty(0, np.int64)
        return [
            Fold(part.name, Split(self._learned(part, records), empty, np.flatnonzero(part.test)))
            for part in self._parts(records)
        ]

    def _learned(self, part: Window, records: pa.Table) -> np.ndarray:
        """The rows that a fold trains on: its week, or with `all_weeks` that and all before it."""
        if not self._config.split.all_weeks:
            return np.flatnonzero(part.train)
        last = int(np.flatnonzero(part.train)[-1])
        time_us = columns(records)[2][: last + 1]
        first_us = time_us[0] + int(self._config.split.warmup_days * _US_A_DAY)
        return np.flatnonzero(time_us >= first_us)

    def split(self, records: pa.Table) -> Split:
        latest = max(self._parts(records), key=lambda part: part.start_us)
        _, _, time_us, _, label = columns(records)
        day = time_us // _US_A_DAY
        valid = latest.train & (label >= 0)
        first = int(day.min()) + int(self._config.split.warmup_days)
        train = (day >= first) & (time_us < latest.start_us) & (label >= 0)
        return Split(np.flatnonzero(train), np.flatnonzero(valid), np.flatnonzero(latest.test))

    def _parts(self, records: pa.Table) -> list[Window]:
        card, _, time_us, _, label = columns(records)
        return list(self._rule.split(time_us, card.dictionary_encode().indices.to_numpy(), label))

    def describe(self) -> dict[str, Any]:
        rule = self._rule
        return {
            "name": self.name,
            "folds": ", ".join(rule.folds),
            "train_days": "all" if self._config.split.all_weeks else rule.train_days,
            "delay_days": rule.delay_days,
            "test_days": rule.test_days,
            "removed": "cards known to be compromised before the test day",
            "source": "Le Borgne et al., Fraud Detection Handbook, chapter 7",
        }


class ByDays(DaySplit):
    """The latest days for the test; before them the label delay, and before that validation."""

    def __init__(self, config: Config | None = None) -> None:
        config = config or Config()
        windows = config.split
        super().__init__(
            "label",
            "time",
            valid_days=windows.valid_days,
            test_days=windows.test_days,
            # At the start of the test the labels of validation must be known.
            delay_days=max(windows.delay_days, config.features.label_delay_days),
            warmup_days=windows.warmup_days,
        )


def measures(
    records: pa.Table, scores: np.ndarray, decision: Classify | None
) -> dict[str, Measured]:
    """Figures of scored test transactions, intervals by resampling cards.

    Args:
        records: the test transactions [n], with labels.
        scores: logits [n], higher is more suspicious.
        decision: where given, also what its probabilities and labels are worth. Without it the
            scores' own probabilities are judged, and there are no labels.
    """
    card, _, time_us, _, label = columns(records)
    slot = card.dictionary_encode().indices.to_numpy()
    figures = classification_measures(label == 1, scores, decision or Classify(), groups=slot)
    if decision is None:
        for key in ("precision", "recall", "f1"):
            figures.pop(key, None)
    daily = card_precision(time_us, slot, label, scores)
    by_days = Measured(daily, *_day_interval(time_us, slot, label, scores))
    ranking = {key: figures.pop(key) for key in ("auc", "ap")}
    return {**ranking, "card_precision_100": by_days, **figures}


def _day_interval(
    time_us: np.ndarray, slot: np.ndarray, label: np.ndarray, scores: np.ndarray
) -> tuple[float, float]:
    """95% of the card precision, by days: its parts are days, and a resampled card would double."""
    day = time_us // _US_A_DAY
    daily = [
        card_precision(time_us[day == d], slot[day == d], label[day == d], scores[day == d])
        for d in np.unique(day)
    ]
    centre = card_precision(time_us, slot, label, scores)
    if len(daily) < 2:
        return centre, centre
    half = 1.96 * float(np.std(daily, ddof=1)) / len(daily) ** 0.5
    return max(centre - half, 0.0), min(centre + half, 1.0)


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """What the network is compared with, on the same features and rows.

    Logistic regression, gradient boosting, and what the network starts from: the odds that either
    the card or the terminal is the cause, without recurrence.

    Returns:
        name -> score of each test row [n], higher is more suspicious.
    """
    preprocessor = TransactionPreprocessor(job.config.features)
    train, test = job.split.train, job.split.test
    learned = np.concatenate([train, job.split.valid])
    known = job.records.slice(0, int(learned.max()) + 1)
    preprocessor.fit_history(known, train)
    x = preprocessor.new_history().engine.step(*columns(job.records))
    label = columns(job.records)[4][train]
    place = layout(preprocessor.config)
    causes = x[test][:, [place.suspicion, place.terminal_odds]].astype(np.float64)
    scaled_train, scaled_test = preprocessor.scale(x[train]), preprocessor.scale(x[test])
    return {
        "logistic_regression": logistic_regression(scaled_train, label, scaled_test),
        "gradient_boosting": gradient_boosting(x[train], label, x[test], job.seed),
        "card_or_terminal": either(causes[:, 0], causes[:, 1]),
    }
