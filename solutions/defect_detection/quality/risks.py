"""What a single sampling plan lets through: operating characteristic, risks, outgoing quality.

Source: Montgomery, Introduction to Statistical Quality Control, 7th edition, 15.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .distributions import binomial_cdf, hypergeometric_cdf, poisson_cdf, quantile

MODELS = ("binomial", "poisson", "hypergeometric")
CONSUMER = 0.10


@dataclass(frozen=True)
class Risks:
    """Both sides of a plan.

    Args:
        producer: probability that a lot at the AQL is not accepted.
        limiting: share nonconforming (or nonconformities an item) at which a lot is still accepted
            with probability 0.10; what the consumer may get.
        outgoing: largest mean share in what leaves, where lots that are not accepted are sorted
            out (AOQL); None for nonconformities.
        worst: share at which that happens.
    """

    producer: float
    limiting: float
    outgoing: float | None = None
    worst: float | None = None


def acceptance(n: int, ac: int, quality: float, model: str = "binomial", lot: int = 0) -> float:
    """Probability that a lot is accepted.

    Args:
        n: parts drawn.
        ac: acceptance number.
        quality: share nonconforming, 0..1; for ``poisson`` nonconformities an item, 0 or above.
        model: one of ``MODELS``: ``binomial`` for a long series of lots of one process,
            ``hypergeometric`` for one lot by itself, ``poisson`` for nonconformities.
        lot: parts in the lot, for ``hypergeometric``.

    Example:
        >>> round(acceptance(89, 2, 0.01), 4)  # Montgomery, table 15.2
        0.9397
    """
    if model == "poisson":
        return poisson_cdf(ac, n * quality)
    if model == "hypergeometric":
        return hypergeometric_cdf(ac, lot, round(lot * quality), n)
    return binomial_cdf(ac, n, quality)


def curve(
    n: int, ac: int, qualities: Sequence[float], model: str = "binomial", lot: int = 0
) -> np.ndarray:
    """The operating characteristic: :func:`acceptance` at each quality, float64 [m]."""
    return np.array([acceptance(n, ac, quality, model, lot) for quality in qualities])


def risks(n: int, ac: int, aql: float, model: str = "binomial", lot: int = 0) -> Risks:
    """Producer's and consumer's risk of a plan.

    Args:
        n: parts drawn.
        ac: acceptance number.
        aql: as a share (or nonconformities an item), not in percent.
        model: one of ``MODELS``.
        lot: parts in the lot; needed for ``hypergeometric`` and the outgoing quality.
    """
    producer = 1 - acceptance(n, ac, aql, model, lot)
    if model == "hypergeometric":
        # A lot holds whole parts: the first number of them that is accepted this seldom.
        numbers = range(lot + 1)
        at = next(d for d in numbers if hypergeometric_cdf(ac, lot, d, n) <= CONSUMER)
        limiting = at / lot
    else:
        most = 1.0 if model == "binomial" else 10.0 * (ac + 3) / n
        limiting = quantile(_fall(n, ac, model), 1 - CONSUMER, 0.0, most)
    if model == "poisson" or lot <= n:
        return Risks(producer, limiting)
    shares = np.linspace(0, min(4 * limiting, 1), 401)
    accepted = curve(n, ac, shares.tolist(), model, lot)
    leaving = accepted * shares * (lot - n) / lot
    worst = int(leaving.argmax())
    return Risks(producer, limiting, float(leaving[worst]), float(shares[worst]))


def _fall(n: int, ac: int, model: str) -> Callable[[float], float]:
    return lambda quality: 1 - acceptance(n, ac, quality, model)


def wanted_model(aql_percent: float) -> str:
    """``poisson`` where the AQL counts nonconformities per 100 items (above 10), else binomial."""
    return "poisson" if aql_percent > 10 else "binomial"
