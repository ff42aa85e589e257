"""Where installed solutions stand on disk, found without importing any of them."""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

_GROUP = "lepton.solutions"


def solution_folders() -> tuple[Path, ...]:
    """The package folder of every installed solution, by the name of its entry point.

    ``shop.solution:SOLUTION`` stands in the folder of ``shop``. One that cannot be found is left
    out: a broken solution must not hide the data sets of the others.

    Example:
        >>> any(folder.name == "fraud_rnn" for folder in solution_folders())
        True
    """
    return _folders(tuple(sys.path))


# Reading what is installed takes milliseconds, and a data set's name is looked up often. The
# search path is the key, since what is found follows from it.
@lru_cache(maxsize=8)
def _folders(_search_path: tuple[str, ...]) -> tuple[Path, ...]:
    found = []
    for entry in sorted(entry_points(group=_GROUP), key=lambda entry: entry.name):
        folder = package_folder(entry.value.partition(":")[0].strip())
        if folder is not None and folder not in found:
            found.append(folder)
    return tuple(found)


def package_folder(module: str) -> Path | None:
    """The folder of the package that a module belongs to; nothing of it is imported.

    Args:
        module: its dotted name; where it is itself a package, its own folder is meant.

    Returns:
        None for a module of no package, and for what cannot be found.

    Example:
        >>> package_folder("lepton_core.data.lookup").name
        'data'
        >>> package_folder("no.such.module") is None
        True
    """
    top, *parts = module.split(".")
    places = _places(top)
    for depth, part in enumerate(parts):
        inner = [folder for place in places if _is_package(folder := place / part)]
        if depth == len(parts) - 1 and not inner:
            # A module inside the package found so far; broken or even missing, its folder stands.
            break
        places = inner
    return places[0] if places else None


def _places(package: str) -> list[Path]:
    """The folders of a package at the top: found, not imported; none for a plain module."""
    try:
        spec = find_spec(package)
    # A finder that a stranger's package installed may fail in any way.
    except Exception:
        return []
    locations = None if spec is None else spec.submodule_search_locations
    return [Path(location) for location in locations or ()]


def _is_package(folder: Path) -> bool:
    # importlib would import the packages above it to answer this.
    return folder.is_dir() and not folder.with_suffix(".py").exists()
