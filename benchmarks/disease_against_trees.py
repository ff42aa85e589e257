"""Disease risk: the shipped network against boosted trees and logistic regression, same patients.

    LEPTON_DATA=... python benchmarks/disease_against_trees.py [--data cardio]

The baselines are fitted anew on the training part. What `lepton evaluate` cannot give is the
interval of the *difference*, by resampling patients for both models at once (500 times): the
intervals of two figures overlap long before their difference could be 0, because both stand on the
same patients.
"""

from __future__ import annotations

import argparse

import numpy as np

from lepton_core.bundle import load_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.metrics import auc
from lepton_core.evaluation.protocols import score_rows
from lepton_core.evaluation.rows import take_rows
from lepton_core.evaluation.run import protocol_of
from lepton_core.settings import from_dict
from lepton_core.solution import find_task
from lepton_core.tabular import labels_of
from lepton_core.training.job import TrainingJob


def gap(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """By how much the first scores rank better, as a difference of AUC."""
    return auc(labels, first) - auc(labels, second)


def main() -> None:
    """Print each model's AUC, and the difference of the network to it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="cardio")
    asked = parser.parse_args()
    task = find_task("medical_imaging/disease")
    pipeline = load_bundle(task.bundle(asked.data))
    records, _ = load_labelled(asked.data, task, {}, lambda text: None)
    protocol = protocol_of(pipeline, asked.data)
    records = protocol.with_truth(records)
    split = protocol.split(records)
    scored = score_rows(pipeline, records, split.test)
    labels = labels_of(take_rows(records, scored.rows), "disease")
    network = scored.raw["score"]
    config = from_dict(task.hook(task.config), pipeline.card["settings"])
    job = TrainingJob(task, config, 0, records, split)
    places = np.searchsorted(split.test, scored.rows)
    print(f"{len(labels):,} test patients of {asked.data}; network auc {auc(labels, network):.4f}")
    for name, scores in task.hook(task.baselines)(job).items():
        other = scores[places]
        found = bootstrap(gap, labels, network, other)
        figure = f"{found.value:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"
        print(f"{name:22s} auc {auc(labels, other):.4f}, network less it {figure}")


if __name__ == "__main__":
    main()
