"""An interval on each count, from a sample in which a person checked every crossing.

In the sample some crossings were counted rightly, some missed and some counted that were none.
With Jeffreys priors, a counted crossing is real with probability p ~ Beta(right + 1/2, false + 1/2)
and a real one is counted with probability r ~ Beta(right + 1/2, missed + 1/2). Of a count n,
Binomial(n, p) are real, and the real ones that were missed follow the negative binomial
distribution given those. Quantiles of many draws give the interval: it holds the uncertainty of the
small sample and the chance in the count itself.

Source of the prior: Brown, Cai, DasGupta, Interval estimation for a binomial proportion,
Statistical Science 2001.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_core.errors import DataError

_DRAWS = 20_000


@dataclass(frozen=True)
class Checked:
    """What a person found in the checked sample.

    Args:
        right: counted crossings that are real, at least 0.
        missed: real crossings that were not counted, at least 0.
        false: counted ones that are none (or counted twice), at least 0.

    Raises:
        DataError: ``traffic_video.checked.negative`` or ``.empty``.
    """

    right: int
    missed: int
    false: int

    def __post_init__(self) -> None:
        for name in ("right", "missed", "false"):
            if getattr(self, name) < 0:
                received = getattr(self, name)
                raise DataError("traffic_video.checked.negative", name=name, received=received)
        if self.right + self.missed == 0:
            raise DataError("traffic_video.checked.empty", false=self.false)


@dataclass(frozen=True)
class CountInterval:
    """Where the true count lies.

    Args:
        count: what was counted.
        middle: median of the true count.
        low: its lower end.
        high: its upper end.
        level: probability that the true count lies between, 0 to 1.
    """

    count: int
    middle: float
    low: float
    high: float
    level: float


def count_interval(
    count: int, checked: Checked, level: float = 0.95, seed: int = 0
) -> CountInterval:
    """The interval on one count.

    Args:
        count: counted crossings of an interval (or sum of them), at least 0.
        checked: the sample.
        level: 0 to 1.
        seed: of the draws.

    Example:
        >>> found = count_interval(100, Checked(right=48, missed=2, false=1))
        >>> found.low < 102 < found.high
        True
        >>> count_interval(0, Checked(right=48, missed=2, false=1)).low
        0.0
    """
    rng = np.random.default_rng(seed)
    real = rng.beta(checked.right + 0.5, checked.false + 0.5, _DRAWS)
    caught = rng.beta(checked.right + 0.5, checked.missed + 0.5, _DRAWS)
    right = rng.binomial(count, real)
    # Half a crossing stands for none: something may have passed where nothing was counted.
    rate = rng.gamma(right + 0.5, (1 - caught) / np.maximum(caught, 1e-6))
    total = right + rng.poisson(np.minimum(rate, 1e9))
    tail = (1 - level) / 2 * 100
    low, middle, high = np.percentile(total, [tail, 50, 100 - tail], method="nearest")
    return CountInterval(count, float(middle), float(low), float(high), level)
