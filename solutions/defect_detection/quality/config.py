"""Every setting of ``defect_detection/quality``; `lepton train` writes them into a bundle."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lepton_core.errors import UsageError

from .charts import KINDS
from .rules import RULES, WESTERN_ELECTRIC

UNSURE = ("good", "defective")


@dataclass(frozen=True)
class ChartConfig:
    """Which chart.

    Args:
        kind: ``p`` and ``np`` for defective parts, ``u`` and ``c`` for defects, ``xbar_r`` and
            ``xbar_s`` for subgroups of measurements, ``i_mr`` for single ones.
        size: parts a subgroup, where each record is one part, at least 1; of no use where a record
            is a subgroup.
        rules: the run rules that signal, any of :data:`.rules.RULES`.
        unsure: what a part with the verdict unsure counts as: ``good`` or ``defective``.
    """

    kind: str = "p"
    size: int = 50
    rules: tuple[str, ...] = WESTERN_ELECTRIC
    unsure: str = "good"

    def __post_init__(self) -> None:
        for name, received, known in (
            ("chart.kind", self.kind, KINDS),
            ("chart.unsure", self.unsure, UNSURE),
            *(("chart.rules", rule, RULES) for rule in self.rules),
        ):
            if received not in known:
                listed = ", ".join(known)
                raise _wrong("choice", setting=name, received=received, known=listed)
        least = 2 if self.kind in ("xbar_r", "xbar_s") else 1
        if self.size < least:
            raise _wrong("size", setting="chart.size", received=self.size, least=least)


@dataclass(frozen=True)
class BaselineConfig:
    """Phase I: which subgroups the limits come from.

    Args:
        share: of the training records, the first ones, 0 to 1; the others are the test.
        subgroups: for a line that the bundle does not know: its first so many subgroups set its
            limits, at least 2.
        drop_signals: leave out baseline subgroups beyond the trial limits, once. Only where their
            causes were found.
    """

    share: float = 0.5
    subgroups: int = 25
    drop_signals: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise _wrong("share", setting="baseline.share", received=self.share)
        if self.subgroups < 2:
            raise _wrong("size", setting="baseline.subgroups", received=self.subgroups, least=2)


@dataclass(frozen=True)
class ToleranceConfig:
    """What a measured value may be, in its unit; for Cp and Cpk. Infinite for no limit.

    Args:
        lower: lower specification limit.
        upper: upper specification limit.
    """

    lower: float = -math.inf
    upper: float = math.inf

    def __post_init__(self) -> None:
        if not self.lower < self.upper:
            raise _wrong("tolerance", lower=self.lower, upper=self.upper)

    @property
    def is_given(self) -> bool:
        """Whether there is a limit at all."""
        return math.isfinite(self.lower) or math.isfinite(self.upper)


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train defect_detection/quality --set key=value`` can change.

    Args:
        chart: which chart.
        baseline: where its limits come from.
        tolerance: what a measured value may be.
    """

    chart: ChartConfig = ChartConfig()
    baseline: BaselineConfig = BaselineConfig()
    tolerance: ToleranceConfig = ToleranceConfig()


def _wrong(key: str, **values: object) -> UsageError:
    return UsageError(f"defect_detection.quality.error.{key}", **values)
