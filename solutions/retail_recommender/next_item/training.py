"""Trains the network on a job's histories and gives the parts of its bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.decision import Rank
from lepton_core.decision.item_weights import ItemWeights
from lepton_core.decision.items import Items
from lepton_core.errors import DataError, UsageError
from lepton_core.training.job import TrainingJob

from .baselines import KINDS, choose
from .baselines_weights import ItemWeights as FittedWeights
from .blending import choose_share
from .catalogues import from_lines, with_file
from .config import Config
from .evaluation import held_out, learned_cases
from .model import Scorer, item_vectors
from .model import train as train_model
from .preprocessing import NextItemPreprocessor, known_sequences
from .sequences import HeldOut, Sequences
from .trends import together, trend

_LEAST_ITEMS = 2


def train(job: TrainingJob) -> Trained:
    """A network trained on the training cases; the epoch is chosen on the validation cases.

    Args:
        job: cases of the protocol, and their split.

    Raises:
        DataError: ``data.few_items`` where there is nothing to choose between.
        UsageError: ``usage.blend`` for a baseline without weights, or where its share is to be
            chosen on what the network learned.
    """
    config: Config = job.config
    _check_blend(config)
    records = job.records.take(pa.array(job.split.train))
    cases = learned_cases(job)
    preprocessor = NextItemPreprocessor(config.model.length).fit(cases)
    known = preprocessor.known
    if len(known) < _LEAST_ITEMS:
        raise DataError("data.few_items", n=len(known), least=_LEAST_ITEMS)
    sequences, _ = known_sequences(records, known, following=True)
    learned, _ = known_sequences(cases, known, following=True)
    valid = None
    if len(job.split.valid):
        valid = held_out(job.records.take(pa.array(job.split.valid)), preprocessor)
    model = train_model(
        learned,
        len(known),
        config.model,
        job.seed,
        valid=None if config.learn_valid else valid,
        run=job.run,
        verbose=job.verbose,
    )
    weights: ItemWeights | None = None
    blended: dict[str, float] = {}
    if config.blend.kind and valid is not None:
        network = Scorer.of(model, config.model).scores
        histories = sequences, learned
        weights, blended = _blend(config, network, histories, valid, len(known), job.seed)
    codes, lift = together(learned, len(known))
    items = Items(
        with_file(from_lines(cases, known), config.lists.catalogue),
        item_vectors(model),
        learned.counts(len(known)),
        trend(learned, len(known), config.lists.trend_days),
        codes,
        lift,
        weights,
    )
    about = {"part": "train", "customers": len(learned), "items": len(known)}
    decision = Rank(items, config.lists.k, config.lists.seen, fitted_on=about)
    scoring = {"main": ScoringModel(model, ("score",), {"x": _parity(len(known), config)})}
    figures = {
        "parameters": int(model.count_params()),
        "items": len(known),
        "customers": len(learned),
        "choices": len(learned.codes),
        **blended,
    }
    reference = {
        "choices_quantiles": np.quantile(learned.lengths, np.linspace(0, 1, 11)),
        "item_share_quantiles": np.quantile(items.counts, np.linspace(0, 1, 11)),
    }
    return Trained(preprocessor, decision, scoring, model, reference, figures)


def _check_blend(config: Config) -> None:
    """Refuse settings of the blend that cannot be met, before anything is trained."""
    asked, known = config.blend, sorted({*KINDS} - {"popularity"})
    blind = config.learn_valid and not asked.share
    if asked.kind and (asked.kind not in known or blind):
        received = f"kind={asked.kind}, share={asked.share:g}, learn_valid={config.learn_valid}"
        raise UsageError("usage.blend", received=received, known=", ".join(known))


def _blend(
    config: Config,
    network: Callable[[Sequences], np.ndarray],
    histories: tuple[Sequences, Sequences],
    valid: HeldOut,
    items: int,
    seed: int,
) -> tuple[ItemWeights | None, dict[str, float]]:
    """A baseline's weights beside the network, and what validation says of them.

    Args:
        config: which baseline, and its share where it is set.
        network: gives the network's scores.
        histories: what settings are chosen on, and what the weights are fitted on in the end.
        valid: chooses; of a network that has learned it, it cannot choose the share.
        items: number of items.
        seed: of the draw of customers that choose.
    """
    asked = config.blend
    chosen = choose(asked.kind, histories[0], items, valid, seed=seed)
    fitted = chosen.refitted(histories[1], items) if config.learn_valid else chosen.fitted
    assert isinstance(fitted, FittedWeights)
    # As they will serve: what speaks against an item is left to the network.
    fitted = replace(fitted, weights=np.maximum(fitted.weights, 0.0)).strongest(asked.most)
    share, figures = asked.share, {}
    if not share:
        blend, tried = choose_share(network, fitted, valid)
        share = blend.share
        figures = {"valid_ndcg10": max(one.ndcg10 for one in tried)}
        figures |= {"valid_ndcg10_network": tried[0].ndcg10}
    told = {"blend_share": share, **figures, **chosen.settings}
    if not share:
        return None, told
    codes = fitted.codes - 1
    return ItemWeights(fitted.starts, codes, fitted.weights, fitted.decay, share), told


def _parity(items: int, config: Config) -> np.ndarray:
    """Histories drawn at random, int32 [32, length], for comparing runtimes: no real record."""
    rng = np.random.default_rng(0)
    x = rng.integers(1, items + 1, (32, config.model.length)).astype(np.int32)
    lengths = rng.integers(1, config.model.length + 1, len(x))
    place = np.arange(config.model.length)
    return np.where(place >= config.model.length - lengths[:, None], x, 0).astype(np.int32)
