"""What a shop's own program asks for: a customer's list, an item's neighbours, the trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.bundle import load_bundle
from lepton_core.decision import Rank
from lepton_core.decision.neighbours import items_together, similar_items, trending_items
from lepton_core.errors import UsageError
from lepton_core.pipeline import Pipeline
from lepton_core.records.catalogue import read_catalogue
from lepton_core.redecide.ranking import ranked
from lepton_core.solution import resolve

from .explanations import reasons_of, remove_each
from .new_items import with_new_items
from .preprocessing import NextItemPreprocessor


@dataclass(frozen=True)
class Suggestion:
    """One item to show.

    Args:
        item: its id.
        title: what people call it; its id where nothing else is known.
        category: where it stands in the shop; empty where not known.
        price: of a piece; None where not known.
        score: how well it fits, how alike, how many times as often as by chance: by what was asked.
        because: id of what the customer had that speaks most for it; empty where none was asked
            for or no single one does.
    """

    item: str
    title: str
    category: str
    price: float | None
    score: float
    because: str = ""


@dataclass(frozen=True)
class Suggestions:
    """What to show, and what is to be known of it.

    Args:
        shown: the best first.
        notes: any of ``unknown_items long_history trending few_items``.
    """

    shown: tuple[Suggestion, ...]
    notes: tuple[str, ...] = ()

    @property
    def items(self) -> list[str]:
        """Ids of what is shown, in order."""
        return [one.item for one in self.shown]


@dataclass(frozen=True)
class Shop:
    """A bundle as a shop's program uses it; safe to share between threads.

    Settings are those of ``lepton decide --ranking``: ``k seen quota in_stock categories low_price
    high_price hidden diversity margin per_category``. They hold for every answer.

    Example:
        >>> shop = Shop.open("retail_recommender@sample")
        >>> first = shop.suggest(["TE001", "CU003"], k=3, in_stock=True)
        >>> len(first.shown), "TE001" in first.items
        (3, False)
        >>> shop.suggest(["something new"], k=2).notes
        ('unknown_items', 'trending')
    """

    pipeline: Pipeline

    @classmethod
    def open(cls, target: str | Path, **settings: Any) -> Shop:
        """The shop of a bundle.

        Args:
            target: ``retail_recommender``, with ``@NAME`` where it is not the default bundle, or a
                bundle's folder.
            **settings: see :class:`Shop`.

        Raises:
            BundleError: it is not whole.
            UsageError: a setting does not fit; the bundle makes no lists.
        """
        pipeline = load_bundle(resolve(str(target)).bundle_or_default())
        if not isinstance(pipeline.decision, Rank):
            about = {"task": pipeline.task.name, "received": pipeline.decision.kind}
            raise UsageError("rank.for_ranking", option="Shop", **about)
        return cls(pipeline).asking(**settings)

    @property
    def decision(self) -> Rank:
        """What makes the lists."""
        assert isinstance(self.pipeline.decision, Rank)
        return self.pipeline.decision

    def asking(self, **settings: Any) -> Shop:
        """The same shop with other settings; nothing is loaded or scored again."""
        if not settings:
            return self
        return self._with(ranked(self.decision, settings))

    def with_catalogue(self, source: str | Path) -> Shop:
        """The same shop with what a catalogue says of its items: stock and prices of today."""
        items = self.decision.items
        return self._with(
            self.decision.with_items(items.updated(read_catalogue(source, items.catalogue)))
        )

    def with_new_items(self, source: str | Path) -> Shop:
        """The same shop with the items of a catalogue that the bundle does not know.

        They are placed by their titles and categories, so that they can be shown before anybody
        has bought them; one that cannot be placed is left out.

        Args:
            source: a data set's name or a file.
        """
        items, _ = with_new_items(self.decision.items, read_catalogue(source))
        return self._with(self.decision.with_items(items))

    def suggest(
        self, history: Sequence[str], because: bool = False, **settings: Any
    ) -> Suggestions:
        """What to show to a customer.

        Args:
            history: ids of what the customer chose, in order of time; none for a stranger. One
                choice more is one id more: nothing is remembered between calls.
            because: whether each item comes with its reason, which takes some ms.
            **settings: see :class:`Shop`; for this answer alone.
        """
        shop = self.asking(**settings)._without_new(history)
        preprocessor, decision = shop.pipeline.preprocessor, shop.decision
        assert isinstance(preprocessor, NextItemPreprocessor)
        record = pa.table(
            {"record_id": ["-"], "items": pa.array([list(history)], pa.list_(pa.string()))}
        )
        prepared = preprocessor.transform(record)
        outputs = shop.pipeline.outputs(prepared)
        codes, scores = decision.lists(outputs["score"], outputs["history"])
        there = codes[0] >= 0
        shown, fits = codes[0][there], scores[0][there]
        note = decision.apply(outputs)["note"][0].as_py()
        reasons: dict[int, int] = {}
        known = outputs["history"][0]
        known = known[known > 0][::-1]
        if because and len(known) and len(shown):
            removed = remove_each(shop.pipeline, known, shown)
            reasons = {one.item: one.because for one in reasons_of(removed, shown)}
        notes = tuple(name for name in note.split("; ") if name)
        return Suggestions(shop._told(shown, fits, reasons), notes)

    def similar(self, item: str, **settings: Any) -> Suggestions:
        """Items that are like one, for its page.

        Raises:
            UsageError: ``rank.unknown_item``.
        """
        shop = self.asking(**settings)
        return Suggestions(shop._told(*similar_items(shop.decision, shop._code(item))))

    def together(self, item: str, **settings: Any) -> Suggestions:
        """Items that are bought along with one, for its page or the basket; may be none.

        Raises:
            UsageError: ``rank.unknown_item``.
        """
        shop = self.asking(**settings)
        return Suggestions(shop._told(*items_together(shop.decision, shop._code(item))))

    def trending(self, **settings: Any) -> Suggestions:
        """Items that are chosen most lately."""
        shop = self.asking(**settings)
        return Suggestions(shop._told(*trending_items(shop.decision)))

    def _without_new(self, history: Sequence[str]) -> Shop:
        """The shop without what was had of items that were new when the bundle was made: the
        network does not read them, and they are not shown again all the same."""
        decision, preprocessor = self.decision, self.pipeline.preprocessor
        assert isinstance(preprocessor, NextItemPreprocessor)
        if decision.seen or len(decision.items) == len(preprocessor.known):
            return self
        ids = pa.array(list(history), pa.string())
        is_new = (decision.items.catalogue.codes(ids) >= 0) & (preprocessor.known.codes(ids) < 0)
        had = tuple(ids.filter(pa.array(is_new)).to_pylist())
        return self.asking(hidden=[*decision.filters.hidden, *had]) if had else self

    def _with(self, decision: Rank) -> Shop:
        return replace(self, pipeline=self.pipeline.with_decision(decision))

    def _code(self, item: str) -> int:
        catalogue = self.decision.items.catalogue
        code = int(catalogue.codes(pa.array([item], pa.string()))[0])
        if code < 0:
            example = catalogue.ids[0]
            raise UsageError("rank.unknown_item", received=item, n=len(catalogue), example=example)
        return code

    def _told(
        self, codes: np.ndarray, scores: np.ndarray, reasons: dict[int, int] | None = None
    ) -> tuple[Suggestion, ...]:
        catalogue = self.decision.items.catalogue
        categories = catalogue.texts.get("category")
        prices = catalogue.numbers.get("price")
        found = []
        for code, score in zip(codes.tolist(), scores.tolist(), strict=True):
            price = None if prices is None or np.isnan(prices[code]) else float(prices[code])
            because = catalogue.ids[reasons[code]] if reasons and code in reasons else ""
            category = (categories[code] if categories else None) or ""
            title = catalogue.title(code)
            found.append(Suggestion(catalogue.ids[code], title, category, price, score, because))
        return tuple(found)
