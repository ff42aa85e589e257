"""Which defects a part may have: limits by class, number and size, and a file of them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from lepton_core.errors import UsageError

ANY = "*"


@dataclass(frozen=True)
class Limit:
    """What is tolerated of one class of defects; a part with more fails.

    With no number and no size, no defect is tolerated. With sizes alone, any number of smaller ones
    is. With both, a part fails by either.

    Args:
        defect: the class, or ``*`` for all that have no limit of their own, together.
        max_count: defects that are tolerated.
        max_length_mm: length that is tolerated of each, millimetres.
        max_length_px: the same in pixels of the original picture.
        max_area_mm2: area that is tolerated of each, square millimetres.
        max_area_px2: the same in square pixels.
        min_probability: defects less probable than this do not count here.

    Raises:
        ValueError: a limit below 0 or no number, or a probability outside 0..1.
    """

    defect: str = ANY
    max_count: int | None = None
    max_length_mm: float | None = None
    max_length_px: float | None = None
    max_area_mm2: float | None = None
    max_area_px2: float | None = None
    min_probability: float = 0.0

    def __post_init__(self) -> None:
        for name in _NUMBERS:
            value = getattr(self, name)
            if value is not None and not 0 <= value < np.inf:
                raise ValueError(f"{name} is 0 or more. Received: {value!r}")
        if self.min_probability > 1:
            raise ValueError(f"min_probability is 0 to 1. Received: {self.min_probability!r}")

    @property
    def needs_scale(self) -> bool:
        """Whether it reads millimetres."""
        return self.max_length_mm is not None or self.max_area_mm2 is not None

    def to_json(self) -> dict[str, Any]:
        """As it stands in a file: what is set, with ``class`` for the class."""
        told = {name: value for name, value in asdict(self).items() if value is not None}
        return {"class": told.pop("defect"), **told}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Limit:
        """The limit that :meth:`to_json` wrote."""
        told = dict(values)
        return cls(told.pop("class"), **told)


_NUMBERS = tuple(field.name for field in fields(Limit) if field.name != "defect")
_KEYS = ("class", *_NUMBERS)


@dataclass(frozen=True)
class Judged:
    """What limits say of one part's defects, bool [m] each.

    Args:
        too_much: defects that are too large, or of which there are too many.
        unmeasured: those whose limit is in millimetres while the scale is not known.
    """

    too_much: np.ndarray
    unmeasured: np.ndarray


def judge(
    limits: Sequence[Limit],
    names: Sequence[str],
    probability: np.ndarray,
    length: np.ndarray,
    area: np.ndarray,
    mm_per_px: float,
) -> Judged:
    """Which of one part's defects go beyond the limits.

    Args:
        limits: at most one a class; a class without one tolerates nothing.
        names: class of each defect [m].
        probability: of each [m].
        length: of each [m], pixels.
        area: of each [m], square pixels.
        mm_per_px: the picture's scale; not a number where it is not known.

    Example:
        >>> limits = [Limit("scratch", max_count=2, max_length_mm=3.0)]
        >>> names, length = ["scratch", "scratch", "dent"], np.array([20.0, 40.0, 9.0])
        >>> judge(limits, names, np.ones(3), length, np.ones(3), mm_per_px=0.1).too_much.tolist()
        [False, True, True]
    """
    own = {limit.defect: limit for limit in limits}
    kinds = np.array([name if name in own else ANY for name in names], object)
    too_much, unmeasured = np.zeros(len(kinds), bool), np.zeros(len(kinds), bool)
    for kind in dict.fromkeys(kinds):
        limit = own.get(kind, Limit(kind))
        counts = (kinds == kind) & (probability >= np.float32(limit.min_probability))
        large = np.zeros(len(kinds), bool)
        sized = (
            (limit.max_length_px, length),
            (limit.max_area_px2, area),
            (limit.max_length_mm, length * mm_per_px),
            (limit.max_area_mm2, area * mm_per_px**2),
        )
        for most, size in sized:
            if most is not None:
                large |= size > most
        too_much |= counts & large
        most_defects = limit.max_count
        if most_defects is None and all(most is None for most, _ in sized):
            most_defects = 0
        if most_defects is not None and counts.sum() > most_defects:
            too_much |= counts
        if limit.needs_scale and not np.isfinite(mm_per_px):
            unmeasured |= counts
    return Judged(too_much, unmeasured & ~too_much)


@dataclass(frozen=True)
class LimitsFile:
    """What a file of limits says.

    Args:
        limits: by class.
        thresholds: class -> probability from which a defect of it counts; what is not named stays.
    """

    limits: tuple[Limit, ...] = ()
    thresholds: Mapping[str, float] | None = None


def read_limits(source: Path | str, defects: Sequence[str]) -> LimitsFile:
    """Limits from YAML.

    Args:
        source: a path of a file, or its text.
        defects: names of the defect classes.

    Raises:
        UsageError: ``limits.*``: not readable, an unknown key or class (the nearest is named), a
            class twice, or a value that is none.

    Example:
        >>> text = '''
        ... limits:
        ...   - {class: scratch, max_count: 2, max_length_mm: 3}
        ... thresholds: {scratch: 0.4}
        ... '''
        >>> found = read_limits(text, ("scratch", "dent"))
        >>> found.limits[0].max_length_mm, found.thresholds
        (3.0, {'scratch': 0.4})
    """
    import yaml

    name = str(source) if isinstance(source, Path) else "-"
    try:
        text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
        given = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, RecursionError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise UsageError("limits.unreadable", source=name, reason=reason) from error
    if isinstance(given, list):
        given = {"limits": given}
    if not isinstance(given, dict):
        raise UsageError("limits.shape", source=name, received=type(given).__name__)
    _known(name, given, ("limits", "thresholds"))
    rows = given.get("limits") or []
    if not isinstance(rows, list):
        raise UsageError("limits.shape", source=name, received=type(rows).__name__)
    limits = tuple(_limit(name, row, defects) for row in rows)
    for limit in limits:
        if sum(other.defect == limit.defect for other in limits) > 1:
            raise UsageError("limits.twice", source=name, received=limit.defect)
    return LimitsFile(limits, _thresholds(name, given.get("thresholds"), defects))


def _limit(source: str, row: Any, defects: Sequence[str]) -> Limit:
    if not isinstance(row, dict):
        raise UsageError("limits.shape", source=source, received=type(row).__name__)
    _known(source, row, _KEYS)
    if "class" not in row:
        raise UsageError("limits.no_class", source=source, known=", ".join((*defects, ANY)))
    values: dict[str, Any] = {"defect": _defect(source, row["class"], (*defects, ANY))}
    for key in _NUMBERS:
        if row.get(key) is not None:
            values[key] = _number(source, key, row[key], whole=key == "max_count")
    return Limit(**values)


def _thresholds(source: str, given: Any, defects: Sequence[str]) -> dict[str, float] | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise UsageError("limits.shape", source=source, received=type(given).__name__)
    return {
        _defect(source, key, defects): _number(source, "threshold", value)
        for key, value in given.items()
    }


def _known(source: str, given: Mapping[Any, Any], known: Sequence[str]) -> None:
    for key in given:
        if key not in known:
            near = get_close_matches(str(key), known, n=1, cutoff=0.4)
            expected = near[0] if near else ", ".join(known)
            raise UsageError("limits.key", source=source, received=key, expected=expected)


def _defect(source: str, given: Any, known: Sequence[str]) -> str:
    if given not in known:
        near = get_close_matches(str(given), known, n=1, cutoff=0.4)
        expected = near[0] if near else ", ".join(known)
        raise UsageError("limits.class", source=source, received=given, expected=expected)
    return str(given)


def _number(source: str, key: str, value: Any, whole: bool = False) -> Any:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    most = 1.0 if key in ("min_probability", "threshold") else sys.float_info.max
    if not is_number or not 0 <= value <= most or (whole and value % 1):
        expected = "0..1" if most == 1 else "0, 1, 2..." if whole else ">= 0"
        raise UsageError("limits.number", source=source, key=key, expected=expected, received=value)
    return int(value) if whole else float(value)
