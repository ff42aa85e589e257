"""What a scoring run did, counted batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.predictions import Predictions
from lepton_core.rejects import Reject
from lepton_core.rules.columns import BETWEEN, LIVE, SHADOW

BINS = 20


@dataclass
class Summary:
    """What a scoring run did, over all its processes where it was resumed.

    Args:
        bundle: address of the bundle.
        out: the output file or folder.
        read: records read.
        scored: records scored.
        rejected: records refused.
        written: rows written; fewer than scored where ``--filter`` left some out.
        parts: commits that wrote rows.
        reasons: reason key -> records.
        example: why the first refused record was refused, in words.
        labels: label -> records.
        verdicts: verdict -> records, for a task that gives one: pass, fail, unsure.
        reviews: records that a person shall look at, for a task that says so without a verdict.
        rules: rule -> records that it hit, live or in shadow; those that hit none are left out.
        histogram: records by probability, ``BINS`` bins of equal width from 0 to 1; empty where
            the task gives no probability.
        value: least, mean and greatest of the ``value`` of tasks that give one.
        seconds: wall time.
    """

    bundle: str
    out: str
    read: int = 0
    scored: int = 0
    rejected: int = 0
    written: int = 0
    parts: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    example: str = ""
    labels: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, int] = field(default_factory=dict)
    reviews: int = 0
    rules: dict[str, int] = field(default_factory=dict)
    histogram: list[int] = field(default_factory=list)
    value: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Summary:
        """The summary that :meth:`to_json` wrote."""
        known = {part.name for part in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})

    def to_json(self) -> dict[str, Any]:
        """Plain values with the rate."""
        rate = self.read / self.seconds if self.seconds else 0.0
        return {**asdict(self), "rows_per_second": round(rate)}

    def count(self, read: int, predictions: Predictions, written: int) -> None:
        """Add a batch."""
        self.read += read
        self.written += written
        before, self.scored = self.scored, self.scored + len(predictions)
        columns = predictions.columns
        if "label" in columns:
            _count_values(self.labels, columns["label"])
        if "verdict" in columns:
            _count_values(self.verdicts, columns["verdict"])
        elif "review" in columns:
            self.reviews += int(np.count_nonzero(np.asarray(columns["review"])))
        for name in {LIVE, SHADOW} & columns.keys():
            self._count_rules(columns[name])
        if "probability" in columns:
            bins = np.minimum(predictions["probability"] * BINS, BINS - 1).astype(np.int64)
            counts = np.bincount(bins, minlength=BINS)
            self.histogram = (counts + (self.histogram or 0)).tolist()
        if "value" in columns and len(predictions):
            self._count_numbers(predictions["value"], before)

    def refuse(self, reject: Reject, row: int) -> None:
        """Add a refused record, which stands at ``row`` of its file."""
        self.rejected += 1
        for key in dict.fromkeys(key for key, _ in reject.reasons):
            self.reasons[key] = self.reasons.get(key, 0) + 1
        if not self.example:
            told = reject.to_json()["reasons"][0]["message"]
            self.example = f"row {row} (from 0): {told}"

    def _count_rules(self, joined: pa.Array) -> None:
        for found in pc.value_counts(joined).to_pylist():
            for name in found["values"].split(BETWEEN) if found["values"] else ():
                self.rules[name] = self.rules.get(name, 0) + int(found["counts"])

    def _count_numbers(self, values: np.ndarray, before: int) -> None:
        least, greatest = float(values.min()), float(values.max())
        mean = float(values.mean(dtype=np.float64))
        if self.value:
            least = min(least, self.value["least"])
            greatest = max(greatest, self.value["greatest"])
            mean = (self.value["mean"] * before + mean * len(values)) / (before + len(values))
        self.value = {"least": least, "mean": mean, "greatest": greatest}


def _count_values(counts: dict[str, int], values: pa.Array) -> None:
    for found in pc.value_counts(values).to_pylist():
        name = str(found["values"])
        counts[name] = counts.get(name, 0) + int(found["counts"])
