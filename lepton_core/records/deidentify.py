"""De-identifies DICOM files by the Basic Application Level Confidentiality Profile.

Which element gets which action stands in the table of DICOM PS3.15, E.1-1, taken from the package
``dicom-anonymizer``. The actions are our own: pseudonyms under a key, the same in every run.
"""

from __future__ import annotations

import copy
import re
from functools import cache
from io import BytesIO
from typing import Any

from lepton_core.errors import MissingDependency
from lepton_core.records._pydicom import quiet_pydicom
from lepton_core.records.dicom_file import inflated
from lepton_core.records.dicom_frames import patient_of
from lepton_core.records.dicom_objects import EXPLICIT
from lepton_core.records.pseudonym import pseudonym_uid
from lepton_core.rejects import Refusal

METHOD = "Basic Application Confidentiality Profile (DICOM PS3.15)"
_EDITION = "dicomfields_2026c"
_TEXT = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
# Where conformance allows a choice, the element stays, without its value: no reader misses it.
_CHOICES = {
    "D_TAGS": "dummy",
    "Z_TAGS": "empty",
    "X_TAGS": "remove",
    "U_TAGS": "uid",
    "Z_D_TAGS": "dummy",
    "X_Z_TAGS": "empty",
    "X_D_TAGS": "dummy",
    "X_Z_D_TAGS": "dummy",
    "X_Z_U_STAR_TAGS": "keep",
}
_DUMMIES: dict[str, Any] = {
    "AS": "000Y",
    "DA": "19000101",
    "DS": "0",
    "DT": "19000101",
    "FD": 0.0,
    "FL": 0.0,
    "IS": "0",
    "SL": 0,
    "SS": 0,
    "TM": "000000",
    "UL": 0,
    "US": 0,
}
_BINARY = frozenset({"UN", "OB", "OD", "OF", "OL", "OV", "OW"})
_LEAST_TOKEN = 3


def deidentify(dataset: Any) -> Any:
    """A copy of a dataset without what tells of whom it is.

    Patient's name and number become a pseudonym, UIDs others of the same relations, always the
    same under one key (:mod:`lepton_core.records.pseudonym`). Dates, free text, people, places,
    devices, private elements, overlays and curves go, in sequences of any depth too. Text that
    stays by the profile goes where it repeats the patient's name or number. What is burnt into
    the pixels stays: see ``BurnedInAnnotation``.

    Args:
        dataset: a ``pydicom.Dataset``; it is not changed.

    Returns:
        a ``pydicom.Dataset`` with ``PatientIdentityRemoved`` and ``DeidentificationMethod``, its
        file meta information renewed where it has some.

    Raises:
        MissingDependency: ``dicom-anonymizer`` is not installed.
        DataError: ``pseudonym.*`` where there is no key.

    Example:
        >>> from pydicom import Dataset
        >>> film = Dataset()
        >>> film.PatientName, film.PatientID, film.Rows = "Roe^Jane", "4711", 2000
        >>> film.StudyDescription = "Chest, for Mrs. Roe"
        >>> plain = deidentify(film)
        >>> plain.PatientID[:2], plain.Rows, "StudyDescription" in plain
        ('p-', 2000, False)
    """
    pydicom = quiet_pydicom()
    made = copy.deepcopy(dataset)
    patient = patient_of(dataset) or ""
    _walk(made, _tokens(dataset), _table(), set())
    made.PatientName = made.PatientID = patient
    made.PatientIdentityRemoved = "YES"
    made.LongitudinalTemporalInformationModified = "REMOVED"
    made.DeidentificationMethod = METHOD
    code = pydicom.Dataset()
    code.CodeValue, code.CodingSchemeDesignator = "113100", "DCM"
    code.CodeMeaning = "Basic Application Confidentiality Profile"
    made.DeidentificationMethodCodeSequence = [code]
    old = getattr(dataset, "file_meta", None)
    if old is not None:
        meta = pydicom.dataset.FileMetaDataset()
        meta.TransferSyntaxUID = old.TransferSyntaxUID
        meta.MediaStorageSOPClassUID = made.get("SOPClassUID", "")
        meta.MediaStorageSOPInstanceUID = made.get("SOPInstanceUID", "")
        made.file_meta = meta
        made.preamble = bytes(128)
    return made


def deidentify_file(data: bytes) -> bytes:
    """A DICOM file's bytes as those of a file without identity, see :func:`deidentify`.

    Raises:
        Refusal: ``dicom_header`` where it cannot be parsed, or its copy not be written.
        MissingDependency, DataError: as :func:`deidentify`.
    """
    pydicom = quiet_pydicom()
    _table()
    try:
        found = pydicom.dcmread(BytesIO(inflated(data)), force=True)
        if "TransferSyntaxUID" not in found.file_meta:
            implicit, little = found.original_encoding
            if not little:
                raise Refusal("dicom_header")
            found.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2" if implicit else EXPLICIT
        out = BytesIO()
        made = deidentify(found)
        pydicom.dcmwrite(out, made, enforce_file_format=True)
    # Any part of a damaged file may be anything; what goes wrong then is the library's choice.
    except (AttributeError, KeyError, IndexError, NotImplementedError, OSError) as error:
        raise Refusal("dicom_header") from error
    except (TypeError, ValueError, RecursionError, pydicom.errors.InvalidDicomError) as error:
        raise Refusal("dicom_header") from error
    return out.getvalue()


@cache
def _table() -> dict[int, str]:
    """Tag -> action; groups that repeat stand under their first."""
    try:
        from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
    except ImportError as error:
        raise MissingDependency("dicom-anonymizer", extra="medical") from error
    lists = dicom_anonymization_database_selector(_EDITION)
    return {tag[0] << 16 | tag[1]: act for name, act in _CHOICES.items() for tag in lists[name]}


def _action(tag: int, table: dict[int, str]) -> str:
    group = tag >> 16
    if group % 2:
        return "remove"  # private
    # Curves, and data and comments of overlays, repeat in every second group.
    if group >> 8 == 0x50 or (group >> 8 == 0x60 and tag & 0xFFFF in (0x3000, 0x4000)):
        return "remove"
    return table.get(tag, "keep")


def _walk(dataset: Any, tokens: frozenset[str], table: dict[int, str], walked: set[int]) -> None:
    # In a dataset made by a program one item may stand in two sequences.
    if id(dataset) in walked:
        return
    walked.add(id(dataset))
    for tag in list(dataset.keys()):
        action = _action(int(tag), table)
        try:
            element = dataset[tag]
        except Exception:  # a value in no readable form: nobody can say what it tells
            action = "remove"
        if action == "remove" or (action != "keep" and element.VR in _BINARY):
            del dataset[tag]
        elif action == "empty":
            element.value = [] if element.VR == "SQ" else _nothing(element.VR)
        elif action == "dummy":
            _set_dummy(element)
        elif element.VR == "SQ":
            for item in element.value:
                _walk(item, tokens, table, walked)
        elif element.VR == "UI":
            _set_uids(element, always=action == "uid")
        elif element.VR == "UN" or (element.VR in _TEXT and _tells(element.value, tokens)):
            del dataset[tag]


def _nothing(vr: str) -> Any:
    return None if vr in ("FD", "FL", "SL", "SS", "UL", "US", "AT") else ""


def _set_dummy(element: Any) -> None:
    if element.VR == "SQ":
        element.value = [quiet_pydicom().Dataset()]
    elif element.VR == "UI":
        _set_uids(element, always=True)
    elif element.VR in _TEXT:
        element.value = "http://removed.invalid" if element.VR == "UR" else "REMOVED"
    else:
        element.value = _DUMMIES.get(element.VR, _nothing(element.VR))


def _set_uids(element: Any, always: bool) -> None:
    """UIDs of instances become others; those of the standard (classes, syntaxes) stay."""
    value = element.value
    many = [value] if isinstance(value, str) else list(value or [])
    known = quiet_pydicom().uid.UID_dictionary
    new = [one if not one or (not always and one in known) else pseudonym_uid(one) for one in many]
    if new:
        element.value = new[0] if len(new) == 1 else new


def _tokens(dataset: Any) -> frozenset[str]:
    """Words that name the patient, in small letters."""
    words: list[str] = []
    for keyword in ("PatientName", "PatientID", "OtherPatientIDs", "OtherPatientNames"):
        try:
            words += re.split(r"[\s^=,;\\\[\]']+", str(dataset.get(keyword) or ""))
        except Exception:  # in no readable encoding
            continue
    return frozenset(word.casefold() for word in words if len(word) >= _LEAST_TOKEN)


def _tells(value: Any, tokens: frozenset[str]) -> bool:
    text = str(value).casefold()
    return any(re.search(rf"(?<!\w){re.escape(token)}(?!\w)", text) for token in tokens)
