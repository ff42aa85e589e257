"""The heatmap as a DICOM Secondary Capture that an archive files beside the picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .dicom_source import CHARACTER_SET, Series, Source, highdicom, tell_identity

if TYPE_CHECKING:
    from pydicom import Dataset

    from .findings import Finding

_DERIVATION = "Heatmap of an AI reading aid laid over the picture at display brightness"


def secondary_capture(
    picture: np.ndarray, source: Source, series: Series, finding: Finding
) -> Dataset:
    """The overlay as a colour image of the source's study.

    Patient and study are those of ``source.dataset``: identified only where the original was
    given, see :mod:`.dicom_source`. The picture is not for measuring: it has no pixel spacing,
    since it may be smaller than the source and has a strip below.

    Args:
        picture: uint8 [height, width, 3], red, green, blue, with a strip that says what it is
            (:func:`.overlay.captioned`).
        source: the image that was scored.
        series: what the results of this run share.
        finding: what was found.

    Returns:
        a data set that ``save_as`` writes, uncompressed.

    Raises:
        MissingDependency: highdicom is not installed.

    Source:
        DICOM PS3.3, A.8.1 Secondary Capture Image IOD.
    """
    hd = highdicom()
    image = hd.sc.SCImage.from_ref_dataset(
        source.complete(),
        pixel_array=np.ascontiguousarray(picture),
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=("L", "F"),
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        **series.next(source, "sc"),
    )
    given = source.dataset
    image.SpecificCharacterSet = CHARACTER_SET
    image.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    image.ConversionType = "WSD"
    image.ContentDate, image.ContentTime = image.InstanceCreationDate, image.InstanceCreationTime
    image.DerivationDescription = _DERIVATION
    image.ImageComments = (
        f"{finding.finding}: probability {finding.probability:.3f} by {finding.bundle}. "
        f"{finding.intended_use}"
    )
    _refer(image, source)
    # How the picture lies to the patient, and what may be written into it, is the source's to say.
    for name in ("PatientOrientation", "Laterality", "BodyPartExamined", "BurnedInAnnotation"):
        if name in given:
            setattr(image, name, given[name].value)
        elif name in image:
            delattr(image, name)
    if "PatientOrientation" not in image:
        image.PatientOrientation = ""
    if "BodyPartExamined" not in image and "Laterality" not in image:
        image.Laterality = ""  # asked for where the body part may be one of a pair
    tell_identity(image, source)
    return image


def _refer(image: Dataset, source: Source) -> None:
    from pydicom import Dataset

    reference = Dataset()
    reference.ReferencedSOPClassUID = source.dataset.SOPClassUID
    reference.ReferencedSOPInstanceUID = source.dataset.SOPInstanceUID
    if source.frame is not None:
        reference.ReferencedFrameNumber = source.frame
    image.SourceImageSequence = [reference]


def write_secondary_capture(
    path: Path, picture: np.ndarray, source: Source, series: Series, finding: Finding
) -> None:
    """Write :func:`secondary_capture` to ``path``."""
    secondary_capture(picture, source, series, finding).save_as(path, enforce_file_format=True)
