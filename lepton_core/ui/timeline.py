"""One entity's past on a page: a value and the probability of each of its events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lepton_core.messages import t
from lepton_core.ui.charts import INK, POSITIVE, THRESHOLD, layout

# Pale where nothing is the matter, so that the few that matter stand out.
_PROBABILITY = [
    [0.0, "#b3c4d4"],
    [0.15, "#7fa8c8"],
    [0.4, "#f0b35e"],
    [0.7, "#e0703f"],
    [1.0, POSITIVE],
]


@dataclass(frozen=True)
class Timeline:
    """Events of one entity in order of time.

    Args:
        time_us: int64 [n], microseconds since 1970 UTC.
        value: float64 [n], what is drawn above the probabilities.
        value_name: its name in the page's language.
        probability: float32 [n], in 0..1.
        positive: bool [n], what is known to be positive; gets a ring.
        positive_name: what a ring means.
        selected: bool [n], the event that a person chose; gets a diamond.
        threshold: probability in 0..1 from which an event is an alert.
    """

    time_us: np.ndarray
    value: np.ndarray
    value_name: str
    probability: np.ndarray
    positive: np.ndarray
    positive_name: str
    selected: np.ndarray
    threshold: float

    def figure(self, height: int = 380) -> go.Figure:
        """Values above, probabilities with the threshold below; ``height`` in pixels."""
        figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.07)
        time = self.time_us.astype("datetime64[us]")
        colors: dict[str, Any] = {
            "color": self.probability,
            "colorscale": _PROBABILITY,
            "cmin": 0.0,
            "cmax": 1.0,
            "line": {"width": 0.5, "color": "white"},
        }
        probability_name = t("ui.timeline.probability")
        hover = (
            f"%{{x|%Y-%m-%d %H:%M}}<br>{self.value_name} %{{customdata[0]:,.2f}}"
            f"<br>{probability_name} %{{customdata[1]:.1%}}<extra></extra>"
        )
        rings = (
            (self.positive, self.positive_name, "circle-open", 14, POSITIVE),
            (self.selected, t("ui.timeline.selected"), "diamond-open", 19, INK),
        )
        for line, values in ((1, self.value), (2, self.probability)):
            _stems(figure, time, values, line)
            figure.add_scatter(
                x=time,
                y=values,
                mode="markers",
                marker={**colors, "size": 8},
                customdata=np.stack([self.value, self.probability], axis=1),
                hovertemplate=hover,
                showlegend=False,
                row=line,
                col=1,
            )
            for some, name, symbol, size, color in rings:
                if some.any():
                    figure.add_scatter(
                        x=time[some],
                        y=values[some],
                        mode="markers",
                        name=name,
                        marker={
                            "symbol": symbol,
                            "size": size,
                            "color": color,
                            "line": {"width": 1.8},
                        },
                        hoverinfo="skip",
                        showlegend=line == 1,
                        row=line,
                        col=1,
                    )
        figure.add_hline(
            y=self.threshold,
            line={"color": THRESHOLD, "width": 1.2, "dash": "dash"},
            annotation_text=t("ui.timeline.threshold", threshold=self.threshold),
            annotation_position="top left" if self.threshold < 0.85 else "bottom left",
            annotation_font_color=THRESHOLD,
            row=2,
            col=1,
        )
        figure.update_layout(**layout(height))
        figure.update_xaxes(showgrid=False, **date_ticks())
        top = float(self.value.max(initial=1.0))
        # A little below zero, or the marks of tiny values would be cut in half.
        figure.update_yaxes(
            title_text=self.value_name, range=[-0.07 * top, 1.12 * top], row=1, col=1
        )
        figure.update_yaxes(
            title_text=probability_name, range=[-0.07, 1.12], tickformat=".0%", row=2, col=1
        )
        return figure


def _stems(figure: go.Figure, time: np.ndarray, values: np.ndarray, line: int) -> None:
    """Thin lines from zero, in one trace with gaps: quicker to draw than a bar each."""
    y = np.column_stack([np.zeros_like(values), values, np.full_like(values, np.nan)]).ravel()
    figure.add_scatter(
        x=np.repeat(time, 3),
        y=y,
        mode="lines",
        # Faint on a light page and on a dark one.
        line={"color": "rgba(128,144,160,0.3)", "width": 1},
        hoverinfo="skip",
        showlegend=False,
        row=line,
        col=1,
    )


def date_ticks() -> dict[str, Any]:
    """Dates in numbers alone: month names would stay English on a Chinese page."""
    return {
        "tickformatstops": [
            {"dtickrange": [None, 86_400_000 - 1], "value": "%H:%M\n%m-%d"},
            {"dtickrange": [86_400_000, "M1"], "value": "%m-%d"},
            {"dtickrange": ["M1", None], "value": "%Y-%m"},
        ],
    }
