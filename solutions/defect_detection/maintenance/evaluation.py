"""How the units are split, and what a model is worth on those that it does not know."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision import Remaining
from lepton_core.errors import DataError
from lepton_core.evaluation import metrics
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.measures import RESAMPLES, interval_measures
from lepton_core.evaluation.protocols import Protocol
from lepton_core.evaluation.report import Measured
from lepton_core.training.splits import Split

from .config import Config
from .truth import remaining, unit_codes

# Sound units are all alike; what is asked of a model lies below the cap and a little above.
_MOST_LEFT = 1.2
_CAP = b"cap"


class UnitSplit(Protocol):
    """Whole units to learn from and others to test, each at one or a few moments of its life.

    Where the column ``part`` names units for the test, these are tested at their last record, as
    the C-MAPSS sets do. Else a share of the units is, at cycles taken at random: the last one of a
    unit that ran to failure would always be its failure. There is no validation part: each network
    leaves out a part of the training units, see ``training.py``.

    Args:
        config: the task's settings.

    Source:
        Saxena, Goebel, Simon and Eklund, Damage Propagation Modeling for Aircraft Engine
        Run-to-Failure Simulation, PHM 2008.
    """

    name = "by_unit"

    def __init__(self, config: Config) -> None:
        self._config = config

    def with_truth(self, records: pa.Table) -> pa.Table:
        """The records with the cycles left in ``rul``, null where nobody knows."""
        data = self._config.data
        left = pa.array(remaining(records, data.step_minutes, data.cap), from_pandas=True)
        # Measures are told the records and not the settings.
        field = pa.field("rul", pa.float64(), metadata={_CAP: str(data.cap)})
        return records.set_column(records.column_names.index("rul"), field, left)

    def split(self, records: pa.Table) -> Split:
        """Rows with a known truth, by part.

        Args:
            records: from :meth:`with_truth`.

        Raises:
            DataError: ``split.no_labels``, ``split.empty_part``.
        """
        known = pc.is_valid(records.column("rul")).to_numpy()
        if not known.any():
            raise DataError("split.no_labels", column="rul", n=len(known))
        codes, names = unit_codes(records)
        given = pc.fill_null(records.column("part"), "").to_numpy(zero_copy_only=False)
        tested = np.unique(codes[given == "test"])
        own = len(tested) > 0
        if not own:
            tested = self._chosen(names)
        is_test = np.isin(codes, tested)
        rows = np.flatnonzero(is_test & known)
        if own:
            test = _last_of_each(codes, rows)
        else:
            split = self._config.split
            test = rows[random_cuts(records.take(pa.array(rows)), self._config, split.cuts, 0)]
        train = np.flatnonzero(~is_test & known)
        for part, found in (("train", train), ("test", test)):
            if not len(found):
                raise DataError("split.empty_part", part=part, n=int(known.sum()))
        return Split(train, np.zeros(0, np.int64), test)

    def describe(self) -> dict[str, Any]:
        data, split = self._config.data, self._config.split
        return {
            "name": self.name,
            "truth": f"cycles left, told up to {data.cap:g}",
            "tested_at": "the last record of units named for the test, else cycles at random",
            "test_share": split.test_share,
            "cuts": split.cuts,
            "split_seed": split.seed,
            "validation": "each network leaves out a part of the training units",
        }

    def _chosen(self, names: list[str]) -> np.ndarray:
        """The numbers of the units to test; which does not depend on the order of the records."""
        by_name = np.argsort(names, kind="stable")
        n = max(round(self._config.split.test_share * len(names)), 1)
        order = np.random.default_rng(self._config.split.seed).permutation(len(names))
        return by_name[order[:n]]


def by_unit(config: Config) -> UnitSplit:
    """The protocol with the task's settings."""
    return UnitSplit(config)


def random_cuts(records: pa.Table, config: Config, cuts: int, seed: int) -> np.ndarray:
    """A few records of each unit at random, int64 ascending, as a machine is met in its life.

    Not of the first cycles, which tell nothing yet, nor of those long before the cap, which are all
    alike; of a unit that has no other, any.

    Args:
        records: with their truth [n].
        config: the task's settings.
        cuts: how many of each unit, at most.
        seed: of the choice, together with the unit's name.
    """
    codes, names = unit_codes(records)
    left = records.column("rul").to_numpy()
    chosen = []
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        usual = rows[config.data.least_history :]
        usual = usual[left[usual] <= _MOST_LEFT * config.data.cap]
        rng = np.random.default_rng([seed, *names[code].encode()])
        rows = usual if len(usual) else rows
        chosen.append(rng.choice(rows, min(cuts, len(rows)), replace=False))
    return np.sort(np.concatenate(chosen))


def measures(
    records: pa.Table, scores: np.ndarray, decision: Remaining | None
) -> dict[str, Measured]:
    """Figures of test records, intervals by resampling units.

    Args:
        records: the test records [n], with their truth.
        scores: quantiles [n, levels], cycles.
        decision: the fitted one; None for a baseline.

    Returns:
        ``rmse mae wape`` of lives told up to the cap, with a decision its coverage and the mean
        width of the interval; ``rmse_uncapped`` of the whole truth.
    """
    whole = records.column("rul").to_numpy()
    told = records.schema.field("rul").metadata or {}
    cap = float(told.get(_CAP, Config().data.cap))
    truth, units = np.minimum(whole, cap), unit_codes(records)[0]
    found = interval_measures(truth, scores, decision, groups=units)
    if decision is None:
        return found
    columns = decision.apply({"score": scores})
    for key, metric, values in (
        ("rmse_uncapped", metrics.rmse, (whole, columns["value"])),
        ("width", metrics.mae, (columns["high"], columns["low"])),
    ):
        found[key] = Measured.of(bootstrap(metric, *values, groups=units, n=RESAMPLES))
    return found


def _last_of_each(codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Of some rows the last of each unit, ascending."""
    last = dict(zip(codes[rows].tolist(), rows.tolist(), strict=True))
    return np.sort(np.array(list(last.values()), np.int64))
