"""Calibration on the Handbook's test folds: expected over observed frauds by bins of equal mass.

The four folds are trained as the README of fraud_rnn says, and the probabilities are the network's
own: a fold has no further labels to calibrate on.
LightGBM on the same features stands beside it. Needs the Handbook's transactions in $LEPTON_DATA.

    python benchmarks/fraud_calibration.py [--seed 0]
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from lepton_core.data.labelled import load_labelled
from lepton_core.evaluation.calibration import Reliability, reliability
from lepton_core.evaluation.run import find_protocol
from lepton_core.models.recurrent import score_histories
from lepton_core.settings import apply_settings
from lepton_core.solution import find_task
from lepton_core.training.job import TrainingJob
from solutions.fraud_rnn.transactions.config import Config
from solutions.fraud_rnn.transactions.preprocessing import columns

BINS, TOP = 10, 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    task = find_task("fraud_rnn")
    # A fold has no validation to stop by: the settings chosen for one week, as in the README.
    config = apply_settings(Config(), ["model.epochs=4", "model.learning_rate=1e-3"])
    records, _ = load_labelled("fraud_handbook", task, {}, print, lambda report: None)
    card, _, _, _, label = columns(records)
    slots = card.dictionary_encode().indices.to_numpy().astype(np.int64)
    protocol = find_protocol(task, "fraud_handbook", config)
    curves: dict[str, list[Reliability]] = {"GRU": [], "LightGBM, same features": []}
    for fold in protocol.folds(records):
        until, test = int(fold.split.test.max()) + 1, fold.split.test
        job = TrainingJob(task, config, seed, records.slice(0, until), fold.split)
        trained = task.hook(task.trainer)(job)
        engine = trained.preprocessor.new_history().engine
        x = trained.preprocessor.scale(engine.step(*columns(job.records)))
        trees = task.hook(task.baselines)(job)["gradient_boosting"]
        scores = score_histories(trained.source, x, slots[:until])[test], trees
        for curve, logits in zip(curves.values(), scores, strict=True):
            probability = 0.5 * (1.0 + np.tanh(0.5 * logits.astype(np.float64)))
            curve.append(reliability(label[test] == 1, probability, BINS, TOP))
        print(f"fold {fold.name}: {len(test):,} transactions", flush=True)
    for name, folds in curves.items():
        report(name, folds)


def report(name: str, folds: list[Reliability]) -> None:
    """Bins of equal rank pooled over the folds; the whole of each fold beside them."""
    print(f"\n{name}: bin, mean probability, expected, observed, expected over observed")
    for bin_ in range(min(len(fold.count) for fold in folds)):
        expected, observed, count = (
            sum(float(getattr(fold, key)[bin_]) for fold in folds)
            for key in ("expected", "observed", "count")
        )
        ratio = f"{expected / observed:.2f}" if observed else "-"
        print(f"{bin_ + 1:>3} {expected / count:8.4f} {expected:8.1f} {observed:6.0f} {ratio:>6}")
    whole = [fold.expected.sum() / fold.observed.sum() for fold in folds]
    total = sum(f.expected.sum() for f in folds) / sum(f.observed.sum() for f in folds)
    print(f"top {TOP:.0%}: {total:.3f}; by fold {' '.join(f'{ratio:.3f}' for ratio in whole)}")


if __name__ == "__main__":
    main()
