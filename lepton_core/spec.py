"""What goes in or out of a task: columns with their types, units, ranges and roles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from difflib import SequenceMatcher, get_close_matches
from shlex import quote
from typing import TYPE_CHECKING, Any

from lepton_core.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

PLAIN = ("string", "bool", "int64", "float32", "float64", "timestamp")
# What one record has several of, in order, as the purchases of a customer.
LISTS = tuple(f"list<{one}>" for one in PLAIN if one != "bool")
NESTED = ("image", "frame", "boxes", "tracks", *LISTS)
DTYPES = (*PLAIN, *NESTED)
ROLES = ("id", "entity", "time", "feature", "quantity", "as_of", "label", "output", "meta")
FORMATS = ("dicom", "nifti")
# The name of a column that stands for all those of a table that the Spec does not name.
FURTHER = "*"
# What a box is made of; all but the four coordinates may be absent.
BOX_KEYS = ("label", "probability", "x0", "y0", "x1", "y1", "area")
# Numbers of where a tracked thing was, beside its id, size class and time.
TRACK_KEYS = ("x0", "y0", "x1", "y1", "foot_x", "foot_y", "speed")


@dataclass(frozen=True)
class Column:
    """One column of records.

    Args:
        name: the column's name; ``FURTHER`` (``*``) for every column of a table that its Spec does
            not name (sensors, say), where only ``float64`` that need not be there makes sense.
            Among outputs it stands for the columns that a bundle's settings decide on.
        dtype: one of ``DTYPES``; ``timestamp`` means microseconds in UTC, ``image`` an encoded
            picture: ``struct<path: string, bytes: binary, sha256: string>``, ``boxes`` a list of
            things found in a picture, each with ``BOX_KEYS``: corners in pixels of the picture as
            it is seen at full size, from the left and the top, ``x1 y1`` just outside; area in
            square pixels. An empty list says that nothing is there, null that nobody knows.
            ``frame`` is a raw picture of a video, ``struct<height, width, channels, data>`` with
            uint8 red, green, blue or grey alone (see :mod:`lepton_core.frames`). ``tracks`` is a
            list of where things that move were, each with its id ``track``, ``time``,
            ``TRACK_KEYS`` in pixels (speed: pixels a second), and ``size``, the class of its size,
            "" where that is not known; the point ``foot`` stands on the ground. Places of earlier
            frames stand in it with their own time. ``list<string>``, ``list<float32>``... is a list
            of plain values; in CSV its JSON text.
        role: one of ``ROLES``; ``quantity`` is how many, below 0 where a purchase is taken back;
            ``as_of`` the moment up to which a history tells, the latest of all where a table with
            one row an event is read.
        unit: unit of the values, for people (``USD``, ``mm``).
        low: smallest allowed value, inclusive.
        high: largest allowed value, inclusive.
        required: whether the column must be there and filled in.
        choices: the allowed values of a string column, or labels of boxes; empty for any.
        description: one line for people.
        formats: of an image column, what is read beside everyday pictures (PNG, JPEG...): any of
            ``FORMATS``.
        made_of: of an id column, the columns whose values joined by ``/`` are the id where a table
            has none: ``("unit", "cycle")``.
        rows: where a record is a history, the column of a table with one row an event that this
            one is made of: the list ``items`` of its values ``item``, the id of whose event it is.
            See :attr:`Spec.by_rows`.

    Raises:
        ValueError: for an unknown dtype, role or format, formats of what is no image, or bounds of
            what is a list.
    """

    name: str
    dtype: str
    role: str = "feature"
    unit: str = ""
    low: float | None = None
    high: float | None = None
    required: bool = True
    choices: tuple[str, ...] = ()
    description: str = ""
    formats: tuple[str, ...] = ()
    made_of: tuple[str, ...] = ()
    rows: str = ""

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise ValueError(f"dtype is one of {DTYPES}. Received: dtype={self.dtype!r}")
        if self.role not in ROLES:
            raise ValueError(f"role is one of {ROLES}. Received: role={self.role!r}")
        if not set(self.formats) <= set(FORMATS) or (self.formats and self.dtype != "image"):
            raise ValueError(
                f"formats are any of {FORMATS}, of an image column. "
                f"Received: formats={self.formats!r}, dtype={self.dtype!r}"
            )
        bounds = (self.low, self.high, self.choices or None)
        if self.is_list and any(bound is not None for bound in bounds):
            raise ValueError(f"a list has no low, high or choices. Received: {bounds}")

    @property
    def is_list(self) -> bool:
        """Whether its cells are lists of plain values: one of ``LISTS``."""
        return self.dtype in LISTS

    @property
    def item(self) -> str:
        """The dtype of what its lists hold; its own where it is no list."""
        return self.dtype[5:-1] if self.is_list else self.dtype

    @property
    def is_picture(self) -> bool:
        """Whether its cells are pictures, encoded or raw, which are many bytes each."""
        return self.dtype in ("image", "frame")

    @property
    def is_nested(self) -> bool:
        """Whether its cells hold more than one plain value: one of ``NESTED``."""
        return self.dtype in NESTED

    def arrow_type(self) -> pa.DataType:
        """The Arrow type that records hold in this column."""
        import pyarrow as pa

        if self.is_list:
            return pa.list_(Column(self.name, self.item).arrow_type())
        if self.dtype == "timestamp":
            return pa.timestamp("us", tz="UTC")
        if self.dtype == "image":
            return pa.struct(
                [("path", pa.string()), ("bytes", pa.binary()), ("sha256", pa.string())]
            )
        if self.dtype == "boxes":
            kinds = [(name, pa.string() if name == "label" else pa.float32()) for name in BOX_KEYS]
            return pa.list_(pa.struct(kinds))
        if self.dtype == "frame":
            sides = [(name, pa.int32()) for name in ("height", "width", "channels")]
            return pa.struct([*sides, ("data", pa.large_binary())])
        if self.dtype == "tracks":
            numbers = [(name, pa.float32()) for name in TRACK_KEYS]
            own = [("track", pa.int64()), ("time", pa.timestamp("us", tz="UTC"))]
            return pa.list_(pa.struct([*own, *numbers, ("size", pa.string())]))
        return {
            "string": pa.string(),
            "bool": pa.bool_(),
            "int64": pa.int64(),
            "float32": pa.float32(),
            "float64": pa.float64(),
        }[self.dtype]


@dataclass(frozen=True)
class Spec:
    """An ordered set of columns.

    Example:
        >>> spec = Spec((Column("record_id", "string", "id"), Column("amount", "float64", low=0)))
        >>> spec.names
        ('record_id', 'amount')
        >>> spec["amount"].low
        0
    """

    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        if len(set(self.names)) != len(self.columns):
            raise ValueError(f"column names must differ. Received: {self.names}")

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def of_role(self, role: str) -> tuple[Column, ...]:
        """The columns that play ``role``."""
        return tuple(column for column in self.columns if column.role == role)

    def over(self, names: Iterable[str]) -> Spec:
        """The Spec for a table with these columns, each of the further ones under its own name.

        A Spec without a column ``FURTHER`` stays as it is. Cells of a further column that are no
        number are empty ones: nobody promised that the column is one of numbers.

        Args:
            names: the table's columns, under our names, in order.

        Example:
            >>> spec = Spec((Column("unit", "string"), Column("*", "float64", required=False)))
            >>> spec.over(["unit", "heat", "speed"]).names
            ('unit', 'heat', 'speed')
        """
        if FURTHER not in self.names:
            return self
        kind = self[FURTHER]
        own = tuple(column for column in self.columns if column is not kind)
        taken = {column.name for column in own}
        further = (name for name in dict.fromkeys(names) if name not in taken and name != FURTHER)
        return Spec((*own, *(replace(kind, name=name) for name in further)))

    @property
    def by_rows(self) -> Spec | None:
        """The Spec of a table with one row an event, from which records that are histories are
        made; None where records are no histories.

        Example:
            >>> spec = Spec((Column("record_id", "string", "id", rows="user"),
            ...              Column("items", "list<string>", rows="item")))
            >>> [(column.name, column.dtype) for column in spec.by_rows]
            [('user', 'string'), ('item', 'string')]
        """
        made = [column for column in self.columns if column.rows]
        if not made:
            return None
        return Spec(
            tuple(
                replace(
                    column,
                    name=column.rows,
                    dtype=column.item,
                    role="time" if column.item == "timestamp" else column.role,
                    required=column.required or column.role == "id",
                    rows="",
                    made_of=(),
                )
                for column in made
            )
        )

    def form(self, names: Iterable[str]) -> Spec:
        """The Spec that a table with these columns is read by: this one, or :attr:`by_rows` where
        it lacks the lists that a record must have.

        Args:
            names: the table's columns, under our names.
        """
        found, by_rows = set(names), self.by_rows
        whole = {column.name for column in self.columns if column.is_list and column.required}
        return self if by_rows is None or whole <= found else by_rows

    def takes(self, name: str) -> bool:
        """Whether a table's column of this name is read, in either form."""
        by_rows = self.by_rows
        return name in self.over([name]) or (by_rows is not None and name in by_rows)

    def filled(self, names: Iterable[str]) -> Spec:
        """The Spec of outputs whose column ``FURTHER`` stands for these columns, in its place.

        Args:
            names: what a bundle's decision calls them; without a column ``FURTHER`` they are left
                out.

        Example:
            >>> spec = Spec((Column("record_id", "string"), Column("*", "float32"),
            ...              Column("bundle", "string")))
            >>> spec.filled(["value_5", "value_15"]).names
            ('record_id', 'value_5', 'value_15', 'bundle')
        """
        columns: list[Column] = []
        for column in self.columns:
            several = [column.name] if column.name != FURTHER else names
            columns += (replace(column, name=name) for name in several)
        return Spec(tuple(columns))

    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema of checked records."""
        import pyarrow as pa

        return pa.schema([(column.name, column.arrow_type()) for column in self.columns])

    def require(self, found: list[str], source: str) -> None:
        """Refuse a table that lacks required columns, all of them named at once.

        Args:
            found: the names the table has.
            source: where the table came from, for the message.

        Raises:
            DataError: ``data.missing_columns``, with the likely meant names.
        """
        missing = [c.name for c in self.columns if c.required and c.name not in found]
        if not missing:
            return
        hints, free = [], [name for name in found if name not in {c.name for c in self.columns}]
        # The best guess first, so that no column of theirs is offered for two of ours.
        for name in sorted(missing, key=lambda ours: -_likeness(ours, found)):
            if near := get_close_matches(name, free, n=1, cutoff=0.5):
                free.remove(near[0])
                hints.append(f"--map {quote(f'{near[0]}={name}')}")
        raise DataError(
            "data.missing_columns",
            source=source,
            missing=", ".join(missing),
            expected=", ".join(c.name for c in self.columns if c.required),
            found=", ".join(found) or "-",
            hint=" ".join(hints) or f"--map THEIR_COLUMN={missing[0]}",
        )

    def to_json(self) -> list[dict[str, Any]]:
        """A list of plain dictionaries, one a column."""
        return [asdict(column) for column in self.columns]

    @classmethod
    def from_json(cls, columns: list[dict[str, Any]]) -> Spec:
        """The Spec that :meth:`to_json` wrote."""
        # Bundles made before columns had formats, made_of or rows name none.
        listed = ({"formats": (), "made_of": (), "rows": "", **column} for column in columns)
        several = ("choices", "formats", "made_of")
        return cls(tuple(Column(**{**c, **{n: tuple(c[n]) for n in several}}) for c in listed))


def _likeness(ours: str, found: list[str]) -> float:
    """How near the nearest of the names comes, 0 to 1."""
    return max((SequenceMatcher(None, name, ours).ratio() for name in found), default=0.0)
