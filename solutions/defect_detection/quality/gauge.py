"""Gauge repeatability and reproducibility of a measurement, by analysis of variance.

Source: AIAG, Measurement Systems Analysis, 4th edition, chapter III section B (ANOVA method).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lepton_core.errors import DataError

from .distributions import f_tail

_POOL_ABOVE = 0.05
_SIGMAS = 6.0


@dataclass(frozen=True)
class AnovaRow:
    """A source of variation: degrees of freedom, sum of squares, F and its p-value."""

    df: int
    squares: float
    f: float | None = None
    p: float | None = None


@dataclass(frozen=True)
class GaugeStudy:
    """What a gauge study found; standard deviations in the value's unit.

    Args:
        anova: ``part``, ``operator``, ``interaction``, ``repeatability``.
        pooled: whether the interaction was added to repeatability, as it is not significant.
        repeatability: of one person and part (equipment variation).
        reproducibility: between persons, interaction included (appraiser variation).
        part: between parts.
        tolerance_share: 6 sigma of the gauge over the tolerance; None without a tolerance.
    """

    anova: Mapping[str, AnovaRow]
    pooled: bool
    repeatability: float
    reproducibility: float
    part: float
    tolerance_share: float | None = None

    @property
    def gauge(self) -> float:
        """Standard deviation of the whole measurement system."""
        return math.hypot(self.repeatability, self.reproducibility)

    @property
    def total(self) -> float:
        """Standard deviation of what was measured, parts and gauge together."""
        return math.hypot(self.gauge, self.part)

    @property
    def share(self) -> float:
        """%GRR as a share of the total: standard deviation over standard deviation."""
        return self.gauge / self.total

    @property
    def categories(self) -> int:
        """ndc: how many groups of parts the gauge can tell apart, at least 1."""
        if self.gauge == 0:
            return 1_000_000
        return max(int(math.sqrt(2) * self.part / self.gauge), 1)

    @property
    def verdict(self) -> str:
        """``good`` (under 10%), ``conditional`` (to 30%) or ``bad``, or fewer than 5 groups."""
        if self.share > 0.3:
            return "bad"
        return "good" if self.share < 0.1 and self.categories >= 5 else "conditional"


def gauge_study(values: np.ndarray, tolerance: float | None = None) -> GaugeStudy:
    """A crossed study: every operator measures every part equally often.

    Args:
        values: float64 [parts, operators, trials]; at least 2 of each.
        tolerance: width between the specification limits, in the values' unit.

    Raises:
        DataError: ``gauge_shape``, ``gauge_gaps`` or ``constant`` below
            ``defect_detection.quality.error``.

    Example:
        >>> values = np.arange(24.0).reshape(4, 3, 2) % 5
        >>> gauge_study(values).verdict
        'bad'
    """
    data = np.asarray(values, np.float64)
    if data.ndim != 3 or min(data.shape) < 2:
        raise _error("gauge_shape", received=" x ".join(map(str, data.shape)))
    gaps = int((~np.isfinite(data)).sum())
    if gaps:
        raise _error("gauge_gaps", n=gaps, of=data.size)
    parts, operators, trials = data.shape
    grand = data.mean()
    by_part, by_operator, by_cell = data.mean((1, 2)), data.mean((0, 2)), data.mean(2)
    ss_part = operators * trials * float(np.square(by_part - grand).sum())
    ss_operator = parts * trials * float(np.square(by_operator - grand).sum())
    both = by_cell - by_part[:, None] - by_operator[None, :] + grand
    ss_both = trials * float(np.square(both).sum())
    ss_error = float(np.square(data - by_cell[:, :, None]).sum())
    if ss_part + ss_operator + ss_both + ss_error <= 1e-24 * max(
        float(np.square(data).sum()), 1e-300
    ):
        raise _error("constant", line="-", n=data.size, value=float(grand))
    df_both, df_error = (parts - 1) * (operators - 1), parts * operators * (trials - 1)
    both_row = _row(df_both, ss_both, ss_error / df_error, df_error)
    pooled = both_row.p is not None and both_row.p > _POOL_ABOVE
    if pooled:
        ss_error, df_error = ss_error + ss_both, df_error + df_both
    error = ss_error / df_error
    # Parts and operators are held against the interaction where there is one.
    against = error if pooled else ss_both / df_both
    df_against = df_error if pooled else df_both
    ms_part, ms_operator = ss_part / (parts - 1), ss_operator / (operators - 1)
    interaction = 0.0 if pooled else max((ss_both / df_both - error) / trials, 0.0)
    operator = max((ms_operator - against) / (parts * trials), 0.0)
    part = max((ms_part - against) / (operators * trials), 0.0)
    anova = {
        "part": _row(parts - 1, ss_part, against, df_against),
        "operator": _row(operators - 1, ss_operator, against, df_against),
        "interaction": both_row,
        "repeatability": AnovaRow(df_error, ss_error),
    }
    repeatability, reproducibility = math.sqrt(error), math.sqrt(operator + interaction)
    share = None
    if tolerance:
        share = _SIGMAS * math.hypot(repeatability, reproducibility) / tolerance
    return GaugeStudy(anova, pooled, repeatability, reproducibility, math.sqrt(part), share)


def crossed(
    part: list[str], operator: list[str], value: list[float]
) -> tuple[np.ndarray, list[str], list[str]]:
    """Rows of a study as [parts, operators, trials], trials in the order of the rows.

    Args:
        part: of each row.
        operator: of each row.
        value: of each row.

    Returns:
        the values, NaN where a trial is missing, and the names of parts and operators.
    """
    parts, operators = list(dict.fromkeys(part)), list(dict.fromkeys(operator))
    cells: dict[tuple[str, str], list[float]] = {}
    for p, o, v in zip(part, operator, value, strict=True):
        cells.setdefault((p, o), []).append(v)
    trials = max((len(cell) for cell in cells.values()), default=0)
    found = np.full((len(parts), len(operators), trials), np.nan)
    for (p, o), cell in cells.items():
        found[parts.index(p), operators.index(o), : len(cell)] = cell
    return found, parts, operators


def _row(df: int, squares: float, against: float, df_against: int) -> AnovaRow:
    if against <= 0:
        return AnovaRow(df, squares)
    f = squares / df / against
    return AnovaRow(df, squares, f, f_tail(f, df, df_against))


def _error(key: str, **values: object) -> DataError:
    return DataError(f"defect_detection.quality.error.{key}", **values)
