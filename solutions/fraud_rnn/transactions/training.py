"""Trains the fraud model on a job's records and gives the parts of its bundle."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.decision import Classify, Policy
from lepton_core.models.recurrent import score_histories
from lepton_core.training.job import TrainingJob

from .config import Config, SplitConfig
from .features import layout
from .model import build_step
from .model import train as train_model
from .preprocessing import TransactionPreprocessor, columns
from .sample import generate

CLASSES = ("genuine", "fraud")
_US_A_DAY = 86_400_000_000
_PARITY_ROWS = 64


def train(job: TrainingJob) -> Trained:
    """Features of the whole past, a network trained on the training rows, a fitted decision.

    Labels of training rows are learned from; labels of all rows feed the terminals' history once
    they are older than the delay. Where there are validation rows, they stop the training early
    and set calibration and threshold; otherwise the decision is left unfitted.

    Args:
        job: checked records in order of time, and their split.
    """
    config: Config = job.config
    policy = _policy(config.split)
    split = job.split
    learned = np.concatenate([split.train, split.valid])
    records = job.records.slice(0, int(learned.max()) + 1)
    card, _, time_us, amount, label = columns(records)
    preprocessor = TransactionPreprocessor(config.features)
    x = preprocessor.fit_history(records, split.train)
    slots = card.dictionary_encode().indices.to_numpy().astype(np.int64)

    train_mask, valid_mask = np.zeros(len(x), bool), np.zeros(len(x), bool)
    train_mask[split.train], valid_mask[split.valid] = True, True
    context = int(config.model.context_days * _US_A_DAY)
    recent = np.flatnonzero(time_us >= time_us[split.train].min() - context)
    rows, given, given_slots = recent, x[recent], slots[recent]
    if config.model.cold_days:
        cold_x, cold_slots = _cold(preprocessor, records.take(pa.array(recent)), config)
        rows = np.concatenate([recent, recent])
        given = np.concatenate([given, cold_x])
        given_slots = np.concatenate([given_slots, cold_slots + slots.max() + 1])
    model = train_model(
        given,
        given_slots,
        label[rows],
        train_mask[rows],
        config.model,
        layout(preprocessor.config),
        preprocessor.scaling,
        job.seed,
        valid_mask=valid_mask[rows] if len(split.valid) else None,
        patience=config.split.patience,
        run=job.run,
        verbose=job.verbose,
    )
    step = build_step(model, config.model)
    figures = {"parameters": int(model.count_params()), "features": x.shape[1]}
    decision = Classify(CLASSES)
    reference = {"feature_quantiles": np.quantile(x[split.train], np.linspace(0, 1, 11), axis=0)}
    if len(split.valid):
        scores = score_histories(model, x, slots)[split.valid]
        decision = Classify.fit(
            scores,
            label[split.valid],
            classes=CLASSES,
            policy=policy,
            review_share=config.split.review_share,
            fitted_on={"part": "validation"},
            day=time_us[split.valid] // _US_A_DAY,
            entity=slots[split.valid],
            amounts=amount[split.valid],
        )
        reference["score_quantiles"] = np.quantile(scores, np.linspace(0, 1, 101))
    scoring = {"step": ScoringModel(step, ("score", "h_next"), _parity(preprocessor, config))}
    return Trained(preprocessor, decision, scoring, model, reference, figures)


def _policy(settings: SplitConfig) -> Policy:
    by_rate = settings.policy == "alert_rate"
    return Policy(settings.policy, settings.alert_rate if by_rate else settings.policy_value)


def _cold(
    preprocessor: TransactionPreprocessor, records: pa.Table, config: Config
) -> tuple[np.ndarray, np.ndarray]:
    """The same rows as a newcomer sees them: no past before each period, and no labels.

    A person who scores a file without its past, or without labels, asks for just this; a network
    that never saw it takes every new card for suspicious.

    Returns:
        features float32 [n, F], scaled, and the number of each row's card and period.
    """
    card, terminal, time_us, amount, _ = columns(records)
    period = ((time_us - time_us[0]) / (config.model.cold_days * _US_A_DAY)).astype(np.int64)
    codes = card.dictionary_encode().indices.to_numpy().astype(np.int64)
    parts = []
    for start, stop in _runs(period):
        some = slice(start, stop)
        engine = preprocessor.new_history().engine
        length = stop - start
        unknown = np.full(length, -1, np.int8)
        ids = (card.slice(start, length), terminal.slice(start, length))
        parts.append(engine.step(*ids, time_us[some], amount[some], unknown))
    return preprocessor.scale(np.concatenate(parts)), period * (codes.max() + 1) + codes


def _runs(period: np.ndarray) -> list[tuple[int, int]]:
    """First and last row (excluded) of each period; periods ascend."""
    edges = [0, *(np.flatnonzero(np.diff(period)) + 1).tolist(), len(period)]
    return list(pairwise(edges))


def _parity(preprocessor: TransactionPreprocessor, config: Config) -> dict[str, np.ndarray]:
    """Inputs for comparing runtimes, from our own generator: no real record enters a bundle."""
    records = generate(seed=1, cards=20, terminals=10, days=30).slice(0, _PARITY_ROWS)
    x = preprocessor.scale(preprocessor.new_history().engine.step(*columns(records)))
    h = np.random.default_rng(0).uniform(-1, 1, (len(x), config.model.gru_units))
    return {"x": x, "h": h.astype(np.float32)}
