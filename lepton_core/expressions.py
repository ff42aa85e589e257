"""Conditions on records, as people write them: ``amount > 100 and country not in ["DE", "FR"]``.

Python's own grammar reads the text, but nothing is run as Python: the tree is turned, node by
known node, into steps of ``pyarrow.compute``, and any other node is refused. Names and types are
checked while reading, so that a wrong expression fails before the first record.

What a condition means where data have gaps: null and NaN are both "not known". A comparison with
something not known is not known either, ``not`` of it too, and a record is kept only where the
whole condition is known to be true. A division by zero is not known. ``is None`` asks for gaps.
Times are in UTC. Arithmetic is in float64; integers are compared exactly
(uint64 as float64, as it does not fit into int64).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lepton_core._expression_reader import ALLOWED, Reader
from lepton_core._expression_values import Run, plain_type
from lepton_core.errors import UsageError

__all__ = ["ALLOWED", "MAX_DEPTH", "MAX_LENGTH", "Condition", "names_in"]

MAX_LENGTH = 2000  # characters
MAX_DEPTH = 50  # nodes one inside another: both reading and evaluating recurse


@dataclass(frozen=True)
class Condition:
    """A checked condition; call it with a table to learn which rows it keeps.

    Example:
        >>> import pyarrow as pa
        >>> table = pa.table({"amount": [5.0, 250.0, None], "country": ["DE", "FR", "DE"]})
        >>> types = dict(zip(table.schema.names, table.schema.types))
        >>> large = Condition.parse('amount > 100 and country in ["FR", "IT"]', types)
        >>> large(table).to_pylist()
        [False, True, False]
        >>> sorted(large.names)
        ['amount', 'country']
    """

    text: str
    types: Mapping[str, pa.DataType] = field(repr=False)  # of the columns that it reads
    _run: Run = field(repr=False, compare=False)
    lists: Mapping[str, pa.Array] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def parse(
        cls,
        text: str,
        columns: Mapping[str, pa.DataType],
        lists: Mapping[str, pa.Array] | None = None,
    ) -> Condition:
        """Read a condition on tables with ``columns``.

        Args:
            text: the expression; ``expressions.ALLOWED`` says what may stand in it.
            columns: name and Arrow type of every column that it may read.
            lists: name -> texts, for ``card in NAME``; None where lists are not known at all.

        Raises:
            UsageError: ``expression.*``: not readable, too long or deep, something not allowed,
                an unknown column, types that do not fit, or a result that is not true or false.
        """
        reader = Reader(text.strip(), columns, lists)
        value = reader.read(_tree(text))
        if value.kind != "bool":
            raise UsageError("expression.not_boolean", text=text.strip(), received=value.kind)
        types = {name: columns[name] for name in sorted(reader.names)}
        return cls(text, types, value.run, lists or {})

    @property
    def names(self) -> frozenset[str]:
        """The columns that it reads."""
        return frozenset(self.types)

    def __call__(self, table: pa.Table) -> pa.BooleanArray | pa.ChunkedArray:
        """One true or false a row, without nulls: a mask for ``table.filter``."""
        columns = {
            name: pc.cast(table.column(name), plain_type(kind)[1], safe=False)
            for name, kind in self.types.items()
        }
        kept = self._run(columns)
        if isinstance(kept, pa.Scalar):  # an expression without columns
            return pa.repeat(kept.as_py() is True, table.num_rows)
        return pc.fill_null(kept, False)

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[Any, ...]:
        return Condition.parse, (
            self.text,
            self.types,
            self.lists,
        )  # the steps are closures: read anew


def names_in(text: str) -> frozenset[str]:
    """The columns that an expression reads, before their types are known.

    Raises:
        UsageError: ``expression.*`` where the text cannot be read.

    Example:
        >>> sorted(names_in("probability > .9 and lower(shop) == 'north'"))
        ['probability', 'shop']
    """
    nodes = list(ast.walk(_tree(text)))
    functions = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    names = {node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in functions}
    return frozenset(names)


def _tree(text: str) -> ast.expr:
    """The parsed text; hostile length or nesting is refused before anything recurses over it."""
    text = text.strip()
    if len(text) > MAX_LENGTH:
        raise UsageError("expression.too_long", received=len(text), most=MAX_LENGTH)
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        lines = text.split("\n")[: max((error.lineno or 1) - 1, 0)]
        position = sum(len(line) + 1 for line in lines) + max(error.offset or 1, 1)
        raise UsageError("expression.syntax", position=position, reason=error.msg) from None
    except ValueError as error:  # null bytes, half surrogate pairs
        raise UsageError("expression.syntax", position=1, reason=str(error)) from None
    except (MemoryError, RecursionError):  # how Python's parser says that its stack is full
        raise UsageError("expression.too_deep", most=MAX_DEPTH) from None
    level: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    if level:
        raise UsageError("expression.too_deep", most=MAX_DEPTH)
    return tree
