"""The best k of millions of items by an index of faiss, with filters that hold all the same.

The index (inverted lists of 4-bit product quantisation) only names candidates, several times as
many as are asked for. They are filtered, scored exactly and sorted, and a query that is left with
too few is answered by exact search. So a filter is never broken, scores are exact, and what is
approximate is the recall alone, which is measured when the index is built and told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lepton_core.errors import BundleError, MissingDependency
from lepton_core.retrieval.exact import best, checked, nothing, top_k
from lepton_core.retrieval.filters import Filters

# What is tried, from fast to sure: lists that are looked into, candidates for each item wanted.
_TRIALS = ((4, 10), (8, 10), (8, 20), (16, 20), (32, 20), (32, 40), (64, 40), (128, 80), (256, 80))
# Candidates of one query; where filters leave so little that more were needed, search is exact.
_MOST = 4096
# Items that the quantisation learns from, for each list.
_SAMPLE = 100
# faiss' fast scan packs 16 centroids (4 bits) a part; two numbers make a part.
_BITS, _PART, _PACKED = 4, 2, 32


@dataclass(frozen=True)
class Approximate:
    """An index over items, and the settings that reached the recall asked for.

    Args:
        items: float32 [N, D], what candidates are scored with; kept by the caller.
        index: of faiss, over the same items.
        probes: lists that are looked into for a query.
        fetch: candidates for each item wanted.
        k: items wanted when the recall was measured.
        recall: mean share of the exact best k that were found, 0 to 1, measured on queries that
            nothing was chosen on; for trained vectors and queries like those given.
    """

    items: np.ndarray
    index: Any
    probes: int
    fetch: int
    k: int
    recall: float

    @classmethod
    def build(
        cls,
        items: np.ndarray,
        queries: np.ndarray,
        *,
        recall: float = 0.95,
        k: int = 10,
        seed: int = 0,
    ) -> Approximate:
        """An index over items, as fast as the recall allows.

        On two cores a minute or so for a million items of 64 numbers. The settings are chosen on
        every other query, and the recall told is that of the rest. Where no setting reaches it,
        the surest is taken: look at :attr:`recall`.

        Args:
            items: float32 [N, D], N at least 1.
            queries: float32 [n, D], n at least 2; such as will be asked (vectors of customers, not
                of items): a few hundred.
            recall: wanted, 0 to 1.
            k: items wanted for a query.
            seed: of what the quantisation learns from.

        Raises:
            MissingDependency: faiss is not installed.
            ValueError: shapes that do not fit, or fewer than 2 queries.
        """
        queries, items = checked(queries, items, k)
        if len(queries) < 2 or not len(items):
            raise ValueError(
                "an index needs items, and at least 2 queries to choose its settings by. "
                f"Received: {len(items)} items, {len(queries)} queries"
            )
        index = _trained(items, seed)
        truth = top_k(queries, items, k)[0]
        chosen = cls(items, index, *_TRIALS[-1], k, 0.0)
        for probes, fetch in _TRIALS:
            trial = cls(items, index, probes, fetch, k, 0.0)
            if _recall(trial.top_k(queries[::2], k)[0], truth[::2]) >= recall:
                chosen = trial
                break
        told = _recall(chosen.top_k(queries[1::2], k)[0], truth[1::2])
        return cls(items, index, chosen.probes, chosen.fetch, k, told)

    def top_k(
        self,
        queries: np.ndarray,
        k: int,
        allowed: np.ndarray | None = None,
        excluded: Sequence[np.ndarray] | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """As :func:`lepton_core.retrieval.exact.top_k`, less what the index did not find.

        A query whose filters leave fewer than k of its candidates is answered exactly, and so are
        all where their filters leave so few items that too many candidates were needed.
        """
        queries, items = checked(queries, self.items, k)
        filters = Filters(allowed, excluded).checked(len(queries), len(items))
        share = filters.share(len(items))
        wanted = self.fetch * k / share + filters.most_excluded() if share else np.inf
        if wanted > max(_MOST, self.fetch * k) or wanted >= len(items):
            return top_k(queries, items, k, allowed, excluded)
        codes, scores = nothing(len(queries), k)
        if not len(queries):
            return codes, scores
        short = []
        for row, among in enumerate(self._candidates(queries, int(wanted))):
            # Lists that were looked into may hold fewer items than asked for: -1 stands there.
            among = among[among >= 0]
            among = among[filters.holds(row, among)]
            if len(among) < k:
                short.append(row)
                continue
            codes[row], scores[row] = best(queries[row], items, among, k)
        if short:
            rows = np.array(short)
            rest = filters.take(rows)
            codes[rows], scores[rows] = top_k(queries[rows], items, k, rest.allowed, rest.excluded)
        return codes, scores

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Settings and recall as JSON, and the index as bytes; the items are not in it."""
        told = {"probes": self.probes, "fetch": self.fetch, "k": self.k, "recall": self.recall}
        return told, {"index": _faiss().serialize_index(self.index)}

    @classmethod
    def from_state(
        cls, state: dict[str, Any], arrays: dict[str, np.ndarray], items: np.ndarray
    ) -> Approximate:
        """The index that :meth:`state` described, over the same items.

        Raises:
            MissingDependency: faiss is not installed.
            BundleError: the bytes are no index, or one of other items.
        """
        faiss = _faiss()
        try:
            index = faiss.deserialize_index(np.asarray(arrays["index"], np.uint8))
        except RuntimeError as error:
            raise BundleError("retrieval.index_unreadable") from error
        size = _padded(items[:1]).shape[1]
        if (index.ntotal, index.d) != (len(items), size):
            raise BundleError(
                "retrieval.index_items",
                expected=index.ntotal,
                dimension=index.d,
                received=len(items),
                width=size,
            )
        return cls(np.asarray(items, np.float32), index, **state)

    def _candidates(self, queries: np.ndarray, wanted: int) -> np.ndarray:
        """Codes int64 [n, wanted] of candidates, -1 where there are no more."""
        faiss = _faiss()
        settings = faiss.SearchParametersIVF(nprobe=min(self.probes, self.index.nlist))
        return self.index.search(_padded(queries), wanted, params=settings)[1]


def _trained(items: np.ndarray, seed: int) -> Any:
    faiss = _faiss()
    rows = _padded(items)
    lists = max(int(np.sqrt(len(rows))), 1)
    size = rows.shape[1]
    coarse = faiss.IndexFlatIP(size)
    index = faiss.IndexIVFPQFastScan(
        coarse, size, lists, size // _PART, _BITS, faiss.METRIC_INNER_PRODUCT, _PACKED, True
    )
    # A few items are learned from as they are; faiss only says that there are few.
    index.cp.min_points_per_centroid = index.pq.cp.min_points_per_centroid = 1
    index.cp.seed = index.pq.cp.seed = seed + 1
    most = _SAMPLE * max(lists, 2**_BITS)
    if len(rows) > most:
        index.train(rows[np.random.default_rng(seed).choice(len(rows), most, replace=False)])
    else:
        # The quantisation needs 16 items or more; the same ones again teach nothing else.
        index.train(np.resize(rows, (max(len(rows), 2**_BITS), size)))
    index.add(rows)
    return index


def _padded(rows: np.ndarray) -> np.ndarray:
    """With a column of zeros where the width is odd: it changes no inner product."""
    rows = np.ascontiguousarray(rows, np.float32)
    return np.pad(rows, ((0, 0), (0, rows.shape[1] % _PART)))


def _recall(found: np.ndarray, truth: np.ndarray) -> float:
    """Mean share of the codes in ``truth`` [n, k], less -1, that are found in the same row."""
    shares = [
        np.isin(best_codes[best_codes >= 0], codes).mean()
        for codes, best_codes in zip(found, truth, strict=True)
    ]
    return float(np.mean(shares))


def _faiss() -> Any:
    try:
        import faiss
    except ImportError as error:
        raise MissingDependency("faiss-cpu", extra="ann") from error
    return faiss
