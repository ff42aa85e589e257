"""Refuses pictures that do not look like those a network was trained on, and says in what.

A network answers for every picture. The gate knows nothing of the product: it compares a picture's
:mod:`~lepton_core.picture_statistics` with the groups that the training pictures form, and refuses
what lies farther from all of them than nearly every held-out picture. What varied in training
(light, texture) may vary; a picture of another product, a scaled or blurred copy or a changed
exposure is refused as far as it leaves that range.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lepton_core.errors import DataError
from lepton_core.picture_statistics import (
    BRIGHTNESS,
    BRIGHTNESS_UNIT,
    CONTRAST,
    DETAIL,
    GRAIN,
    octaves_of,
    statistics,
)
from lepton_core.rejects import Refusal

_LEAST = 10
_MOST_GROUPS, _A_GROUP, _SMALLEST_GROUP = 32, 20, 5
_RIDGE, _INNER_RIDGE, _ROUNDS = 0.02, 0.05, 30
# Less contrast than a tenth of the least of training: nothing is to be seen.
_FLAT = 0.1
# Few held-out pictures do not show how far a usual one may lie.
_ROOM = 1.25
# Share of the range of training by which a mean brightness must lie outside it to be the reason.
_CLEARLY = 0.1


@dataclass(frozen=True, eq=False)
class PictureGate:
    """A fitted gate.

    Args:
        centre: of the training pictures' statistics, float64 [D].
        whiten: what makes differences within a group comparable, float64 [D, D].
        groups: middles of the training pictures' groups, whitened, float64 [K, D].
        low: of each statistic, the value that 1% of the training pictures lie below.
        high: that 1% lie above.
        limit: the distance from the nearest group beyond which a picture is refused.
        fitted_on: ``{"rate", "train", "valid", "refused"}``.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> pictures = [rng.integers(90, 120, (64, 64, 1)).astype(np.uint8) for _ in range(60)]
        >>> gate = PictureGate.fit(pictures[:40], pictures[40:])
        >>> gate.refusal(pictures[50]) is None, gate.refusal(pictures[50] // 4).key
        (True, 'picture_darker')
    """

    centre: np.ndarray
    whiten: np.ndarray
    groups: np.ndarray
    low: np.ndarray
    high: np.ndarray
    limit: float
    fitted_on: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        train: Iterable[np.ndarray],
        valid: Iterable[np.ndarray] = (),
        rate: float = 0.01,
        seed: int = 0,
    ) -> PictureGate:
        """What is usual, from training pictures; how far is too far, from held-out ones.

        Args:
            train: uint8 [H, W, C] each, at least 10, of all classes.
            valid: held-out ones; without any, the training pictures again, with more room.
            rate: share of the held-out pictures that is refused.
            seed: of where the groups begin.

        Raises:
            DataError: ``gate.too_few``.
            ValueError: a rate outside 0..1.
        """
        if not 0 <= rate < 1:
            raise ValueError(f"rate lies in 0..1. Received: rate={rate!r}")
        pictures = list(train)
        if len(pictures) < _LEAST:
            raise DataError("gate.too_few", n=len(pictures), least=_LEAST)
        # An octave that some of them are too small for would tell their size.
        octaves = octaves_of(min(min(one.shape[:2]) for one in pictures))
        known = np.array([statistics(one, octaves) for one in pictures])
        held = np.array([statistics(one, octaves) for one in valid]).reshape(-1, known.shape[1])
        centre = known.mean(axis=0)
        outer = _whitening(known - centre, _RIDGE)
        middles, group = _grouped((known - centre) @ outer, seed)
        inner = _whitening((known - centre) @ outer - middles[group], _INNER_RIDGE)
        low, high = np.quantile(known, (0.01, 0.99), axis=0)
        start = cls(centre, outer @ inner, middles @ inner, low, high, np.inf)
        asked = held if len(held) else known
        distances = np.sort(start.distances(asked))
        # Where 1 in 100 may be refused and there are fewer, none is, and the limit has some room.
        few = len(held) * rate < 1
        limit = distances[-1] * _ROOM if few else float(np.quantile(distances, 1 - rate))
        about = {
            "rate": rate,
            "train": len(known),
            "valid": len(held),
            "refused": float((distances > limit).mean()),
        }
        return cls(centre, outer @ inner, middles @ inner, low, high, float(limit), about)

    def distances(self, found: np.ndarray) -> np.ndarray:
        """Distance from the nearest group, float64 [n], of statistics [n, D]."""
        away = ((found - self.centre) @ self.whiten)[:, None] - self.groups
        return np.sqrt((away**2).sum(axis=2)).min(axis=1)

    def refusal(self, picture: np.ndarray) -> Refusal | None:
        """Why a picture uint8 [H, W, C] is refused; None for one that is not."""
        found = statistics(picture, len(self.centre) - DETAIL - GRAIN)
        flat = np.exp(found[CONTRAST]) - 1
        if flat < _FLAT * (np.exp(self.low[CONTRAST]) - 1):
            told = {"low": float(np.exp(self.low[CONTRAST]) - 1), "contrast": float(flat)}
            brightness = float(found[BRIGHTNESS] * BRIGHTNESS_UNIT)
            return Refusal("picture_flat", brightness=brightness, **told)
        distance = float(self.distances(found[None])[0])
        if distance <= self.limit:
            return None
        return self._reason(found, distance / self.limit)

    def _reason(self, found: np.ndarray, times: float) -> Refusal:
        """The refusal that tells by what a picture leaves the range of training most."""
        width = np.maximum(self.high - self.low, 0.05)
        beyond = (np.maximum(found - self.high, 0) - np.maximum(self.low - found, 0)) / width
        fine = slice(DETAIL, min(DETAIL + 2, len(found) - GRAIN))
        coarse = beyond[fine.stop : len(found) - GRAIN]
        # Less light weakens all detail, too: brightness is told first.
        if abs(beyond[BRIGHTNESS]) > _CLEARLY:
            key = "picture_darker" if beyond[BRIGHTNESS] < 0 else "picture_brighter"
            return self._ranged(key, found, BRIGHTNESS, lambda value: value * BRIGHTNESS_UNIT)
        parts = {
            "contrast": abs(beyond[CONTRAST]),
            "detail": float(np.abs(beyond[fine]).max()),
            "grain": float(np.abs(beyond[-GRAIN:]).max()),
            "texture": float(np.abs(coarse).max(initial=0)),
        }
        part = max(parts, key=lambda name: parts[name])
        if not parts[part] or part == "texture":
            return Refusal("picture_unlike", times=times)
        if part == "contrast":
            return self._ranged("picture_contrast", found, CONTRAST, lambda v: np.exp(v) - 1)
        if part == "grain":
            return Refusal("picture_grain", times=times)
        place = DETAIL + int(np.abs(beyond[fine]).argmax())
        usual = (self.low[place] + self.high[place]) / 2
        weaker = found[place] < usual
        factor = float(np.exp(abs(found[place] - usual)))
        return Refusal("picture_less_detail" if weaker else "picture_more_detail", factor=factor)

    def _ranged(self, key: str, found: np.ndarray, place: int, unit: Any) -> Refusal:
        ends = (float(unit(one[place])) for one in (found, self.low, self.high))
        return Refusal(key, **dict(zip(("value", "low", "high"), ends, strict=True)))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What was learned: a JSON dictionary, and arrays of a few KB; no picture's own numbers."""
        arrays = {name: getattr(self, name) for name in ("centre", "whiten", "groups")}
        arrays |= {"low": self.low, "high": self.high}
        return {"limit": self.limit, "fitted_on": dict(self.fitted_on)}, arrays

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> PictureGate:
        """The gate that :meth:`state` described."""
        return cls(**arrays, limit=state["limit"], fitted_on=state["fitted_on"])


def _whitening(away: np.ndarray, ridge: float) -> np.ndarray:
    """What gives differences [n, D] about the same spread in every direction, [D, D]."""
    spread = away.T @ away / len(away)
    even = ridge * np.trace(spread) / len(spread) + 1e-4
    values, vectors = np.linalg.eigh(spread + even * np.eye(len(spread)))
    return np.asarray(vectors / np.sqrt(values))


def _grouped(rows: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Middles [K, D] of groups of rows [n, D], and each row's group (k-means, k-means++ start).

    Groups of fewer than five rows are left out: they would tell of single pictures.
    """
    rng = np.random.default_rng(seed)
    middles = rows[rng.integers(len(rows))][None]
    for _ in range(int(np.clip(len(rows) // _A_GROUP, 1, _MOST_GROUPS)) - 1):
        far = _squares(rows, middles).min(axis=1)
        if not far.sum():
            break
        middles = np.vstack([middles, rows[rng.choice(len(rows), p=far / far.sum())]])
    for _ in range(_ROUNDS):
        group = _squares(rows, middles).argmin(axis=1)
        counts = np.bincount(group, minlength=len(middles))
        sums = np.zeros_like(middles)
        np.add.at(sums, group, rows)
        middles = (sums / np.maximum(counts, 1)[:, None])[counts >= _SMALLEST_GROUP]
    return middles, _squares(rows, middles).argmin(axis=1)


def _squares(rows: np.ndarray, middles: np.ndarray) -> np.ndarray:
    return np.asarray(((rows[:, None] - middles) ** 2).sum(axis=2))
