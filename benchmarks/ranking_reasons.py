"""Reasons of lists: does taking the named item away change the rank more than a random one?

Of test customers with at least three different items, the first items of the list: the rank of each
is taken without the item that is named as its reason, and without another item of the same history
drawn at random. Where no reason is named (no single removal lowers the rank), nothing is claimed;
how often that is, is told beside.

    python benchmarks/ranking_reasons.py [--bundle retail_recommender@sample] [--data NAME]
"""

from __future__ import annotations

import argparse

import numpy as np
import pyarrow as pa

from lepton_core.bundle import load_bundle
from lepton_core.data.reading import load_records
from lepton_core.decision import Rank
from lepton_core.evaluation.run import part_to_test, protocol_of
from lepton_core.solution import resolve
from solutions.retail_recommender.next_item.explanations import reasons_of, remove_each
from solutions.retail_recommender.next_item.preprocessing import (
    NextItemPreprocessor,
    known_sequences,
)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--bundle", default="retail_recommender@sample")
    asked.add_argument("--data", default="retail_recommender_sample")
    asked.add_argument("--customers", type=int, default=300)
    asked.add_argument("--shown", type=int, default=5)
    options = asked.parse_args()
    pipeline = load_bundle(resolve(options.bundle).bundle_or_default())
    decision, preprocessor = pipeline.decision, pipeline.preprocessor
    assert isinstance(decision, Rank)
    assert isinstance(preprocessor, NextItemPreprocessor)
    records = load_records(options.data, pipeline.task.inputs).table
    test, _ = part_to_test(pipeline.task, records, protocol_of(pipeline, options.data))
    rng = np.random.default_rng(0)
    some = np.sort(rng.permutation(test.num_rows)[: options.customers])
    sequences, _ = known_sequences(test.take(pa.array(some)), preprocessor.known)
    more = equal = less = silent = 0
    lost: list[tuple[int, int]] = []
    for user in range(len(sequences)):
        history = sequences.of(user)
        if len(set(history[-preprocessor.length :].tolist())) < 3:
            continue
        x = sequences.take(np.array([user])).last(preprocessor.length)
        vector = pipeline.runtime.run("main", {"x": x})["score"]
        shown, _ = decision.lists(vector, history[None, ::-1], options.shown)
        shown = shown[0][shown[0] >= 0]
        removed = remove_each(pipeline, history, shown)
        named = {one.item: one for one in reasons_of(removed, shown)}
        for place, item in enumerate(shown.tolist()):
            if item not in named:
                silent += 1
                continue
            reason = named[item]
            others = np.flatnonzero(removed.had != reason.because)
            drawn = int(rng.choice(others))
            at_random = int(removed.ranks[drawn + 1, place] - removed.ranks[0, place])
            by_reason = reason.without - reason.rank
            lost.append((by_reason, at_random))
            more += by_reason > abs(at_random)
            equal += by_reason == abs(at_random)
            less += by_reason < abs(at_random)
    total = max(more + equal + less, 1)
    by_reason, at_random = np.median(np.array(lost), axis=0) if lost else (0, 0)
    print("| items shown with a reason | named changes the rank more | as much | less |")
    print("|---|---|---|---|")
    print(f"| {total:,} | {more / total:.1%} | {equal / total:.1%} | {less / total:.1%} |")
    print(f"median places lost: {by_reason:g} without the named item, {at_random:g} at random")
    print(f"no reason named: {silent:,} of {silent + total:,} items shown")


if __name__ == "__main__":
    main()
