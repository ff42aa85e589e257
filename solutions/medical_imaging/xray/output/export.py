"""All files of one reading, and those of a run as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from lepton_core.explain.files import file_name
from lepton_core.images import resize
from lepton_core.messages import t

from .dicom_source import Series, Source
from .findings import Finding, write_csv, write_json
from .overlay import Scale, captioned, overlay
from .pdf_report import Page, percent, write_report, write_worklist
from .secondary_capture import write_secondary_capture
from .structured_report import write_structured_report

# They refer to a DICOM image and need one.
DICOM_FORMATS = ("sc", "sr")

# The longer side of the pictures that are written: the map is coarse, and an archive is not filled
# with copies at full size, which nobody should read on anyway.
LONGEST = 1024
# Smaller ones are enlarged, so that the words below them can be read.
_SHORTEST = 480


@dataclass(frozen=True)
class Reading:
    """One picture as it was read.

    Args:
        finding: what was found.
        picture: uint8 [height, width], grey, as it is shown.
        evidence: float32 [rows, columns] in logits, the map over the whole picture.
        scale: of the heatmap.
        figures: measured figures of the model, from its card.
        source: the DICOM image that results refer to; None for a picture that is no DICOM.
    """

    finding: Finding
    picture: np.ndarray
    evidence: np.ndarray
    scale: Scale
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    source: Source | None = None

    # Drawn where a format shows it, and once for all that do.
    @cached_property
    def small(self) -> np.ndarray:
        """The picture as files show it, uint8 [height, width]."""
        return _enlarged(fitted(self.picture, LONGEST))

    @cached_property
    def colored(self) -> np.ndarray:
        """``small`` with its heatmap, uint8 [height, width, 3], red, green, blue."""
        return overlay(self.small, self.evidence, self.scale)

    @cached_property
    def marked(self) -> np.ndarray:
        """``colored`` with a strip below that says what it is, uint8 [height + strip, width, 3]."""
        return captioned(self.colored, _caption(self))


def write_reading(
    folder: Path, reading: Reading, formats: Sequence[str], series: Series, language: str = "en"
) -> list[Path]:
    """Write one reading's own files; :func:`write_run` writes those of all.

    Args:
        folder: exists; a folder of its own, so that nothing half-written is seen (files of the
            same name are replaced).
        reading: what to write.
        formats: names of :attr:`.explainer.Explainer.formats`; of them those of one reading are
            written.
        series: what the DICOM results of this run share.
        language: of the report.

    Returns:
        the files: ``NAME.overlay.png``, ``NAME.pdf``, ``NAME.sc.dcm``, ``NAME.sr.dcm``.

    Raises:
        DataError: ``medical_imaging.output.error.no_reference`` for a DICOM format without source.
        MissingDependency: what a format needs is not installed.
    """
    import cv2

    finding, name = reading.finding, file_name(reading.finding.record_id)
    written: list[Path] = []

    def to(suffix: str) -> Path:
        written.append(folder / f"{name}.{suffix}")
        return written[-1]

    if "overlay" in formats:
        encoded = cv2.imencode(".png", cv2.cvtColor(reading.marked, cv2.COLOR_RGB2BGR))[1]
        to("overlay.png").write_bytes(encoded.tobytes())
    if "pdf" in formats:
        page = Page(finding, reading.small, reading.colored, reading.scale, reading.figures)
        write_report(to("pdf"), page, language)
    if "sc" in formats:
        write_secondary_capture(to("sc.dcm"), reading.marked, _source(reading), series, finding)
    if "sr" in formats:
        write_structured_report(to("sr.dcm"), _source(reading), series, finding)
    return written


def write_run(
    folder: Path, findings: Sequence[Finding], formats: Sequence[str], language: str = "en"
) -> list[Path]:
    """Write what concerns all readings of a run.

    Args:
        folder: exists.
        findings: of the run.
        formats: as there; ``csv``, ``json`` and ``pdf`` (the worklist) are written.
        language: of the worklist.

    Returns:
        the files: ``findings.csv``, ``findings.json``, ``worklist.pdf``.
    """
    written: list[Path] = []
    if "csv" in formats:
        written.append(folder / "findings.csv")
        write_csv(findings, written[-1])
    if "json" in formats:
        written.append(folder / "findings.json")
        write_json(findings, written[-1])
    if "pdf" in formats:
        written.append(folder / "worklist.pdf")
        write_worklist(written[-1], findings, language)
    return written


def fitted(picture: np.ndarray, longest: int) -> np.ndarray:
    """A picture whose longer side is at most so many pixels; never enlarged.

    Example:
        >>> fitted(np.zeros((200, 100), np.uint8), 50).shape
        (50, 25)
    """
    height, width = picture.shape[:2]
    factor = longest / max(height, width)
    if factor >= 1:
        return picture
    return resize(picture, (max(round(height * factor), 1), max(round(width * factor), 1)))


def _enlarged(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape
    if width >= _SHORTEST:
        return picture
    # A narrow one must not grow beyond all bounds in the other direction.
    factor = max(min(_SHORTEST / width, LONGEST / height), 1.0)
    return resize(picture, (round(height * factor), round(width * factor)))


def _source(reading: Reading) -> Source:
    if reading.source is None:
        from pydicom import Dataset

        return Source(Dataset())  # says what is missing
    return reading.source


def _caption(reading: Reading) -> list[str]:
    """What stands below the overlay, in letters that every viewer shows."""
    finding = reading.finding
    name = finding.finding.encode("ascii", "replace").decode()
    return [
        t("medical_imaging.output.caption", language="en"),
        f"{name}: probability {percent(finding.probability)}. "
        f"Colour: places above 50%, full from log odds {reading.scale.full:.1f} on",
    ]
