"""How well good and defective parts are told apart, how many good ones fail; what it is held to."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.decision import Outlier
from lepton_core.evaluation import metrics
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.measures import RESAMPLES
from lepton_core.evaluation.part_split import together
from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.rows import take_rows
from lepton_core.images import decode_rows
from lepton_core.training.job import TrainingJob

from .splits import PART, not_defective

_SIDE, _BLOCKS, _LEVELS = 32, 8, 8


def measures(
    records: pa.Table, scores: np.ndarray, decision: Outlier | None
) -> dict[str, Measured]:
    """Figures of scored test pictures; intervals resample whole parts.

    Args:
        records: the test pictures [n]; a label other than the decision's first class is a defect.
        scores: strangeness [n].
        decision: a bundle's; None for a baseline, of which only the order is judged.

    Returns:
        ``image_auroc ap`` where there are defective and good parts; with a decision
        ``false_reject`` (share of the good that fail) and ``escape`` (share of the defective that
        do not fail), whichever there are.
    """
    good_name = "good" if decision is None else decision.classes[0]
    good = not_defective(records, good_name)
    groups = together(records, PART)
    found = {}
    if good.any() and not good.all():
        for key, metric in (("image_auroc", metrics.auc), ("ap", metrics.ap)):
            interval = bootstrap(metric, ~good, scores, groups=groups, n=RESAMPLES)
            found[key] = Measured.of(interval)
    if decision is None:
        return found
    failed = decision.failed(scores)
    for key, rows, wrong in (("false_reject", good, failed), ("escape", ~good, ~failed)):
        if rows.any():
            interval = bootstrap(_share, wrong[rows], groups=groups[rows], n=RESAMPLES)
            found[key] = Measured.of(interval)
    return found


def baselines(job: TrainingJob) -> dict[str, np.ndarray]:
    """Two distances from what good training pictures look like on average, without a network.

    Returns:
        ``mean_picture``, how far each of 32 x 32 grey values lies from that of good parts, in its
        own standard deviations; ``grey_histogram``, how far the grey values of 8 x 8 blocks are
        spread otherwise: strangeness of each test picture [n].
    """
    good = not_defective(job.records, job.config.split.good)
    good = job.split.train[good[job.split.train]]
    known, asked = (_thumbnails(take_rows(job.records, rows)) for rows in (good, job.split.test))
    away = (asked - known.mean(axis=0)) / (known.std(axis=0) + 1.0)
    histograms = _histograms(asked) - _histograms(known).mean(axis=0)
    return {
        "mean_picture": (away**2).mean(axis=(1, 2)).astype(np.float32),
        "grey_histogram": np.abs(histograms).mean(axis=(1, 2)).astype(np.float32),
    }


def _thumbnails(records: pa.Table) -> np.ndarray:
    """Grey pictures stretched to one size, float32 [n, 32, 32]; mid grey for what is unreadable."""
    found = np.full((records.num_rows, _SIDE, _SIDE), 127.5, np.float32)
    x, kept, _ = decode_rows(records["image"], channels=1, size=(_SIDE, _SIDE))
    found[kept] = x[..., 0]
    return found


def _histograms(pictures: np.ndarray) -> np.ndarray:
    """Share of each grey level in each block, float32 [n, blocks, levels]."""
    side = _SIDE // _BLOCKS
    levels = (pictures / 256 * _LEVELS).astype(np.int64)
    blocks = levels.reshape(-1, _BLOCKS, side, _BLOCKS, side).swapaxes(2, 3)
    cells = blocks.reshape(len(pictures), _BLOCKS**2, side**2)
    return np.stack([(cells == level).mean(axis=2) for level in range(_LEVELS)], axis=2)


def _share(wrong: np.ndarray) -> float:
    return float(np.mean(wrong))
