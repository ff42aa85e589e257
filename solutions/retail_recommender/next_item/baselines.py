"""What a network has to beat: simple models of the same histories, each tuned on validation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .baselines_fit import Popularity, ease, neighbours, popularity
from .baselines_weights import ItemWeights
from .ranking import hit_rate, ndcg, ranks
from .sequences import HeldOut, Sequences

Baseline = Popularity | ItemWeights
Settings = dict[str, float]

# EASE inverts a matrix of N x N.
EASE_MOST = 20_000
_VALID_USERS = 10_000


@dataclass(frozen=True)
class Kind:
    """A baseline and the values of its settings that are tried.

    Args:
        fit: makes it from histories, the number of items and settings.
        start: its settings before any is chosen.
        tried: values of each setting, chosen one setting after the other.
    """

    fit: Callable[..., Baseline]
    start: Mapping[str, float]
    tried: Sequence[tuple[str, tuple[float, ...]]]


_DECAYS = (1.0, 0.8, 0.6, 0.4)

KINDS: dict[str, Kind] = {
    "popularity": Kind(popularity, {"half_life": 0.0}, [("half_life", (2.0, 7.0, 30.0, 90.0))]),
    # Customers in common, whatever the order; of a history late items weigh more.
    "item_knn": Kind(
        neighbours,
        {"popular": 0.5, "shrink": 0.0, "decay": 0.8},
        [("popular", (0.1, 0.2, 0.3)), ("shrink", (1.0, 5.0)), ("decay", _DECAYS)],
    ),
    # The same with the order of purchases and how far apart they were.
    "ordered_knn": Kind(
        neighbours,
        {"popular": 0.3, "shrink": 0.0, "decay": 0.8, "gap_decay": 0.8, "backward": 0.5},
        [
            ("decay", _DECAYS),
            ("gap_decay", (1.0, 0.7)),
            ("backward", (0.0, 0.3, 0.7)),
            ("popular", (0.2, 0.4)),
            ("shrink", (1.0, 5.0)),
        ],
    ),
    "ease": Kind(
        ease,
        {"strength": 100.0, "decay": 0.8},
        [("decay", _DECAYS), ("strength", (50.0, 200.0, 400.0))],
    ),
}


@dataclass(frozen=True)
class Chosen:
    """A baseline with the settings that validation chose.

    Args:
        kind: of ``KINDS``.
        settings: of its fit.
        hr10, ndcg10: on the users of validation that chose them.
        fitted: on the training histories.
    """

    kind: str
    settings: Settings
    hr10: float
    ndcg10: float
    fitted: Baseline

    def refitted(self, sequences: Sequences, items: int) -> Baseline:
        """The same settings fitted on other histories, such as those with validation items."""
        return KINDS[self.kind].fit(sequences, items, **self.settings)


def choose(kind: str, sequences: Sequences, items: int, valid: HeldOut, *, seed: int = 0) -> Chosen:
    """A baseline with each of its settings chosen by NDCG@10 on validation, one after the other.

    Args:
        kind: of ``KINDS``.
        sequences: what is learned from.
        items: number of items, N.
        valid: what chooses; of more than 10,000 users as many are drawn.
        seed: of that draw.

    Example:
        >>> split_train = Sequences.from_lists([[1, 2, 3], [1, 2, 3], [2, 3, 1]])
        >>> held = HeldOut(np.array([0]), Sequences.from_lists([[1]]), np.array([2], np.int32))
        >>> chosen = choose("item_knn", split_train, 3, held)
        >>> chosen.ndcg10, sorted(chosen.settings)
        (0.6309297535714575, ['decay', 'popular', 'shrink'])
    """
    some = _some(valid, seed)
    known = KINDS[kind]

    def tried(settings: Settings, fitted: Baseline) -> Chosen:
        found = ranks(fitted.scores, some)
        return Chosen(kind, settings, hit_rate(found, 10), ndcg(found, 10), fitted)

    start = dict(known.start)
    best = tried(start, known.fit(sequences, items, **start))
    for name, values in known.tried:
        before = best
        for value in values:
            settings = {**before.settings, name: value}
            if settings == before.settings:
                continue
            now = tried(settings, _fitted(known, sequences, items, settings, name, before.fitted))
            best = now if now.ndcg10 > best.ndcg10 else best
    return best


def choose_all(
    sequences: Sequences, items: int, valid: HeldOut, *, seed: int = 0
) -> dict[str, Chosen]:
    """Every baseline that this many items allow, see :func:`choose`."""
    kinds = [kind for kind in KINDS if kind != "ease" or items <= EASE_MOST]
    return {kind: choose(kind, sequences, items, valid, seed=seed) for kind in kinds}


def _fitted(
    known: Kind, sequences: Sequences, items: int, settings: Settings, name: str, before: Any
) -> Baseline:
    if name == "decay":  # it says how weights are used, not what they are
        return replace(before, decay=settings["decay"])
    return known.fit(sequences, items, **settings)


def _some(held: HeldOut, seed: int) -> HeldOut:
    if len(held.truth) <= _VALID_USERS:
        return held
    drawn = np.random.default_rng(seed).permutation(len(held.truth))[:_VALID_USERS]
    places = np.sort(drawn)
    return HeldOut(held.users[places], held.history.take(places), held.truth[places])
