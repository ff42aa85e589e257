"""Layers: our own beside every layer of ``keras.layers``, loaded on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lepton_core._lazy import look_up, names

if TYPE_CHECKING:
    from keras.layers import *  # noqa: F403

    from lepton_core.layers.affine import Affine as Affine
    from lepton_core.layers.attention import CausalAttention as CausalAttention
    from lepton_core.layers.padded import Known as Known
    from lepton_core.layers.padded import LastPlace as LastPlace

OWN = {
    "Affine": "lepton_core.layers.affine:Affine",
    "CausalAttention": "lepton_core.layers.attention:CausalAttention",
    "Known": "lepton_core.layers.padded:Known",
    "LastPlace": "lepton_core.layers.padded:LastPlace",
}


def __getattr__(name: str) -> Any:
    return look_up(__name__, name, OWN, "keras.layers")


def __dir__() -> list[str]:
    return names(OWN, "keras.layers")
