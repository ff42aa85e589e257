"""ISO 2859-1 plans, switching and risks; docs/experiments/quality.md tells the sources."""

from __future__ import annotations

from itertools import pairwise

import pytest

from lepton_core.errors import UsageError
from solutions.defect_detection.quality.plans import (
    AQLS,
    LETTERS,
    LEVELS,
    SEVERITIES,
    code_letter,
    plan_by_letter,
    plan_of,
    tighter,
)
from solutions.defect_detection.quality.risks import acceptance, risks, wanted_model
from solutions.defect_detection.quality.switching import DISCONTINUED, Switching

# Rows of the master tables as GB/T 2828.1-2012 (identical with ISO 2859-1:1999) prints them, arrows
# followed: the letter whose plan is used and its acceptance number, from AQL 0.010 to 1000.
ROWS = {
    ("normal", "A"): "Q0 P0 N0 M0 L0 K0 J0 H0 G0 F0 E0 D0 C0 B0 A0 C1 B1 "
    "A1 A2 A3 A5 A7 A10 A14 A21 A30",
    ("normal", "C"): "Q0 P0 N0 M0 L0 K0 J0 H0 G0 F0 E0 D0 C0 B0 D1 C1 C2 "
    "C3 C5 C7 C10 C14 C21 C30 C44 B44",
    ("normal", "F"): "Q0 P0 N0 M0 L0 K0 J0 H0 G0 F0 E0 G1 F1 F2 F3 F5 F7 "
    "F10 F14 F21 E21 E30 E44 D44 C44 B44",
    ("normal", "K"): "Q0 P0 N0 M0 L0 K0 J0 L1 K1 K2 K3 K5 K7 K10 K14 K21 "
    "J21 H21 G21 F21 E21 E30 E44 D44 C44 B44",
    ("normal", "R"): "Q0 P0 R1 R2 R3 R5 R7 R10 R14 R21 Q21 P21 N21 M21 L21 K21 "
    "J21 H21 G21 F21 E21 E30 E44 D44 C44 B44",
    ("tightened", "A"): "R0 Q0 P0 N0 M0 L0 K0 J0 H0 G0 F0 E0 D0 C0 B0 A0 C1 "
    "B1 A1 A2 A3 A5 A8 A12 A18 A27",
    ("tightened", "C"): "R0 Q0 P0 N0 M0 L0 K0 J0 H0 G0 F0 E0 D0 C0 E1 D1 C1 "
    "C2 C3 C5 C8 C12 C18 C27 C41 B41",
    ("tightened", "K"): "R0 Q0 P0 N0 M0 L0 K0 M1 L1 K1 K2 K3 K5 K8 K12 K18 "
    "J18 H18 G18 F18 E18 E27 E41 D41 C41 B41",
    ("tightened", "Q"): "R0 Q0 S1 R1 Q1 Q2 Q3 Q5 Q8 Q12 Q18 P18 N18 M18 L18 "
    "K18 J18 H18 G18 F18 E18 E27 E41 D41 C41 B41",
    ("tightened", "R"): "R0 Q0 S1 R1 R2 R3 R5 R8 R12 R18 Q18 P18 N18 M18 L18 "
    "K18 J18 H18 G18 F18 E18 E27 E41 D41 C41 B41",
    ("reduced", "A"): "Q0 P0 N0 M0 L0 K0 J0 H0 G0 F0 E0 D0 C0 B0 A0 D1 C1 "
    "A1 A2 A3 A5 A7 A10 A14 A21 A30",
    ("reduced", "B"): "Q0 P0 N0 M0 L0 K0 J0 H0 G0 F0 E0 D0 C0 B0 A0 D1 C1 "
    "B1 B2 B3 B5 B7 B10 B14 B21 B30",
    ("reduced", "C"): "Q0 P0 N0 M0 L0 K0 J0 H0 G0 F0 E0 D0 C0 B0 E1 D1 C1 "
    "C2 C3 C5 C6 C8 C10 C14 C21 B30",
    ("reduced", "F"): "Q0 P0 N0 M0 L0 K0 J0 H0 G0 F0 E0 H1 G1 F1 F2 F3 F5 "
    "F6 F8 F10 E10 E14 E21 D21 C21 B30",
    ("reduced", "K"): "Q0 P0 N0 M0 L0 K0 J0 M1 L1 K1 K2 K3 K5 K6 K8 K10 J10 "
    "H10 G10 F10 E10 E14 E21 D21 C21 B30",
    ("reduced", "R"): "Q0 P0 N0 R1 R2 R3 R5 R6 R8 R10 Q10 P10 N10 M10 L10 K10 "
    "J10 H10 G10 F10 E10 E14 E21 D21 C21 B30",
}
# Sample sizes as printed beside the letters, normal and reduced.
SIZES = dict(
    zip(LETTERS, (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150),
        strict=True)
)  # fmt: skip
REDUCED = dict(
    zip(LETTERS[:-1], (2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800), strict=True)
)


@pytest.mark.parametrize(("severity", "letter"), ROWS, ids="-".join)
def test_rows_of_the_master_tables(severity: str, letter: str) -> None:
    sizes = REDUCED if severity == "reduced" else SIZES
    for aql, cell in zip(AQLS, ROWS[severity, letter].split(), strict=True):
        plan = plan_by_letter(letter, aql, severity)
        assert f"{plan.letter}{plan.ac}" == cell, aql
        assert (plan.n, plan.re) == (sizes[plan.letter], plan.ac + 1)


@pytest.mark.parametrize(
    ("lot", "letters"),
    [
        (2, "AAAAAAB"),
        (8, "AAAAAAB"),
        (9, "AAAAABC"),
        (51, "BBCCCEF"),
        (500, "BCDEFHJ"),
        (501, "CCEFGJK"),
        (3200, "CDEGHKL"),
        (35_000, "CDFHKMN"),
        (500_000, "DEGJMPQ"),
        (500_001, "DEHKNQR"),
    ],
)
def test_code_letters(lot: int, letters: str) -> None:
    """Table 1 of the standard; the same in MIL-STD-105E and ANSI/ASQ Z1.4."""
    assert "".join(code_letter(lot, level) for level in LEVELS) == letters


@pytest.mark.parametrize("severity", SEVERITIES)
def test_structure(severity: str) -> None:
    """A row's own plans accept more as the AQL grows; sizes are steps of the R5 series."""
    for letter in LETTERS[:16]:
        plans = [plan_by_letter(letter, aql, severity) for aql in AQLS]
        own = [plan.ac for plan in plans if plan.letter == letter]
        assert own == sorted(set(own)), letter
    for smaller, larger in pairwise(SIZES.values()):
        assert larger / smaller == pytest.approx(10**0.2, rel=0.06)


@pytest.mark.parametrize("letter", LETTERS[:16])
def test_tightened_is_never_kinder_than_normal(letter: str) -> None:
    for aql in AQLS[:16]:
        normal, tight = (plan_by_letter(letter, aql, s) for s in ("normal", "tightened"))
        bad = 4 * aql / 100
        if normal.letter != letter:
            continue  # with another sample the two cannot be compared
        assert acceptance(tight.n, tight.ac, bad) <= acceptance(normal.n, normal.ac, bad) + 1e-9


def test_producers_risk_is_of_the_size_that_the_standard_intends() -> None:
    """At the AQL a lot passes normal inspection with a probability of about 0.88 to 0.99."""
    for letter in LETTERS[:16]:
        for aql in AQLS[:16]:
            plan = plan_by_letter(letter, aql)
            if plan.letter == letter:
                assert 0.86 < acceptance(plan.n, plan.ac, aql / 100) < 0.998


@pytest.mark.parametrize(
    ("n", "ac", "quality", "expected"),
    # Montgomery, table 15.2: n = 89, c = 2.
    [(89, 2, 0.005, 0.9897), (89, 2, 0.01, 0.9397), (89, 2, 0.02, 0.7366), (89, 2, 0.05, 0.1721)],
)
def test_operating_characteristic_of_montgomery(
    n: int, ac: int, quality: float, expected: float
) -> None:
    assert acceptance(n, ac, quality) == pytest.approx(expected, abs=6e-4)


def test_outgoing_quality_of_montgomery() -> None:
    """Section 15.2.3: lots of 10,000, n = 89, c = 2: AOQL about 0.0155."""
    found = risks(89, 2, 0.01, lot=10_000)
    # The book reads it off its chart.
    assert found.outgoing == pytest.approx(0.0155, abs=5e-4)
    assert acceptance(89, 2, found.limiting) == pytest.approx(0.10, abs=1e-6)


def test_one_lot_by_itself_is_drawn_without_putting_back() -> None:
    found = risks(80, 0, 0.01, "hypergeometric", lot=100)
    assert found.limiting < risks(80, 0, 0.01).limiting
    assert acceptance(100, 0, 0.01, "hypergeometric", lot=100) == pytest.approx(0.0, abs=1e-9)


def test_a_sample_as_large_as_the_lot_is_the_whole_lot() -> None:
    plan = plan_of(10, 0.65)
    assert (plan.n, plan.ac, plan.whole_lot) == (10, 0, True)


def test_switches_to_tightened_and_back() -> None:
    state = Switching(1.0)
    for found, expected in [(3, "normal"), (0, "normal"), (3, "tightened")]:
        state = state.after(1000, found)
        assert state.severity == expected
    for step in range(5):
        assert state.severity == "tightened"
        state = state.after(1000, 0)
        assert state.accepted == (step + 1) % 5
    assert state.severity == "normal"


def test_two_rejected_lots_far_apart_do_not_tighten() -> None:
    state = Switching(1.0, reduced_allowed=False)
    for found in (3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3):
        state = state.after(1000, found)
    assert state.severity == "normal"


def test_five_rejected_lots_of_tightened_inspection_end_it() -> None:
    state = Switching(1.0, severity="tightened")
    for found in (2, 0, 2, 2, 0, 2):
        state = state.after(1000, found)
    assert (state.severity, state.rejected) == ("tightened", 4)
    state = state.after(1000, 2)
    assert state.severity == DISCONTINUED
    assert state.after(1000, 0).severity == DISCONTINUED
    assert state.corrected().severity == "tightened"


def test_switching_score() -> None:
    # n = 80, Ac 2: three points where AQL 0.65 (Ac 1 of 80) would have accepted too.
    state = Switching(1.0)
    for found, score in [(0, 3), (1, 6), (2, 0), (0, 3)]:
        state = state.after(1000, found)
        assert state.score == score
    # n = 50, Ac 1: two points a lot.
    low = Switching(1.0)
    for lots in range(1, 15):
        low = low.after(400, 0)
        assert low.score == 2 * lots
    assert low.after(400, 0).severity == "reduced"
    assert low.after(400, 2).score == 0


def test_reduced_ends_with_a_lot_that_fails_or_unsteady_production() -> None:
    state = Switching(1.0, severity="reduced")
    assert state.plan(1000).n == 32
    assert state.after(1000, 1).severity == "reduced"
    assert state.after(1000, 2).severity == "normal"
    assert state.after(1000, 0, steady=False).severity == "normal"


def test_reduced_needs_leave() -> None:
    state = Switching(1.0, reduced_allowed=False)
    for _ in range(30):
        state = state.after(1000, 0)
    assert state.severity == "normal"
    assert state.score > 30


@pytest.mark.parametrize(
    ("lot", "aql", "level"), [(1, 1.0, "II"), (100, 1.1, "II"), (100, 1.0, "IV")]
)
def test_what_has_no_plan_is_told(lot: int, aql: float, level: str) -> None:
    with pytest.raises(UsageError) as told:
        plan_of(lot, aql, level)
    assert told.value.key.startswith("defect_detection.quality.error.")


def test_nonconformities_are_counted_by_poisson() -> None:
    assert (wanted_model(10), wanted_model(15)) == ("binomial", "poisson")
    assert tighter(0.010) is None
    assert tighter(1.0) == 0.65
