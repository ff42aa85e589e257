"""What diversity and margin cost: hits on the test part beside what lists earn and how they differ.

python benchmarks/ranking_prices.py [--bundle retail_recommender@sample] [--data NAME]
"""

from __future__ import annotations

import argparse

import numpy as np

from lepton_core.bundle import load_bundle
from lepton_core.data.reading import load_records
from lepton_core.decision import Rank
from lepton_core.evaluation.ranking import hit_rate, item_coverage, ndcg
from lepton_core.evaluation.run import part_to_test, protocol_of
from lepton_core.records.catalogue import read_catalogue
from lepton_core.redecide.ranking import ranked
from lepton_core.solution import resolve

SETTINGS = (
    {},
    {"diversity": 0.2},
    {"diversity": 0.5},
    {"per_category": 3},
    {"margin": 0.1},
    {"margin": 0.3},
    {"margin": 0.6},
    {"in_stock": True},
    {"quota": 0.05},
)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--bundle", default="retail_recommender@sample")
    asked.add_argument("--data", default="retail_recommender_sample")
    asked.add_argument("--catalogue", default="retail_catalogue_sample")
    options = asked.parse_args()
    pipeline = load_bundle(resolve(options.bundle).bundle_or_default())
    plain = pipeline.decision
    assert isinstance(plain, Rank)
    items = plain.items
    if options.catalogue:
        items = items.updated(read_catalogue(options.catalogue, items.catalogue))
    plain = plain.with_items(items)
    records = load_records(options.data, pipeline.task.inputs).table
    test, _ = part_to_test(pipeline.task, records, protocol_of(pipeline, options.data))
    raw = pipeline.score(test).raw
    truth = items.catalogue.codes(test.column("next"))
    margin = items.catalogue.numbers.get("margin", np.full(len(items), np.nan))
    unit = items.vectors / np.maximum(np.linalg.norm(items.vectors, axis=1, keepdims=True), 1e-9)
    print("| setting | HR@10 | NDCG@10 | mean margin | likeness within a list | items shown |")
    print("|---|---|---|---|---|---|")
    for settings in SETTINGS:
        codes, _ = ranked(plain, settings).lists(raw["score"], raw["history"], 10)
        there = codes >= 0
        lists = unit[np.where(there, codes, 0)] * there[:, :, None]
        alike = np.einsum("nid,njd->nij", lists, lists)
        pairs = alike[:, *np.triu_indices(10, 1)].mean()
        earns = np.nanmean(margin[codes[there]]) if np.isfinite(margin).any() else np.nan
        name = ", ".join(f"{key} {value}" for key, value in settings.items()) or "as it is"
        figures = (
            hit_rate(truth, codes),
            ndcg(truth, codes),
            earns,
            pairs,
            item_coverage(codes, len(items)),
        )
        print(f"| {name} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |")


if __name__ == "__main__":
    main()
