"""Imports pydicom and gdcm such that they keep their warnings to themselves."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

from lepton_core.errors import MissingDependency


@cache
def quiet_pydicom() -> Any:
    """pydicom, reading leniently and saying nothing: its warnings repeat values, names included.

    Returns:
        the module.
    """
    import pydicom
    import pydicom.config

    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")
    pydicom.config.logger.setLevel(100)
    return pydicom


@cache
def need_gdcm() -> None:
    """Load what decodes JPEG, JPEG-LS and JPEG 2000.

    Raises:
        MissingDependency: it is not installed.
    """
    try:
        import gdcm
    except ImportError as error:
        raise MissingDependency("python-gdcm", extra="medical") from error
    for stream in ("Warning", "Error", "Debug"):
        getattr(gdcm.Trace, f"{stream}Off")()
