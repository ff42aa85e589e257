"""How much a transaction looks like fraud by its card alone: a logistic model of a few terms.

It is needed twice. A terminal must know why a transaction at it was fraud: one that its card
explains says nothing about the terminal. And a network with a week of frauds to learn from starts
from it and learns what it lacks, instead of learning all of it anew.
"""

from __future__ import annotations

from operator import mul

import numpy as np

from lepton_core.formulas import ARRAYS, NUMBERS, Columns, Formulas, Value, as_rows

# Log odds where nothing was learned: fraud is rare, and nothing is known of this card.
UNKNOWN = -6.0
_FADE_DAYS = 7.0
_ROUNDS = 4


class CardSuspicion:
    """Log odds of fraud from a card's features; hinges make the few terms bend where it matters.

    Args:
        names: of the card's features, as `CardHistory.names`.
        outlier_amount: an amount above it is anomalous whoever pays it.
        weights: float64 [K + 1], of the terms and the constant; None where nothing was learned.
    """

    def __init__(
        self, names: tuple[str, ...], outlier_amount: float, weights: np.ndarray | None = None
    ) -> None:
        at = {name: place for place, name in enumerate(names)}
        self._single = [at[name] for name in ("amount_log", "amount_ratio_log")]
        self._age, self._outliers = at["card_outlier_age"], at["card_outliers"]
        self._plain = [at["card_gap_log"]]
        self._plain += [at[n] for n in names if n.startswith(("card_count_", "card_mean_ratio_"))]
        self._large = np.log1p(outlier_amount)
        self._learned(weights)

    def log_odds(self, features: np.ndarray) -> np.ndarray:
        """Log odds of fraud.

        Args:
            features: float32 [N, C], a card's, unscaled.

        Returns:
            float64 [N].
        """
        if self._weights is None:
            return np.full(len(features), UNKNOWN)
        return self._sum(list(features.T.astype(np.float64)), ARRAYS)

    def log_odds_one(self, features: list[float]) -> float:
        """The log odds of one transaction, from its features [C]."""
        return UNKNOWN if self._weights is None else float(self._sum(features, NUMBERS))

    def _sum(self, f: Columns, m: Formulas) -> Value:
        # Term by term: a matrix product's last digits depend on the rows beside a row.
        *slopes, constant = self._numbers
        return sum(map(mul, slopes, self._terms(f, m)), constant)

    def fit(
        self, features: np.ndarray, label: np.ndarray, terminal: np.ndarray | None = None
    ) -> np.ndarray | None:
        """Learns the weights from labelled rows of the training split, and returns them.

        Args:
            features: float32 [N, C], unscaled.
            label: int8 [N], 1 fraud, 0 genuine, -1 unknown.
            terminal: float [N], log odds that the terminal is compromised: of each fraud, only the
                share that it does not explain counts here. None counts every fraud in full.

        Returns:
            float64 [K + 1]; None where one of the two labels is absent.
        """
        known = label >= 0
        target = (label[known] == 1).astype(np.float64)
        if not 0 < target.sum() < len(target):
            self._learned(None)
            return None
        terms = self._terms_of(features[known])
        self._learned(_logistic(terms, target))
        if terminal is not None:
            # Expectation and maximisation: whose fraud it was, given the two chances.
            elsewhere = chance(terminal[known].astype(np.float64))
            for _ in range(_ROUNDS):
                mine = chance(self.log_odds(features[known]))
                share = mine / (1.0 - (1.0 - mine) * (1.0 - elsewhere))
                self._learned(_logistic(terms, target * share))
        return self._weights

    def _learned(self, weights: np.ndarray | None) -> None:
        self._weights = weights
        self._numbers: list[float] = [] if weights is None else weights.tolist()

    def _terms_of(self, features: np.ndarray) -> np.ndarray:
        """The model's terms float64 [N, K] of features [N, C]."""
        return as_rows(self._terms(list(features.T.astype(np.float64)), ARRAYS))

    def _terms(self, f: Columns, m: Formulas) -> list[Value]:
        """The model's terms of features, as columns; ``m`` is what the formulas run on."""
        amount, ratio = (f[place] for place in self._single)
        above, below = m.maximum(ratio, 0.0), m.maximum(-ratio, 0.0)
        outliers = m.minimum(f[self._outliers], 3.0)
        fresh = m.exp(f[self._age] / -_FADE_DAYS)
        bent = [above, above * above, below, below * below, amount > self._large, outliers]
        joined = [outliers * above, fresh, fresh * above, fresh * below]
        return [*bent, *joined, *[f[place] for place in self._plain]]


def chance(log_odds: np.ndarray) -> np.ndarray:
    """Probabilities from log odds, [N]."""
    return 0.5 * (1.0 + np.tanh(0.5 * log_odds))


def _logistic(terms: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Weights [K + 1] of a logistic regression on the standardised terms, with a ridge.

    A target between 0 and 1 is a row of each kind, weighted.
    """
    # Only training comes here, and scoring must not load it.
    from sklearn.linear_model import LogisticRegression

    centre, spread = terms.mean(axis=0), terms.std(axis=0)
    spread[spread < 1e-9] = np.inf  # a term that never changes gets weight 0
    scaled, frauds = (terms - centre) / spread, target > 0
    model = LogisticRegression(solver="newton-cholesky", tol=1e-8, max_iter=200)
    model.fit(
        np.concatenate([scaled, scaled[frauds]]),
        np.repeat([0, 1], [len(target), frauds.sum()]),
        sample_weight=np.concatenate([1.0 - target, target[frauds]]),
    )
    slopes = model.coef_[0] / spread
    return np.append(slopes, model.intercept_[0] - slopes @ centre)
