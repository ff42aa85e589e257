"""Acceptance sampling by attributes: single sampling plans of ISO 2859-1:1999.

The standard's master tables have a structure, which stands here instead of their 1,300 cells:
letter and AQL are steps of the same R5 series, so that a plan's acceptance number depends on the
sum of the two places alone. ``docs/experiments/quality.md`` says against what this was checked.
"""

from __future__ import annotations

from dataclasses import dataclass

from lepton_core.errors import UsageError

LEVELS = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")
SEVERITIES = ("normal", "tightened", "reduced")
# Percent nonconforming up to 10; above, nonconformities per 100 items.
AQLS = (
    *(0.010, 0.015, 0.025, 0.040, 0.065, 0.10, 0.15, 0.25, 0.40, 0.65),
    *(1.0, 1.5, 2.5, 4.0, 6.5, 10.0, 15.0, 25.0, 40.0, 65.0),
    *(100.0, 150.0, 250.0, 400.0, 650.0, 1000.0),
)
LETTERS = "ABCDEFGHJKLMNPQRS"
_SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150)
_REDUCED_SIZES = (2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800)
# Largest lot of each row of table 1, and its letters by level.
_LOTS = (8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000)
_CODES = (
    *("AAAAAAB", "AAAAABC", "AABBBCD", "ABBCCDE", "BBCCCEF", "BBCDDFG", "BCDEEGH", "BCDEFHJ"),
    *("CCEFGJK", "CDEGHKL", "CDFGJLM", "CDFHKMN", "DEGJLNP", "DEGJMPQ", "DEHKNQR"),
)
# Place of the letter plus place of the AQL -> acceptance number; sums without one are arrows.
_NORMAL = {14: 0, 17: 1, 18: 2, 19: 3, 20: 5, 21: 7, 22: 10, 23: 14, 24: 21, 25: 30, 26: 44}
_TIGHTENED = {15: 0, 18: 1, 19: 2, 20: 3, 21: 5, 22: 8, 23: 12, 24: 18, 25: 27, 26: 41}
_REDUCED = {14: 0, 18: 1, 19: 2, 20: 3, 21: 5, 22: 6, 23: 8, 24: 10, 25: 14, 26: 21}
# Reduced samples cannot be smaller than 2: these letters keep to the column's larger numbers.
_REDUCED_A = {14: 0, **{total: _NORMAL[total] for total in range(17, 26)}}
_REDUCED_B = {14: 0, **{total + 1: _NORMAL[total] for total in range(17, 26)}}


@dataclass(frozen=True)
class Plan:
    """A single sampling plan.

    Args:
        letter: of the row whose plan it is, after arrows were followed.
        n: parts to draw; never more than the lot.
        ac: accept with at most so many.
        re: do not accept from so many on.
        whole_lot: whether the sample would be the lot or more: then all parts are inspected.
    """

    letter: str
    n: int
    ac: int
    re: int
    whole_lot: bool = False


def code_letter(lot: int, level: str = "II") -> str:
    """The sample size code letter of table 1.

    Args:
        lot: parts in the lot, at least 2.
        level: one of ``LEVELS``.

    Raises:
        UsageError: ``lot`` or ``choice`` below ``defect_detection.quality.error``.

    Example:
        >>> code_letter(1000), code_letter(1000, "S-1")
        ('J', 'C')
    """
    if lot < 2:
        raise _wrong("lot", received=lot)
    if level not in LEVELS:
        raise _wrong("choice", setting="level", received=level, known=", ".join(LEVELS))
    row = next((row for row, most in enumerate(_LOTS) if lot <= most), len(_LOTS))
    return _CODES[row][LEVELS.index(level)]


def plan_of(lot: int, aql: float, level: str = "II", severity: str = "normal") -> Plan:
    """The plan for a lot.

    Args:
        lot: parts in the lot, at least 2.
        aql: one of ``AQLS``.
        level: one of ``LEVELS``.
        severity: one of ``SEVERITIES``.

    Raises:
        UsageError: ``lot`` or ``choice``.

    Example:
        >>> plan_of(1000, 1.0)
        Plan(letter='J', n=80, ac=2, re=3, whole_lot=False)
        >>> plan_of(30, 0.65)  # an arrow leads to a sample of 20
        Plan(letter='F', n=20, ac=0, re=1, whole_lot=False)
    """
    plan = plan_by_letter(code_letter(lot, level), aql, severity)
    if plan.n < lot:
        return plan
    return Plan(plan.letter, lot, plan.ac, plan.re, True)


def plan_by_letter(letter: str, aql: float, severity: str = "normal") -> Plan:
    """The plan of a row of master table 2-A (normal), 2-B (tightened) or 2-C (reduced).

    Args:
        letter: one of A to R, without I and O.
        aql: one of ``AQLS``.
        severity: one of ``SEVERITIES``.
    """
    if aql not in AQLS:
        raise _wrong("choice", setting="aql", received=aql, known=", ".join(map(str, AQLS)))
    if severity not in SEVERITIES:
        known = ", ".join(SEVERITIES)
        raise _wrong("choice", setting="severity", received=severity, known=known)
    column, row = AQLS.index(aql), LETTERS.index(letter)
    rows = range(len(LETTERS) if severity == "tightened" else len(LETTERS) - 1)
    found = {place: ac for place in rows if (ac := _number(place, column, severity)) is not None}
    if row not in found:
        down = min((place for place in found if place > row), default=None)
        up = max((place for place in found if place < row), default=None)
        row = _arrow(row + column, severity, up, down)
    sizes = _REDUCED_SIZES if severity == "reduced" else _SIZES
    return Plan(LETTERS[row], sizes[row], found[row], found[row] + 1)


def _number(row: int, column: int, severity: str) -> int | None:
    """The acceptance number in a cell; None where it has an arrow or is empty."""
    letter, total = LETTERS[row], row + column
    if letter == "S":
        return 1 if total == 18 else None
    if severity == "reduced" and letter in "AB":
        return (_REDUCED_A if letter == "A" else _REDUCED_B).get(total)
    if total > 24 and letter not in "ABCDE":
        return None  # the largest numbers stand in the rows of small samples alone
    if severity == "reduced":
        return _REDUCED.get(total)
    return (_NORMAL if severity == "normal" else _TIGHTENED).get(total)


def _arrow(total: int, severity: str, up: int | None, down: int | None) -> int:
    """Where an arrow leads: down to the larger sample, except just past acceptance number 0 and
    beyond the table's last numbers.
    """
    rising = {"normal": (15,), "tightened": (), "reduced": (15,)}[severity]
    points_up = total in rising or total > 24
    first, second = (up, down) if points_up else (down, up)
    chosen = first if first is not None else second
    assert chosen is not None, "every column of the tables holds a plan"
    return chosen


def tighter(aql: float) -> float | None:
    """The AQL one step tighter; None below the first."""
    place = AQLS.index(aql)
    return AQLS[place - 1] if place else None


def _wrong(key: str, **values: object) -> UsageError:
    return UsageError(f"defect_detection.quality.error.{key}", **values)
