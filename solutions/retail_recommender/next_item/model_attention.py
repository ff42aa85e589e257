"""Self-attention over the items so far: the body of SASRec and, with gates, of eSASRec."""

from __future__ import annotations

from typing import Any

from lepton_core._keras import keras
from lepton_core.layers.attention import CausalAttention

from .model_config import ModelConfig


def attention(config: ModelConfig, h: Any, there: Any) -> Any:
    """Blocks of attention and of a layer within each place, float [B, L, D].

    Args:
        config: blocks, heads, gates and dropout.
        h: vectors of the items, float [B, L, D].
        there: float [B, L], 1 where a place holds an item.

    Source:
        Tikhonovich et al., eSASRec: Enhancing Transformer-based Recommendations in a Modular
        Fashion, RecSys 2025, for the gates (``gated``), which are those of LiGR.
    """
    layers = keras.layers
    for _ in range(config.blocks):
        look = CausalAttention(config.heads, config.length, config.dropout)
        h = _added(config, h, look(layers.LayerNormalization()(h), there))
        z = layers.LayerNormalization()(h)
        inner = layers.Dense(config.hidden * config.width, "silu" if config.gated else "relu")(z)
        if config.gated:
            inner = inner * layers.Dense(config.hidden * config.width)(z)
        inner = layers.Dropout(config.dropout)(inner)
        h = _added(config, h, layers.Dense(config.width)(inner))
    return layers.LayerNormalization()(h)


def _added(config: ModelConfig, h: Any, more: Any) -> Any:
    if config.gated:
        more = more * keras.layers.Dense(config.width, "sigmoid")(h)
    return h + keras.layers.Dropout(config.dropout)(more)
