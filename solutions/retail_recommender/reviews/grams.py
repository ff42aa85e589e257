"""Pieces of texts as numbers: words in a row, and letters in a row within a word.

A Chinese character is a word. Each piece is a hash of 32 bits; all texts are worked on at once.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np

from .config import GramConfig
from .tokens import is_han

# Kinds of characters.
_SPACE, _SIGN, _LETTER, _HAN = range(4)
_BASE, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
# Stands before and after a word, and is no character.
_EDGE = 0x110000


def gram_hashes(
    texts: Sequence[str], config: GramConfig, left_out: frozenset[str] = frozenset()
) -> tuple[np.ndarray, np.ndarray]:
    """Every piece of every text, each once.

    Args:
        texts: normalised texts [n].
        config: which pieces.
        left_out: words that stand in none.

    Returns:
        the text's number int64 [m] and the piece's hash uint32 [m], in order of text and hash.

    Example:
        >>> text, piece = gram_hashes(["不好", "好 好"], GramConfig(words=2, letters=(0, 0)))
        >>> text.tolist(), len(set(piece.tolist()))
        ([0, 0, 0, 1, 1], 4)
    """
    codes = np.frombuffer("\n".join([*texts, ""]).encode("utf-32-le", "replace"), np.uint32)
    ends = np.array([len(text) + 1 for text in texts], np.int64).cumsum()
    start, end, is_letters = _words(codes)
    text = np.searchsorted(ends, start, side="right")
    if left_out:
        written = "\n".join([*texts, ""])
        keep = np.array([written[a:b] not in left_out for a, b in zip(start, end, strict=True)])
        start, end, is_letters, text = (a[keep] for a in (start, end, is_letters, text))
    found = _word_grams(codes, start, end, text, config.words)
    low, high = config.letters
    if high:
        found += _letter_grams(
            codes, start[is_letters], end[is_letters], text[is_letters], low, high
        )
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.uint32)
    both = np.concatenate([(of.astype(np.uint64) << np.uint64(32)) | _mixed(h) for of, h in found])
    both = np.unique(both)
    return (both >> np.uint64(32)).astype(np.int64), both.astype(np.uint32)


def _words(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where words begin and end, int64 [w] each, and which of them are letters, bool [w]."""
    kind = _kinds()[np.minimum(codes, 0xFFFF)]
    # Beyond the first plane stand rare Chinese characters, and emoji.
    kind = np.where(codes > 0xFFFF, np.where(codes < 0x20000, _SIGN, _HAN), kind)
    apostrophe = np.flatnonzero(codes == ord("'"))
    apostrophe = apostrophe[(apostrophe > 0) & (apostrophe < len(codes) - 1)]
    inside = (kind[apostrophe - 1] == _LETTER) & (kind[apostrophe + 1] == _LETTER)
    kind[apostrophe[inside]] = _LETTER
    before = np.concatenate([[_SPACE], kind[:-1]])
    begins = (kind != _SPACE) & ~((kind == _LETTER) & (before == _LETTER))
    start = np.flatnonzero(begins)
    after = np.concatenate([kind[1:], [_SPACE]])
    end = np.flatnonzero((kind != _SPACE) & ~((kind == _LETTER) & (after == _LETTER))) + 1
    return start, end, kind[start] == _LETTER


@cache
def _kinds() -> np.ndarray:
    """The kind of each character of the first plane, int64 [65536]."""
    kinds = np.full(0x10000, _SIGN)
    for code in range(0x10000):
        sign = chr(code)
        group = unicodedata.category(sign)[0]
        if is_han(sign):
            kinds[code] = _HAN
        elif group in "LMN":
            kinds[code] = _LETTER
        elif group in "ZC":
            kinds[code] = _SPACE
    return kinds


def _word_grams(
    codes: np.ndarray, start: np.ndarray, end: np.ndarray, text: np.ndarray, most: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Text and hash of every one to ``most`` words in a row."""
    if not len(start):
        return []
    single = _spans(codes, start, end)
    found, so_far = [(text, single)], single
    for n in range(2, most + 1):
        so_far = so_far[:-1] * _MIX + single[n - 1 :]
        together = text[: len(so_far)] == text[n - 1 :]
        found.append((text[n - 1 :][together], so_far[together] + np.uint64(n)))
    return found


def _letter_grams(
    codes: np.ndarray, start: np.ndarray, end: np.ndarray, text: np.ndarray, low: int, high: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Text and hash of every ``low`` to ``high`` letters in a row of a word with its edges."""
    size = end - start + 2
    first = np.cumsum(size) - size
    row = np.repeat(np.arange(len(start)), size)
    if not len(row):
        return []
    place = np.arange(len(row)) - first[row]
    at = np.clip(start[row] + place - 1, 0, len(codes) - 1)
    edge = (place == 0) | (place == size[row] - 1)
    padded = np.where(edge, np.uint32(_EDGE), codes[at])
    found = []
    for n in range(low, high + 1):
        begin = np.flatnonzero(place + n <= size[row])
        hashes = _spans(padded, begin, begin + n)
        found.append((text[row[begin]], hashes + np.uint64(1000 + n)))
    return found


def _spans(codes: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """A hash uint64 of each span, of its characters and their order: all by doubling powers."""
    # h(i) = sum of codes up to i times base^i; a span's sum times base^-start does not depend on
    # where it stands. The base is odd, so that it has an inverse modulo 2^64.
    n = len(codes)
    powers = np.cumprod(np.concatenate([[np.uint64(1)], np.full(n, _BASE)]), dtype=np.uint64)
    inverse = np.uint64(pow(int(_BASE), -1, 1 << 64))
    back = np.cumprod(np.concatenate([[np.uint64(1)], np.full(n, inverse)]), dtype=np.uint64)
    # Spread first: neighbouring codes must not give neighbouring sums.
    spread = (codes.astype(np.uint64) + np.uint64(1)) * _MIX
    spread ^= spread >> np.uint64(29)
    sums = np.concatenate([[np.uint64(0)], np.cumsum(spread * powers[:n], dtype=np.uint64)])
    return (sums[end] - sums[start]) * back[start]


def _mixed(values: np.ndarray) -> np.ndarray:
    """The upper bits of well mixed hashes, as uint64 below 2^32."""
    values = (values ^ (values >> np.uint64(31))) * _MIX
    values ^= values >> np.uint64(29)
    return (values * _BASE) >> np.uint64(32)
