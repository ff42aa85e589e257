"""The same scene as tables: names, directions and coordinates to type."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pandas as pd
import streamlit as st

from lepton_core.messages import t

from .dashboard_counting import PAGE
from .dashboard_counting_shapes import service_of

_ENDS = ("x0", "y0", "x1", "y1")
_SERVICE = ("lanes_to_right", "lanes_to_left", "heavy_share", "free_speed_kmh")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def edit_tables(tree: dict[str, Any], key: str) -> dict[str, Any] | None:
    """Draw the tables with a button that applies them.

    Args:
        tree: the scene as it stands.
        key: differs where the scene was begun anew.

    Returns:
        the tree as the tables say, once the button was pressed; else None.
    """
    # The tables begin anew when something is drawn: what they begin with must not change else.
    stamp = hashlib.sha256(f"{key}{json.dumps(tree, sort_keys=True)}".encode()).hexdigest()[:12]
    with st.form(f"counting.tables.{stamp}", border=False):
        st.caption(t(f"{PAGE}.scene.tables"))
        lines = st.data_editor(
            _lines(tree),
            key=f"counting.lines.{stamp}",
            num_rows="dynamic",
            hide_index=True,
            column_config=_named("name", "to_right", "to_left", *_ENDS),
        )
        with st.expander(t(f"{PAGE}.scene.areas")):
            areas = st.data_editor(
                _areas(tree),
                key=f"counting.areas.{stamp}",
                num_rows="dynamic",
                hide_index=True,
                column_config={
                    **_named("name", "points"),
                    "kind": st.column_config.SelectboxColumn(
                        t(f"{PAGE}.column.kind"), options=["zone", "lane"], default="zone"
                    ),
                },
            )
            ground = st.data_editor(
                _corners(tree),
                key=f"counting.ground.{stamp}",
                hide_index=True,
                column_config=_named("x", "y", "metres_x", "metres_y"),
            )
            st.caption(t(f"{PAGE}.scene.corners"))
        with st.expander(t(f"{PAGE}.service.title")):
            st.caption(t(f"{PAGE}.service.given"))
            service = st.data_editor(
                _services(tree),
                key=f"counting.service.{stamp}",
                hide_index=True,
                disabled=["line"],
                column_config=_named("line", *_SERVICE),
            )
        if not st.form_submit_button(t(f"{PAGE}.scene.apply"), icon=":material/check:"):
            return None
    new = {name: tree[name] for name in ("frame", "interval_s", "checked") if name in tree}
    given = _read_services(service)
    return new | _read_lines(lines, given) | _read_areas(areas, tree) | _read_corners(ground)


def _named(*names: str) -> dict[str, Any]:
    return {name: st.column_config.Column(t(f"{PAGE}.column.{name}")) for name in names}


def _lines(tree: dict[str, Any]) -> pd.DataFrame:
    rows = [
        {
            **{name: line.get(name, "") for name in ("name", "to_right", "to_left")},
            **dict(zip(_ENDS, (*line["start"], *line["end"]), strict=True)),
        }
        for line in tree.get("lines") or ()
    ]
    frame = pd.DataFrame(rows, columns=["name", "to_right", "to_left", *_ENDS])
    return frame.astype(
        dict.fromkeys(_ENDS, "float64") | dict.fromkeys(("name", "to_right", "to_left"), "str")
    )


def _areas(tree: dict[str, Any]) -> pd.DataFrame:
    rows = [
        {
            "kind": kind,
            "name": area["name"],
            "points": "  ".join(f"{x:g},{y:g}" for x, y in area["points"]),
        }
        for kind, name in (("zone", "zones"), ("lane", "lanes"))
        for area in tree.get(name) or ()
    ]
    return pd.DataFrame(rows, columns=["kind", "name", "points"]).astype("str")


def _corners(tree: dict[str, Any]) -> pd.DataFrame:
    told = tree.get("calibration")
    rows = [[None] * 4] * 4
    if told is not None:
        rows = [[*p, *m] for p, m in zip(told["pixels"], told["metres"], strict=True)]
    return pd.DataFrame(rows, columns=["x", "y", "metres_x", "metres_y"], dtype="float64")


def _services(tree: dict[str, Any]) -> pd.DataFrame:
    rows = [
        {"line": line["name"], **{name: line.get("service", {}).get(name) for name in _SERVICE}}
        for line in tree.get("lines") or ()
    ]
    frame = pd.DataFrame(rows, columns=["line", *_SERVICE])
    return frame.astype(dict.fromkeys(_SERVICE, "float64") | {"line": "str"})


def _text(value: Any) -> str:
    return (
        "" if value is None or (isinstance(value, float) and pd.isna(value)) else str(value).strip()
    )


def _number(value: Any) -> Any:
    return None if value is None or pd.isna(value) else float(value)


def _read_services(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Line -> ``{"service": ...}``, of the lines for which something is given."""
    found = {}
    for row in frame.to_dict("records"):
        told = {name: _number(row[name]) for name in _SERVICE}
        # Half a lane is said to be wrong where the scene is checked.
        known = {k: int(v) if v == int(v) else v for k, v in told.items() if v is not None}
        if known:
            found[_text(row["line"])] = {"service": known}
    return found


def _read_lines(frame: pd.DataFrame, given: dict[str, dict[str, Any]]) -> dict[str, Any]:
    found = []
    for row in frame.to_dict("records"):
        ends = [_number(row[name]) for name in _ENDS]
        if not _text(row["name"]) and all(value is None for value in ends):
            continue  # a row that was added and left empty
        ways = {way: _text(row[way]) for way in ("to_right", "to_left")}
        name = _text(row["name"])
        line = {"name": name, "start": ends[:2], "end": ends[2:], **ways}
        found.append(line | given.get(name, {}))
    return {"lines": found} if found else {}


def _read_areas(frame: pd.DataFrame, tree: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in frame.to_dict("records"):
        numbers = [float(one) for one in _NUMBER.findall(_text(row["points"]))]
        if not _text(row["name"]) and not numbers:
            continue
        name = "lanes" if _text(row["kind"]) == "lane" else "zones"
        points = [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=False)]
        title = _text(row["name"])
        area = {"name": title, "points": points}
        found.setdefault(name, []).append(area | service_of(tree, name, title))
    return found


def _read_corners(frame: pd.DataFrame) -> dict[str, Any]:
    rows = [[_number(value) for value in row] for row in frame.to_numpy().tolist()]
    if all(value is None for row in rows for value in row):
        return {}
    return {
        "calibration": {"pixels": [row[:2] for row in rows], "metres": [row[2:] for row in rows]}
    }
