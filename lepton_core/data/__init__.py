"""Data sets by name: their cards, where they stand, how they are fetched."""

from __future__ import annotations

from typing import Any

_NAMES = {
    "Dataset": "lepton_core.data.lookup",
    "DatasetCard": "lepton_core.data.cards",
    "all_datasets": "lepton_core.data.lookup",
    "find_dataset": "lepton_core.data.lookup",
    "get": "lepton_core.data.download",
    "load_records": "lepton_core.data.reading",
    "resolve": "lepton_core.data.lookup",
}

__all__ = [
    "Dataset",
    "DatasetCard",
    "all_datasets",
    "find_dataset",
    "get",
    "load_records",
    "resolve",
]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_NAMES[name]), name)
