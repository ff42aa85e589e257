"""What a chest X-ray's score rests on, as files for the reader, the archive and a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.explain.files import Asked, FileExplainer
from lepton_core.messages import t
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.records.dicom_file import is_dicom
from lepton_core.records.frame_reading import decode_frame
from lepton_core.rejects import Refusal

from .output.dicom_source import Series, Source
from .output.evidence import evidence, scale_of
from .output.export import DICOM_FORMATS, Reading, write_reading, write_run
from .output.findings import Finding, bundle_version, finding_of
from .output.originals import Originals


class Explainer(FileExplainer):
    """Overlay, tables, report and DICOM results of scored chest X-rays.

    DICOM results are built from the de-identified data set in the record, unless
    ``asked.originals`` is given: then from the original file, with name, patient id and UIDs
    intact, for the hospital's own archive alone. All other files know the patient by pseudonym,
    whatever was asked.
    """

    formats: ClassVar[dict[str, str]] = {
        "overlay": "heatmap as PNG",
        "csv": "findings.csv",
        "json": "findings.json",
        "pdf": "a report a picture, and worklist.pdf",
        "sc": "DICOM secondary capture of the overlay",
        "sr": "DICOM structured report, TID 1500",
    }
    usual: ClassVar[tuple[str, ...]] = ("overlay", "csv", "json", "pdf")

    def __init__(self, pipeline: Pipeline, asked: Asked) -> None:
        super().__init__(pipeline, asked)
        self._series = Series(pipeline.address, bundle_version(pipeline))
        self._scale = scale_of(pipeline)
        self._findings: list[Finding] = []
        wanted = set(asked.formats) & set(DICOM_FORMATS)
        self._reader = asked.originals() if asked.originals is not None and wanted else None
        self._originals = None if self._reader is None else Originals(self._reader)
        headline = pipeline.task.headline
        figures = pipeline.card.get("metrics", {})
        self._figures = {key: figures[key] for key in headline if key in figures}

    def write(self, record: pa.Table, scored: Predictions, folder: Path) -> None:
        reading = self.reading(record, scored)
        asked = self.asked
        write_reading(folder, reading, asked.formats, self._series, asked.language)
        self._findings.append(reading.finding)

    def finish(self, folder: Path) -> None:
        write_run(folder, self._findings, self.asked.formats, self.asked.language)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def reading(self, record: pa.Table, scored: Predictions) -> Reading:
        """One scored picture with all that its files show.

        Args:
            record: its raw record, one row.
            scored: its predictions, one row, with ``map`` in ``raw``.

        Raises:
            DataError: the picture no longer decodes, the model has no map, or a DICOM result is
                asked for and there is no DICOM file to refer to.
        """
        row = scored.to_arrow().to_pylist()[0]
        image = record.column("image")[0].as_py()
        try:
            picture = decode_frame(image["bytes"], channels=1)[..., 0]
        except Refusal as refusal:
            values = {"column": "image", "received": image["path"], **refusal.values}
            reason = t(f"reject.{refusal.key}", language="en", **values)
            key = "medical_imaging.output.error.no_picture"
            raise DataError(key, record=row["record_id"], reason=reason) from refusal
        finding = finding_of(
            self.pipeline,
            row,
            patient=_text(record, "patient"),
            source=image["path"],
            sha256=image["sha256"],
        )
        return Reading(
            finding,
            picture,
            evidence(self.pipeline.decision, scored.raw["map"][0], finding.finding),
            self._scale,
            self._figures,
            self._source(row["record_id"], image["bytes"]),
        )

    def _source(self, record_id: str, data: bytes) -> Source | None:
        """The DICOM image that results refer to; None where none is asked for or there is none."""
        if not set(self.asked.formats) & set(DICOM_FORMATS) or not is_dicom(data):
            return None
        scored = _dataset(data)
        if self._originals is not None:
            return self._originals.of(record_id, str(scored.get("PatientID") or ""))
        return Source(scored)


def _dataset(data: bytes) -> Any:
    """The de-identified data set of a record, without pixels."""
    import io

    from pydicom import dcmread

    return dcmread(io.BytesIO(data), stop_before_pixels=True, force=True)


def _text(record: pa.Table, name: str) -> str | None:
    if name not in record.column_names:
        return None
    value = record.column(name)[0].as_py()
    return None if value is None else str(value)
