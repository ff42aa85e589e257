"""Recall of items held out entirely: vectors from titles and genres, and what rivals them.

ml100k, five folds of films by seed 0, each held out once. Full rankings. 95% intervals by
resampling viewers. The protocol stands in
``solutions/retail_recommender/next_item/content_evaluation.py``.

Run: ``LEPTON_DATA=... python benchmarks/new_items.py`` (test), ``... --validation`` (settings tried
on films of the first fold's rest; its own films are in neither histories nor texts).
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from solutions.retail_recommender.next_item.content_evaluation import (
    Interactions,
    Setting,
    folds,
    recalls,
    scores,
)

FOLDS, SEED, RESAMPLES = 5, 0, 1000
TRIED: tuple[dict[str, object], ...] = (
    {},
    {"trust": 0.5},
    {"trust": 0.75},
    {"confidence": 1.0},
    {"shares": (1.0,)},
    {"shares": (0.25, 1.0)},
    {"shares": (0.0, 1.0)},
    {"strength": 3.0},
    {"width": 64},
)


def rows(path: Path) -> list[list[str]]:
    """Rows of a table with tabs, less its head."""
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


def films(folder: Path) -> Interactions:
    """Each viewer and film once, whatever the rating; texts are title, genres and year."""
    named = {row[0]: row for row in rows(folder / "ml-100k.item")}
    rated = rows(folder / "ml-100k.inter")
    ids, items = np.unique([row[1] for row in rated], return_inverse=True)
    _, users = np.unique([row[0] for row in rated], return_inverse=True)
    pairs = np.unique(users.astype(np.int64) * len(ids) + items)
    texts = [(named[name][1], named[name][3], named[name][2]) for name in ids]
    return Interactions(*np.divmod(pairs, len(ids)), texts, [text[1] for text in texts])


def rest(data: Interactions, held: np.ndarray) -> Interactions:
    """The interactions as if the items held out did not exist."""
    kept = np.setdiff1d(np.arange(len(data.texts)), held)
    place = np.full(len(data.texts), -1)
    place[kept] = np.arange(len(kept))
    known = place[data.items] >= 0
    texts, labels = [data.texts[code] for code in kept], [data.labels[code] for code in kept]
    return Interactions(data.users[known], place[data.items[known]], texts, labels)


def measured(
    data: Interactions, held: Sequence[np.ndarray], setting: Setting
) -> dict[str, dict[str, np.ndarray]]:
    """Way -> candidates -> recalls float64 [folds, U], NaN where a viewer is not asked."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for number, fold in enumerate(held):
        asked = np.unique(data.users[np.isin(data.items, fold)])
        for way, given in scores(data, fold, setting).items():
            for among in ("new", "all"):
                empty = np.full((len(held), data.shape[0]), np.nan)
                line = found.setdefault(way, {}).setdefault(among, empty)
                line[number, asked] = recalls(data, fold, given, among)
    return found


def interval(lines: np.ndarray, seed: int = SEED) -> tuple[float, float, float]:
    """Mean of the folds' means, with the 95% interval of other viewers."""
    users = lines.shape[1]
    drawn = np.random.default_rng(seed).multinomial(users, np.full(users, 1 / users), RESAMPLES)
    asked = ~np.isnan(lines)
    means = (drawn @ np.where(asked, lines, 0).T / (drawn @ asked.T)).mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(np.nanmean(lines, axis=1).mean()), float(low), float(high)


def main() -> None:
    """Print a table: test figures of every way, or validation figures of every setting."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--validation", action="store_true")
    given = asked.parse_args()
    data = films(Path(os.environ["LEPTON_DATA"]) / "ml100k")
    held = folds(len(data.texts), FOLDS, SEED)
    if given.validation:
        data = rest(data, held[0])
        held = folds(len(data.texts), FOLDS, SEED + 1)[:3]
        print("| setting | recall@20 among new | among all |\n|---|---|---|")
        for change in TRIED:
            found = measured(data, held, replace(Setting(), **change))["content"]
            means = [np.nanmean(found[among], axis=1).mean() for among in ("new", "all")]
            print(f"| {change or Setting()} | {means[0]:.3f} | {means[1]:.3f} |", flush=True)
        return
    print("| way | recall@20 among new films | among all films |\n|---|---|---|")
    for way, lines in measured(data, held, Setting()).items():
        cells = ["{:.3f} ({:.3f} to {:.3f})".format(*interval(lines[a])) for a in ("new", "all")]
        print(f"| {way} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
