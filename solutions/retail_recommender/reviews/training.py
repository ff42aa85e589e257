"""Trains on a job's reviews, or takes a model made elsewhere, and gives the parts of the bundle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.checking import check
from lepton_core.decision import Classify, Policy
from lepton_core.tabular import labels_of
from lepton_core.training.job import TrainingJob

from .config import Config
from .foreign import FILES, ForeignForm
from .preprocessing import ReviewPreprocessor
from .sample import generate
from .task import CLASSES, INPUTS

if TYPE_CHECKING:
    from lepton_core.preprocessing import Prepared

_PARITY_ROWS = 48
_SHARES = np.round(np.arange(0.0, 1.01, 0.1), 1)
_NO_VALIDATION_SHARE = 0.5


def train(job: TrainingJob) -> Trained:
    """Tokenizer, evidence and network from the training rows, the decision from validation.

    Without validation rows training runs all its epochs, evidence and network count alike, and the
    decision is left unfitted.

    Args:
        job: checked records and their split.

    Raises:
        UsageError: your classifier cannot be used.
    """
    if job.config.model.start:
        return _taken(job)
    from . import model as network

    config: Config = job.config
    known = job.records.take(pa.array(job.split.train))
    preprocessor = ReviewPreprocessor(config.text).fit(known)
    preprocessor.fit_evidence(known, labels_of(known, "positive"), config.grams)
    x, y = _arrays(preprocessor, known)
    held = job.records.take(pa.array(job.split.valid)) if len(job.split.valid) else None
    valid = None if held is None else _arrays(preprocessor, held)
    assert preprocessor.tokenizer is not None
    vocabulary = preprocessor.tokenizer.get_vocab_size()
    made = network.train(x, y, valid, config.model, vocabulary, job.seed, job.run, job.verbose)
    network.round_embeddings(made)
    share = config.grams.share
    figures: dict[str, Any] = {}
    decision, reference = Classify(CLASSES), dict[str, np.ndarray]()
    if valid is not None:
        deep = network.member_scores(made, valid[0]["tokens"])
        wide = valid[0]["evidence"][:, 0]
        figures = {
            "valid_network": _right(deep, valid[1]),
            "valid_evidence": _right(wide, valid[1]),
        }
        if share < 0:
            share = best_share(deep, wide, valid[1])
        scores = (1 - share) * deep + share * wide
        figures["valid_both"] = _right(scores, valid[1])
        decision, reference = _decided(config, scores, valid[1])
    share = _NO_VALIDATION_SHARE if share < 0 else share
    network.set_share(made, config.model, share)
    scoring = {"main": ScoringModel(made, ("score",), _parity(preprocessor).arrays)}
    figures |= {
        "parameters": int(made.count_params()),
        "tokens": vocabulary,
        "pieces": len(preprocessor.evidence.hashes),
        "share_of_evidence": share,
    }
    return Trained(preprocessor, decision, scoring, made, reference, figures)


def _taken(job: TrainingJob) -> Trained:
    """A classifier made elsewhere, as it is; its decision is fitted on the validation rows."""
    from lepton_core.runtime.onnx import OnnxRuntime

    config: Config = job.config
    folder = Path(config.model.start)
    form = ForeignForm.of(folder, config.model.positive, config.model.negative)
    # What it is given is for its own tokenizer to normalise.
    text = replace(config.text, simplify=False)
    preprocessor = ReviewPreprocessor(text, form, (folder / FILES[1]).read_text(encoding="utf-8"))
    decision, reference = Classify(CLASSES), dict[str, np.ndarray]()
    if len(job.split.valid):
        runtime = OnnxRuntime({"main": folder / FILES[0]})
        held = job.records.take(pa.array(job.split.valid))
        prepared = preprocessor.transform(held)
        said = [runtime.run("main", arrays) for arrays in preprocessor.calls(prepared.arrays)]
        outputs = {form.result: np.concatenate([one[form.result] for one in said])}
        labels = labels_of(held, "positive")[prepared.kept]
        decision, reference = _decided(config, form.score(outputs), labels)
    foreign = {"main": (folder / FILES[0], form.trial())}
    figures = {"model": folder.name, "classes": ", ".join(form.classes)}
    return Trained(preprocessor, decision, reference=reference, figures=figures, foreign=foreign)


def best_share(deep: np.ndarray, wide: np.ndarray, labels: np.ndarray) -> float:
    """The share of the evidence with the smallest log loss once calibrated, of a few.

    Args:
        deep: logits [n] of the network on validation.
        wide: logits [n] of the evidence.
        labels: 0 or 1 [n].
    """
    losses = []
    for share in _SHARES:
        scores = (1 - share) * deep + share * wide
        decision = Classify.fit(scores, labels, classes=CLASSES, policy=Policy("fixed", 0.5))
        p = np.clip(decision.probability(scores).astype(np.float64), 1e-6, 1 - 1e-6)
        losses.append(-np.mean(np.where(labels == 1, np.log(p), np.log(1 - p))))
    return float(_SHARES[int(np.argmin(losses))])


def _decided(
    config: Config, scores: np.ndarray, labels: np.ndarray
) -> tuple[Classify, dict[str, np.ndarray]]:
    """Calibration and review band from validation; the label is what is more probable."""
    decision = Classify.fit(
        scores,
        labels,
        classes=CLASSES,
        policy=Policy("fixed", 0.5),
        coverage=config.split.coverage,
        fitted_on={"part": "validation"},
    )
    return decision, {"score_quantiles": np.quantile(scores, np.linspace(0, 1, 101))}


def _arrays(
    preprocessor: ReviewPreprocessor, records: pa.Table
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Inputs and labels 0 or 1 of records, less those that the preprocessor refuses."""
    prepared = preprocessor.transform(records)
    return prepared.arrays, labels_of(records, "positive")[prepared.kept]


def _right(scores: np.ndarray, labels: np.ndarray) -> float:
    """Share of reviews on the right side of zero."""
    return round(float(((scores > 0) == (labels == 1)).mean()), 4)


def _parity(preprocessor: ReviewPreprocessor) -> Prepared:
    """Inputs for comparing runtimes, from the generator: no real review enters a bundle."""
    records = check(generate(seed=1, reviews=_PARITY_ROWS), INPUTS).table
    prepared = preprocessor.transform(records)
    return prepared if len(prepared.kept) else _blank(preprocessor)


def _blank(preprocessor: ReviewPreprocessor) -> Any:
    """Where none of the generated reviews is in the bundle's language: tokens at random."""
    from lepton_core.preprocessing import Prepared

    assert preprocessor.tokenizer is not None
    rng = np.random.default_rng(0)
    size = (_PARITY_ROWS, 24)
    tokens = rng.integers(0, preprocessor.tokenizer.get_vocab_size(), size).astype(np.int32)
    evidence = rng.normal(size=(_PARITY_ROWS, 1)).astype(np.float32)
    return Prepared({"tokens": tokens, "evidence": evidence}, np.arange(_PARITY_ROWS))
