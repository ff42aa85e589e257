"""How counts are split by time, and the protocols of the two published data sets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import DataError
from lepton_core.evaluation.protocols import Protocol
from lepton_core.series import step_numbers
from lepton_core.training.splits import Split

from .config import Config
from .preprocessing import steps_ahead
from .stations import counts, stations
from .truths import ROWS, told, with_truths

# Windows of both published protocols: so many counts in.
WINDOW = 12


class CountsSplit(Protocol):
    """Learn from the earlier intervals, test on the latest; no truth crosses from part to part.

    Shares are of the intervals in which any station counted. A record whose truths reach into a
    later part is in no part.

    Args:
        config: the task's settings.
        test_from: seconds since 1970 UTC at which the test begins; None takes the share.
    """

    name = "by_time"

    def __init__(self, config: Config, test_from: float | None = None) -> None:
        self._config, self._test_from = config, test_from

    def with_truth(self, records: pa.Table) -> pa.Table:
        """The records with their truths, see :func:`~.truths.with_truths`."""
        return with_truths(records, self._config.data)

    def split(self, records: pa.Table) -> Split:
        """Rows with a known truth, by part.

        Raises:
            DataError: ``split.no_labels`` and ``split.empty_part``.
        """
        data, shares = self._config.data, self._config.split
        if not told(records)[0]:
            records = self.with_truth(records)
        known = np.isfinite(told(records)[1]).any(axis=1)
        published = np.isfinite(told(records, ROWS)[1]).any(axis=1)
        if not known.any():
            raise DataError("split.no_labels", column="count", n=len(known))
        steps = step_numbers(records.column("time"), data.step_minutes)
        test = self._test_step(np.unique(steps))
        before = np.unique(steps[steps < test])
        at = int(len(before) * (1 - shares.valid_share))
        valid = before[at] if at < len(before) else test
        reach = int(steps_ahead(data).max())
        parts = {
            "train": known & (steps + reach < valid),
            "valid": known & (steps >= valid) & (steps + reach < test),
            "test": (known | published) & (steps >= test),
        }
        rows = {name: np.flatnonzero(mask) for name, mask in parts.items()}
        for part in ("train", "test"):
            if not len(rows[part]):
                raise DataError("split.empty_part", part=part, n=int(known.sum()))
        return Split(rows["train"], rows["valid"], rows["test"])

    def describe(self) -> dict[str, Any]:
        data, split = self._config.data, self._config.split
        minutes = ", ".join(f"{m:g}" for m in data.ahead_minutes)
        return {
            "name": self.name,
            "truth": f"the station's counts {minutes} minutes later",
            "test": "the latest intervals" if self._test_from is None else "from a fixed day on",
            "test_share": split.test_share,
            "valid_share": split.valid_share,
        }

    def _test_step(self, steps: np.ndarray) -> int:
        """The first interval of the test, of ascending ones."""
        if self._test_from is not None:
            return int(np.ceil(self._test_from / 60.0 / self._config.data.step_minutes))
        at = int(len(steps) * (1 - self._config.split.test_share))
        return int(steps[at]) if at < len(steps) else int(steps[-1]) + 1


class RowsSplit(CountsSplit):
    """Beside the truths by the clock those of published figures, which count rows of a file.

    Their windows are rows of the test file one after the other, whatever the clock says between
    them. They stand in columns ``rows_5``... of the records at which such a window ends.

    Args:
        config: the task's settings.
        name: of the protocol.
        rows: how many rows ahead the published truths reach.
        left_out: last windows that the published code does not use.
        test_from: as of ``CountsSplit``.
    """

    def __init__(
        self, config: Config, name: str, rows: int, left_out: int, test_from: float | None
    ) -> None:
        super().__init__(config, test_from)
        self.name, self._rows, self._left_out = name, rows, left_out

    def with_truth(self, records: pa.Table) -> pa.Table:
        """The records with their truths by the clock, and those by rows of the test."""
        records = super().with_truth(records)
        data = self._config.data
        steps = step_numbers(records.column("time"), data.step_minutes)
        tested = steps >= self._test_step(np.unique(steps))
        series, values = stations(records), counts(records)
        asked = [int(ahead) for ahead in steps_ahead(data) if ahead <= self._rows]
        later = np.full((len(asked), len(values)), np.nan)
        for station in pc.unique(series):
            mine = pc.equal(series, station).to_numpy(zero_copy_only=False)
            rows = np.flatnonzero(tested & mine)
            ends = np.arange(WINDOW - 1, len(rows) - self._rows - self._left_out)
            for place, ahead in enumerate(asked):
                later[place, rows[ends]] = values[rows[ends + ahead]]
        for ahead, column in zip(asked, later, strict=True):
            minutes = ahead * data.step_minutes
            records = records.append_column(f"{ROWS}{minutes:g}", pa.array(column))
        return records

    def describe(self) -> dict[str, Any]:
        windows = f"{WINDOW} rows of the test in, {self._rows} out, across gaps"
        return {**super().describe(), "published_windows": windows}


def by_time(config: Config) -> CountsSplit:
    """The latest intervals for the test, with the task's settings."""
    return CountsSplit(config)


def pems_station(config: Config) -> RowsSplit:
    """January and February to learn from, March for the test; the next row, as published."""
    march = datetime(2016, 3, 1, tzinfo=UTC).timestamp()
    return RowsSplit(config, "pems_station", 1, 0, march)


def los_loop(config: Config) -> RowsSplit:
    """The first four fifths of the week to learn from; three rows ahead, as published."""
    return RowsSplit(config, "los_loop", 3, 1, None)
