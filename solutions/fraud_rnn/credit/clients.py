"""The numbers of clients, six months each, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .task import MONTHS

# How the data writes that an account was not used; a month before it was opened is the same.
_UNUSED = -2.0


@dataclass(frozen=True)
class Clients:
    """Numbers of checked records, months oldest first.

    Args:
        limit: float64 [n], above 0.
        delay: float64 [n, 6], -2 to 9.
        bill: float64 [n, 6].
        paid: float64 [n, 6], not negative.
    """

    limit: np.ndarray
    delay: np.ndarray
    bill: np.ndarray
    paid: np.ndarray

    @classmethod
    def of(cls, records: pa.Table) -> Clients:
        """The numbers of checked records [n]; months that are not given are months without use."""
        months = {
            name: np.stack(
                [_numbers(records, f"{name}_{month}") for month in range(MONTHS, 0, -1)], axis=1
            )
            for name in ("delay", "bill", "paid")
        }
        unused = np.isnan(months["delay"])
        return cls(
            _numbers(records, "limit"),
            np.where(unused, _UNUSED, months["delay"]),
            np.where(unused, 0.0, months["bill"]),
            np.where(unused, 0.0, months["paid"]),
        )


def _numbers(records: pa.Table, name: str) -> np.ndarray:
    """A column as float64 [n], NaN where it is empty."""
    column = records.column(name).combine_chunks().cast(pa.float64())
    return pc.fill_null(column, np.nan).to_numpy(zero_copy_only=False)
