"""The rules of a follow-up: which patients are checked again when, from a file people edit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.errors import LeptonError, UsageError
from lepton_core.expressions import Condition

from .factors import BY_NAME, FACTORS

TYPES = {
    **dict.fromkeys(("risk", "risk_low", "risk_high", "change"), pa.float64()),
    "trend": pa.string(),
    "visits": pa.int64(),
    **{factor.name: pa.float64() for factor in FACTORS},
}
OTHERWISE = "otherwise"
_KEYS = ("name", "when", "months")
_TOP = ("rules", "otherwise", "noise")
_MOST_MONTHS = 120


@dataclass(frozen=True)
class CheckRule:
    """One rule.

    Args:
        name: for people.
        when: which patients it is for.
        months: from the last visit to the next check, 0 to 120; 0 is at once.
    """

    name: str
    when: Condition
    months: int


@dataclass(frozen=True)
class CheckRules:
    """Rules in order; of those that hold, the first decides.

    Args:
        rules: in order.
        otherwise: months where none holds.
        noise: factor -> standard deviation between visits, in the factor's unit.

    Example:
        >>> rules = CheckRules.load("rules: [{name: high, when: risk > .5, months: 3}]")
        >>> rules.decide(pa.table({"risk": [0.7, 0.2]}))
        (['high', 'otherwise'], [3, 12])
    """

    rules: tuple[CheckRule, ...]
    otherwise: int
    noise: dict[str, float]

    @classmethod
    def load(cls, source: Path | str | None = None) -> CheckRules:
        """Read and check rules.

        Args:
            source: a path, the YAML itself as a string, or None for the shipped rules.

        Raises:
            UsageError: ``medical_imaging.disease.error.rules``, saying which rule and why.
        """
        source = source or Path(__file__).with_name("followup.yaml")
        tree = _tree(source)
        rules = tree.get("rules") or []
        if not isinstance(rules, list):
            raise _bad("rules", "a list of rules", rules)
        made = tuple(_rule(one, number) for number, one in enumerate(rules, start=1))
        names = [rule.name for rule in made]
        for name in names:
            if names.count(name) > 1 or name == OTHERWISE:
                raise _bad(f"rule {name}", "a name of its own", name)
        noise = {factor.name: factor.noise for factor in FACTORS if factor.noise}
        return cls(made, _months(tree.get("otherwise", 12), "otherwise"), noise | _noise(tree))

    def decide(self, table: pa.Table) -> tuple[list[str], list[int]]:
        """Rule and months of each patient.

        Args:
            table: a row a patient [n], with the columns of ``TYPES`` that the rules read.

        Returns:
            name [n] and months [n].
        """
        place = np.full(table.num_rows, len(self.rules))
        for number in range(len(self.rules) - 1, -1, -1):
            place[np.asarray(self.rules[number].when(table).to_numpy(zero_copy_only=False))] = (
                number
            )
        names = [*(rule.name for rule in self.rules), OTHERWISE]
        months = [*(rule.months for rule in self.rules), self.otherwise]
        return [names[at] for at in place], [months[at] for at in place]


def _tree(source: Path | str) -> dict[str, Any]:
    import yaml

    try:
        text = source.read_text(encoding="utf-8-sig") if isinstance(source, Path) else source
        tree = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise _bad(str(source)[:80], "YAML", " ".join(str(error).split())) from error
    if not isinstance(tree, dict):
        raise _bad("the file", f"the keys {', '.join(_TOP)}", tree)
    for key in tree:
        if key not in _TOP:
            raise _bad("the file", f"the keys {', '.join(_TOP)}", key)
    return tree


def _rule(one: Any, number: int) -> CheckRule:
    where = f"rule {number}"
    if not isinstance(one, dict) or set(one) != set(_KEYS):
        raise _bad(where, f"the keys {', '.join(_KEYS)}", one)
    name, when = one["name"], one["when"]
    if not isinstance(name, str) or not name.strip():
        raise _bad(where, "a name", name)
    try:
        condition = Condition.parse(str(when), TYPES)
    except LeptonError as error:
        raise _bad(f"rule {name}", "a condition", error) from error
    return CheckRule(name.strip(), condition, _months(one["months"], f"rule {name}"))


def _months(value: Any, where: str) -> int:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not 0 <= value <= _MOST_MONTHS:
        raise _bad(where, f"months from 0 to {_MOST_MONTHS}", value)
    return int(value)


def _noise(tree: dict[str, Any]) -> dict[str, float]:
    noise = tree.get("noise") or {}
    if not isinstance(noise, dict):
        raise _bad("noise", "factors with a standard deviation", noise)
    for name, value in noise.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if name not in BY_NAME or not number or not 0 <= value < 1000:
            raise _bad("noise", f"one of {', '.join(BY_NAME)}, and a number", f"{name}: {value}")
    return {name: float(value) for name, value in noise.items()}


def _bad(where: str, expected: str, received: Any) -> UsageError:
    return UsageError(
        "medical_imaging.disease.error.rules",
        where=where,
        expected=expected,
        received=str(received)[:200],
    )
