"""Readings taken along: a table for other programs, reports for people, DICOM for the archive."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.decision import Classify
from lepton_core.errors import LeptonError, MissingDependency
from lepton_core.evaluation.rows import take_rows
from lepton_core.messages import get_language, t
from lepton_core.predictions import build
from lepton_core.rejects import Rejects
from lepton_core.spreadsheet import to_csv
from lepton_core.ui.language import use_language
from lepton_core.ui.loader import load
from lepton_core.ui.plain import plain_but_code

from .dashboard_xray_desk import Desk
from .xray.output.dicom_source import Series
from .xray.output.export import DICOM_FORMATS, write_reading, write_run
from .xray.output.findings import bundle_version

_FILES = ("pdf", "overlay", "sc", "sr")
_MOST_PACKED = 300


def show_export(desk: Desk, rows: np.ndarray) -> None:
    """Draw the downloads of the listed pictures.

    Args:
        desk: the readings.
        rows: which, in the list's order.
    """
    with st.container(horizontal=True):
        for name, write, mime in (("csv", _csv, "text/csv"), ("json", _json, "application/json")):
            st.download_button(
                t(f"medical_imaging.export.{name}", n=len(rows)),
                partial(write, desk, rows),
                file_name=f"readings.{name}",
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"xray.export.{name}",
            )
        with st.popover(t("medical_imaging.export.files"), icon=":material/folder_zip:"):
            _show_files(desk, rows)


@st.fragment
def _show_files(desk: Desk, rows: np.ndarray) -> None:
    """Which files, then the zip of them: made when asked for, kept in this session alone."""
    # A fragment's rerun has a thread of its own.
    use_language()
    names = {name: t(f"medical_imaging.export.kind.{name}") for name in _FILES}
    kinds = st.pills(
        t("medical_imaging.export.which"),
        list(_FILES),
        selection_mode="multi",
        default=["pdf", "overlay"],
        format_func=names.__getitem__,
        key="xray.export.kinds",
        persist_state="session",
    )
    some = rows[:_MOST_PACKED]
    if len(some) < len(rows):
        st.caption(t("medical_imaging.export.first", n=len(some), of=len(rows)))
    st.caption(t("medical_imaging.export.help"))
    if not st.button(
        t("medical_imaging.export.make", n=len(some)),
        key="xray.export.make",
        icon=":material/archive:",
        type="primary",
        disabled=not kinds,
    ):
        return
    text = t("medical_imaging.export.making", n=len(some))
    bar = st.progress(0.0, text)
    try:
        data, refused = packed(desk, some, tuple(kinds), lambda share: bar.progress(share, text))
    except LeptonError as error:
        st.error(plain_but_code(error.text()), icon=":material/error:")
        return
    finally:
        bar.empty()
    if refused:
        reason = next(iter(refused.values()))
        text = t("medical_imaging.export.refused", n=len(refused), of=len(some), reason=reason)
        st.warning(plain_but_code(text), icon=":material/warning:")
    st.download_button(
        t("medical_imaging.export.download", size=len(data) / 1e6),
        data,
        file_name="readings.zip",
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
        key="xray.export.download",
    )


def packed(
    desk: Desk,
    rows: np.ndarray,
    kinds: tuple[str, ...],
    progress: Callable[[float], Any] = lambda share: None,
) -> tuple[bytes, dict[str, str]]:
    """A zip of the files of some readings, with both tables, and which lack some and why.

    The files are those of ``lepton explain medical_imaging``, at the page's operating point.

    Args:
        desk: the readings.
        rows: which.
        kinds: ``pdf``, ``overlay``, ``sc``, ``sr``.
        progress: called with the share done.

    Raises:
        MissingDependency: what a kind needs is not installed.
    """
    from lepton_core.explain.files import Asked

    from .xray.explainer import Explainer

    pipeline, language = load(desk.folder).with_decision(desk.readings.decision), get_language()
    asked = Asked((*kinds, "csv", "json"), language)
    explainer = Explainer(pipeline, asked)
    series, findings = Series(pipeline.address, bundle_version(pipeline)), []
    everyday = [kind for kind in kinds if kind not in DICOM_FORMATS]
    archived = [kind for kind in kinds if kind in DICOM_FORMATS]
    sink, refused = io.BytesIO(), {}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for at, row in enumerate(rows.tolist()):
            record, scored = take_rows(desk.scored.records, np.array([row])), _scored(desk, row)
            try:
                reading = explainer.reading(record, scored)
                put = partial(write_reading, reading=reading, series=series, language=language)
                _add(archive, partial(put, formats=everyday))
                findings.append(reading.finding)
                # A picture that is no DICOM has its other files all the same.
                if archived:
                    _add(archive, partial(put, formats=archived))
            except MissingDependency:
                raise
            except LeptonError as error:
                refused[desk.readings.ids[row]] = error.text()
            progress((at + 1) / len(rows))
        about_all = partial(write_run, findings=findings, formats=asked.formats, language=language)
        _add(archive, about_all)
        archive.writestr("readings.csv", _csv(desk, rows))
        archive.writestr("readings.json", _json(desk, rows))
    return sink.getvalue(), refused


def _add(archive: zipfile.ZipFile, write: Callable[[Path], Any]) -> None:
    """Let ``write`` fill a folder that lasts for a moment, and put its files into the archive."""
    with TemporaryDirectory() as name:
        write(Path(name))
        for file in sorted(Path(name).iterdir()):
            archive.write(file, file.name)


def _scored(desk: Desk, row: int) -> Any:
    """One picture's predictions at the page's operating point, with the model's outputs."""
    scored = desk.scored
    raw = {"score": scored.score[row : row + 1]}
    raw |= {name: values[row : row + 1] for name, values in scored.raw.items()}
    task = desk.readings.task
    columns = desk.readings.decision.apply(raw)
    ids = pa.array([desk.readings.ids[row]])
    where = scored.rows[row : row + 1]
    return build(task.outputs, ids, columns, scored.address, Rejects(), where, raw)


def readings_table(desk: Desk, rows: np.ndarray) -> pa.Table:
    """Some readings with what people said of them, one row a picture; patients by pseudonym."""
    readings, statuses = desk.readings, desk.statuses
    decision, classes = readings.decision, readings.decision.classes
    is_two = readings.is_two
    threshold = decision.threshold if isinstance(decision, Classify) else None
    at, n = rows.tolist(), len(rows)
    said = [statuses.said.get(row) for row in at]
    columns: dict[str, Any] = {
        "record_id": [readings.ids[row] for row in at],
        "patient": [readings.patients[row] for row in at],
        "status": [str(statuses.status[row]) for row in at],
        "probability": readings.probability[rows],
        "probability_of": [classes[1 if is_two else readings.codes[row]] for row in at],
        "label": [classes[readings.codes[row]] for row in at],
        "review": readings.review[rows],
        "threshold": pa.array([threshold] * n, pa.float64()),
        "verdict": pa.array([one.verdict if one else None for one in said], pa.string()),
        "who": pa.array([one.who if one else None for one in said], pa.string()),
        "when": pa.array([one.when.isoformat() if one else None for one in said], pa.string()),
        "note": pa.array([one.note if one else None for one in said], pa.string()),
        "bundle": [desk.scored.address] * n,
    }
    if (readings.known >= 0).any():
        known = [classes[code] if code >= 0 else None for code in readings.known[rows].tolist()]
        columns["known_label"] = pa.array(known, pa.string())
    return pa.table(columns)


def _csv(desk: Desk, rows: np.ndarray) -> bytes:
    return to_csv(readings_table(desk, rows))


def _json(desk: Desk, rows: np.ndarray) -> bytes:
    about = {
        name: t(f"medical_imaging.output.{name}", language="en")
        for name in ("intended_use", "not_for", "limits")
    }
    found = about | {"readings": readings_table(desk, rows).to_pylist()}
    return (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode()
