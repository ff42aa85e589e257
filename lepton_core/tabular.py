"""Records of plain columns to one float32 matrix: scaled numbers, one-hot categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.settings import from_dict
from lepton_core.spec import Spec

# Beyond this many standard deviations a value says "far out" and no more: one slip of the pen in a
# client's file must not drown the other features.
_CUT = 10.0
# So many rows of a wide matrix stay in a core's cache while their columns are written.
_BLOCK = 2048


@dataclass(frozen=True)
class NumberColumn:
    """How one number becomes features.

    Args:
        name: the column.
        mean: of the training rows that have it; stands for a missing value.
        std: of the training rows that have it, 1 where they are all alike.
        missing: whether training rows lacked it; then a second feature says so.
    """

    name: str
    mean: float
    std: float
    missing: bool

    @property
    def features(self) -> list[str]:
        """Names of its features."""
        return [self.name, *([f"{self.name} (missing)"] if self.missing else [])]


@dataclass(frozen=True)
class TextColumn:
    """How one category becomes features; what training never had is all zeros.

    Args:
        name: the column.
        categories: the frequent ones, most frequent first, a feature each.
        other: whether training rows had rarer ones; then a feature stands for them all.
        missing: whether training rows lacked it; then a feature says so.
    """

    name: str
    categories: tuple[str, ...]
    other: bool
    missing: bool

    @property
    def features(self) -> list[str]:
        """Names of its features."""
        ends = [("other", self.other), ("missing", self.missing)]
        named = [f"{self.name} = {category}" for category in self.categories]
        return named + [f"{self.name} ({end})" for end, there in ends if there]


class TablePreprocessor(Preprocessor):
    """Numbers scaled by training mean and deviation, text as one-hot categories.

    A column of numbers or booleans becomes ``(value - mean) / std``, cut at 10; a missing value
    takes the mean, and where training rows lacked some, a second feature says which. A text column
    becomes a feature for each of its frequent training categories, one for the rarer and one for a
    missing value, each where training had such rows. Subclasses add columns of their own in
    :meth:`derive`.

    Args:
        spec: the task's input Spec; its columns of role ``feature`` are used.
        most_categories: features of one text column at most, ``other`` and ``missing`` aside.
        least_rows: training rows that a category needs for a feature of its own.

    Example:
        >>> from lepton_core.spec import Column
        >>> spec = Spec((Column("fee", "float64"), Column("plan", "string")))
        >>> rows = pa.table({"fee": [1.0, 3.0, 2.0], "plan": ["a", "b", "a"]})
        >>> made = TablePreprocessor(spec, least_rows=1).fit(rows)
        >>> made.feature_names
        ('fee', 'plan = a', 'plan = b')
        >>> made.transform(rows.slice(1, 2)).arrays["x"].round().tolist()
        [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """

    def __init__(self, spec: Spec, most_categories: int = 20, least_rows: int = 5) -> None:
        self._names = tuple(column.name for column in spec.of_role("feature"))
        self._most, self._least = most_categories, least_rows
        self.numbers: tuple[NumberColumn, ...] = ()
        self.texts: tuple[TextColumn, ...] = ()
        self.usual = np.zeros(0, np.float32)

    def derive(self, records: pa.Table) -> pa.Table:
        """Records with columns of one's own appended, from the same record alone."""
        return records

    @property
    def columns(self) -> dict[str, list[int]]:
        """Column -> the places of its features in ``x``, numbers first."""
        places: dict[str, list[int]] = {}
        at = len(self.numbers)
        for place, number in enumerate(self.numbers):
            places[number.name] = [place]
        for number in self.numbers:
            if number.missing:
                places[number.name].append(at)
                at += 1
        for text in self.texts:
            places[text.name] = list(range(at, at + len(text.features)))
            at += len(text.features)
        return places

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the F features, in the order of ``x``."""
        fitted: list[NumberColumn | TextColumn] = [*self.numbers, *self.texts]
        named = [feature for column in fitted for feature in column.features]
        places = [place for places in self.columns.values() for place in places]
        return tuple(named[at] for at in np.argsort(places))

    def fit(self, records: pa.Table) -> TablePreprocessor:
        """Learn means, deviations and categories from checked training records."""
        derived = self.derive(records)
        known = {*self._names, *records.column_names}
        names = [*self._names, *(name for name in derived.column_names if name not in known)]
        numbers, texts = [], []
        for name in names:
            column = derived.column(name)
            if pa.types.is_string(column.type):
                texts.append(self._fit_text(name, column))
            elif _is_number(column.type):
                numbers.append(_fit_number(name, column))
            else:
                raise ValueError(
                    f"features are numbers, booleans or text. Received: {name} of {column.type}; "
                    "derive a number from it, or give it another role in the Spec"
                )
        self.numbers, self.texts = tuple(numbers), tuple(texts)
        self.usual = self.transform(records).arrays["x"].mean(axis=0, dtype=np.float64)
        self.usual = self.usual.astype(np.float32)
        return self

    def _fit_text(self, name: str, column: pa.ChunkedArray) -> TextColumn:
        counts = pc.value_counts(column.drop_null()).to_pylist()
        # Equal counts in alphabetical order, so that the order of the rows decides nothing.
        ranked = sorted(counts, key=lambda entry: (-entry["counts"], entry["values"]))
        frequent = [e["values"] for e in ranked[: self._most] if e["counts"] >= self._least]
        return TextColumn(name, tuple(frequent), len(frequent) < len(ranked), column.null_count > 0)

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Checked records [n] to ``x`` float32 [n, F]."""
        derived = self.derive(records)
        n = derived.num_rows
        x = np.zeros((n, len(self.usual) or len(self.feature_names)), np.float32)
        at = len(self.numbers)
        values = []
        for number in self.numbers:
            column = _whole(derived.column(number.name))
            absent = _absent(column)
            values.append((_plain(column), np.flatnonzero(absent) if absent is not None else None))
            if number.missing:
                if absent is not None:
                    x[:, at] = absent
                at += 1
        self._scale(values, x[:, : len(self.numbers)])
        for text in self.texts:
            places = _category_places(text, _whole(derived.column(text.name)))
            known = np.flatnonzero(places >= 0)
            x[known, places[known] + at] = 1.0
            at += len(text.features)
        return Prepared({"x": x}, np.arange(n))

    def _scale(self, values: list[tuple[np.ndarray, np.ndarray | None]], x: np.ndarray) -> None:
        """Write scaled numbers into ``x`` [n, numbers], a block of rows at a time."""
        if not values:
            return
        block = np.empty((len(values), _BLOCK), np.float32)
        for start in range(0, len(x), _BLOCK):
            width = min(_BLOCK, len(x) - start)
            part = block[:, :width]
            for row, (number, (column, _)) in enumerate(zip(self.numbers, values, strict=True)):
                # In float64 before it is cut to float32: years in seconds keep their seconds.
                np.subtract(column[start : start + width], number.mean, part[row], casting="unsafe")
                part[row] *= np.float32(1.0 / number.std)
            np.clip(part, -_CUT, _CUT, out=part)
            x[start : start + width] = part.T
        for place, (_, absent) in enumerate(values):
            if absent is not None:
                x[absent, place] = 0.0

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        if not self.numbers and not self.texts:
            raise ValueError("the preprocessor was not fitted: call fit() first")
        state = {
            "numbers": [asdict(number) for number in self.numbers],
            "texts": [asdict(text) for text in self.texts],
            "features": list(self.feature_names),
        }
        return state, {"usual": self.usual}

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
    ) -> TablePreprocessor:
        made = cls(Spec(()))
        made.numbers = tuple(from_dict(NumberColumn, number) for number in state["numbers"])
        made.texts = tuple(from_dict(TextColumn, text) for text in state["texts"])
        made.usual = arrays["usual"]
        return made


def labels_of(records: pa.Table, name: str) -> np.ndarray:
    """A label column of zeros and ones as int8 [n], -1 where it is not known.

    Example:
        >>> labels_of(pa.table({"left": [1, None, 0]}), "left").tolist()
        [1, -1, 0]
    """
    return pc.fill_null(_whole(records.column(name)).cast(pa.int8()), -1).to_numpy()


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)


def _fit_number(name: str, column: pa.ChunkedArray) -> NumberColumn:
    there = _plain(_whole(column.drop_null())).astype(np.float64)
    there = there[np.isfinite(there)]
    mean = float(there.mean()) if len(there) else 0.0
    std = float(there.std()) if len(there) else 0.0
    # A constant leaves rounding behind, which division would blow up.
    std = std if std > 1e-12 * abs(mean) else 1.0
    return NumberColumn(name, mean, std, len(there) < len(column))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return column.combine_chunks()


def _absent(column: pa.Array) -> np.ndarray | None:
    """bool [n], where there is no value; None where all are there."""
    return column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None


def _plain(column: pa.Array) -> np.ndarray:
    """The numbers [n] of a column, 0 where they are missing."""
    if column.null_count:
        column = pc.fill_null(column, False if pa.types.is_boolean(column.type) else 0)
    values = column.to_numpy(zero_copy_only=False)
    return values.view(np.uint8) if values.dtype == bool else values


def _category_places(text: TextColumn, column: pa.Array) -> np.ndarray:
    """The place [n] of each row's feature among those of its column, -1 for none."""
    found = pc.index_in(column, pa.array(text.categories, pa.string()), skip_nulls=True)
    other = len(text.categories) if text.other else -1
    if not found.null_count:
        return found.to_numpy()
    places = pc.fill_null(found, other).to_numpy()
    if column.null_count:
        places = places.copy()
        absent = column.is_null().to_numpy(zero_copy_only=False)
        places[absent] = len(text.categories) + text.other if text.missing else other
    return places
