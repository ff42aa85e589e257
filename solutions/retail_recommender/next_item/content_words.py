"""What a title and a category say, as numbered features: words, parts of words, pairs of labels.

Nothing is learned and no vocabulary is stored: a feature's number is a hash of its text, so that
words which training never saw have a number too, and parts of words tie them to those it saw. Works
on any script; where words are not set apart (Chinese), single characters and pairs of them count.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

# A title is one field, a category another: the same word in both is not the same feature.
Text = str | Sequence[str | None] | None

_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_GRAMS = (3, 4)
# Fields of at most so many words are labels, and what two of them say together counts as well.
_LABELS = 6


@dataclass(frozen=True)
class Bags:
    """The features of n texts, one text after the other.

    Args:
        features: int64 [T], 0..buckets - 1, ascending within a text.
        weights: float32 [T], above 0.
        fields: int64 [T], the field that each came from, from 0.
        starts: int64 [n + 1], where each text's features begin; the last is T.
    """

    features: np.ndarray
    weights: np.ndarray
    fields: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        """Number of texts."""
        return len(self.starts) - 1

    @property
    def texts(self) -> np.ndarray:
        """The text of each feature, int64 [T]."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))


def bags(texts: Sequence[Text], buckets: int) -> Bags:
    """Texts as numbered features; how often one occurs in a text does not count.

    Args:
        texts: n texts, each a string, or a sequence of fields such as (title, category); None and
            empty ones have no features.
        buckets: numbers that features are spread over; two may share one.

    Example:
        >>> found = bags(["red shoes", ("red shoes", "Shoes"), "", None], 1000)
        >>> len(found), np.diff(found.starts).tolist()[2:]
        (4, [0, 0])
        >>> set(found.features[: found.starts[1]]) < set(found.features[found.starts[1] :])
        True
    """
    columns: list[list[tuple[int, float, int]]] = []
    for text in texts:
        found: dict[int, tuple[float, int]] = {}
        for field, part in enumerate((text,) if isinstance(text, str) else text or ()):
            for name, weight in features(part or ""):
                number = zlib.crc32(f"{field}:{name}".encode()) % buckets
                found[number] = max((weight, field), found.get(number, (0.0, field)))
        columns.append([(number, *found[number]) for number in sorted(found)])
    rows = [row for column in columns for row in column]
    starts = np.cumsum([0, *(len(column) for column in columns)], dtype=np.int64)
    return Bags(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.float32),
        np.array([row[2] for row in rows], np.int64),
        starts,
    )


def features(text: str) -> Iterator[tuple[str, float]]:
    """Names of a field's features and what each weighs against a whole word.

    Example:
        >>> " ".join(name.replace(" ", "_") for name, _ in features("Tea pots"))
        'tea <te tea ea> <tea tea> pots <po pot ots ts> <pot pots ots> tea_pots pots+tea'
    """
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    for word in words:
        yield word, 1.0
        if _UNSPACED.search(word):
            yield from ((character, 0.5) for character in word)
            yield from ((word[at : at + 2], 1.0) for at in range(len(word) - 1))
            continue
        marked = f"<{word}>"
        for size in _GRAMS:
            grams = range(len(marked) - size + 1) if len(marked) > size else ()
            yield from ((marked[at : at + size], 0.3) for at in grams)
    for before, after in pairwise(words):
        yield f"{before} {after}", 0.7
    if len(words) <= _LABELS:
        for one, other in combinations(sorted(set(words)), 2):
            yield f"{one}+{other}", 0.7
