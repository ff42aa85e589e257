"""Values of an expression: what kind they are, and how they become comparable."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import UsageError

Run = Callable[[dict[str, Any]], Any]  # columns by name -> array, chunked array or scalar


class Value(NamedTuple):
    """A part of an expression: its kind and Arrow type are known before there are records."""

    node: ast.expr
    kind: str  # number, text, bool or time
    type: pa.DataType
    run: Run
    literal: Any = None


def plain_type(kind: pa.DataType) -> tuple[str, pa.DataType]:
    """Kind of a column, and the type that it is computed in; an empty kind for other types."""
    is_ = pa.types
    if is_.is_dictionary(kind):
        return plain_type(kind.value_type)
    if is_.is_boolean(kind):
        return "bool", kind
    if is_.is_integer(kind):  # uint64 does not fit into int64
        return "number", pa.float64() if kind == pa.uint64() else pa.int64()
    if is_.is_float16(kind) or is_.is_float32(kind):
        return "number", pa.float32()
    if is_.is_float64(kind) or is_.is_decimal(kind):
        return "number", pa.float64()
    if is_.is_string(kind) or is_.is_large_string(kind):
        return "text", kind
    if is_.is_string_view(kind):
        return "text", pa.large_string()
    if is_.is_timestamp(kind) or is_.is_date(kind):
        return "time", pa.timestamp("us", tz="UTC")
    return "", kind


def literal_as(value: Value, kind: pa.DataType) -> Any:
    """A literal as a Python value for a scalar of type ``kind``."""
    if pa.types.is_floating(kind):
        return float(value.literal)
    if not pa.types.is_timestamp(kind):
        return value.literal
    try:
        time = datetime.fromisoformat(value.literal)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError("expression.bad_time", received=value.literal) from None


def as_type(value: Value, kind: pa.DataType) -> Callable[[Any], Any]:
    """A function from what ``value`` gives to type ``kind``, NaN made null."""
    if value.literal is not None:
        scalar = pa.scalar(literal_as(value, kind), kind)
        return lambda found: scalar
    return lambda found: known(pc.cast(found, kind, safe=False))


def known(found: Any) -> Any:
    """NaN made null, so that one rule holds for both."""
    if not pa.types.is_floating(found.type):
        return found
    return pc.if_else(pc.is_nan(found), pa.scalar(None, found.type), found)


def is_null(found: Any, asked: bool) -> Any:
    return pc.is_null(known(found)) if asked else pc.is_valid(known(found))


def inside(found: Any, wanted: pa.Array, negate: bool) -> Any:
    """Whether values are among ``wanted``; not known of what is not known."""
    among = pc.is_in(found, value_set=wanted)
    among = pc.invert(among) if negate else among
    return pc.if_else(pc.is_valid(found), among, pa.scalar(None, pa.bool_()))


def divide(a: Any, b: Any) -> Any:
    return pc.divide(a, pc.if_else(pc.equal(b, 0.0), pa.scalar(None, pa.float64()), b))
