"""Readers: files of records into Arrow batches."""

from __future__ import annotations

from typing import Any

_NAMES = {
    "TableReader": "lepton_core.records.table",
    "open_table": "lepton_core.records.table",
    "read_table": "lepton_core.records.table",
}

__all__ = ["TableReader", "open_table", "read_table"]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_NAMES[name]), name)
