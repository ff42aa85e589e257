"""Trains the networks on a job's units and gives the parts of the bundle."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.bundle import ScoringModel, Trained
from lepton_core.decision import Remaining
from lepton_core.messages import t
from lepton_core.training.job import TrainingJob

from . import alarms
from .config import LEVELS, Config
from .evaluation import random_cuts
from .model import quantiles, together
from .model import train as train_networks
from .preprocessing import LifePreprocessor
from .truth import unit_codes

# With fewer units none can be spared.
_LEAST_UNITS = 10


def train(job: TrainingJob) -> Trained:
    """Networks that each leave out a part of the units; the interval is set on what they left out.

    So every unit is learned from, and every unit tells how wrong the networks are on units that
    they do not know. With fewer than ten units, all networks learn from all, and the interval is
    left as the networks say it.

    Args:
        job: checked records in order, with their truth in ``rul``, and their split.
    """
    config: Config = job.config
    records, rows = _of_units(job)
    preprocessor = LifePreprocessor(config.data).fit(records)
    prepared = preprocessor.transform(records)
    # What scoring would refuse is not learned from either.
    rows = rows[np.isin(rows, prepared.kept)]
    x = prepared.arrays["x"][np.searchsorted(prepared.kept, rows)]
    cap = config.data.cap
    truth = np.minimum(records.column("rul").to_numpy()[rows], cap)
    codes = unit_codes(records)[0][rows]
    left_out = _left_out(codes, config.model.members, config.model.repeats, job.seed)
    networks = train_networks(
        x,
        truth / cap,
        ~left_out,
        config.model,
        job.seed,
        run=job.run,
        verbose=job.verbose,
    )
    model = together(networks, cap)
    decision = Remaining(
        LEVELS,
        config.data.coverage,
        low_limit=0.0,
        cap=cap,
        alarm_cycles=config.data.alarm_cycles,
        alarm_by=config.data.alarm_by,
        sensors=preprocessor.names,
    )
    figures: dict[str, float] = {
        "parameters": int(model.count_params()),
        "sensors": len(preprocessor.names),
    }
    reference = {"target_quantiles": np.quantile(truth, np.linspace(0, 1, 11))}
    if left_out.any():
        said = _said_unlearned(networks, x, left_out, cap)
        some = random_cuts(records.take(pa.array(rows)), config, config.model.cuts, job.seed)
        about = {"part": "held-out units", "units": len(np.unique(codes)), "n": len(some)}
        decision = replace(decision, fitted_on=about)
        decision = decision.with_coverage(config.data.coverage, said[some], truth[some])
        value = decision.apply({"score": said[some]})["value"]
        figures["held_out_rmse"] = float(np.sqrt(np.square(value - truth[some]).mean()))
        left = records.column("rul").to_numpy()[rows]
        reference["alarms"] = alarms.table(codes, left, said, decision)
        on = decision.apply({"score": said})["alarm"]
        judged = alarms.judge(codes, left, on, decision.alarm_cycles)
        figures |= {f"alarm_{name}": value for name, value in judged._asdict().items()}
    elif job.verbose and (units := len(np.unique(codes))) < _LEAST_UNITS:
        told = t("defect_detection.maintenance.few_units", units=units, least=_LEAST_UNITS)
        print(told, file=sys.stderr)
    # Inputs for comparing runtimes, from our own generator: no real record enters a bundle.
    parity = np.random.default_rng(0).normal(size=(64, *x.shape[1:])).astype(np.float32)
    scoring = {"main": ScoringModel(model, ("score",), {"x": parity})}
    return Trained(preprocessor, decision, scoring, model, reference, figures)


def _of_units(job: TrainingJob) -> tuple[pa.Table, np.ndarray]:
    """All records of the units that are learned from, and the places in them of what is learned.

    The other records of these units are their past.
    """
    wanted = np.sort(np.concatenate([job.split.train, job.split.valid]))
    codes, _ = unit_codes(job.records)
    rows = np.flatnonzero(np.isin(codes, codes[wanted]))
    return job.records.take(pa.array(rows)), np.searchsorted(rows, wanted)


def _left_out(codes: np.ndarray, members: int, repeats: int, seed: int) -> np.ndarray:
    """Which network leaves out which record, bool [n, members * repeats]; one for all if few."""
    units = np.unique(codes)
    if len(units) < max(_LEAST_UNITS, members) or members < 2:
        return np.zeros((len(codes), 1), bool)
    order = np.random.default_rng(seed).permutation(len(units))
    part_of = np.empty(len(units), np.int64)
    part_of[order] = np.arange(len(units)) % members
    part = part_of[np.searchsorted(units, codes)]
    return part[:, None] == np.tile(np.arange(members), repeats)


def _said_unlearned(networks: Any, x: np.ndarray, left_out: np.ndarray, cap: float) -> np.ndarray:
    """Quantiles [n, 5] of each record by the networks that left its unit out, in cycles."""
    weight = left_out[:, :, None] / left_out.sum(axis=1)[:, None, None]
    mean = (quantiles(networks, x) * weight).sum(axis=1)
    return np.clip(cap * mean, 0.0, cap)
