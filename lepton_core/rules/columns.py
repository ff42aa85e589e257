"""The columns that rules add to predictions; light, as what reads them needs no rules."""

from __future__ import annotations

from lepton_core.spec import Column

LIVE, SHADOW = "rules", "shadow_rules"
# Between the names of several rules in one cell.
BETWEEN = "; "
COLUMNS = (
    Column(LIVE, "string", "output", description="live rules that hit, first of them acted"),
    Column(SHADOW, "string", "output", description="rules in shadow that hit; they change nothing"),
)
