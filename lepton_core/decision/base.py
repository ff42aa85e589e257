"""What every decision is: output columns from a model's raw scores, and where it was fitted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError


class Decision(ABC):
    """Turns raw scores into output columns, and knows by which data it was fitted."""

    kind: ClassVar[str]
    fitted_on: Mapping[str, Any]

    @property
    def is_fitted(self) -> bool:
        """Whether validation data set it; what it says otherwise is only a start."""
        return bool(self.fitted_on)

    @abstractmethod
    def apply(self, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Output columns [n], NumPy or Arrow, from a model's raw outputs [n, ...] or kept ones.

        Every kind reads the output ``score``: a logit [n], logits [n, classes], quantiles
        [n, levels]...
        """

    def arrays(self) -> dict[str, np.ndarray]:
        """What it needs beside :meth:`to_json`, as plain arrays; none unless overridden."""
        return {}

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> Decision:
        """The decision that :meth:`to_json` and :meth:`arrays` wrote."""
        made: Decision = cls.from_json(values)  # type: ignore[attr-defined]
        return made

    def further_outputs(self) -> tuple[str, ...]:
        """Names of the columns that stand for a task's output column ``*``; none unless overridden.

        A bundle's settings decide on them, such as how many minutes ahead are forecast.
        """
        return ()

    def apply_one(self, score: np.ndarray) -> dict[str, Any]:
        """Output columns of one record as plain values, from its ``score`` [1, ...]."""
        columns = self.apply({"score": score})
        return {name: pa.array(values)[0].as_py() for name, values in columns.items()}

    @abstractmethod
    def trivial(self, targets: np.ndarray, n: int) -> np.ndarray:
        """Raw scores [n, ...] float32 of a model that knows the training targets alone.

        A model worth shipping does better than these, which is what conformance checks ask.

        Args:
            targets: what the training records are, [m]: class numbers, or values.
            n: number of records to score, every one alike.
        """

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """All of it as plain values; begins with ``kind``."""


def labels_of(codes: np.ndarray, classes: Sequence[str]) -> pa.Array:
    """Class names [n], strings, from class numbers [n].

    Example:
        >>> labels_of(np.array([1, 0]), ("genuine", "fraud")).to_pylist()
        ['fraud', 'genuine']
    """
    numbers = pa.array(codes.astype(np.int32))
    return pa.DictionaryArray.from_arrays(numbers, pa.array(classes, pa.string())).cast(pa.string())


def check_codes(labels: np.ndarray, classes: int) -> np.ndarray:
    """Class numbers as int64 [n].

    Raises:
        ValueError: one of them names no class.
    """
    codes = np.asarray(labels)
    whole = codes.astype(np.int64)
    wrong = codes[(whole != codes) | (whole < 0) | (whole >= classes)]
    if codes.ndim != 1 or wrong.size:
        raise ValueError(
            f"labels are numbers [n] in 0..{classes - 1}. "
            f"Received: shape {list(codes.shape)}, {wrong[:5].tolist()}"
        )
    return whole


def check_fit(scores: np.ndarray, targets: np.ndarray, width: int) -> np.ndarray:
    """Scores [n, width] as float64, with one target each, to fit a decision on.

    Raises:
        ValueError: for other shapes.
        DataError: ``decision.no_records`` or ``decision.not_finite``.
    """
    given = np.asarray(scores, np.float64)
    if given.ndim != 2 or given.shape[1] != width or len(given) != len(targets):
        raise ValueError(
            f"scores are [n, {width}], one row a target. "
            f"Received: {list(given.shape)} for {len(targets)} targets"
        )
    if not len(given):
        raise DataError("decision.no_records")
    for values in (given, np.asarray(targets, np.float64)):
        unusable = values[~np.isfinite(values)]
        if unusable.size:
            raise DataError("decision.not_finite", n=unusable.size, received=unusable[0])
    return given
