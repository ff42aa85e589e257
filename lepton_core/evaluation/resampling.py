"""Resamples of records by whole entities, for figures that look at entities themselves."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


class Draws:
    """Resamples of whole entities, each with the records that it makes.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13, with an
    entity and all its records as what is drawn.

    Args:
        records: in order.
        entity: the column whose records belong together; None where each stands alone.
        seed: the same seed gives the same draws.

    Example:
        >>> records = pa.table({"card": ["a", "b", "a"], "amount": [1, 2, 3]})
        >>> rows, drawn = Draws(records, "card", seed=0).next()
        >>> rows.tolist(), drawn["card"].to_pylist()
        ([1, 1], ['b', 'b#1'])
    """

    def __init__(self, records: pa.Table, entity: str | None, seed: int) -> None:
        self._records, self._entity = records, entity
        self._generator = np.random.default_rng(seed)
        if entity is None:
            return
        named = records.column(entity).combine_chunks().dictionary_encode()
        self._names = named.dictionary.cast(pa.string())
        codes = named.indices.fill_null(len(self._names)).to_numpy(zero_copy_only=False)
        # A record without an entity is one of its own.
        alone = codes == len(self._names)
        codes = codes.astype(np.int64)
        codes[alone] += np.arange(alone.sum())
        self._codes = codes
        _, group = np.unique(codes, return_inverse=True)
        self._order = np.argsort(group, kind="stable")
        self._counts = np.bincount(group)
        self._starts = np.cumsum(self._counts) - self._counts

    def next(self) -> tuple[np.ndarray, pa.Table]:
        """Rows of the records [k], in order, and the table they make.

        The second and further copies of an entity have names of their own, so that an entity that
        is drawn twice counts as two.
        """
        if self._entity is None:
            size = self._records.num_rows
            drawn = np.sort(self._generator.integers(0, size, size))
            return drawn, self._records.take(pa.array(drawn))
        groups = len(self._counts)
        times = np.bincount(self._generator.integers(0, groups, groups), minlength=groups)
        chosen = np.repeat(np.arange(groups), times)
        copy = np.arange(len(chosen)) - np.repeat(np.cumsum(times) - times, times)
        length = self._counts[chosen]
        within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
        drawn = self._order[np.repeat(self._starts[chosen], length) + within]
        copies = np.repeat(copy, length)
        # In the order they came, as the whole records were.
        in_order = np.argsort(drawn, kind="stable")
        drawn, copies = drawn[in_order], copies[in_order]
        table = self._records.take(pa.array(drawn))
        return drawn, self._renamed(table, drawn, copies)

    def _renamed(self, table: pa.Table, drawn: np.ndarray, copies: np.ndarray) -> pa.Table:
        """The second and further copies of an entity under names of their own."""
        assert self._entity is not None
        at = table.column_names.index(self._entity)
        field = table.schema.field(at)
        if not pa.types.is_string(field.type):
            return table
        count = len(self._names)
        keys = copies * count + np.where(self._codes[drawn] < count, self._codes[drawn], 0)
        names = self._names.to_pylist()
        suffixed = [f"{name}#{c}" if c else name for c in range(copies.max() + 1) for name in names]
        values = pa.array(suffixed, pa.string()).take(
            pa.array(keys, mask=self._codes[drawn] >= count)
        )
        return table.set_column(at, field, values)
