"""What reviews talk about: words that go together, by factors of who says which word.

Computed, without a model of its own: the same reviews give the same topics, to the last digit on
one machine. NumPy alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .stop_words import LISTS
from .tokens import is_han

_STOP = frozenset(word for words in LISTS.values() for word in words)
# Words that say whether, not what; a topic of them would be "good things".
_JUDGING_WORDS = """
good great bad nice best worst better perfect excellent terrible awful love like recommend happy
very really quite simply so such not no never don't didn't can't but too much more only well poor
好 很好 不错 非常 很 不 没 没有 太 比较 还 不好 喜欢 推荐 满意 失望 差 很差 但是 不是 不过 但 真 更
真的 确实 实在 令人满 让人 没得说
"""
_JUDGING = frozenset(_JUDGING_WORDS.split())
_ROUNDS = 80
_TINY = 1e-9


@dataclass(frozen=True)
class Topics:
    """Topics of some reviews, the most frequent first.

    Args:
        words: of each topic the words that stand for it, the strongest first.
        topic: int64 [n], which one each review is about most; -1 for none.
    """

    words: tuple[tuple[str, ...], ...]
    topic: np.ndarray

    def name(self, number: int, most: int = 3) -> str:
        """A topic's first words."""
        return " · ".join(self.words[number][:most])


def find_topics(
    reviews: Sequence[Sequence[str]], topics: int = 6, terms: int = 300, shown: int = 6
) -> Topics:
    """Find what reviews talk about.

    Args:
        reviews: the words of each review [n], normalised.
        topics: how many are looked for, at least 1; fewer are found in few reviews.
        terms: words that are considered at most, the most telling ones.
        shown: words that stand for a topic.

    Source:
        Lee and Seung, Learning the parts of objects by non-negative matrix factorization, Nature
        1999; Boutsidis and Gallopoulos, SVD based initialization, Pattern Recognition 2008.

    Example:
        >>> said = [["battery", "charge"], ["charge", "battery"], ["box", "torn"], ["torn", "box"]]
        >>> found = find_topics(said * 3, topics=2)
        >>> sorted(sorted(words) for words in found.words), len(set(found.topic.tolist()))
        ([['battery', 'charge'], ['box', 'torn']], 2)
    """
    vocabulary = _terms(reviews, terms)
    nobody = np.full(len(reviews), -1, np.int64)
    topics = min(topics, len(vocabulary))
    if topics < 1:
        return Topics((), nobody)
    said = _weights(reviews, vocabulary)
    by_review, by_word = _factors(said, topics)
    # Scaled so that a topic's part of a review is comparable with another's.
    by_review = by_review * by_word.sum(axis=1)
    topic = np.where(by_review.max(axis=1) > _TINY * 10, by_review.argmax(axis=1), -1)
    counts = np.bincount(topic[topic >= 0], minlength=topics)
    order = [int(n) for n in np.argsort(-counts, kind="stable") if counts[n]]
    place = np.full(topics + 1, -1, np.int64)
    place[order] = np.arange(len(order))
    words = tuple(_strongest(by_word[number], vocabulary, shown) for number in order)
    return Topics(words, place[topic])


def is_term(word: str) -> bool:
    """Whether a word can tell what a review is about.

    Example:
        >>> [word for word in ("battery", "the", "屏幕", "屏", "10", "!") if is_term(word)]
        ['battery', '屏幕']
    """
    if word in _STOP or word in _JUDGING or not any(sign.isalpha() for sign in word):
        return False
    return len(word) >= (2 if is_han(word[0]) else 3)


def _terms(reviews: Sequence[Sequence[str]], most: int) -> list[str]:
    """The words to look at, those that tell most first: frequent, but not in every review."""
    counts: Counter[str] = Counter()
    for words in reviews:
        counts.update({word for word in words if is_term(word)})
    n, least = len(reviews), max(2, round(0.003 * len(reviews)))
    telling = {
        word: count * np.log(n / count)
        for word, count in counts.items()
        if count >= least and count < n
    }
    return sorted(telling, key=lambda word: (-telling[word], word))[:most]


def _weights(reviews: Sequence[Sequence[str]], vocabulary: list[str]) -> np.ndarray:
    """Who says which word, float32 [n, words]: rare words count more, each review the same."""
    place = {word: at for at, word in enumerate(vocabulary)}
    said = np.zeros((len(reviews), len(vocabulary)), np.float32)
    for row, words in enumerate(reviews):
        said[row, [place[word] for word in set(words) if word in place]] = 1.0
    said *= np.log((1.0 + len(reviews)) / (1.0 + said.sum(axis=0)))
    return said / np.maximum(np.linalg.norm(said, axis=1, keepdims=True), _TINY)


def _factors(said: np.ndarray, topics: int) -> tuple[np.ndarray, np.ndarray]:
    """Non-negative factors [n, topics] and [topics, words] whose product is nearly ``said``."""
    by_review, by_word = _start(said, topics)
    for _ in range(_ROUNDS):
        by_word *= (by_review.T @ said) / (by_review.T @ by_review @ by_word + _TINY)
        by_review *= (said @ by_word.T) / (by_review @ (by_word @ by_word.T) + _TINY)
    return by_review, by_word


def _start(said: np.ndarray, topics: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the factors begin: the stronger sign of each singular vector."""
    # Of the small square matrix of words: reviews may be many.
    values, vectors = np.linalg.eigh(said.T @ said)
    values, vectors = values[::-1][:topics], vectors[:, ::-1][:, :topics]
    right = vectors.T
    left = (said @ vectors) / np.sqrt(np.maximum(values, _TINY))
    floor = float(said.mean()) / 100 + _TINY
    by_review = np.full((len(said), topics), floor, np.float64)
    by_word = np.full((topics, said.shape[1]), floor, np.float64)
    for n in range(topics):
        u, v = left[:, n], right[n]
        sides = [(np.maximum(sign * u, 0), np.maximum(sign * v, 0)) for sign in (1.0, -1.0)]
        sizes = [np.linalg.norm(a) * np.linalg.norm(b) for a, b in sides]
        a, b = sides[int(np.argmax(sizes))]
        scale = np.sqrt(np.sqrt(max(float(values[n]), 0.0)) * max(sizes))
        by_review[:, n] += scale * a / max(float(np.linalg.norm(a)), _TINY)
        by_word[n] += scale * b / max(float(np.linalg.norm(b)), _TINY)
    return by_review, by_word


def _strongest(weights: np.ndarray, vocabulary: list[str], most: int) -> tuple[str, ...]:
    order = np.argsort(-weights, kind="stable")[:most]
    top = weights[order[0]]
    return tuple(vocabulary[at] for at in order if weights[at] > 0.1 * top)
