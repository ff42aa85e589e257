"""What lists are worth: how often the next choice is in them, beside simple models."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision import Rank
from lepton_core.decision.rank import TOLD
from lepton_core.evaluation.ranking import Ranked, ranking_measures
from lepton_core.evaluation.report import Measured
from lepton_core.training.job import TrainingJob

from .baselines import Baseline, choose_all
from .config import Config
from .preprocessing import NextItemPreprocessor, known_sequences
from .sequences import HeldOut, Sequences

_BLOCK = 512


def measures(
    records: pa.Table, scores: np.ndarray | Ranked, decision: Rank | None
) -> dict[str, Measured]:
    """Figures of test cases, under all filters and settings of the decision; full ranking.

    So what a filter, diversity or margin costs is seen by evaluating a bundle that decides so.

    Args:
        records: the cases [n], with ``items`` and ``next``; those without ``next`` are left out.
        scores: customers' vectors [n, D], or codes [n, 20 or more] of a list each; of a baseline
            lists and all that belongs to them.
        decision: ranks the items; needed unless the lists are there.

    Returns:
        as :func:`~lepton_core.evaluation.ranking.ranking_measures`.

    Raises:
        DataError: ``evaluate.empty`` where it is told of no case what came next.
    """
    if isinstance(scores, Ranked):
        return ranking_measures(scores)
    if decision is None:
        raise TypeError("vectors of customers are no lists: the decision that ranks is needed")
    told = np.flatnonzero(records.column("next").is_valid().to_numpy())
    records, scores = records.take(pa.array(told)), scores[told]
    known = decision.items.catalogue
    lists = scores
    if not np.issubdtype(scores.dtype, np.integer):
        history, _ = known_sequences(records, known)
        lists = _lists(decision, scores, history)
    return ranking_measures(
        Ranked(lists, known.codes(records.column("next")), decision.items.counts)
    )


def _lists(decision: Rank, scores: np.ndarray, history: Sequences) -> np.ndarray:
    """Codes [n, 20]; a quota holds for all customers together."""
    longest = int(history.lengths.max(initial=1)) or 1
    codes, _ = decision.lists(scores, history.last(longest)[:, ::-1], TOLD)
    return codes


def held_out(records: pa.Table, preprocessor: NextItemPreprocessor) -> HeldOut:
    """Cases as histories and truths of known items; those whose truth is not known are left out."""
    history, _ = known_sequences(records, preprocessor.known)
    truth = preprocessor.known.codes(records.column("next")) + 1
    users = np.flatnonzero(truth > 0)
    return HeldOut(users, history.take(users), truth[users].astype(np.int32))


def learned_cases(job: TrainingJob) -> pa.Table:
    """What is learned from in the end: the training cases; where validation is learned from, too,
    its case in the place of each customer's that has one, which is one choice longer."""
    train = job.records.take(pa.array(job.split.train))
    if not (job.config.learn_valid and len(job.split.valid)):
        return train
    valid = job.records.take(pa.array(job.split.valid))
    longer = pc.is_in(train.column("record_id"), valid.column("record_id").combine_chunks())
    return pa.concat_tables([train.filter(pc.invert(longer)), valid])


def baselines(job: TrainingJob) -> dict[str, Ranked]:
    """Popularity, neighbours of items and EASE, each tuned on the validation cases.

    They learn from what the network learns from, and leave out what a customer had unless lists
    show it again.

    Returns:
        name -> a list of 20 for each test case.
    """
    config: Config = job.config
    train = job.records.take(pa.array(job.split.train))
    cases = learned_cases(job)
    preprocessor = NextItemPreprocessor(config.model.length).fit(cases)
    known = preprocessor.known
    sequences, _ = known_sequences(train, known, following=True)
    valid = job.records.take(pa.array(job.split.valid))
    chosen = choose_all(sequences, len(known), held_out(valid, preprocessor), seed=job.seed)
    test = job.records.take(pa.array(job.split.test))
    history, _ = known_sequences(test, known)
    learned, _ = known_sequences(cases, known, following=True)
    truth, counts = known.codes(test.column("next")), learned.counts(len(known))
    found = {}
    for name, one in chosen.items():
        best = one.refitted(learned, len(known)) if config.learn_valid else one.fitted
        found[name] = Ranked(_best(best, history, config.lists.seen), truth, counts)
    return found


def _best(fitted: Baseline, history: Sequences, seen: bool) -> np.ndarray:
    """Codes int64 [users, 20] from 0, the best first; -1 where fewer are left."""
    parts = []
    for start in range(0, len(history), _BLOCK):
        users = np.arange(start, min(start + _BLOCK, len(history)))
        some = history.take(users)
        scores = fitted.scores(some)
        if not seen:
            scores[some.users, some.codes - 1] = -np.inf
        most = min(TOLD, scores.shape[1])
        top = np.argpartition(-scores, most - 1, axis=1)[:, :most]
        order = np.argsort(-np.take_along_axis(scores, top, 1), axis=1, kind="stable")
        codes = np.take_along_axis(top, order, 1)
        lost = np.take_along_axis(scores, codes, 1) == -np.inf
        parts.append(np.where(lost, -1, codes))
    return np.concatenate(parts)
