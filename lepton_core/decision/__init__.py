"""From a model's raw score to what a person acts on; changing it never means scoring again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lepton_core.decision.ahead import Ahead
from lepton_core.decision.base import Decision, labels_of
from lepton_core.decision.classify import Classify
from lepton_core.decision.classify_many import ClassifyMany
from lepton_core.decision.computed import Computed, Told
from lepton_core.decision.conformal import Conformal
from lepton_core.decision.crossings import Crossings, Line
from lepton_core.decision.detect import Detect
from lepton_core.decision.interval import Interval
from lepton_core.decision.nearest import Nearest
from lepton_core.decision.outlier import Outlier
from lepton_core.decision.policies import POLICIES, Policy, choose_threshold
from lepton_core.decision.rank import Rank
from lepton_core.decision.remaining import Remaining
from lepton_core.errors import BundleError

__all__ = [
    "POLICIES",
    "Ahead",
    "Classify",
    "ClassifyMany",
    "Computed",
    "Conformal",
    "Crossings",
    "Decision",
    "Detect",
    "Interval",
    "Line",
    "Nearest",
    "Outlier",
    "Policy",
    "Rank",
    "Remaining",
    "Told",
    "choose_threshold",
    "from_json",
    "labels_of",
]

# Every one is made from what it wrote by its own class method.
_KINDS: dict[str, type[Any]] = {
    Classify.kind: Classify,
    ClassifyMany.kind: ClassifyMany,
    Interval.kind: Interval,
    Remaining.kind: Remaining,
    Ahead.kind: Ahead,
    Nearest.kind: Nearest,
    Computed.kind: Computed,
    Detect.kind: Detect,
    Outlier.kind: Outlier,
    Crossings.kind: Crossings,
    Rank.kind: Rank,
}


def from_json(values: dict[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> Decision:
    """A decision of any kind from what its ``to_json`` and ``arrays`` wrote.

    Raises:
        BundleError: ``bundle.unknown_decision`` for a kind of a newer version.

    Example:
        >>> from_json(Classify(("genuine", "fraud")).to_json()).threshold
        0.5
    """
    kind = values.get("kind")
    if kind not in _KINDS:
        raise BundleError("bundle.unknown_decision", received=kind, known=", ".join(_KINDS))
    decision: Decision = _KINDS[kind].from_parts(values, arrays or {})
    return decision
