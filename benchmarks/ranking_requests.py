"""10,000 random requests to the lists of a bundle: is any filter, limit or quota ever broken?

Each request has settings, histories and customers of its own; what is wrong with a list is told
item by item from the catalogue (``lepton_core.testing.lists``), not by the means of the decision.

    python benchmarks/ranking_requests.py [--bundle retail_recommender@sample] [--requests 10000]
"""

from __future__ import annotations

import argparse
import time

from lepton_core.bundle import load_bundle
from lepton_core.decision import Rank
from lepton_core.records.catalogue import read_catalogue
from lepton_core.solution import resolve
from lepton_core.testing.lists import check_lists


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--bundle", default="retail_recommender@sample")
    asked.add_argument("--catalogue", default="retail_catalogue_sample")
    asked.add_argument("--requests", type=int, default=10_000)
    asked.add_argument("--customers", type=int, default=4)
    options = asked.parse_args()
    decision = load_bundle(resolve(options.bundle).bundle_or_default()).decision
    assert isinstance(decision, Rank)
    items = decision.items
    if options.catalogue:
        items = items.updated(read_catalogue(options.catalogue, items.catalogue))
    started = time.process_time()
    check_lists(items, options.requests, seed=0, customers=options.customers)
    seconds = time.process_time() - started
    lists = options.requests * options.customers
    print(
        f"| {options.requests:,} requests, {lists:,} lists of {len(items):,} items | 0 violated |"
    )
    print(f"{seconds:.1f} CPU seconds, most of them the check item by item")


if __name__ == "__main__":
    main()
