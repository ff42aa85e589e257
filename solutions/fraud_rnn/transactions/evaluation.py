"""How the fraud model is split, measured and compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.decision import Classify
from lepton_core.errors import DataError
from lepton_core.evaluation import metrics
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.protocols import Fold, Protocol
from lepton_core.evaluation.report import Measured
from lepton_core.training.job import TrainingJob
from lepton_core.training.splits import Split

from .baselines import gradient_boosting, logistic_regression
from .config import Config
from .preprocessing import TransactionPreprocessor, columns
from .protocol import HANDBOOK_TEST, HandbookProtocol, card_precision

_US_A_DAY = 86_400_000_000
_RESAMPLES = 200


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
            Fold(part.name, Split(np.flatnonzero(part.train), empty, np.flatnonzero(part.test)))
            for part in self._parts(records)
        ]

    def split(self, records: pa.Table) -> Split:
        latest = max(self._parts(records), key=lambda part: part.start_us)
        _, _, time_us, _, label = columns(records)
        day = time_us // _US_A_DAY
        valid = latest.train & (label >= 0)
        first = int(day.min()) + int(self._config.split.warmup_days)
        train = (day >= first) & (time_us < latest.start_us) & (label >= 0)
        return Split(np.flatnonzero(train), np.flatnonzero(valid), np.flatnonzero(latest.test))

    def _parts(self, records: pa.Table) -> list[Any]:
        card, _, time_us, _, label = columns(records)
        return list(self._rule.split(time_us, card.dictionary_encode().indices.to_numpy(), label))

    def describe(self) -> dict[str, Any]:
        rule = self._rule
        return {
            "name": self.name,
            "folds": ", ".join(rule.folds),
            "train_days": rule.train_days,
            "delay_days": rule.delay_days,
            "test_days": rule.test_days,
            "removed": "cards known to be compromised before the test day",
            "source": "Le Borgne et al., Fraud Detection Handbook, chapter 7",
        }


class ByDays(Protocol):
    """The latest days for the test; before them the label delay, and before that validation."""

    name = "by_days"

    def __init__(self, config: Config | None = None) -> None:
        self._config = config or Config()

    @property
    def _delay_days(self) -> float:
        """At the start of the test the labels of validation must be known."""
        return max(self._config.split.delay_days, self._config.features.label_delay_days)

    def split(self, records: pa.Table) -> Split:
        """Rows with a label, by day.

        Raises:
            DataError: fewer days than the windows need.
        """
        settings = self._config.split
        _, _, time_us, _, label = columns(records)
        day = time_us / _US_A_DAY
        first, last = float(np.floor(day.min())), float(np.floor(day.max())) + 1.0
        test_from = last - settings.test_days
        valid_to = test_from - self._delay_days
        valid_from = valid_to - settings.valid_days
        train_from = first + settings.warmup_days
        if valid_from - train_from < 7:
            needed = settings.warmup_days + settings.valid_days + self._delay_days
            raise DataError(
                "fraud_rnn.error.few_days",
                expected=int(needed + settings.test_days + 7),
                received=int(last - first),
            )
        known = label >= 0
        return Split(
            np.flatnonzero(known & (day >= train_from) & (day < valid_from)),
            np.flatnonzero(known & (day >= valid_from) & (day < valid_to)),
            np.flatnonzero(known & (day >= test_from)),
        )

    def describe(self) -> dict[str, Any]:
        settings = self._config.split
        return {
            "name": self.name,
            "warmup_days": settings.warmup_days,
            "valid_days": settings.valid_days,
            "delay_days": self._delay_days,
            "test_days": settings.test_days,
        }


def measures(
    records: pa.Table, scores: np.ndarray, decision: Classify | None
) -> dict[str, Measured]:
    """Figures of scored test transactions, intervals by resampling cards.

    Args:
        records: the test transactions [n], with labels.
        scores: logits [n], higher is more suspicious.
        decision: where given, also what its probabilities and labels are worth.
    """
    card, _, time_us, _, label = columns(records)
    slot = card.dictionary_encode().indices.to_numpy()
    truth = label == 1
    found: dict[str, Measured] = {}
    for key, metric in {"auc": metrics.auc, "ap": metrics.ap}.items():
        found[key] = Measured.of(bootstrap(metric, truth, scores, groups=slot, n=_RESAMPLES))
    daily = card_precision(time_us, slot, label, scores)
    found["card_precision_100"] = Measured(daily, *_day_interval(time_us, slot, label, scores))
    if decision is None:
        return found
    probability = decision.probability(scores).astype(np.float64)
    called = probability >= decision.threshold
    judged: list[tuple[Callable[..., float], np.ndarray]] = [
        (metrics.precision, called),
        (metrics.recall, called),
        (metrics.f1, called),
        (metrics.ece, probability),
        (metrics.calibration_ratio, probability),
        (metrics.brier_skill, probability),
    ]
    for measure, values in judged:
        try:
            interval = bootstrap(measure, truth, values, groups=slot, n=_RESAMPLES)
        except DataError:
            # Not defined here (no alert at all, say): left out of the report rather than invented.
            continue
        found[measure.__name__] = Measured.of(interval)
    return found


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
    """Logistic regression and gradient boosting on the same features and rows.

    Returns:
        name -> score of each test row [n], higher is more suspicious.
    """
    preprocessor = TransactionPreprocessor(job.config.features)
    preprocessor.fit_outliers(job.records.take(pa.array(job.split.train)))
    history = preprocessor.new_history()
    x = history.engine.step(*columns(job.records))
    train, test = job.split.train, job.split.test
    label = columns(job.records)[4][train]
    preprocessor.fit_scaling(x[train])
    scaled_train, scaled_test = preprocessor.scale(x[train]), preprocessor.scale(x[test])
    return {
        "logistic_regression": logistic_regression(scaled_train, label, scaled_test),
        "gradient_boosting": gradient_boosting(x[train], label, x[test], job.seed),
    }
