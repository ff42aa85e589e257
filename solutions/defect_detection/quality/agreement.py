"""Attribute agreement: do people, or this suite's own verdicts, sort parts alike and rightly?

Source: AIAG, Measurement Systems Analysis, 4th edition, chapter III section C; Fleiss, Measuring
Nominal Scale Agreement among Many Raters, Psychological Bulletin 1971; Cohen 1960.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lepton_core.errors import DataError

from .distributions import share_interval


@dataclass(frozen=True)
class Share:
    """A share with its 95% interval (Clopper-Pearson).

    Args:
        hits: how often.
        n: of how many, at least 1.
    """

    hits: int
    n: int

    @property
    def value(self) -> float:
        """hits / n."""
        return self.hits / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """Of the share."""
        return share_interval(self.hits, self.n)


@dataclass(frozen=True)
class Appraiser:
    """One appraiser: a person, a camera, a bundle.

    Args:
        name: who.
        within: parts sorted the same way in all trials; None with one trial.
        kappa_within: Fleiss' kappa between the trials; None where it is not defined.
        effectiveness: parts sorted rightly in all trials; None without a reference.
        miss: defective parts that were called good, of all calls; None without any.
        false_alarm: good parts that were called defective, of all calls; None without any.
        kappa_reference: Cohen's kappa with the reference.
    """

    name: str
    within: Share | None = None
    kappa_within: float | None = None
    effectiveness: Share | None = None
    miss: Share | None = None
    false_alarm: Share | None = None
    kappa_reference: float | None = None

    @property
    def verdict(self) -> str | None:
        """AIAG's guide: ``good`` (90%, 2%, 5%), ``conditional`` (80%, 5%, 10%) or ``bad``."""
        if self.effectiveness is None:
            return None
        right = self.effectiveness.value
        miss = self.miss.value if self.miss else 0.0
        alarm = self.false_alarm.value if self.false_alarm else 0.0
        if right >= 0.9 and miss <= 0.02 and alarm <= 0.05:
            return "good"
        return "conditional" if right >= 0.8 and miss <= 0.05 and alarm <= 0.1 else "bad"


@dataclass(frozen=True)
class Agreement:
    """What an agreement study found.

    Args:
        appraisers: each by itself.
        between: parts that all sorted alike in all trials.
        kappa_between: Fleiss' kappa over all calls.
        all_right: parts that all sorted rightly; None without a reference.
        pairs: two names -> Cohen's kappa over their calls of the same part and trial.
    """

    appraisers: Sequence[Appraiser]
    between: Share
    kappa_between: float | None
    all_right: Share | None = None
    pairs: dict[tuple[str, str], float | None] = field(default_factory=dict)


def cohen_kappa(first: np.ndarray, second: np.ndarray) -> float | None:
    """Agreement of two lists of calls [n] beyond chance; None where both only ever say one thing.

    Example:
        >>> cohen_kappa(np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0]))
        0.5
    """
    kinds = np.union1d(first, second)
    expected = sum(float((first == k).mean() * (second == k).mean()) for k in kinds)
    if expected >= 1:
        return None
    return (float((first == second).mean()) - expected) / (1 - expected)


def fleiss_kappa(counts: np.ndarray) -> float | None:
    """Agreement of many calls of each part beyond chance.

    Args:
        counts: int [parts, classes], calls of each class; as many for every part, at least 2.

    Example:
        >>> fleiss_kappa(np.array([[3, 0], [0, 3]]))
        1.0
    """
    calls = int(counts[0].sum())
    share = counts.sum(axis=0) / counts.sum()
    expected = float(np.square(share).sum())
    if expected >= 1 or calls < 2:
        return None
    observed = float(((np.square(counts).sum(axis=1) - calls) / (calls * (calls - 1))).mean())
    return (observed - expected) / (1 - expected)


def agreement(
    calls: np.ndarray, names: Sequence[str], reference: np.ndarray | None = None
) -> Agreement:
    """Agreement within, between and with the reference.

    Args:
        calls: int [parts, appraisers, trials], 1 for defective and 0 for good.
        names: of the appraisers.
        reference: int [parts], what the parts truly are; None where nobody knows.

    Raises:
        DataError: ``agreement_shape`` or ``agreement_gaps`` below
            ``defect_detection.quality.error``.

    Example:
        >>> calls = np.array([[[1, 1], [1, 1]], [[0, 0], [1, 0]], [[0, 0], [0, 0]]])
        >>> found = agreement(calls, ["Ann", "camera"], np.array([1, 0, 0]))
        >>> found.between.hits, found.appraisers[1].false_alarm.hits
        (2, 1)
    """
    # One call a part can be held against a reference, but not against itself.
    least = 2 if reference is None else 1
    if calls.ndim != 3 or len(calls) < 2 or calls.shape[1] * calls.shape[2] < least:
        raise _error("agreement_shape", received=" x ".join(map(str, calls.shape)))
    gaps = int((calls < 0).sum())
    if gaps:
        raise _error("agreement_gaps", n=gaps, of=calls.size)
    flat = calls.reshape(len(calls), -1)
    alike = (flat == flat[:, :1]).all(axis=1)
    appraisers = [_appraiser(name, calls[:, place], reference) for place, name in enumerate(names)]
    pairs = {
        (names[a], names[b]): cohen_kappa(calls[:, a].ravel(), calls[:, b].ravel())
        for a in range(len(names))
        for b in range(a + 1, len(names))
    }
    right = None
    if reference is not None:
        right = Share(int((flat == reference[:, None]).all(axis=1).sum()), len(flat))
    between = Share(int(alike.sum()), len(flat))
    return Agreement(appraisers, between, fleiss_kappa(_counts(flat)), right, pairs)


def _appraiser(name: str, calls: np.ndarray, reference: np.ndarray | None) -> Appraiser:
    """One appraiser's calls [parts, trials]."""
    within = kappa = None
    if calls.shape[1] > 1:
        within = Share(int((calls == calls[:, :1]).all(axis=1).sum()), len(calls))
        kappa = fleiss_kappa(_counts(calls))
    if reference is None:
        return Appraiser(name, within, kappa)
    bad, good = calls[reference == 1], calls[reference == 0]
    return Appraiser(
        name,
        within,
        kappa,
        Share(int((calls == reference[:, None]).all(axis=1).sum()), len(calls)),
        Share(int((bad == 0).sum()), bad.size) if bad.size else None,
        Share(int((good == 1).sum()), good.size) if good.size else None,
        cohen_kappa(calls.ravel(), np.repeat(reference, calls.shape[1])),
    )


def _counts(calls: np.ndarray) -> np.ndarray:
    defective = (calls == 1).sum(axis=1)
    return np.stack([calls.shape[1] - defective, defective], axis=1)


def _error(key: str, **values: object) -> DataError:
    return DataError(f"defect_detection.quality.error.{key}", **values)
