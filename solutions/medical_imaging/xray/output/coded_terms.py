"""The coded words of a structured report: SNOMED CT where it has them, ours where it does not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from highdicom.sr import CodedConcept

    from .findings import Finding

# Codes of our own stand under this name, which DICOM asks to begin with 99.
OWN_SCHEME, OWN_SCHEME_TITLE = "99LEPTON", "Lepton classes and probabilities"

# What a picture's class is called in SNOMED CT; classes that stand not here get a code of ours.
_SNOMED = {
    "pneumonia": ("233604007", "Pneumonia"),
    "bacterial_pneumonia": ("53084003", "Bacterial pneumonia"),
    "viral_pneumonia": ("75570004", "Viral pneumonia"),
    "tuberculosis": ("154283005", "Pulmonary tuberculosis"),
    "pneumothorax": ("36118008", "Pneumothorax"),
    "normal": ("17621005", "Normal"),
}


@dataclass(frozen=True)
class Term:
    """A code, the scheme that defines it, and its meaning in words.

    Args:
        value: the code.
        scheme: ``SCT`` for SNOMED CT, ``DCM`` for DICOM, ``UCUM`` for units, or ours.
        meaning: for people.
    """

    value: str
    scheme: str
    meaning: str

    def coded(self) -> CodedConcept:
        """The same as highdicom takes it."""
        from highdicom.sr import CodedConcept

        return CodedConcept(self.value, self.scheme, self.meaning)


PRESENT = Term("52101004", "SCT", "Present")
ABSENT = Term("272519000", "SCT", "Absent")
UNDETERMINED = Term("373068000", "SCT", "Undetermined")
LUNG = Term("39607008", "SCT", "Lung")
CHEST_X_RAY = Term("399208008", "SCT", "Plain chest X-ray")
PERCENT = Term("%", "UCUM", "Percent")
FINDING = Term("121071", "DCM", "Finding")
COMMENT = Term("121106", "DCM", "Comment")
ARTIFICIAL_INTELLIGENCE = Term("123110", "DCM", "Artificial Intelligence")


def class_term(name: str) -> Term:
    """The code of a class.

    Args:
        name: of the class, as the bundle has it.

    Example:
        >>> class_term("PNEUMONIA")
        Term(value='233604007', scheme='SCT', meaning='Pneumonia')
        >>> class_term("enlarged heart").scheme
        '99LEPTON'
    """
    known = _SNOMED.get(name.strip().lower().replace(" ", "_"))
    if known is not None:
        return Term(known[0], "SCT", known[1])
    return Term(f"C{_short(name)}", OWN_SCHEME, name[:64])


def probability_term(name: str) -> Term:
    """The code of "probability of" a class.

    DICOM has "Certainty of Finding", which next to a finding that is absent could be read either
    way; ours says of what.

    Example:
        >>> probability_term("pneumonia").meaning
        'Probability of Pneumonia'
    """
    meaning = f"Probability of {class_term(name).meaning}"
    return Term(f"P{_short(name)}", OWN_SCHEME, meaning[:64])


def presence_term(finding: Finding) -> Term:
    """Whether the finding is there: undetermined where the model leaves it to a person."""
    if finding.review:
        return UNDETERMINED
    return PRESENT if finding.present else ABSENT


def _short(name: str) -> str:
    """Twelve characters that stand for a name: codes have at most 16."""
    return hashlib.sha256(name.strip().lower().encode()).hexdigest()[:12].upper()
