"""What a customer is shown: the items that fit best, of those that may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from lepton_core.decision.base import Decision
from lepton_core.decision.best_items import Asked, best_items, every_score
from lepton_core.decision.computed import Told
from lepton_core.decision.item_filters import ItemFilters
from lepton_core.decision.items import Items
from lepton_core.decision.reordering import Reordering
from lepton_core.errors import UsageError

# What a note tells of a record: the first two come with the scores, the others are found here.
NOTES = ("unknown_items", "long_history", "trending", "few_items")
UNKNOWN_ITEMS, LONG_HISTORY, TRENDING, FEW_ITEMS = (1 << place for place in range(len(NOTES)))
# Candidates among which a list is re-ordered; where they do not fill it, all items are.
POOL = 200
# A model that knows the targets alone, and baselines, say so many items.
TOLD = 20


@dataclass(frozen=True, eq=False)
class Rank(Decision):
    """Customers' vectors -> the items whose vectors fit best, after filters that always hold.

    Everything here is applied to vectors that are kept: filters, order and length change without
    scoring again. A customer of whom nothing is known gets what is chosen most lately.

    Args:
        items: what can be shown.
        k: length of a list, 1 or more.
        seen: whether a customer is shown again what they had.
        filters: what an item must be; holds for every list, also of trending items.
        reordering: how the list is made of what fits best.
        quota: share of a batch's customers, 0 to 1, whose lists an item may be in (at least one of
            them); 0 for no limit. Customers who come first choose first. It binds within a batch:
            what goes out together is decided together.
        fitted_on: what data made it.

    Raises:
        UsageError: ``rank.k``, ``rank.share``; ``rank.no_column`` and ``rank.category`` where a
            filter asks for what the catalogue does not know.

    Example:
        >>> from lepton_core.decision.catalogue import Catalogue
        >>> items = Items(Catalogue(("a", "b", "c")), np.eye(3, dtype=np.float32),
        ...               np.array([5, 1, 1]), np.float32([5, 1, 2]))
        >>> score, history = np.float32([[3, 2, 1], [0, 0, 0]]), np.array([[1, 0], [0, 0]])
        >>> found = Rank(items, k=2).apply({"score": score, "history": history})
        >>> found["items"].to_pylist(), found["note"].to_pylist()
        ([['b', 'c'], ['a', 'c']], ['', 'trending'])
    """

    kind: ClassVar[str] = "rank"

    items: Items
    k: int = 10
    seen: bool = False
    filters: ItemFilters = field(default_factory=ItemFilters)
    reordering: Reordering = field(default_factory=Reordering)
    quota: float = 0.0
    fitted_on: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.k < 1:
            raise UsageError("rank.k", received=self.k)
        if not 0 <= self.quota <= 1:
            raise UsageError("rank.share", name="quota", received=self.quota)
        self.reordering.check(self.items)
        allowed = self.filters.allowed(self.items.catalogue)
        object.__setattr__(self, "_allowed", allowed)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rank) or self.to_json() != other.to_json():
            return False
        ours, theirs = self.arrays(), other.arrays()
        return ours.keys() == theirs.keys() and all(
            np.array_equal(ours[name], theirs[name], equal_nan=ours[name].dtype.kind == "f")
            for name in ours
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def is_fitted(self) -> bool:
        """Always: validation data set nothing of it."""
        return True

    @property
    def allowed(self) -> np.ndarray | None:
        """Which items pass the filters, bool [N]; None for all."""
        found: np.ndarray | None = self._allowed  # type: ignore[attr-defined]
        return found

    def lists(
        self, score: np.ndarray, history: np.ndarray, k: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The list of each customer.

        Args:
            score: customers' vectors, float32 [n, D].
            history: int [n, H], codes + 1 of what each had, the latest first, 0 where no more.
            k: length of the lists; the decision's own when None.

        Returns:
            codes int64 [n, k] and how well each fits, float32 [n, k]; -1 and -inf at the end where
            fewer items pass.
        """
        k = k or self.k
        history = np.asarray(history, np.int64).reshape(len(score), -1)
        had = None if self.seen else [row[row > 0] - 1 for row in history]
        plain = self.reordering.is_plain and not self.quota
        asked = k if plain else max(k, POOL)
        given = Asked(np.asarray(score, np.float32), history, had)
        codes, scores = best_items(self.items, self.allowed, given, asked)
        return (codes, scores) if plain else self._reordered(given, (codes, scores), k)

    def scores(self, score: np.ndarray, history: np.ndarray) -> np.ndarray:
        """How well every item fits each customer, float64 [n, N]: for a few customers.

        Arguments as for :meth:`lists`; filters say nothing here.
        """
        return every_score(self.items, score, history)

    def apply(self, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Columns of customers' vectors.

        Args:
            outputs: ``score`` and ``history`` as for :meth:`lists`; ``notes`` [n], first bits of
                ``NOTES``, where there are any.

        Returns:
            ``items`` and ``scores``, lists of strings and of float32, the best first; ``note``,
            any of ``NOTES``; ``score``, the vector, and ``history``, ids of what the customer had,
            the latest first: what a later decision needs.
        """
        score, history = outputs["score"], np.asarray(outputs["history"], np.int64)
        codes, scores = self.lists(score, history)
        there = codes >= 0
        notes = outputs.get("notes")
        bits = np.zeros(len(score), np.int64) if notes is None else notes.astype(np.int64)
        had = history > 0
        bits = bits | np.where(had.any(axis=1), 0, TRENDING)
        bits = bits | np.where(there.all(axis=1), 0, FEW_ITEMS)
        return {
            "items": self._named(codes[there], there),
            "scores": _lists(pa.array(scores[there], pa.float32()), there),
            "note": Told("note", "flags", NOTES).read(bits.astype(np.float32)),
            "score": _lists(
                pa.array(np.asarray(score, np.float32).ravel()), np.ones(score.shape, bool)
            ),
            "history": self._named(history[had] - 1, had),
        }

    def trivial(self, targets: np.ndarray, n: int) -> np.ndarray:
        """Codes int64 [n, 20] of the items that are chosen most, alike for everyone.

        Args:
            targets: codes [m] of what was chosen, -1 where not known.
            n: number of customers.
        """
        counts = np.bincount(targets[targets >= 0], minlength=len(self.items))
        return np.tile(np.argsort(-counts, kind="stable")[:TOLD], (n, 1))

    def with_items(self, items: Items) -> Rank:
        """The same for items of which other things are known."""
        return replace(self, items=items)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "k": self.k,
            "seen": self.seen,
            "filters": self.filters.to_json(),
            "reordering": self.reordering.to_json(),
            "quota": self.quota,
            "fitted_on": dict(self.fitted_on),
        }

    def arrays(self) -> dict[str, np.ndarray]:
        return self.items.arrays()

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> Rank:
        return cls(
            Items.from_arrays(arrays),
            values["k"],
            values["seen"],
            ItemFilters.from_json(values["filters"]),
            Reordering.from_json(values["reordering"]),
            values["quota"],
            values["fitted_on"],
        )

    def _reordered(
        self, asked: Asked, pool: tuple[np.ndarray, np.ndarray], k: int
    ) -> tuple[np.ndarray, np.ndarray]:
        n = len(asked.score)
        codes = np.full((n, k), -1, np.int64)
        scores = np.full((n, k), -np.inf, np.float32)
        most = max(int(self.quota * n + 1e-9), 1) if self.quota else n
        left = np.full(len(self.items), most, np.int64)
        for row in range(n):
            found = self._pick(pool[0][row], pool[1][row], left, k)
            if len(found[0]) < k and pool[0][row, -1] >= 0:
                # The pool did not fill the list: everything that passes is looked at.
                whole = best_items(self.items, self.allowed, asked.one(row), len(self.items))
                found = self._pick(whole[0][0], whole[1][0], left, k)
            codes[row, : len(found[0])], scores[row, : len(found[0])] = found
            if self.quota:
                left[found[0]] -= 1
        return codes, scores

    def _pick(
        self, codes: np.ndarray, scores: np.ndarray, left: np.ndarray, k: int
    ) -> tuple[np.ndarray, np.ndarray]:
        free = codes >= 0
        free[free] = left[codes[free]] > 0
        codes, scores = codes[free], scores[free]
        places = self.reordering.pick(codes, scores, self.items, k)
        return codes[places], scores[places]

    def _named(self, codes: np.ndarray, mask: np.ndarray) -> pa.ListArray:
        """Lists of ids: ``codes`` are those of ``mask`` [n, ...], row by row."""
        return _lists(self.items.catalogue.id_array.take(pa.array(codes)), mask)


def _lists(values: pa.Array, mask: np.ndarray) -> pa.ListArray:
    """Lists [n] over values, as many of each row as ``mask`` [n, ...] holds."""
    lengths = mask.reshape(len(mask), -1).sum(axis=1)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values)
