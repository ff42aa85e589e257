"""A seeded writer of product reviews, Chinese and English, in place of a shop's data.

Each product has qualities by aspect (battery, sound, delivery...), which change over time: one gets
worse from a date on, as after a change of supplier. A review speaks of one to three aspects, well
or badly as the product is then, with degrees and negations ("not bad"), and sometimes grants the
other side ("but"). Its label is the sum of what it says; a few are luck.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from . import sample_phrases as phrases
from .task import INPUTS

_START = datetime(2025, 1, 6, tzinfo=UTC)
_DAYS = 364
# A few customers click the wrong number of stars.
_NOISE = 0.03


def generate(seed: int = 0, reviews: int = 2400) -> pa.Table:
    """Write reviews of six products over a year, in order of time.

    Args:
        seed: the same seed gives the same table.
        reviews: how many, at least 1.

    Returns:
        the columns of the task's input Spec but ``part``, with every ``positive`` known.

    Example:
        >>> table = generate(reviews=50)
        >>> table.num_rows, sorted(set(table["positive"].to_pylist()))
        (50, [0, 1])
    """
    rng = np.random.default_rng(seed)
    days = np.sort(rng.uniform(0, _DAYS, reviews))
    texts, products, labels = [], [], []
    for day in days.tolist():
        product = phrases.PRODUCTS[int(rng.integers(len(phrases.PRODUCTS)))]
        language = ("en", "zh")[int(rng.random() < 0.5)]
        text, positive = _review(rng, product, language, day)
        texts.append(text)
        products.append(product.name)
        labels.append(int(positive != (rng.random() < _NOISE)))
    times = [_START + timedelta(minutes=round(day * 1440)) for day in days.tolist()]
    columns = {
        "record_id": pa.array([f"r{number:05d}" for number in range(1, reviews + 1)]),
        "text": pa.array(texts),
        "product": pa.array(products),
        "time": pa.array(times, pa.timestamp("us", tz="UTC")),
        "positive": pa.array(labels, pa.int64()),
    }
    return pa.table({name: columns[name] for name in INPUTS.names if name in columns})


def _review(
    rng: np.random.Generator, product: phrases.Product, language: str, day: float
) -> tuple[str, bool]:
    """A text, and whether it is positive."""
    words = phrases.WORDS[language]
    aspects = rng.choice(list(product.quality), int(rng.integers(1, 4)), replace=False)
    said, total = [], 0.0
    for aspect in aspects.tolist():
        quality = product.quality[aspect]
        if aspect == product.worse and day > product.worse_from_day:
            quality -= 0.6
        good = rng.random() < quality
        weight = 1.0 + rng.random()
        said.append((_clause(rng, words, aspect, good), good))
        total += weight if good else -weight
    positive = total > 0 if abs(total) > 1e-9 else bool(rng.random() < 0.5)
    # What decides comes last, after a "but".
    said.sort(key=lambda one: one[1] == positive)
    parts = [said[0][0]]
    for (clause, good), (_, before) in zip(said[1:], said[:-1], strict=True):
        parts.append(f"{words.but if good != before else words.and_}{clause}")
    closing = _one(rng, words.closing_good if positive else words.closing_bad)
    opening = _one(rng, words.opening) if rng.random() < 0.25 else ""
    text = f"{opening}{''.join(parts)}{words.stop}"
    return text + (closing if rng.random() < 0.35 else ""), positive


def _clause(rng: np.random.Generator, words: phrases.Words, aspect: str, good: bool) -> str:
    """One thing said of one aspect."""
    named = words.aspects[aspect]
    if rng.random() < 0.25:
        # "Not bad" and "not good": words that mean the opposite of what they are.
        told = _one(rng, words.not_bad if good else words.not_good)
    else:
        told = _one(rng, words.degrees) + _one(rng, words.good if good else words.bad)
    return words.clause.format(aspect=named, told=told)


def _one(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample: all of it as Parquet, and its last reviews as a CSV to score.

    Args:
        folder: where ``reviews.parquet`` and ``to_score.csv`` go.
        seed: of :func:`generate`.
    """
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    table = generate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "reviews.parquet", compression="zstd")
    last = table.drop_columns(["positive"]).slice(table.num_rows - 300)
    arrow_csv.write_csv(last, folder / "to_score.csv")
