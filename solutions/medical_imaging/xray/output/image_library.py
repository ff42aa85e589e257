"""The image library of a structured report: what the picture is that its findings are about.

highdicom's own library takes only images that give every attribute of their kind, and a real
chest X-ray often lacks its spacing. This one says what is known and leaves the rest out, which the
template allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .coded_terms import Term

if TYPE_CHECKING:
    from pydicom import Dataset

    from .dicom_source import Source

_LIBRARY = Term("111028", "DCM", "Image Library")
_GROUP = Term("126200", "DCM", "Image Library Group")
_MODALITY = Term("121139", "DCM", "Modality")
_SOURCE = Term("260753009", "SCT", "Source")
_ROWS = Term("110910", "DCM", "Pixel Data Rows")
_COLUMNS = Term("110911", "DCM", "Pixel Data Columns")
_ALONG_ROW = Term("111044", "DCM", "Patient Orientation Row")
_ALONG_COLUMN = Term("111043", "DCM", "Patient Orientation Column")
_HORIZONTAL = Term("111026", "DCM", "Horizontal Pixel Spacing")
_VERTICAL = Term("111066", "DCM", "Vertical Pixel Spacing")
_PIXELS = Term("{pixels}", "UCUM", "Pixels")
_MILLIMETER = Term("mm", "UCUM", "millimeter")
_MODALITIES = {
    "CR": "Computed Radiography",
    "DX": "Digital Radiography",
    "CT": "Computed Tomography",
    "MR": "Magnetic Resonance",
    "US": "Ultrasound",
    "RF": "Radiofluoroscopy",
    "XA": "X-Ray Angiography",
}


def image_library(hd: Any, source: Source) -> Any:
    """The content item "Image Library" with the source image, after TID 1600.

    Args:
        hd: highdicom.
        source: the image.
    """
    data = source.dataset
    entry = hd.sr.ImageContentItem(
        _SOURCE.coded(),
        referenced_sop_class_uid=data.SOPClassUID,
        referenced_sop_instance_uid=data.SOPInstanceUID,
        referenced_frame_numbers=source.frames,
        relationship_type=hd.sr.RelationshipTypeValues.CONTAINS,
    )
    entry.ContentSequence = hd.sr.ContentSequence(_descriptors(hd, data))
    group = _container(hd, _GROUP, entry)
    return _container(hd, _LIBRARY, group)


def _container(hd: Any, name: Term, content: Any) -> Any:
    item = hd.sr.ContainerContentItem(
        name.coded(), relationship_type=hd.sr.RelationshipTypeValues.CONTAINS
    )
    item.ContentSequence = hd.sr.ContentSequence([content])
    return item


def _descriptors(hd: Any, data: Dataset) -> list[Any]:
    context = hd.sr.RelationshipTypeValues.HAS_ACQ_CONTEXT
    modality = str(data.get("Modality") or "OT")
    if modality not in _MODALITIES:
        modality = "OT"
    coded = Term(modality, "DCM", _MODALITIES.get(modality, "Other Modality")).coded()
    found = [hd.sr.CodeContentItem(_MODALITY.coded(), coded, context)]
    numbers = [(_ROWS, data.get("Rows"), _PIXELS), (_COLUMNS, data.get("Columns"), _PIXELS)]
    # At the detector; where only calibrated spacing is given, that.
    spacing = data.get("ImagerPixelSpacing") or data.get("PixelSpacing")
    if spacing and len(spacing) == 2 and min(map(float, spacing)) > 0:
        numbers += [(_HORIZONTAL, spacing[1], _MILLIMETER), (_VERTICAL, spacing[0], _MILLIMETER)]
    orientation = data.get("PatientOrientation")
    if orientation and len(orientation) == 2:
        for name, value in zip((_ALONG_ROW, _ALONG_COLUMN), orientation, strict=True):
            found.append(hd.sr.TextContentItem(name.coded(), str(value), context))
    for name, value, unit in numbers:
        if value:
            number = value if isinstance(value, int) else float(value)
            found.append(
                hd.sr.NumContentItem(name.coded(), number, unit.coded(), relationship_type=context)
            )
    return found
