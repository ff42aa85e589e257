"""Settings: a typo is an error that names the nearest key, never a silent default."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pytest

from lepton_core.errors import UsageError
from lepton_core.settings import apply_settings, from_dict


@dataclass(frozen=True)
class Inner:
    rate: float = 0.1
    widths: tuple[int, ...] = (8, 4)


@dataclass(frozen=True)
class Outer:
    inner: Inner = Inner()
    epochs: int = 3
    shuffle: bool = True


def test_settings_reach_nested_groups_by_short_or_full_name() -> None:
    changed = apply_settings(Outer(), ["inner.rate=1", "widths=[2, 2]", "shuffle=false"])
    assert changed == Outer(Inner(1.0, (2, 2)), 3, False)


@pytest.mark.parametrize(
    ("assignment", "told"),
    [("epoch=3", "epochs"), ("epochs", "KEY=VALUE"), ("epochs=many", "int"), ("shuffle=1", "bool")],
)
def test_a_bad_setting_is_told(assignment: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        apply_settings(Outer(), [assignment])


def test_settings_round_trip_and_unknown_keys_are_errors() -> None:
    config = Outer(Inner(0.5), 9)
    assert from_dict(Outer, asdict(config)) == config
    with pytest.raises(UsageError, match="depth"):
        from_dict(Outer, {"depth": 3})
