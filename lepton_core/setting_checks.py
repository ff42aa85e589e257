"""Settings are checked where they are made: what means nothing is told before anything runs."""

from __future__ import annotations

from lepton_core.errors import UsageError


def check_ranges(group: str, config: object, **ranges: tuple[float, float]) -> None:
    """Every named setting lies in its range.

    Args:
        group: what the settings stand in, ``data``.
        config: the group.
        **ranges: name -> least and greatest value, both allowed.

    Raises:
        UsageError: ``usage.setting_range``.
    """
    for name, (low, high) in ranges.items():
        received = getattr(config, name)
        if not low <= received <= high:
            raise UsageError(
                "usage.setting_range",
                setting=f"{group}.{name}",
                received=received,
                low=low,
                high=high,
            )


def check_choice(group: str, config: object, **known: tuple[str, ...]) -> None:
    """Every named setting is one of those known.

    Args:
        group: what the settings stand in, ``model``.
        config: the group.
        **known: name -> what it may be.

    Raises:
        UsageError: ``usage.setting_choice``.
    """
    for name, choices in known.items():
        received = getattr(config, name)
        if received not in choices:
            raise UsageError(
                "usage.setting_choice",
                setting=f"{group}.{name}",
                received=received,
                known=", ".join(choices),
            )
