"""Which picture this is, in one line, and what is said of it, in badges."""

from __future__ import annotations

from lepton_core.messages import t
from lepton_core.ui.plain import plain

from .dashboard_xray_desk import Desk
from .xray.output.pdf_report import percent

_COLORS = {"review": "orange", "unread": "blue", "agreed": "green", "overridden": "red"}


def title(desk: Desk, row: int) -> str:
    """The picture's name, with the patient's pseudonym where one is known."""
    name = t("medical_imaging.viewer.title", record=plain(desk.readings.ids[row]))
    patient = desk.readings.patients[row]
    if not patient:
        return name
    return f"{name} · {t('medical_imaging.viewer.patient', patient=plain(patient))}"


def badges(desk: Desk, row: int) -> str:
    """Status, what it is taken for, whether the model is unsure, and the known class."""
    readings = desk.readings
    status = str(desk.statuses.status[row])
    found = [_badge(_COLORS[status], t(f"medical_imaging.worklist.status.{status}"))]
    name = plain(readings.classes[1 if readings.is_two else readings.codes[row]])
    is_finding = readings.is_two and readings.codes[row] == 1
    share = percent(float(readings.probability[row]))
    text = t("medical_imaging.viewer.taken_for", name=name, probability=share)
    found.append(_badge("red" if is_finding else "gray", text))
    if readings.review[row] and status != "review":
        found.append(_badge("orange", t("medical_imaging.viewer.unsure")))
    known = int(readings.known[row])
    if known >= 0:
        word = t("medical_imaging.viewer.labelled", name=plain(readings.classes[known]))
        found.append(_badge("violet", word))
    return " ".join(found)


def _badge(color: str, text: str) -> str:
    return f":{color}-badge[{text}]"
