"""The files of a bundle: written, read, and compared with the manifest."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lepton_core.errors import BundleError

FORMAT = 1


def verify_manifest(folder: Path) -> dict[str, Any]:
    """Compare a bundle with its manifest; returns the manifest.

    Raises:
        BundleError: naming the changed, missing or extra file.
    """
    if not folder.is_dir():
        raise BundleError("bundle.not_found", bundle=folder)
    manifest = read_json(folder, "manifest.json")
    if manifest.get("format") != FORMAT:
        received = manifest.get("format")
        raise BundleError("bundle.format", bundle=folder, expected=FORMAT, received=received)
    found, expected = set(files_of(folder)) - {"manifest.json"}, manifest["files"]
    for name in sorted(set(expected) - found):
        raise BundleError("bundle.file_missing", bundle=folder, file=name)
    for name in sorted(found - set(expected)):
        raise BundleError("bundle.file_extra", bundle=folder, file=name)
    for name, digest in expected.items():
        received = sha256(folder / name)
        if received != digest:
            raise BundleError(
                "bundle.file_changed",
                bundle=folder,
                file=name,
                expected=digest[:12],
                received=received[:12],
            )
    return manifest


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an ``.npz`` file; none where there is no file."""
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays as ``.npz``; objects are refused."""
    np.savez_compressed(path, allow_pickle=False, **arrays)


def pack(path: Path) -> None:
    """Compress a ``.keras`` file in its place; Keras keeps such files whole and reads either."""
    loose = path.with_name(f".{path.name}.loose")
    path.replace(loose)
    with zipfile.ZipFile(loose) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in source.infolist():
            made.writestr(entry.filename, source.read(entry), zipfile.ZIP_DEFLATED)
    loose.unlink()


def files_of(folder: Path) -> list[str]:
    """Relative names of everything in a bundle, links included."""
    paths = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def sha256(path: Path) -> str:
    """Checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(folder: Path, name: str) -> Any:
    """A JSON file of a bundle; a missing or broken one is an error that names it."""
    path = folder / name
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BundleError("bundle.file_missing", bundle=folder, file=name) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BundleError("bundle.bad_json", bundle=folder, file=name, reason=error) from error


def write_json(path: Path, values: Any) -> None:
    """Write plain values, NumPy numbers among them, as JSON."""
    text = json.dumps(values, indent=1, ensure_ascii=False, default=_plain)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Path):
        return value.name
    raise TypeError(f"cannot be written as JSON: {type(value).__name__}")
