"""What is known of the items that can be shown: names, categories, prices, margins, stock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import UsageError

NUMBERS = ("price", "margin", "stock")
TEXTS = ("title", "category")


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Items in a fixed order; an item's row is its code.

    Args:
        ids: texts [N], all different.
        texts: ``title`` and ``category`` -> texts [N], None where not known.
        numbers: ``price`` (money a piece), ``margin`` (what one sold piece earns, in the same
            money) and ``stock`` (pieces) -> float64 [N], NaN where not known.

    Raises:
        ValueError: columns of other names or lengths, or an id twice.

    Example:
        >>> catalogue = Catalogue(("a", "b"), {"category": ["tea", None]}, {"price": [2.0, 5.0]})
        >>> catalogue.codes(pa.array(["b", "x", "a"])).tolist()
        [1, -1, 0]
        >>> catalogue.knows("category"), catalogue.knows("stock")
        (True, False)
    """

    ids: Sequence[str]
    texts: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    numbers: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", tuple(self.ids))
        numbers = {name: np.asarray(v, np.float64) for name, v in self.numbers.items()}
        object.__setattr__(self, "numbers", numbers)
        lengths = {len(self.ids), *map(len, self.texts.values()), *map(len, numbers.values())}
        strange = {*self.texts} - {*TEXTS} | {*numbers} - {*NUMBERS}
        if len(lengths) > 1 or strange or len(set(self.ids)) < len(self.ids):
            raise ValueError(
                f"ids differ, and texts {TEXTS} and numbers {NUMBERS} have one value an item. "
                f"Received: lengths {sorted(lengths)}, columns {[*self.texts, *numbers]}"
            )

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def id_array(self) -> pa.Array:
        """The ids as Arrow strings [N]."""
        return pa.array(self.ids, pa.string())

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """The different categories, in order of the alphabet."""
        return tuple(sorted({name for name in self.texts.get("category", ()) if name}))

    @cached_property
    def category_codes(self) -> np.ndarray:
        """Each item's place in :attr:`categories`, int64 [N]; -1 where not known."""
        places = {name: place for place, name in enumerate(self.categories)}
        names = self.texts.get("category") or [None] * len(self)
        return np.array([places.get(name or "", -1) for name in names], np.int64)

    def knows(self, column: str) -> bool:
        """Whether anything is known in a column."""
        if column in self.numbers:
            return bool(np.isfinite(self.numbers[column]).any())
        return any(self.texts.get(column, ()))

    def require(self, column: str, asked: str) -> None:
        """Refuse what needs a column of which nothing is known.

        Args:
            column: what has to be known.
            asked: what needs it, for the message.

        Raises:
            UsageError: ``rank.no_column``.
        """
        if not self.knows(column):
            raise UsageError("rank.no_column", asked=asked, column=column)

    def codes(self, ids: pa.Array | pa.ChunkedArray) -> np.ndarray:
        """The rows of ids [n], int64; -1 for those it does not hold."""
        found = pc.index_in(ids, self.id_array)
        return pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)

    def title(self, code: int) -> str:
        """What people call an item: its title, else its id."""
        titles = self.texts.get("title")
        return (titles[code] if titles else None) or self.ids[code]

    def updated(self, table: pa.Table) -> Catalogue:
        """The same items with what a client's catalogue says of them.

        A column that the table has replaces the one here; items that the table lacks become not
        known in it, so that what left the shop passes no filter. Items that are not here are
        passed over: no vector says whom they suit.

        Args:
            table: ``item`` (strings, different) and any of ``title category price margin stock``.
        """
        at = pc.index_in(self.id_array, table.column("item").combine_chunks())
        texts, numbers = dict(self.texts), dict(self.numbers)
        for name in table.column_names:
            if name in TEXTS:
                texts[name] = table.column(name).combine_chunks().take(at).to_pylist()
            elif name in NUMBERS:
                values = table.column(name).combine_chunks().take(at).cast(pa.float64())
                numbers[name] = values.to_numpy(zero_copy_only=False)
        return replace(self, texts=texts, numbers=numbers)

    def extended(self, table: pa.Table) -> Catalogue:
        """These items and behind them further ones, with what a table says of those.

        Args:
            table: as for :meth:`updated`; its ids are none of those here.
        """
        more = table.num_rows
        texts, numbers = {}, {}
        for name in (name for name in TEXTS if name in {*self.texts, *table.column_names}):
            old = list(self.texts.get(name) or [None] * len(self))
            there = name in table.column_names
            texts[name] = old + (table.column(name).to_pylist() if there else [None] * more)
        for name in (name for name in NUMBERS if name in {*self.numbers, *table.column_names}):
            old_numbers = self.numbers.get(name, np.full(len(self), np.nan))
            new = np.full(more, np.nan)
            if name in table.column_names:
                new = table.column(name).cast(pa.float64()).to_numpy()
            numbers[name] = np.concatenate([old_numbers, new])
        return Catalogue((*self.ids, *table.column("item").to_pylist()), texts, numbers)

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it as plain arrays, for a bundle."""
        packed = {"ids": self.ids, **self.texts}
        found = {f"{name}.{part}": a for name, v in packed.items() for part, a in _pack(v).items()}
        return found | dict(self.numbers)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Catalogue:
        """The catalogue that :meth:`arrays` gave."""
        texts = {n: _unpack(arrays, n) for n in ("ids", *TEXTS) if f"{n}.offsets" in arrays}
        ids = [text or "" for text in texts.pop("ids")]
        return cls(ids, texts, {name: arrays[name] for name in NUMBERS if name in arrays})


def _pack(texts: Sequence[str | None]) -> dict[str, np.ndarray]:
    """Texts as UTF-8 bytes and where each begins; none at all as an empty one."""
    encoded = [(text or "").encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    return {"bytes": np.frombuffer(b"".join(encoded), np.uint8), "offsets": offsets}


def _unpack(arrays: Mapping[str, np.ndarray], name: str) -> list[str | None]:
    data, offsets = arrays[f"{name}.bytes"].tobytes(), arrays[f"{name}.offsets"].tolist()
    ends = pairwise(offsets)
    return [data[begin:end].decode() or None for begin, end in ends]
