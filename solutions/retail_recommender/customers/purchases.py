"""Histories as plain arrays of purchases, as they were known at a moment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.records.returns import after_returns

DAY = 86_400_000_000


@dataclass(frozen=True)
class Purchases:
    """What customers [n] bought and kept until a moment; returns after it are not known yet.

    Args:
        of: int64 [m], whose purchase it is, 0 to n - 1; ascending.
        time: int64 [m], microseconds since 1970 UTC, ascending for each customer.
        amount: float64 [m], money, not negative.
        until: int64 [n], the moment of each customer, in microseconds.
    """

    of: np.ndarray
    time: np.ndarray
    amount: np.ndarray
    until: np.ndarray

    @classmethod
    def read(
        cls, records: pa.Table, until: np.ndarray, left_out: Collection[str] = ()
    ) -> Purchases:
        """Purchases of checked records, whose lists are equally long.

        Args:
            records: [n], with ``items times prices`` and perhaps ``quantities``.
            until: int64 [n]; what is later is not read. A return takes back what the customer had
                bought of the item before it. A line without time or price does not count.
            left_out: items that are no products.

        Example:
            >>> day = lambda n: n * DAY
            >>> records = pa.table({
            ...     "items": [["a", "b", "a"]], "prices": [[2.0, 5.0, 2.0]],
            ...     "quantities": [[3.0, 1.0, -1.0]],
            ...     "times": pa.array([[day(1), day(1), day(4)]], pa.list_(pa.timestamp("us")))})
            >>> [Purchases.read(records, np.array([day(d)])).amount.tolist() for d in (3, 5)]
            [[6.0, 5.0], [4.0, 5.0]]
        """
        items = records.column("items").combine_chunks()
        lengths = pc.list_value_length(items).to_numpy(zero_copy_only=False).astype(np.int64)
        of = np.repeat(np.arange(len(lengths)), lengths)
        flat = items.flatten()
        time = _flat(records, "times").cast(pa.int64())
        price = _numbers(_flat(records, "prices"))
        many = np.ones(len(of))
        if "quantities" in records.column_names:
            told = _flat(records, "quantities")
            # A record may leave the whole list out where others give it.
            given = pc.fill_null(pc.list_value_length(records.column("quantities")), 0).to_numpy()
            many[np.repeat(given > 0, lengths)] = _numbers(told)
        many = np.where(np.isnan(many), 1.0, many)
        known = time.is_valid().to_numpy(zero_copy_only=False) & np.isfinite(price)
        when = pc.fill_null(time, 0).to_numpy(zero_copy_only=False)
        known &= when <= until[of]
        if left_out:
            no_product = pc.is_in(flat, pa.array(sorted(left_out), pa.string()))
            known &= ~no_product.to_numpy(zero_copy_only=False)
        code = flat.dictionary_encode().indices.fill_null(0).to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(known & (many != 0))
        # A return stands behind what was bought at the same moment.
        rows = rows[np.lexsort((many[rows] < 0, when[rows], of[rows]))]
        left = many[rows]
        if len(rows):
            left, _ = after_returns(of[rows], code.astype(np.int64)[rows], many[rows])
        rows, left = rows[left > 0], left[left > 0]
        return cls(of[rows], when[rows], left * np.maximum(price[rows], 0.0), until)

    def __len__(self) -> int:
        """The number of customers."""
        return len(self.until)

    def since(self, moment: np.ndarray) -> np.ndarray:
        """bool [m], which purchases are later than each customer's moment, int64 [n]."""
        return self.time > moment[self.of]

    def spent(self, some: np.ndarray | None = None) -> np.ndarray:
        """Money float64 [n] of all purchases, or of ``some`` bool [m]."""
        amount = self.amount if some is None else self.amount * some
        return np.bincount(self.of, amount, minlength=len(self))

    def orders(self, some: np.ndarray | None = None) -> np.ndarray:
        """Days with a purchase, int64 [n]; among ``some`` bool [m] alone where given."""
        of, day = self.of, self.time // DAY
        if some is not None:
            of, day = of[some], day[some]
        new = np.ones(len(of), bool)
        new[1:] = (np.diff(of) != 0) | (np.diff(day) != 0)
        return np.bincount(of[new], minlength=len(self))

    def first(self) -> np.ndarray:
        """Microseconds of each customer's first purchase, int64 [n]; ``until`` without one."""
        found = self.until.copy()
        np.minimum.at(found, self.of, self.time)
        return found

    def last(self) -> np.ndarray:
        """Microseconds of each customer's last purchase, int64 [n]; 0 without one."""
        found = np.zeros(len(self), np.int64)
        np.maximum.at(found, self.of, self.time)
        return found


def _flat(records: pa.Table, name: str) -> pa.Array:
    return records.column(name).combine_chunks().flatten()


def _numbers(values: pa.Array) -> np.ndarray:
    return pc.fill_null(values.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
