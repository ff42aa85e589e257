"""The DICOM image that results refer to, and what all results of a run share.

**Identity.** A result is filed by the patient and study of the data set that it is built from. By
default that is the de-identified copy that was scored: its UIDs are replaced and its patient is a
pseudonym, so the result can leave the hospital and cannot be filed beside the original. Only where
the caller asks for identified results (``lepton explain ... --identified``) are they built from the
original file: name, patient id and UIDs are intact, an archive files them in the original's study,
and they must be kept like the original.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lepton_core.errors import DataError, MissingDependency
from lepton_core.records._pydicom import quiet_pydicom

if TYPE_CHECKING:
    from pydicom import Dataset

MANUFACTURER = "Lepton"
SERIES_DESCRIPTION = "AI reading aid, not for primary diagnosis"
# Series numbers that no scanner gives, so that results stand behind the pictures.
SERIES_NUMBERS = {"sc": 9101, "sr": 9102}
# UTF-8: names and classes may be in any script, whatever the source was written in.
CHARACTER_SET = "ISO_IR 192"

# Without these an image has no place in an archive, and highdicom no patient and no study.
_NEEDED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
# Type 2 attributes: they must be there and may be empty.
_MAY_BE_EMPTY = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
)
# Taken over where the source has it, and nothing else: a result repeats no notes about a person.
_WHERE_KNOWN = (
    "Columns",
    "FrameOfReferenceUID",
    "IssuerOfPatientID",
    "Modality",
    "NumberOfFrames",
    "PatientOrientation",
    "Rows",
    "SpecificCharacterSet",
    "StudyDescription",
)


@dataclass(frozen=True)
class Source:
    """An image that results refer to.

    Args:
        dataset: its data set; pixels are not read. Identified or not, see the module.
        frame: which frame of a multi-frame image was scored, from 1; None for a single frame.

    Raises:
        DataError: ``medical_imaging.output.error.no_reference``, where it has no UIDs.
    """

    dataset: Dataset
    frame: int | None = None

    def __post_init__(self) -> None:
        missing = [name for name in _NEEDED if not self.dataset.get(name)]
        if missing:
            key = "medical_imaging.output.error.no_reference"
            raise DataError(key, missing=", ".join(missing))

    @property
    def study(self) -> str:
        """UID of the study that results are filed in."""
        return str(self.dataset.StudyInstanceUID)

    @property
    def frames(self) -> list[int] | None:
        """The frame as references give it; None for a single-frame image."""
        return None if self.frame is None else [self.frame]

    def complete(self) -> Dataset:
        """What results take over: patient and study, no notes, no private tags, no pixels.

        Attributes that an archive asks for and the source lacks are there, empty. A copy: what was
        given stays as it is.
        """
        from pydicom import Dataset

        found = Dataset()
        for name in (*_NEEDED, *_MAY_BE_EMPTY, *_WHERE_KNOWN):
            if name in self.dataset:
                found[name] = self.dataset[name]
        for name in _MAY_BE_EMPTY:
            if name not in found:
                setattr(found, name, "")
        if "Modality" not in found:
            found.Modality = "OT"
        return found


@dataclass
class Series:
    """UIDs and numbers of the results of one run.

    Results of one study and kind share a series; every result has a UID of its own, a new one in
    every run, since an archive keeps two objects apart by it.

    Args:
        model: address of the bundle.
        version: of the bundle.
    """

    model: str
    version: str
    _known: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def next(self, source: Source, kind: str) -> dict[str, Any]:
        """Series and instance of the next result, as highdicom takes them.

        Args:
            source: what it refers to.
            kind: ``sc`` or ``sr``.
        """
        from pydicom.uid import generate_uid

        key = (source.study, kind)
        series, count = self._known.get(key, (generate_uid(), 0))
        self._known[key] = (series, count + 1)
        return {
            "series_instance_uid": series,
            "series_number": SERIES_NUMBERS[kind],
            "series_description": SERIES_DESCRIPTION,
            "sop_instance_uid": generate_uid(),
            "instance_number": count + 1,
            "manufacturer": MANUFACTURER,
            "manufacturer_model_name": self.model[:64],
            "software_versions": self.version[:64],
        }


def tell_identity(result: Dataset, source: Source) -> None:
    """Say of a result what its source says of itself: whether identity was taken out, and how.

    Args:
        result: is changed.
        source: what it was built from.
    """
    if source.dataset.get("PatientIdentityRemoved") != "YES":
        return
    result.PatientIdentityRemoved = "YES"
    method = source.dataset.get("DeidentificationMethod")
    result.DeidentificationMethod = method or "As the source image, which does not say how"


def highdicom() -> Any:
    """The library that makes DICOM results; it says nothing on stderr.

    Raises:
        MissingDependency: it is not installed.
    """
    try:
        import highdicom
    except ImportError as error:
        raise MissingDependency("highdicom", extra="medical") from error
    quiet_pydicom()
    # As pydicom's, its warnings repeat what they are about, names included.
    warnings.filterwarnings("ignore", module=r"highdicom(\.|$)")
    return highdicom
