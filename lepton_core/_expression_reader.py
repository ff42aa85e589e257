"""Reads the tree of an expression into steps: names and types are checked on the way."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from difflib import get_close_matches
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lepton_core._expression_values import (
    Run,
    Value,
    as_type,
    divide,
    inside,
    is_null,
    literal_as,
    plain_type,
)
from lepton_core.errors import UsageError

# Name -> kind it takes, kind it gives, function of pyarrow.compute. Those that give a bool from
# text take a quoted text as second argument.
FUNCTIONS = {
    "abs": ("number", "number", "abs"),
    "contains": ("text", "bool", "match_substring"),
    "starts_with": ("text", "bool", "starts_with"),
    "lower": ("text", "text", "utf8_lower"),
    "hour": ("time", "number", "hour"),
    "weekday": ("time", "number", "day_of_week"),
    "log1p": ("number", "number", "log1p"),
}
ALLOWED = (
    'column names, numbers, "text", True, False, == != < <= > >=, in [...], not in [...], '
    "is None, is not None, and, or, not, & | ~, + - * /, " + ", ".join(f"{f}()" for f in FUNCTIONS)
)
_FEW = 1000  # rows
_COMPARE = {
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
}
_ARITHMETIC = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}
_LOGIC = {ast.And: "and_kleene", ast.Or: "or_kleene"}
_BITWISE = {ast.BitAnd: "and_kleene", ast.BitOr: "or_kleene"}


class Reader:
    """Turns nodes into :class:`Value`; every node that no method knows is refused."""

    def __init__(
        self,
        text: str,
        columns: Mapping[str, pa.DataType],
        lists: Mapping[str, pa.Array] | None,
    ) -> None:
        self.text = text
        self.columns = columns
        self.lists = lists
        self.names: set[str] = set()

    def read(self, node: ast.expr) -> Value:
        match node:
            case ast.Name(id=name):
                return self.column(node, name)
            case ast.Constant(value=value):
                return self.constant(node, value)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                number = self.want(operand, "number")
                if number.literal is not None:
                    return self.constant(node, -number.literal)
                return self.compute(node, "number", "negate", [number])
            case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
                return self.compute(node, "bool", "invert", [self.want(operand, "bool")])
            case ast.BoolOp(op=op, values=parts):
                return self.compute(node, "bool", _LOGIC[type(op)], self.all(parts, "bool"))
            case ast.BinOp(op=ast.BitAnd() | ast.BitOr() as op, left=a, right=b):
                return self.compute(node, "bool", _BITWISE[type(op)], self.all([a, b], "bool"))
            case ast.BinOp(op=op, left=a, right=b) if type(op) in _ARITHMETIC:
                name = _ARITHMETIC[type(op)]
                return self.compute(node, "number", name, self.all([a, b], "number"))
            case ast.Compare(ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(None)]):
                left, asked = self.read(node.left), isinstance(op, ast.Is)
                return self.condition(node, lambda c: is_null(left.run(c), asked))
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.List(elts=items)]):
                return self.member(node, self.read(node.left), [self.read(item) for item in items])
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Name(id=name)]) if (
                self.lists is not None
            ):
                return self.listed(node, name, self.lists)
            case ast.Compare(ops=ops) if all(type(op) in _COMPARE for op in ops):
                return self.chain(node, [self.read(n) for n in (node.left, *node.comparators)])
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
                return self.call(node, name, args)
        raise self.refused(node)

    def refused(self, node: ast.expr) -> UsageError:
        return UsageError("expression.not_allowed", found=self.source(node), allowed=ALLOWED)

    def source(self, node: ast.expr) -> str:
        """What the person wrote there, short enough for one line."""
        written = " ".join((ast.get_source_segment(self.text, node) or "").split())
        return written if len(written) <= 60 else written[:57] + "..."

    def want(self, node: ast.expr, kind: str) -> Value:
        value = self.read(node)
        if value.kind != kind:
            raise self.unfit(node, value.kind, kind)
        return value

    def all(self, nodes: list[ast.expr], kind: str) -> list[Value]:
        return [self.want(node, kind) for node in nodes]

    def unfit(self, node: ast.expr, received: str, expected: str) -> UsageError:
        part = self.source(node)
        return UsageError("expression.types", part=part, received=received, expected=expected)

    def column(self, node: ast.expr, name: str) -> Value:
        if name not in self.columns:
            near = get_close_matches(name, self.columns, n=3, cutoff=0.4) or sorted(self.columns)
            raise UsageError("expression.unknown_column", column=name, near=", ".join(near) or "-")
        kind, plain = plain_type(self.columns[name])
        if not kind:
            raise self.unfit(node, str(self.columns[name]), "number, text, bool, time")
        self.names.add(name)
        return Value(node, kind, plain, lambda columns: columns[name])

    def constant(self, node: ast.expr, value: Any) -> Value:
        try:
            if isinstance(value, bool):
                kind, plain = "bool", pa.bool_()
            elif isinstance(value, int) and -(2**63) <= value < 2**63:
                kind, plain = "number", pa.int64()
            elif isinstance(value, (int, float)):
                kind, plain, value = "number", pa.float64(), float(value)
            elif isinstance(value, str):
                kind, plain = "text", pa.string()
            else:
                raise self.refused(node)
            scalar = pa.scalar(value, plain)
        except (OverflowError, UnicodeEncodeError):  # a huge integer; half a surrogate pair
            raise self.refused(node) from None
        return Value(node, kind, plain, lambda columns: scalar, value)

    def condition(self, node: ast.expr, run: Run) -> Value:
        return Value(node, "bool", pa.bool_(), run)

    def compute(self, node: ast.expr, kind: str, name: str, parts: list[Value]) -> Value:
        """Fold ``parts`` with a function; numbers as float64, where nothing wraps or raises."""
        function = getattr(pc, name)
        if kind == "bool":
            if len(parts) == 1:
                return self.condition(node, lambda c: function(parts[0].run(c)))
            return self.condition(node, lambda c: reduce(function, [part.run(c) for part in parts]))
        if name == "divide":
            function = divide
        inputs = [as_type(part, pa.float64()) for part in parts]

        def run(columns: dict[str, Any]) -> Any:
            return function(*(to(p.run(columns)) for to, p in zip(inputs, parts, strict=True)))

        return Value(node, kind, pa.float64(), run)

    def call(self, node: ast.Call, name: str, args: list[ast.expr]) -> Value:
        takes, gives, compute = FUNCTIONS[name]
        quoted = gives == "bool"
        if len(args) != 1 + quoted:
            form = f'{name}({takes}, "part")' if quoted else f"{name}({takes})"
            raise UsageError("expression.arguments", part=self.source(node), expected=form)
        value = self.want(args[0], takes)
        if takes == "number":
            return self.compute(node, gives, compute, [value])
        function, options = getattr(pc, compute), {}
        if quoted:
            pattern = self.want(args[1], "text")
            if pattern.literal is None:
                raise self.unfit(args[1], "text", '"part"')
            options = {"pattern": pattern.literal}
        plain = {"bool": pa.bool_(), "text": value.type, "number": pa.int64()}[gives]
        return Value(node, gives, plain, lambda c: function(value.run(c), **options))

    def chain(self, node: ast.Compare, values: list[Value]) -> Value:
        """``a < b <= c``. Each part is evaluated once: twice would double with every level."""
        steps = []
        for op, a, b in zip(node.ops, values, values[1:], strict=False):
            common = self.common(a, b)
            if a.kind == "bool" and not isinstance(op, (ast.Eq, ast.NotEq)):
                raise self.unfit(a.node, "bool", "number, text, time")
            steps.append((getattr(pc, _COMPARE[type(op)]), as_type(a, common), as_type(b, common)))

        def run(columns: dict[str, Any]) -> Any:
            found = [value.run(columns) for value in values]
            pairs = zip(steps, found, found[1:], strict=False)
            return reduce(pc.and_kleene, [step(to(a), as_(b)) for (step, to, as_), a, b in pairs])

        return self.condition(node, run)

    def member(self, node: ast.Compare, value: Value, items: list[Value]) -> Value:
        for item in items:
            if item.literal is None:
                raise self.refused(item.node)
        types = [self.common(value, item) for item in items]
        # An integer column with any fraction in its list is compared as float64.
        common = next((kind for kind in types if kind != value.type), value.type)
        wanted = pa.array([literal_as(item, common) for item in items], common)
        convert, negate = as_type(value, common), isinstance(node.ops[0], ast.NotIn)

        def run(columns: dict[str, Any]) -> Any:
            return inside(convert(value.run(columns)), wanted, negate)

        return self.condition(node, run)

    def listed(self, node: ast.Compare, name: str, lists: Mapping[str, pa.Array]) -> Value:
        """``card in stolen``: a text among the values of a named list."""
        if name not in lists:
            known = ", ".join(sorted(lists)) or "-"
            raise UsageError("expression.unknown_list", name=name, known=known)
        value = self.want(node.left, "text")
        wanted, negate = lists[name].cast(value.type), isinstance(node.ops[0], ast.NotIn)
        quick = frozenset(wanted.to_pylist())

        def run(columns: dict[str, Any]) -> Any:
            found = value.run(columns)
            if isinstance(found, pa.Scalar) or len(found) > _FEW:
                return inside(found, wanted, negate)
            # Arrow hashes the whole list anew each time, for a single payment as for a million.
            among = [v is not None and (v in quick) != negate for v in found.to_pylist()]
            return pc.if_else(pc.is_valid(found), pa.array(among), pa.scalar(None, pa.bool_()))

        return self.condition(node, run)

    def common(self, a: Value, b: Value) -> pa.DataType:
        """The type in which two values are compared."""
        for time, text in ((a, b), (b, a)):
            if time.kind == "time" and text.kind == "text" and text.literal is not None:
                literal_as(text, time.type)  # an unreadable time is told here
                return time.type
        if a.kind != b.kind:
            left, right = (f"{self.source(v.node)} ({v.kind})" for v in (a, b))
            raise UsageError("expression.compare", left=left, right=right)
        if a.type == b.type:
            return a.type
        if a.kind == "text":
            return pa.large_string()
        # 0.1 beside a float32 column means the float32 nearest to 0.1, or == would never be true.
        if any(v.type == pa.float32() and w.literal is not None for v, w in ((a, b), (b, a))):
            return pa.float32()
        return pa.float64()
