"""Of forecasts from several times before, the one from the latest moment that a record allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lepton_core.decision.ahead import Ahead
from lepton_core.decision.computed import Told


@dataclass(frozen=True)
class Nearest(Ahead):
    """Quantiles from each of several times before a record -> value, low and high of one of them.

    The record is what is forecast: the sales of a week. The model says what it expected one time
    ahead of it, two, and so on; which of these is the answer depends on how far back the latest
    knowledge lies, which the output ``since`` tells. Everything else is as in
    :class:`~lepton_core.decision.Ahead`: intervals, margins and flags.

    Example:
        >>> decision = Nearest((1.0, 2.0), levels=(0.05, 0.5, 0.95), low_limit=0.0)
        >>> score = np.array([[[7.0, 8, 9], [5, 8, 12]]] * 2)
        >>> found = decision.apply({"score": score, "since": np.array([1, 2])})
        >>> found["low"].tolist(), found["high"].tolist()
        ([7.0, 5.0], [9.0, 12.0])
    """

    kind: ClassVar[str] = "nearest"

    def further_outputs(self) -> tuple[str, ...]:
        """None: of all times ahead one is told."""
        return ()

    def apply(self, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Columns of quantiles ``score`` [n, times, levels].

        Args:
            outputs: ``score``; ``since`` [n], which time ahead is told, from 1 (1 for all where
                there is none); ``ahead`` [n], what stands in the column of that name, as far as it
                is another; ``notes`` [n], the bits of the flags.

        Returns:
            ``value``, ``low``, ``high`` float32 [n]; ``ahead`` int64 [n]; ``review`` bool [n] and
            ``reason`` [n], the flags that the notes hold.
        """
        low, value, high = self.ends(outputs["score"])
        n = len(value)
        since = np.asarray(outputs.get("since", np.ones(n))).astype(np.int64)
        ahead = np.asarray(outputs.get("ahead", since)).astype(np.int64)
        notes = np.asarray(outputs.get("notes", np.zeros(n, np.float32)))
        rows = np.arange(n)
        at = np.clip(since, 1, len(self.minutes)) - 1
        return {
            "value": value[rows, at],
            "low": low[rows, at],
            "high": high[rows, at],
            "ahead": ahead,
            "review": notes != 0,
            "reason": Told("reason", "flags", self.flags or ("-",)).read(notes),
        }
