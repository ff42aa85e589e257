"""Which items may be shown at all: filters that hold for every list, whatever the scores."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.decision.catalogue import Catalogue
from lepton_core.errors import UsageError


@dataclass(frozen=True)
class ItemFilters:
    """What an item must be to be shown; what is not known of it passes no filter that asks for it.

    Args:
        in_stock: at least one piece is there.
        categories: it is of one of these; empty for any.
        low_price: it costs at least so much; None for no limit.
        high_price: it costs at most so much; None for no limit.
        hidden: ids that are never shown.

    Raises:
        UsageError: ``rank.prices`` where no price lies between the two.

    Example:
        >>> catalogue = Catalogue(("a", "b", "c"), {"category": ["tea", "tea", "cup"]},
        ...                       {"price": [2.0, np.nan, 9.0]})
        >>> ItemFilters(categories=("tea",), high_price=5.0).allowed(catalogue).tolist()
        [True, False, False]
    """

    in_stock: bool = False
    categories: tuple[str, ...] = ()
    low_price: float | None = None
    high_price: float | None = None
    hidden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        low, high = self.low_price, self.high_price
        if low is not None and high is not None and low > high:
            raise UsageError("rank.prices", low=low, high=high)

    def allowed(self, catalogue: Catalogue) -> np.ndarray | None:
        """Which items pass, bool [N]; None where nothing is asked.

        Raises:
            UsageError: ``rank.no_column`` where a filter asks for what nothing is known of, and
                ``rank.category`` for a category that no item has.
        """
        if self == ItemFilters():
            return None
        kept = np.ones(len(catalogue), bool)
        if self.in_stock:
            catalogue.require("stock", "in_stock")
            kept &= _known(catalogue, "stock") >= 1
        if self.categories:
            catalogue.require("category", "categories")
            known = catalogue.categories
            for name in self.categories:
                if name not in known:
                    raise UsageError("rank.category", received=name, known=", ".join(known[:20]))
            kept &= np.isin(catalogue.category_codes, [known.index(n) for n in self.categories])
        if self.low_price is not None or self.high_price is not None:
            catalogue.require("price", "low_price, high_price")
            price = _known(catalogue, "price")
            low = -np.inf if self.low_price is None else self.low_price
            high = np.inf if self.high_price is None else self.high_price
            kept &= (price >= low) & (price <= high)
        if self.hidden:
            codes = catalogue.codes(pa.array(self.hidden, pa.string()))
            kept[codes[codes >= 0]] = False
        return kept

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ItemFilters:
        """The filters that :meth:`to_json` wrote."""
        known: dict[str, Any] = {f.name: values[f.name] for f in fields(cls) if f.name in values}
        for name in ("categories", "hidden"):
            known[name] = tuple(known.get(name, ()))
        return cls(**known)


def _known(catalogue: Catalogue, column: str) -> np.ndarray:
    """Numbers [N]; NaN, which no comparison holds for, where not known."""
    return catalogue.numbers[column]
