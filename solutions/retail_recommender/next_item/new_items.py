"""Items that nobody has bought yet, placed among the others by their title and category."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision.items import Items

from .content import ContentEncoder
from .content_words import Text

# Where the known items' words are less than this part of a new one's, its vector says too little.
_LEAST_KNOWN = 0.5


def with_new_items(items: Items, table: pa.Table) -> tuple[Items, list[str]]:
    """The items and behind them a catalogue's new ones, as far as their words place them.

    What the words of an item say is learned from the known items' titles, categories and vectors,
    those that were bought often counting more. An item without a title and category, or of whose
    words most are in no known item's, is left out: nothing says whom it would suit.

    Args:
        items: the known ones, with titles or categories.
        table: a catalogue, see :func:`~lepton_core.records.catalogue.read_catalogue`.

    Returns:
        the items, and the ids of new ones that could not be placed.
    """
    known = items.catalogue
    new = table.filter(pa.array(known.codes(table.column("item")) < 0))
    if not new.num_rows:
        return items, []
    texts = _texts(known.texts.get("title"), known.texts.get("category"), len(known))
    told = np.array([any(text or ()) for text in texts])
    if not told.any():
        return items, new.column("item").to_pylist()
    encoder = ContentEncoder.fit(
        [text for text, one in zip(texts, told, strict=True) if one],
        items.vectors[told],
        weights=np.sqrt(items.counts[told]) + 1.0,
    )
    titles, categories = (
        new.column(name).to_pylist() if name in new.column_names else None
        for name in ("title", "category")
    )
    of_new = _texts(titles, categories, new.num_rows)
    placed = encoder.known(of_new) >= _LEAST_KNOWN
    some = new.filter(pa.array(placed))
    vectors = encoder.encode([text for text, one in zip(of_new, placed, strict=True) if one])
    left = new.filter(pc.invert(pa.array(placed))).column("item").to_pylist()
    return (items.extended(some, vectors) if some.num_rows else items), left


def _texts(
    titles: Sequence[str | None] | None, categories: Sequence[str | None] | None, n: int
) -> list[Text]:
    """Title and category of each item."""
    return list(zip(titles or [None] * n, categories or [None] * n, strict=True))
