"""What stands in a record's bytes where its file is refused and must not be copied into it.

The bytes of a DICOM file name a patient. So a file that cannot be split into frames comes as a
record whose bytes say why, and nothing else of it.
"""

from __future__ import annotations

import json

from lepton_core.rejects import Refusal

# Each reason and what it tells beside column and file: numbers, or words of the DICOM standard.
REASONS: dict[str, tuple[str, ...]] = {
    "archive_inside": (),
    "dicom_compression": ("compression",),
    "dicom_cut_off": (),
    "dicom_document": ("kind",),
    "dicom_header": (),
    "dicom_no_pixels": ("kind",),
    "dicom_other_object": ("kind",),
    "dicom_pixels": (),
    "dicom_radiotherapy": ("kind",),
    "dicom_segmentation": ("kind",),
    "dicom_too_large": ("width", "height", "frames", "most"),
    "nifti_cut_off": (),
    "nifti_damaged": (),
    "nifti_dimensions": ("shape",),
    "nifti_no_numbers": ("kind",),
    "nifti_too_large": ("shape", "most"),
    "picture_cut_off": (),
    "picture_damaged": (),
    "picture_moving": ("kind",),
    "picture_too_large": ("width", "height", "most"),
    "picture_too_small": ("width", "height", "least"),
    "picture_unknown": (),
}
_START = b"LEPTON-REFUSED\n"


def refused_bytes(refusal: Refusal) -> bytes:
    """The bytes of a record that is to be refused for this reason.

    Example:
        >>> data = refused_bytes(Refusal("dicom_cut_off"))
        >>> refusal_in(data).key
        'dicom_cut_off'
        >>> refusal_in(b"a picture") is None
        True
    """
    return _START + json.dumps({"key": refusal.key, **refusal.values}).encode()


def refusal_in(data: bytes | memoryview) -> Refusal | None:
    """The reason that :func:`refused_bytes` wrote; None for all other bytes."""
    if bytes(data[: len(_START)]) != _START:
        return None
    try:
        told = json.loads(bytes(data[len(_START) : 2000]))
        key = told.pop("key")
        # A file from a stranger may begin like this too: it gets no sentence that we do not have.
        if set(told) == set(REASONS[key]):
            return Refusal(key, **told)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    return Refusal("picture_unknown")
