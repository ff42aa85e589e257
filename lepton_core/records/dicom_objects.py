"""What kind of DICOM object a file holds, and whether that is a picture to read.

Source: DICOM PS3.4, B.5 (standard SOP classes), and PS3.5, 10 (transfer syntaxes).
"""

from __future__ import annotations

from lepton_core.rejects import Refusal

_STORAGE = "1.2.840.10008.5.1.4.1.1."
_RT_IMAGE = f"{_STORAGE}481.1"
# Begin of the class UID -> reason. The first that fits counts.
_REFUSED = {
    f"{_STORAGE}66.4": "dicom_segmentation",
    f"{_STORAGE}66.5": "dicom_segmentation",
    f"{_STORAGE}66.7": "dicom_segmentation",
    f"{_STORAGE}481.": "dicom_radiotherapy",
    f"{_STORAGE}88.": "dicom_document",
    f"{_STORAGE}104.": "dicom_document",
    f"{_STORAGE}4.2": "dicom_other_object",  # spectroscopy
    f"{_STORAGE}9.": "dicom_other_object",  # waveforms
    f"{_STORAGE}11.": "dicom_other_object",  # presentation states
    f"{_STORAGE}30": "dicom_other_object",  # parametric maps
    f"{_STORAGE}66": "dicom_other_object",  # raw data, registrations
    f"{_STORAGE}67": "dicom_other_object",  # real world mapping
    f"{_STORAGE}77.1.6": "dicom_other_object",  # tiles of a slide
    f"{_STORAGE}78.": "dicom_other_object",  # measurements of an eye
    f"{_STORAGE}79.": "dicom_other_object",
    "1.2.840.10008.1.3.10": "dicom_other_object",  # DICOMDIR
}

DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT = "1.2.840.10008.1.2.1"
RLE = "1.2.840.10008.1.2.5"
_NATIVE = ("1.2.840.10008.1.2", EXPLICIT, DEFLATED, "1.2.840.10008.1.2.2")
JPEG = tuple(f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70, 80, 81))
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")


def check_kind(sop_class: str) -> None:
    """Refuse what is no picture by its class.

    Args:
        sop_class: SOP class UID; what is empty or of no standard may be a picture.

    Raises:
        Refusal: ``dicom_segmentation``, ``radiotherapy``, ``document`` or ``other_object``.

    Example:
        >>> check_kind("1.2.840.10008.5.1.4.1.1.2")
        >>> check_kind("1.2.840.10008.5.1.4.1.1.481.2")
        Traceback (most recent call last):
        lepton_core.rejects.Refusal: ('dicom_radiotherapy', {'kind': 'RT Dose Storage'})
    """
    if sop_class == _RT_IMAGE:
        return
    key = next((key for start, key in _REFUSED.items() if sop_class.startswith(start)), None)
    if key is not None:
        raise Refusal(key, kind=known_name(sop_class))


def check_compression(syntax: str) -> None:
    """Refuse a transfer syntax that is not decoded here: video, and the newest of JPEG.

    Raises:
        Refusal: ``dicom_compression``.
    """
    if syntax not in (*_NATIVE, RLE, *JPEG, *JPEG_2000):
        raise Refusal("dicom_compression", compression=known_name(syntax))


def is_compressed(syntax: str) -> bool:
    """Whether pixel data of this transfer syntax come in encapsulated frames."""
    return syntax not in _NATIVE


def known_name(uid: str) -> str:
    """A UID of the standard as words; others are not repeated, as they may tell who made them."""
    from pydicom.uid import UID

    name = UID(uid).name
    return "-" if not uid or name == uid else str(name)
