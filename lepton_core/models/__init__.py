"""Models: our ``Sequential`` beside all of ``keras.models``, loaded on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lepton_core._lazy import look_up, names

if TYPE_CHECKING:
    from keras.models import *  # noqa: F403

    from lepton_core.models.sequential import Sequential as Sequential

OWN = {"Sequential": "lepton_core.models.sequential:Sequential"}


def __getattr__(name: str) -> Any:
    return look_up(__name__, name, OWN, "keras.models")


def __dir__() -> list[str]:
    return names(OWN, "keras.models")
