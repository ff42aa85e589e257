"""What has passed on a line so far, whoever inspected it: one row a part, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_STREAK, _TELLING, _RARE = 3, 20, 0.01


@dataclass(frozen=True)
class Seen:
    """Inspected parts, the oldest first.

    Args:
        ids: names [n].
        verdict: strings [n], ``pass``, ``fail`` or ``unsure``.
        label: strings [n], the main defect class or that for none.
        good: names that stand for no defect.
        time: float64 [n], seconds since any moment when each passed; not a number where not known.
        refused: reason -> pictures that could not be inspected.
        picture: gives the file of a row; None where it is gone.
        boxes: gives the defects of a row, with ``label x0 y0 x1 y1``.
        key: differs between any two lines.
        rate: parts a minute at last; None where no time is known.
        before: verdict -> parts that passed earlier than those here.
    """

    ids: list[str]
    verdict: np.ndarray
    label: np.ndarray
    good: frozenset[str]
    time: np.ndarray
    refused: dict[str, int]
    picture: Callable[[int], bytes | None]
    boxes: Callable[[int], list[dict[str, Any]]]
    key: str
    rate: float | None = None
    before: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def count(self, verdict: str) -> int:
        """How many have a verdict, earlier ones included."""
        return int((self.verdict == verdict).sum()) + self.before.get(verdict, 0)

    @property
    def total(self) -> int:
        """How many were inspected, earlier ones included."""
        return len(self) + sum(self.before.values())

    def streak(self) -> int:
        """How many of the last parts failed without another one between them."""
        others = np.flatnonzero(self.verdict != "fail")
        return len(self) - (int(others[-1]) + 1 if len(others) else 0)

    def is_alarming(self) -> bool:
        """Whether so many fails at the end are hardly chance on a line as it was before them.

        At least three, and fewer than once in a hundred such stretches at the earlier rate, of
        which twenty parts must tell.
        """
        last = self.streak()
        before = self.total - last
        share = (self.count("fail") - last + 1) / (before + 2)
        return last >= _STREAK and before >= _TELLING and share**last < _RARE

    def defects(self) -> dict[str, int]:
        """Defect class -> parts that did not pass for it."""
        labels = self.label[self.verdict != "pass"].tolist()
        return dict(Counter(label for label in labels if label not in self.good))

    def shares(self, most: int = 30, least: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """Verdicts over time, in stretches of equally many parts.

        Args:
            most: stretches at most.
            least: parts in a stretch at least, but for a line that has fewer in all.

        Returns:
            the number of the last part of each stretch, int64 [m]; parts that pass, are unsure
            and fail, int64 [m, 3].
        """
        n = len(self)
        if not n:
            return np.zeros(0, np.int64), np.zeros((0, 3), np.int64)
        size = max(least, -(-n // most))
        starts = np.arange(0, n, size)
        flags = np.stack([self.verdict == name for name in ("pass", "unsure", "fail")], axis=1)
        counts = np.add.reduceat(flags.astype(np.int64), starts, axis=0)
        return np.minimum(starts + size, n), counts


def rate_of(time: np.ndarray, window_s: float = 300.0) -> float | None:
    """Parts a minute over the last minutes before the latest part.

    Args:
        time: seconds [n], in any order; not a number where not known.
        window_s: how far back.

    Example:
        >>> rate_of(np.arange(0.0, 61.0, 2.0))
        30.0
    """
    there = np.sort(time[np.isfinite(time)])
    if len(there) < 2:
        return None
    late = there[there >= there[-1] - window_s]
    span = late[-1] - late[0]
    return float(60.0 * (len(late) - 1) / span) if span > 0 else None
