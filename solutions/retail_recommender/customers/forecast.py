"""From what network and lifetime model say to risk and value, as validation calibrated them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lepton_core.decision.platt import platt

_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_LEVELS = np.linspace(0.0, 1.0, 101)
_LIMIT = 1e-6


@dataclass(frozen=True)
class Forecast:
    """Which of both models is heard how much, and what their numbers really mean.

    Args:
        risk_share: weight of the network's log odds beside those of BG/NBD, 0 to 1.
        value_share: the same of the value.
        slope, offset: of the joint log odds of an order.
        factors: what the network's and BG/NBD's values are multiplied by, so that totals are right.
        spread: quantiles [101] of the logarithm of spent over expected, of those who ordered.
    """

    risk_share: float = 1.0
    value_share: float = 1.0
    slope: float = 1.0
    offset: float = 0.0
    factors: tuple[float, float] = (1.0, 1.0)
    spread: tuple[float, ...] = tuple(np.linspace(-2.0, 2.0, 101).tolist())

    @classmethod
    def fit(
        cls, said: Mapping[str, np.ndarray], ordered: np.ndarray, value: np.ndarray
    ) -> tuple[Forecast, dict[str, float]]:
        """Shares that validation likes best, and its calibration.

        Args:
            said: ``network lifetime`` log odds of an order, and ``network_value lifetime_value``,
                what is spent if there is one; float64 [n] each.
            ordered: bool [n], whether there was an order within the horizon.
            value: what was spent, float64 [n].

        Returns:
            the forecast, and what each share gave: ``valid_log_loss_<share>``,
            ``valid_wape_<share>`` (in hundredths of the network's part).
        """
        tried: dict[str, float] = {}
        fits = []
        for share in _SHARES:
            odds = _joined(said, share)
            slope, offset = platt(odds, ordered.astype(np.int64))
            loss = _log_loss(slope * odds + offset, ordered)
            tried[f"valid_log_loss_{100 * share:.0f}"] = loss
            fits.append((loss, share, slope, offset))
        _, risk_share, slope, offset = min(fits)
        chance = _sigmoid(slope * _joined(said, risk_share) + offset)
        total = max(float(value.sum()), _LIMIT)
        factors = tuple(
            total / max(float((chance * said[name]).sum()), _LIMIT)
            for name in ("network_value", "lifetime_value")
        )
        values = []
        for share in _SHARES:
            kept = share * factors[0] * said["network_value"]
            kept = kept + (1 - share) * factors[1] * said["lifetime_value"]
            wape = float(np.abs(chance * kept - value).sum() / total)
            tried[f"valid_wape_{100 * share:.0f}"] = wape
            values.append((wape, share))
        value_share = min(values)[1]
        made = cls(risk_share, value_share, slope, offset, factors)  # type: ignore[arg-type]
        _, kept = made.apply(said)
        paid = ordered & (value > 0)
        away = np.log(value[paid] / np.maximum(kept[paid], _LIMIT))
        if not len(away):
            return made, tried
        spread = tuple(np.quantile(away, _LEVELS).tolist())
        return cls(risk_share, value_share, slope, offset, factors, spread), tried  # type: ignore[arg-type]

    def apply(self, said: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Probability of an order, and what is spent if there is one; float64 [n] each."""
        chance = _sigmoid(self.slope * _joined(said, self.risk_share) + self.offset)
        kept = self.value_share * self.factors[0] * said["network_value"]
        kept = kept + (1 - self.value_share) * self.factors[1] * said["lifetime_value"]
        return chance, kept

    def ends(
        self, chance: np.ndarray, kept: np.ndarray, coverage: float = 0.9
    ) -> tuple[np.ndarray, np.ndarray]:
        """The interval that holds the spending with this probability, float64 [n] each.

        With the probability of no order nothing is spent; the rest spreads about ``kept``.
        """
        found = []
        for level in ((1 - coverage) / 2, (1 + coverage) / 2):
            within = (level - (1 - chance)) / np.maximum(chance, _LIMIT)
            away = np.interp(np.clip(within, 0, 1), _LEVELS, self.spread)
            found.append(np.where(within <= 0, 0.0, kept * np.exp(away)))
        return found[0], found[1]


def log_odds(probability: np.ndarray) -> np.ndarray:
    """Log odds of probabilities, cut where they would be infinite."""
    p = np.clip(probability, _LIMIT, 1 - _LIMIT)
    return np.log(p / (1 - p))


def _joined(said: Mapping[str, np.ndarray], share: float) -> np.ndarray:
    return share * said["network"] + (1 - share) * said["lifetime"]


def _sigmoid(logit: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(0.5 * logit))


def _log_loss(logit: np.ndarray, truth: np.ndarray) -> float:
    return float((np.logaddexp(0.0, logit) - logit * truth).mean())
