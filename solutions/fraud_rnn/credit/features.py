"""What a month and a client say, as numbers; pure NumPy on arrays."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from .attributes import education_of, marriage_of, sex_of, years_of

# Delay codes with a feature of their own; the last stands for itself and all above.
CODES = (-2, -1, 0, 1, 2, 3)
MONTH_FEATURES = (
    "months behind",
    "bill",
    "paid",
    "bill / limit",
    "paid / limit",
    "paid / bill before",
    "change of bill / limit",
    "left unpaid / limit",
    "spent / limit",
    *(f"code {code}" for code in CODES),
)
_WORDS = {
    "sex": (sex_of, ("male", "female")),
    "education": (education_of, ("graduate", "university", "high_school")),
    "marriage": (marriage_of, ("married", "single")),
}


@dataclass(frozen=True)
class Usual:
    """What is usual among the clients trained on: medians, and what amounts are measured in.

    Args:
        limit: of the limit, in the data's currency.
        used: of bill over limit, over clients and months with a bill.
        covered: of the share of a bill that was paid the month after.
        age: in years, in place of one that is not known.
    """

    limit: float = 1.0
    used: float = 0.3
    covered: float = 0.1
    age: float = 35.0

    @classmethod
    def of(cls, limit: np.ndarray, delay: np.ndarray, bill: np.ndarray, paid: np.ndarray) -> Usual:
        """Medians of numbers [n] and [n, 6], months oldest first."""
        owing = bill > 0
        used = (bill / limit[:, None])[owing]
        covered = covered_share(bill, paid)[:, 1:][owing[:, :-1]]
        return cls(
            float(np.median(limit)) if len(limit) else 1.0,
            float(np.median(used)) if len(used) else 0.3,
            float(np.median(covered)) if len(covered) else 0.1,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def covered_share(bill: np.ndarray, paid: np.ndarray) -> np.ndarray:
    """Paid in a month over the bill of the month before, 0 to 2; 1 where nothing was owed.

    Args:
        bill: float64 [n, 6], months oldest first.
        paid: float64 [n, 6].

    Returns:
        float64 [n, 6]; the oldest month, whose bill before it is not known, has 0.

    Example:
        >>> covered_share(np.array([[100.0, 0.0, 50.0]]), np.array([[9.0, 25.0, 0.0]])).tolist()
        [[0.0, 0.25, 1.0]]
    """
    share = np.zeros_like(bill)
    before = bill[:, :-1]
    share[:, 1:] = np.where(before > 0, paid[:, 1:] / np.maximum(before, 1e-9), 1.0)
    return np.clip(share, 0.0, 2.0)


def month_features(
    limit: np.ndarray, delay: np.ndarray, bill: np.ndarray, paid: np.ndarray, usual_limit: float
) -> np.ndarray:
    """One row of features a month.

    Args:
        limit: float64 [n], above 0.
        delay: float64 [n, 6], -2 to 9, months oldest first.
        bill: float64 [n, 6].
        paid: float64 [n, 6].
        usual_limit: what absolute amounts are measured in, so that the currency does not matter.

    Returns:
        float32 [n, 6, F], in the order of ``MONTH_FEATURES``.
    """
    unit, of_limit = usual_limit / 100.0, limit[:, None]
    used = bill / of_limit
    change, left, spent = (np.zeros_like(bill) for _ in range(3))
    change[:, 1:] = np.diff(np.clip(used, -1.0, 3.0), axis=1)
    left[:, 1:] = (bill[:, :-1] - paid[:, 1:]) / of_limit
    spent[:, 1:] = (bill[:, 1:] - bill[:, :-1] + paid[:, 1:]) / of_limit
    columns = [
        np.maximum(delay, 0.0),
        np.sign(bill) * np.log1p(np.abs(bill) / unit),
        np.log1p(paid / unit),
        np.clip(used, -1.0, 3.0),
        np.clip(paid / of_limit, 0.0, 2.0),
        covered_share(bill, paid),
        change,
        np.clip(left, -1.0, 3.0),
        np.clip(spent, -2.0, 3.0),
        *(delay == code if code < CODES[-1] else delay >= code for code in CODES),
    ]
    return np.stack([column.astype(np.float32) for column in columns], axis=2)


def client_features(
    limit: np.ndarray, records: pa.Table, attributes: tuple[str, ...], usual: Usual
) -> np.ndarray:
    """The limit, and the attributes that are asked for.

    Args:
        limit: float64 [n].
        records: the same records, with a column for each attribute.
        attributes: some of ``age education marriage sex``.
        usual: what stands for an age that is not known.

    Returns:
        float32 [n, S].
    """
    columns = [np.log(limit / usual.limit)]
    for name in attributes:
        if name == "age":
            years = years_of(records["age"])
            columns.append(np.where(np.isnan(years), usual.age, years) / 10.0)
            continue
        reading, words = _WORDS[name]
        value = reading(records[name])
        columns += [value == word for word in words]
    return np.stack([np.asarray(column, np.float32) for column in columns], axis=1)
