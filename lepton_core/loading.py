"""``load``: one call for a Keras model file and for a bundle folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

from lepton_core.errors import DataError

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def load(path: Path | str, **options: Any) -> Any:
    """Load what was saved at ``path``: a Keras model, or a bundle as a ``Pipeline``.

    Args:
        path: a ``.keras`` file (or the folder that ``save(..., zipped=False)`` makes), a ``.h5``
            file of older Keras, a bundle folder, or a shipped bundle's address as ``lepton list``
            shows it: ``solution@bundle``, ``solution/task@bundle``.
        **options: passed on: ``custom_objects``, ``compile``, ``safe_mode`` for a model;
            ``runtime``, ``threads`` for a bundle.

    Returns:
        A Keras model or a :class:`~lepton_core.pipeline.Pipeline`.

    Raises:
        DataError: if nothing is there, the file is damaged, or it is neither of these.
        BundleError: if the folder is a bundle that is incomplete or was changed.
        UsageError: if an address names no task or no bundle of it.

    Example:
        >>> load("no_such.keras")
        Traceback (most recent call last):
        ...
        lepton_core.errors.DataError: Nothing is at no_such.keras. ...
    """
    place = Path(path)
    if not place.exists():
        if "@" not in place.name:
            raise DataError("load.nothing_there", path=place)
        from lepton_core.solution import resolve

        place = resolve(str(path)).bundle_or_default()
    if (place / "manifest.json").exists() or (place / "card.json").exists():
        from lepton_core.bundle import load_bundle

        return load_bundle(place, **options)
    if not _is_keras(place):
        raise DataError("load.unknown_kind", path=place, received=_content(place))
    from lepton_core._keras import keras

    try:
        return keras.saving.load_model(place, **options)
    except BadZipFile as error:
        raise DataError("load.damaged", path=place, expected="ZIP") from error


def _is_keras(place: Path) -> bool:
    if place.is_dir():
        return (place / "config.json").exists() and (place / "model.weights.h5").exists()
    if place.suffix == ".keras":
        if not is_zipfile(place):
            raise DataError("load.damaged", path=place, expected="ZIP")
        return True
    if place.suffix in (".h5", ".hdf5"):
        with place.open("rb") as file:
            if file.read(len(HDF5_SIGNATURE)) != HDF5_SIGNATURE:
                raise DataError("load.damaged", path=place, expected="HDF5")
        return True
    return False


def _content(place: Path) -> str:
    if not place.is_dir():
        return place.suffix or place.name
    return ", ".join(sorted(entry.name for entry in place.iterdir())[:5]) or "-"
