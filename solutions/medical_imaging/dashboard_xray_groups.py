"""How groups of labelled pictures fare at the operating point: by cause, site, device."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.evaluation.fairness import wilson
from lepton_core.messages import t

from .dashboard_xray_readings import Readings
from .xray.subgroups import subgroups

_LEAST_GROUP = 5


def show_groups(readings: Readings) -> None:
    """How groups of labelled pictures fare, where the data names groups."""
    groups = subgroups(readings.scored.records)
    names = sorted(set(groups.tolist()))
    if len(names) < 2:
        return
    st.subheader(t("medical_imaging.quality.groups"), anchor=False)
    rows = [row for name in names if (row := _group(readings, name, groups == name))]
    if not rows:
        st.caption(t("medical_imaging.quality.few"))
        return
    columns = ("group", "n", "with_finding", "found", "false_alarms")
    st.dataframe(
        pa.table(
            {
                t(f"medical_imaging.quality.{name}"): [row[at] for row in rows]
                for at, name in enumerate(columns)
            }
        ),
        hide_index=True,
        placeholder="–",
        height="content",
    )
    st.caption(t("medical_imaging.quality.groups_help"))


def _group(readings: Readings, name: str, member: np.ndarray) -> list[Any] | None:
    """A group's name, size, positives, and two shares with intervals; None where too small."""
    judged = readings.judged
    there = member & (judged >= 0)
    if there.sum() < _LEAST_GROUP:
        return None
    if not readings.is_two:
        right = (readings.codes == judged) & there
        return [name, int(there.sum()), None, _share(right, there), None]
    called, sick, well = readings.codes == 1, there & (judged == 1), there & (judged == 0)
    return [
        t("medical_imaging.quality.rest") if name == "-" else name,
        int(there.sum()),
        int(sick.sum()),
        _share(called & sick, sick),
        _share(called & well, well),
    ]


def _share(hit: np.ndarray, among: np.ndarray) -> str | None:
    hits, n = int(hit.sum()), int(among.sum())
    if not n:
        return None
    low, high = wilson(hits, n)
    return f"{hits / n:.1%} ({low:.1%} – {high:.1%})"
