"""Which columns of a source are read, and under which names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from lepton_core.errors import DataError
from lepton_core.spec import Spec

Chosen = tuple[tuple[int, str], ...]


def choose_columns(
    source: str,
    found: Sequence[str],
    mapping: Mapping[str, str],
    columns: Iterable[str] | None = None,
    spec: Spec | None = None,
    extra: Sequence[str] = (),
) -> Chosen:
    """Choose the columns to read.

    Args:
        source: where they stand, for messages.
        found: the source's column names, in order.
        mapping: their name -> ours. It wins over a column that already has our name.
        columns: the names (ours) that are wanted; None: those of ``spec``, or all.
        spec: what the task takes; all its required columns must be there.
        extra: further columns of the source, under its own names.

    Returns:
        position and name of each column to deliver, the source's order first, then those of
        ``extra`` that it would not bring; a position may stand twice.

    Raises:
        DataError: ``data.map_unknown``, ``map_twice``, ``map_target``, ``missing_columns``,
            ``column_twice`` or ``unknown_column``.

    Example:
        >>> choose_columns("a.csv", ["no", "sum", "shop"], {"sum": "amount"}, ["amount"])
        ((1, 'amount'),)
        >>> choose_columns("a.csv", ["no", "sum", "shop"], {"sum": "amount"}, ["amount"],
        ...                extra=["shop", "sum"])
        ((1, 'amount'), (2, 'shop'), (1, 'sum'))
    """
    _check_mapping(source, found, mapping)
    if spec is not None:
        spec = spec.over(mapping.get(name, name) for name in found)
        _check_targets(mapping, spec)
        spec.require([mapping.get(name, name) for name in found], source)
        columns = spec.names if columns is None else columns
    _check_extra(source, found, extra)
    wanted = None if columns is None else list(columns)
    chosen = _choose(source, found, mapping, wanted)
    if not chosen and not extra:
        names = ", ".join(wanted or [])
        raise DataError(
            "data.missing_columns",
            source=source,
            missing=names,
            expected=names,
            found=", ".join(found),
            hint=f"--map THEIR_COLUMN={(wanted or ['OURS'])[0]}",
        )
    delivered = {name for _, name in chosen}
    more = [name for name in dict.fromkeys(extra) if name not in delivered]
    for name in more:
        if found.count(name) > 1:
            raise DataError("data.column_twice", source=source, column=name)
    return (*chosen, *((found.index(name), name) for name in more))


def by_role(found: Sequence[str], spec: Spec, mapping: Mapping[str, str]) -> dict[str, str]:
    """Our names for a picture's columns where the Spec calls them otherwise.

    Args:
        found: the columns that the pictures have.
        spec: what the task takes; one of its columns is an image.
        mapping: their column name -> ours, as a person gave it; wins.
    """
    ours = {
        "record_id": next(iter(spec.of_role("id")), None),
        "image": next(column for column in spec if column.dtype == "image"),
        "label": next((c for c in spec.of_role("label") if c.dtype == "string"), None),
        "boxes": next((c for c in spec.of_role("label") if c.dtype == "boxes"), None),
        "mask": next((c for c in spec.of_role("label") if c.dtype == "image"), None),
    }
    taken = {*mapping.values()}
    return {
        name: column.name
        for name, column in ours.items()
        if column is not None
        and name in found
        and name not in mapping
        and name not in spec
        and column.name not in taken
    }


def _check_mapping(source: str, found: Sequence[str], mapping: Mapping[str, str]) -> None:
    for theirs, ours in mapping.items():
        if theirs not in found:
            near = get_close_matches(theirs, found, n=1, cutoff=0.5)
            raise DataError(
                "data.map_unknown",
                source=source,
                column=theirs,
                found=", ".join(found),
                hint=f"--map {near[0] if near else 'THEIR_COLUMN'}={ours}",
            )
    twice = [ours for ours, count in Counter(mapping.values()).items() if count > 1]
    if twice:
        both = ", ".join(theirs for theirs, ours in mapping.items() if ours == twice[0])
        raise DataError("data.map_twice", source=source, column=twice[0], both=both)


def _check_targets(mapping: Mapping[str, str], spec: Spec) -> None:
    for ours in mapping.values():
        if ours not in spec:
            near = get_close_matches(ours, spec.names, n=1, cutoff=0.0)
            known = ", ".join(spec.names)
            raise DataError("data.map_target", column=ours, known=known, near=near[0])


def _check_extra(source: str, found: Sequence[str], extra: Sequence[str]) -> None:
    for name in extra:
        if name not in found:
            near = get_close_matches(name, found, n=3, cutoff=0.5) or found
            raise DataError("data.unknown_column", source=source, column=name, near=", ".join(near))


def _choose(
    source: str, found: Sequence[str], mapping: Mapping[str, str], wanted: list[str] | None
) -> Chosen:
    chosen: dict[int, str] = {}
    for position, theirs in enumerate(found):
        ours = mapping.get(theirs, theirs)
        shadowed = theirs not in mapping and theirs in mapping.values()
        if shadowed or (wanted is not None and ours not in wanted):
            continue
        if ours in chosen.values():
            raise DataError("data.column_twice", source=source, column=theirs)
        chosen[position] = ours
    return tuple(chosen.items())
