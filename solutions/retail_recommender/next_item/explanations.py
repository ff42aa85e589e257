"""Why an item is shown: the one among what the customer had without which it would rank lowest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lepton_core.checking import check
from lepton_core.decision import Rank
from lepton_core.explain.base import Explainer, Explanation, Reason
from lepton_core.pipeline import Pipeline

from .preprocessing import NextItemPreprocessor, known_sequences
from .sequences import Sequences

_KEY = "retail_recommender.next_item.reason.because"
# Items of a list that are explained where nobody says how many.
_EXPLAINED = 5


@dataclass(frozen=True)
class Because:
    """An item, and what the customer had that speaks most for it.

    Args:
        item: code of the item that is shown, from 0.
        because: code of what the customer had.
        rank: of the item among all that could be shown, 1 is first.
        without: its rank were ``because`` not there.
        fall: by how much its score falls then.
    """

    item: int
    because: int
    rank: int
    without: int
    fall: float


@dataclass(frozen=True)
class Removed:
    """What is left of items when each of those that a customer had is taken away in turn.

    Args:
        had: int64 [m], codes from 0 of the different items, the latest first.
        ranks: int64 [m + 1, k], of each shown item: with all of them first, then without each.
        scores: float64 [m + 1, k].
    """

    had: np.ndarray
    ranks: np.ndarray
    scores: np.ndarray


def remove_each(pipeline: Pipeline, history: np.ndarray, shown: np.ndarray) -> Removed:
    """Score a customer anew without each of the items that the network reads of them.

    What could be shown stays the same: an item that is taken away does not become one that the
    customer never had.

    Args:
        pipeline: the bundle.
        history: codes from 1 of what the customer had, in order of time, at least one.
        shown: int64 [k], codes from 0.
    """
    decision, preprocessor = pipeline.decision, pipeline.preprocessor
    assert isinstance(decision, Rank)
    assert isinstance(preprocessor, NextItemPreprocessor)
    read = history[-preprocessor.length :][::-1]
    _, first = np.unique(read, return_index=True)
    had = read[np.sort(first)]
    variants = [history, *(history[history != code] for code in had)]
    x = Sequences.from_lists(variants).last(preprocessor.length)
    vectors = pipeline.runtime.run("main", {"x": x})["score"]
    whole = Sequences.from_lists(variants).last(len(history))[:, ::-1]
    scores = decision.scores(vectors, whole)
    free: np.ndarray = np.ones(len(decision.items), bool)
    if decision.allowed is not None:
        free = decision.allowed
    if not decision.seen:
        free = free & ~np.isin(np.arange(len(free)), history - 1)
    of_shown = scores[:, shown]
    # Of items that fit alike the one with the smaller code comes first, as in the list.
    before: np.ndarray = np.arange(scores.shape[1]) < shown[:, None]
    value = of_shown[:, :, None]
    above = (scores[:, None, :] > value) | ((scores[:, None, :] == value) & before)
    ranks: np.ndarray = 1 + (above & free).sum(axis=2)
    return Removed(had.astype(np.int64) - 1, ranks, of_shown)


def reasons_of(removed: Removed, shown: np.ndarray) -> list[Because]:
    """The reason of each shown item, as far as there is one.

    It is the item whose removal lowers the rank most; of several, that which lowers the score most.
    Where no removal lowers the rank, none is named: the item is shown for all of them together.
    """
    found = []
    for place, item in enumerate(shown.tolist()):
        lost = removed.ranks[1:, place] - removed.ranks[0, place]
        falls = removed.scores[0, place] - removed.scores[1:, place]
        best = int(np.lexsort((-falls, -lost))[0])
        if lost[best] <= 0:
            continue
        ranks = removed.ranks[:, place]
        because = int(removed.had[best])
        found.append(
            Because(item, because, int(ranks[0]), int(ranks[best + 1]), float(falls[best]))
        )
    return found


class Removal(Explainer):
    """Reasons of the first items of each customer's list, measured by removal.

    Args:
        most: items of a list that are explained.
    """

    def __init__(self, most: int = _EXPLAINED) -> None:
        self._most = most

    def explain(
        self, pipeline: Pipeline, records: pa.Table, record_ids: list[str] | None = None
    ) -> list[Explanation]:
        decision, preprocessor = pipeline.decision, pipeline.preprocessor
        assert isinstance(decision, Rank)
        assert isinstance(preprocessor, NextItemPreprocessor)
        scored = pipeline.score(records)
        wanted = None if record_ids is None else set(record_ids)
        checked = check(records, pipeline.task.inputs, whole=False)
        places = {int(row): place for place, row in enumerate(checked.rows)}
        sequences, _ = known_sequences(checked.table, preprocessor.known)
        lists = scored.columns["items"].to_pylist()
        ids = scored.columns["record_id"].to_pylist()
        fits = scored.columns["scores"].to_pylist()
        found = []
        for place, name in enumerate(ids):
            if wanted is not None and name not in wanted:
                continue
            history = sequences.of(places[int(scored.rows[place])])
            shown = decision.items.catalogue.codes(
                pa.array(lists[place][: self._most], pa.string())
            )
            reasons: tuple[Reason, ...] = ()
            if len(history) and len(shown):
                removed = remove_each(pipeline, history, shown)
                reasons = tuple(_reason(decision, one) for one in reasons_of(removed, shown))
            found.append(Explanation(name, float((fits[place] or [0.0])[0]), reasons))
        return found


def _reason(decision: Rank, one: Because) -> Reason:
    catalogue = decision.items.catalogue
    values = {
        "item": catalogue.title(one.item),
        "because": catalogue.title(one.because),
        "item_id": catalogue.ids[one.item],
        "because_id": catalogue.ids[one.because],
        "rank": one.rank,
        "rank_without": one.without,
    }
    return Reason(_KEY, values, one.fall)
