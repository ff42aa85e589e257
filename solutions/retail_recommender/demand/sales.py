"""What a record is of, and what its sales say of the demand: stock-outs, returns, gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Sold out for more of the period than this, what was sold says too little of what was asked for.
_MOST_OUT = 0.5
# Columns of a series' memory.
COLUMNS = ("demand", "promotion", "holiday", "price", "stock_out")


@dataclass(frozen=True)
class Sales:
    """The sales of records [n].

    Args:
        quantity: float64 [n], what was sold, at least 0; NaN where it is not known.
        demand: float64 [n], what would have been sold with goods there all the time; NaN where it
            is not known.
        is_bound: bool [n], the demand was at least ``quantity``: goods ran out.
        returned: bool [n], more came back than was sold.
    """

    quantity: np.ndarray
    demand: np.ndarray
    is_bound: np.ndarray
    returned: np.ndarray


def read_sales(records: pa.Table) -> Sales:
    """What records say of the demand.

    A period in which goods were out for a share ``s`` of the time, at most half, counts as
    ``quantity / (1 - s)`` in the past of later ones; out for longer, its demand is not known. More
    returns than sales mean that nothing was asked for.

    Args:
        records: checked records [n].

    Example:
        >>> table = pa.table({"quantity": [8.0, 6.0, 1.0, -2.0], "stock_out": [None, 0.25, 0.9, 0]})
        >>> read_sales(table).demand.tolist(), read_sales(table).is_bound.tolist()
        ([8.0, 8.0, nan, 0.0], [False, True, True, False])
    """
    given = column(records, "quantity")
    quantity = np.where(given < 0, 0.0, given)
    out = np.nan_to_num(column(records, "stock_out"))
    with np.errstate(divide="ignore", invalid="ignore"):
        demand = np.where(out > 0, quantity / (1.0 - out), quantity)
    demand = np.where(out > _MOST_OUT, np.nan, demand)
    return Sales(quantity, demand, (out > 0) & np.isfinite(quantity), given < 0)


def series_names(records: pa.Table) -> pa.Array:
    """The series of each record [n]: what is sold, with where, if it says so.

    Example:
        >>> series_names(pa.table({"series": ["tea", "tea"], "store": ["A", ""]})).to_pylist()
        ['tea/A', 'tea']
    """
    names = records.column("series")
    if "store" in records.column_names:
        store = records.column("store")
        empty = pc.fill_null(pc.equal(store, ""), True)
        store = pc.if_else(empty, pa.scalar(None, pa.string()), store)
        names = pc.binary_join_element_wise(names, store, "/", null_handling="skip")
    return names.combine_chunks() if isinstance(names, pa.ChunkedArray) else names


def category_names(records: pa.Table) -> pa.Array:
    """The category of each record [n]; empty where it says none."""
    if "category" not in records.column_names:
        return pa.array([""] * records.num_rows, pa.string())
    return pc.fill_null(records.column("category"), "").combine_chunks()


def truths(sales: Sales, rows: np.ndarray) -> np.ndarray:
    """What is true of some records, float64 [m, 2]: what was sold, and 1 where that is only the
    least that was asked for."""
    return np.stack([sales.quantity[rows], sales.is_bound[rows].astype(np.float64)], axis=1)


def remembered(records: pa.Table, demand: np.ndarray) -> np.ndarray:
    """What a series' memory holds of each record, float64 [n, 5], in the order of ``COLUMNS``.

    Promotion, holiday and stock-out are 0 where nothing is said; a price not said, or 0, is NaN.
    """
    promotion, holiday, out = (
        np.nan_to_num(column(records, name)) for name in ("promotion", "holiday", "stock_out")
    )
    price = column(records, "price")
    price = np.where(price > 0, price, np.nan)
    return np.stack([demand, promotion, holiday, price, out], axis=1)


def column(records: pa.Table, name: str) -> np.ndarray:
    """A column of numbers, float64 [n]; NaN where it is empty or not there."""
    if name not in records.column_names:
        return np.full(records.num_rows, np.nan)
    return records.column(name).cast(pa.float64()).to_numpy().astype(np.float64)
