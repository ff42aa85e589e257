"""One unit: its remaining life over time with the band, and the sensors that drive it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.charts import INK, POSITIVE, THRESHOLD, layout
from lepton_core.ui.figures import CHART
from lepton_core.ui.plain import plain

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline

    from .dashboard_maintenance_fleet import Fleet

VIEW = "defect_detection.maintenance.view"
_LIFE, _BAND = "#2f7fb5", "rgba(47, 127, 181, 0.2)"
_SENSORS = 4


def show_unit(fleet: Fleet, pipeline: Pipeline, name: str) -> None:
    """The chosen unit's estimate in words, its course, and its sensors.

    Args:
        fleet: all units.
        pipeline: what scored them.
        name: of the unit.
    """
    rows = fleet.rows(name)
    last = int(rows[-1])
    st.subheader(t(f"{VIEW}.unit", unit=plain(name)), anchor=False)
    st.markdown(_said(fleet, last))
    doubts = fleet.doubts(last)
    if doubts:
        st.warning(t(f"{VIEW}.look_first", doubts=plain(doubts)), icon=":material/troubleshoot:")
    st.plotly_chart(life_chart(fleet, rows), key="maintenance.life", config=CHART)
    _sensors(fleet, pipeline, rows)


def _said(fleet: Fleet, row: int) -> str:
    ends: dict[str, Any] = {
        name: float(fleet.columns[name][row]) for name in ("value", "low", "high")
    }
    cap = fleet.scored.decision.to_json()["cap"]
    key = "said_cap" if cap is not None and ends["low"] >= 0.999 * cap else "said"
    if cap is not None and key == "said" and ends["high"] >= 0.999 * cap:
        key = "said_open"
    decision = fleet.scored.decision.to_json()
    text = t(f"{VIEW}.{key}", **ends, share=decision["coverage"], cycle=float(fleet.cycle[row]))
    alarmed = fleet.alarmed[fleet.unit[row]]
    if np.isfinite(alarmed):
        text += " " + t(f"{VIEW}.alarmed", cycle=float(alarmed))
    return text


def life_chart(fleet: Fleet, rows: np.ndarray) -> go.Figure:
    """Remaining life over the cycles, with the interval, the alarm and what is known.

    Args:
        fleet: all units.
        rows: the records of one, in order.
    """
    figure = go.Figure()
    x, columns = fleet.cycle[rows], fleet.columns
    decision = fleet.scored.decision.to_json()
    line: dict[str, Any] = {"mode": "lines", "hoverinfo": "skip", "line": {"width": 0}}
    figure.add_scatter(x=x, y=columns["high"][rows], showlegend=False, **line)
    band = t(f"{VIEW}.band", share=decision["coverage"])
    figure.add_scatter(
        x=x, y=columns["low"][rows], fill="tonexty", fillcolor=_BAND, name=band, **line
    )
    value = t(f"{VIEW}.value")
    hover = f"{t(f'{VIEW}.axis')} %{{x}}<br>{value}: %{{y:.0f}}<extra></extra>"
    figure.add_scatter(
        x=x, y=columns["value"][rows], name=value, line={"color": _LIFE}, hovertemplate=hover
    )
    truth = np.minimum(fleet.truth[rows], decision["cap"] or np.inf)
    if np.isfinite(truth).any():
        dash = {"color": INK, "dash": "dot", "width": 1.4}
        figure.add_scatter(x=x, y=truth, name=t(f"{VIEW}.known"), line=dash, hoverinfo="skip")
    figure.add_hline(
        y=decision["alarm_cycles"],
        line={"color": THRESHOLD, "width": 1.4, "dash": "dash"},
        annotation_text=t(f"{VIEW}.alarm_line"),
        annotation_position="bottom left",
        annotation_font_color=THRESHOLD,
    )
    figure.update_layout(**layout(320))
    figure.update_xaxes(title_text=t(f"{VIEW}.axis"), showgrid=False, fixedrange=True)
    figure.update_yaxes(title_text=t(f"{VIEW}.value"), rangemode="tozero", fixedrange=True)
    return figure


def _sensors(fleet: Fleet, pipeline: Pipeline, rows: np.ndarray) -> None:
    """What drives the latest estimate, and these sensors' courses."""
    from lepton_core.pipeline import Session

    from .maintenance.reasons import contributions
    from .maintenance.sensors import sensor_values

    records = fleet.scored.records.take(pa.array(rows))
    session = Session(pipeline, trace=True)
    scored = session.step(records)
    if not len(scored):
        return
    names = list(fleet.scored.decision.to_json()["sensors"])
    shares = contributions(pipeline, session.traced["x"][-1:])[0]
    order = np.argsort(-np.abs(shares))[:_SENSORS]
    st.markdown(f"**{t(f'{VIEW}.drives')}**", help=t(f"{VIEW}.drives_help"))
    places = [place for _ in range(0, len(order), 2) for place in st.columns(2, gap="small")]
    values = sensor_values(records, tuple(names))
    for at, place in zip(order.tolist(), places, strict=False):
        with place:
            key = "takes" if shares[at] >= 0 else "adds"
            told = t(f"{VIEW}.{key}", cycles=float(abs(shares[at])))
            st.caption(f"**{plain(names[at])}** · {told}")
            figure = sensor_chart(fleet.cycle[rows], values[:, at])
            st.plotly_chart(figure, key=f"maintenance.sensor.{at}", config=CHART)


def sensor_chart(cycle: np.ndarray, values: np.ndarray) -> go.Figure:
    """A sensor's course, with the mean of the last ten cycles.

    Args:
        cycle: float64 [n].
        values: float64 [n], NaN where missing.
    """
    figure = go.Figure()
    dots = {"color": INK, "size": 3, "opacity": 0.5}
    figure.add_scatter(x=cycle, y=values, mode="markers", marker=dots, hoverinfo="skip")
    known = np.flatnonzero(np.isfinite(values))
    if len(known) >= 10:
        mean = np.convolve(values[known], np.full(10, 0.1), "valid")
        figure.add_scatter(
            x=cycle[known[9:]],
            y=mean,
            line={"color": POSITIVE, "width": 2},
            hovertemplate="%{x}: %{y:,.4~g}<extra></extra>",
        )
    figure.update_layout(**{**layout(150), "showlegend": False})
    figure.update_xaxes(showgrid=False, fixedrange=True, nticks=5)
    figure.update_yaxes(fixedrange=True, nticks=4)
    return figure
