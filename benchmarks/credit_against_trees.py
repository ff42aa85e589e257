"""Credit default: the GRU against LightGBM and logistic regression, same split, several seeds.

    LEPTON_DATA=... python benchmarks/credit_against_trees.py [--seeds 5] [--attributes age ...]

Trains what ``lepton evaluate fraud_rnn/credit --data credit_default --train`` trains, tests it on
the same clients, and gives what that report cannot: the interval of the *difference*, by resampling
clients for all models at once (2,000 times). The intervals of two figures overlap long before their
difference could be 0, because both stand on the same clients.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_core.bundle import load_bundle, save_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.evaluation.metrics import auc
from lepton_core.evaluation.protocols import score_rows
from lepton_core.evaluation.run import find_protocol
from lepton_core.solution import find_task
from lepton_core.tabular import labels_of
from lepton_core.training.job import TrainingJob
from solutions.fraud_rnn.credit.config import Config, FeatureConfig, SplitConfig

DATA, RESAMPLES = "credit_default", 2000


def note(text: str) -> None:
    """One line on stderr."""
    print(text, file=sys.stderr, flush=True)


def scores_of(config: Config) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Labels [n] of the test clients, and model -> scores [seeds, n]."""
    task = find_task("fraud_rnn/credit")
    records, _ = load_labelled(DATA, task, {}, note)
    found: dict[str, list[np.ndarray]] = {}
    for fold in find_protocol(task, DATA, config).folds(records):
        job = TrainingJob(task, config, fold.seed, records, fold.split)
        trained = task.hook(task.trainer)(job)
        with tempfile.TemporaryDirectory() as folder:
            save_bundle(Path(folder, "fold"), task, trained, {}, {"seed": fold.seed})
            scored = score_rows(load_bundle(Path(folder, "fold")), records, fold.split.test)
        found.setdefault("gru", []).append(scored.raw["score"])
        for name, scores in task.hook(task.baselines)(job).items():
            found.setdefault(name, []).append(scores)
        tested = labels_of(records.take(pa.array(fold.split.test)), "default")
        told = ", ".join(f"{name} {auc(tested, made[-1]):.4f}" for name, made in found.items())
        note(f"{fold.name}: {told}")
    return tested, {name: np.stack(made) for name, made in found.items()}


def weighted_auc(labels: np.ndarray, order: np.ndarray, weights: np.ndarray) -> float:
    """AUC where client i counts ``weights[i]`` times, ``order`` [n] by ascending score."""
    label, weight = labels[order], weights[order]
    negatives = np.cumsum(weight * (label == 0))
    positives = weight * (label == 1)
    return float((positives * negatives).sum() / (positives.sum() * negatives[-1]))


def main() -> None:
    """Print a table: mean AUC, and the difference of the GRU to each other model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--attributes", nargs="*", default=[])
    asked = parser.parse_args()
    config = Config(
        features=FeatureConfig(tuple(asked.attributes)),
        split=replace(SplitConfig(), seeds=asked.seeds),
    )
    labels, found = scores_of(config)
    orders = {
        name: [np.argsort(one, kind="stable") for one in made] for name, made in found.items()
    }
    rng = np.random.default_rng(0)
    drawn: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(RESAMPLES):
        weights = np.bincount(rng.integers(0, len(labels), len(labels)), minlength=len(labels))
        for name, some in orders.items():
            drawn[name].append(np.mean([weighted_auc(labels, one, weights) for one in some]))
    print(
        f"{len(labels):,} test clients, {asked.seeds} seeds, attributes {asked.attributes or '-'}"
    )
    for name, made in found.items():
        each = [auc(labels, one) for one in made]
        low, high = np.quantile(drawn[name], [0.025, 0.975])
        parts = " ".join(f"{value:.4f}" for value in each)
        print(f"{name:22s} auc {np.mean(each):.4f} [{low:.4f}, {high:.4f}]  seeds {parts}")
    for name in found:
        if name != "gru":
            gap = np.array(drawn["gru"]) - np.array(drawn[name])
            low, high = np.quantile(gap, [0.025, 0.975])
            print(f"gru - {name:16s}     {gap.mean():+.4f} [{low:+.4f}, {high:+.4f}]")


if __name__ == "__main__":
    main()
