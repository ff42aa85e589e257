"""One frame of a DICOM file by itself: only what decoding and reporting need, nobody's identity."""

from __future__ import annotations

import copy
import re
from io import BytesIO
from typing import Any

from lepton_core.records._pydicom import quiet_pydicom
from lepton_core.records.dicom_file import CODES, GROUPS, IDENTITY, NUMBERS, TABLES, UIDS, WORDS
from lepton_core.records.dicom_objects import is_compressed, known_name
from lepton_core.records.pseudonym import pseudonym, pseudonym_uid
from lepton_core.rejects import Refusal

# CS of the standard: nothing but these characters, 16 at most. A sentence is no code.
_CODE = re.compile(r"[A-Z0-9_ ]{1,16}")
_ALLOWED = {
    "PatientOrientation": re.compile(r"[APRLHF]{1,3}"),
    "PhotometricInterpretation": _CODE,
    "RescaleType": re.compile(r"HU|OD|US"),
    "VOILUTFunction": re.compile(r"LINEAR|LINEAR_EXACT|SIGMOID"),
}
_PSEUDONYM = re.compile(r"p-[0-9a-f]{20}")
_LUT_PARTS = ("LUTDescriptor", "LUTData")
# LO of the standard: 64 characters at most.
METHOD = "Lepton: picture data only; UIDs and patient replaced under a key"


def frame_count(found: Any) -> int:
    """How many frames a parsed file has, at least 1."""
    return max(int(found.get("NumberOfFrames") or 1), 1)


def single(found: Any, index: int) -> Any:
    """A dataset with one frame of a parsed file, its pixel data as they were compressed.

    Args:
        found: of :func:`lepton_core.records.dicom_file.parse`, without a reason to refuse it.
        index: of the frame, from 0.

    Returns:
        a ``pydicom.Dataset`` without any identity.

    Raises:
        Refusal: ``dicom_pixels`` or ``dicom_header``.
    """
    pydicom = quiet_pydicom()
    made = pydicom.Dataset()
    made.file_meta = pydicom.dataset.FileMetaDataset()
    made.file_meta.TransferSyntaxUID = found.file_meta.TransferSyntaxUID
    try:
        _copy(found, made, (*NUMBERS, *WORDS, *CODES, *TABLES))
        for name in GROUPS:
            _flatten(found, made, name, index)
        made.NumberOfFrames = 1
        data, vr = _pixels(found, index)
    except Refusal:
        raise
    # Any value of a damaged header may be anything.
    except Exception as error:
        raise Refusal("dicom_header") from error
    made.add_new(0x7FE00010, vr, data)
    if is_compressed(str(made.file_meta.TransferSyntaxUID)):
        made["PixelData"].is_undefined_length = True
    return made


def with_names(made: Any, found: Any, name: str, patient: str | None) -> bytes:
    """The file of one frame, under pseudonyms.

    Args:
        made: of :func:`single`.
        found: what it was made of.
        name: the pseudonym of the file it was made of.
        patient: the patient's pseudonym; None where the file names none.
    """
    pydicom = quiet_pydicom()
    sop_class = _text(found, "SOPClassUID")
    made.SOPClassUID = sop_class if known_name(sop_class) != "-" else "1.2.840.10008.5.1.4.1.1.7"
    for keyword in UIDS:
        setattr(made, keyword, pseudonym_uid(_text(found, keyword) or f"{keyword} {name}"))
    made.PatientID = made.PatientName = patient or ""
    made.PatientIdentityRemoved = "YES"
    made.DeidentificationMethod = METHOD
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    out = BytesIO()
    pydicom.dcmwrite(out, made, enforce_file_format=True)
    return out.getvalue()


def name_of(found: Any, sha256: str) -> str:
    """The pseudonym of a file: of its instance UID, or of its bytes where it has none."""
    uid = _text(found, "SOPInstanceUID")
    return f"dcm-{pseudonym('file', uid or f'sha256 {sha256}')}"


def patient_of(found: Any) -> str | None:
    """The pseudonym of a file's patient; None where it names none.

    One patient number of two issuers is two patients. Without a number, name and day of birth tell.
    A pseudonym of ours stays what it is, so that a de-identified file is of the same patient.
    """
    number, issuer = _text(found, "PatientID"), _text(found, "IssuerOfPatientID")
    if _PSEUDONYM.fullmatch(number):
        return number
    if not number:
        number = _text(found, "PatientName")
        issuer = f"born {_text(found, 'PatientBirthDate')}"
    return patient_pseudonym(number, issuer) if number else None


def patient_pseudonym(number: str, issuer: str = "") -> str:
    """The pseudonym of a patient's number in a hospital's system."""
    return f"p-{pseudonym('patient', f'{issuer}/{number}' if issuer else number)}"


def tells_patient(found: Any, folder: str) -> bool:
    """Whether a folder's name holds the patient's name or number, or an id of the study."""
    spelled = _plain(folder)
    for keyword in (*IDENTITY, *UIDS):
        value = _text(found, keyword)
        parts = re.split(r"[\s^=,]+", value) if keyword == "PatientName" else [value]
        plain = [_plain(part) for part in parts]
        if any(part and (part in spelled if len(part) > 2 else part == spelled) for part in plain):
            return True
    return False


def _plain(text: str) -> str:
    """Text without case, spaces and signs."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _text(found: Any, keyword: str) -> str:
    try:
        return str(found.get(keyword) or "").strip()
    except Exception:  # a value in no readable form
        return ""


def _copy(source: Any, made: Any, keywords: tuple[str, ...]) -> None:
    for keyword in keywords:
        try:
            element = source[keyword]
        # It is not there, or its value is not of its kind, which comes to the same.
        except Exception:
            continue
        if element.value is None or element.is_empty:
            continue
        if keyword in TABLES:
            items = []
            for item in element.value[:1]:
                items.append(quiet_pydicom().Dataset())
                _copy(item, items[-1], _LUT_PARTS)
            setattr(made, keyword, items)
        elif keyword in NUMBERS or keyword in _LUT_PARTS:
            made.add(copy.copy(element))
        else:
            values = [element.value] if isinstance(element.value, str) else list(element.value)
            allowed = _ALLOWED.get(keyword, _CODE)
            if all(allowed.fullmatch(str(value)) for value in values):
                setattr(made, keyword, element.value)


def _flatten(found: Any, made: Any, name: str, index: int) -> None:
    """What an enhanced object tells of a frame in its functional groups, as plain elements."""
    groups = found.get(name)
    if not groups:
        return
    place = 0 if name == GROUPS[0] else index
    if place >= len(groups):
        return
    wanted = {
        "PixelValueTransformationSequence": ("RescaleIntercept", "RescaleSlope", "RescaleType"),
        "FrameVOILUTSequence": ("WindowCenter", "WindowWidth", "VOILUTFunction"),
        "PixelMeasuresSequence": ("PixelSpacing",),
    }
    for sequence, keywords in wanted.items():
        for item in (groups[place].get(sequence) or [])[:1]:
            _copy(item, made, keywords)


def _pixels(found: Any, index: int) -> tuple[bytes, str]:
    frames, data = frame_count(found), found.PixelData
    if is_compressed(str(found.file_meta.TransferSyntaxUID)):
        encaps = quiet_pydicom().encaps
        try:
            one = encaps.get_frame(data, index, number_of_frames=frames)
        except Exception as error:  # cut off between two fragments, or damaged
            raise Refusal("dicom_pixels") from error
        return encaps.encapsulate([one]), "OB"
    bits = int(found.BitsAllocated)
    samples = int(found.get("SamplesPerPixel") or 1)
    if found.get("PhotometricInterpretation") == "YBR_FULL_422":
        samples = 2
    n_bits = int(found.Rows) * int(found.Columns) * samples * bits
    vr = "OB" if bits <= 8 else "OW"
    if frames == 1:
        whole = bytes(data[: (n_bits + 7) // 8])
    elif n_bits % 8:
        # Frames of single bits need not begin at a byte.
        raise Refusal("dicom_header")
    else:
        whole = bytes(data[index * n_bits // 8 : (index + 1) * n_bits // 8])
    return whole + b"\0" * (len(whole) % 2), vr
