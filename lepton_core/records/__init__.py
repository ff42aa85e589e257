"""Readers: files of records into Arrow batches."""

from __future__ import annotations

from typing import Any

_NAMES = {
    "Frame": "lepton_core.records.frame",
    "Original": "lepton_core.records.pictures",
    "PictureReader": "lepton_core.records.pictures",
    "RecordReader": "lepton_core.records.source",
    "TableReader": "lepton_core.records.table",
    "expand_inputs": "lepton_core.records.opening",
    "open_pictures": "lepton_core.records.pictures",
    "open_records": "lepton_core.records.opening",
    "open_table": "lepton_core.records.table",
    "read_frame": "lepton_core.records.frame_reading",
    "read_records": "lepton_core.records.opening",
    "read_table": "lepton_core.records.table",
    "to_grey": "lepton_core.records.frame",
}

__all__ = [
    "Frame",
    "Original",
    "PictureReader",
    "RecordReader",
    "TableReader",
    "expand_inputs",
    "open_pictures",
    "open_records",
    "open_table",
    "read_frame",
    "read_records",
    "read_table",
    "to_grey",
]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_NAMES[name]), name)
