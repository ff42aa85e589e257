"""From the rows of scored frames and a scene to the tables that people take away."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from .interval_counts import judged, times_us, with_ends
from .measures.count_interval import Checked
from .measures.counting import COUNTS, counts
from .measures.crossing import crossings
from .measures.flow import headways, occupancy, queues
from .measures.line_sight import LineSight, line_sights
from .measures.scene_file import SceneFile
from .measures.service_levels import service_levels
from .measures.speed import Speed, speeds
from .measures.watching import Watched
from .measures.zones import dwells, movements, od_matrix
from .rows import is_trusted, tracks_in
from .size_classes import SIZES
from .tracks import Tracks

INTERVAL_S = 60.0
"""Length of an interval where nobody says otherwise, seconds."""

SPEEDS = pa.schema(
    [
        pa.field("track", pa.int64(), nullable=False),
        pa.field("time", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("speed_kmh", pa.float64(), nullable=False),
        pa.field("error_kmh", pa.float64(), nullable=False),
        pa.field("distance_m", pa.float64(), nullable=False),
    ]
)
OCCUPANCY = pa.schema(
    [
        pa.field("start", pa.timestamp("us", tz="UTC")),
        pa.field("zone", pa.string()),
        pa.field("occupancy", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Report:
    """What one run over a camera's frames gave.

    Args:
        rows: of scored frames in order.
        scene: what was drawn.
        tracks: where vehicles were.
        watched: when counts could be trusted.
        interval_s: length of an interval.
        events: the columns of ``CROSSINGS``.
        counts: those of ``COUNTS`` with ``camera`` (states that made the interval unsure, "" for
            none), ``low`` and ``high`` (of the true count, empty without a checked sample), and
            ``doubt`` (what speaks against the line's counts in the whole clip, "" for nothing).
        speeds: the columns of ``SPEEDS``; no rows without a calibration.
        od: the origin-destination matrix; no rows with fewer than two zones.
        refused: frames that could not be scored.
        checked: a sample that a person checked.
    """

    rows: pa.Table
    scene: SceneFile
    tracks: Tracks
    watched: Watched
    interval_s: float
    events: pa.Table
    counts: pa.Table
    speeds: pa.Table
    od: pa.Table
    refused: int = 0
    checked: Checked | None = None

    @classmethod
    def of(
        cls,
        rows: pa.Table,
        scene: SceneFile,
        interval_s: float = INTERVAL_S,
        checked: Checked | None = None,
        refused: int = 0,
    ) -> Report:
        """The report of scored frames.

        Args:
            rows: with ``time``, ``tracks``, ``camera`` and ``review``, in order; one at least.
            scene: lines, zones and calibration.
            interval_s: length of an interval, above 0.
            checked: a sample that a person checked, for intervals on counts.
            refused: frames that could not be scored.
        """
        tracks = tracks_in(rows)
        times = times_us(rows)
        watched = Watched.of(times, is_trusted(rows))
        known = {} if scene.calibration is None else speeds(tracks, scene.calibration)
        events = crossings(tracks, scene, {track: one.kmh for track, one in known.items()})
        report = cls(
            rows,
            scene,
            tracks,
            watched,
            interval_s,
            events,
            COUNTS.empty_table(),
            _speeds(tracks, known),
            od_matrix(movements(tracks, scene), scene),
            refused,
            checked,
        )
        return replace(report, counts=report.counts_by(by_lane=False))

    def counts_by(self, *, by_lane: bool) -> pa.Table:
        """Counts as in ``counts``, with a row for each lane, too, where asked."""
        filmed = Watched.of(times_us(self.rows))
        table = counts(self.events, self.scene, filmed, self.interval_s, by_lane)
        table = judged(table, self.rows, self.watched, self.interval_s)
        table = with_ends(table, self.checked)
        doubts = {one.line: one.doubt for one in self.sights}
        told = pa.array([doubts[name] for name in table["line"].to_pylist()], pa.string())
        return table.append_column("doubt", told)

    @cached_property
    def sights(self) -> list[LineSight]:
        """How vehicles are seen at each line."""
        return line_sights(self.events, self.tracks, self.scene, self.watched)

    @cached_property
    def detailed(self) -> pa.Table:
        """Counts by lane where lanes are drawn; otherwise ``counts``."""
        return self.counts_by(by_lane=True) if self.scene.lanes else self.counts

    @property
    def knows_sizes(self) -> bool:
        """Whether size classes of what crossed are known."""
        return any(self.events["size"].to_pylist())

    @property
    def states(self) -> dict[str, int]:
        """Frames in each state of the camera, in order of first appearance."""
        return dict(Counter(self.rows["camera"].to_pylist()))

    @property
    def trusted_share(self) -> float:
        """Share of the frames in which counts can be trusted, 0 to 1."""
        return float(is_trusted(self.rows).mean()) if self.rows.num_rows else 0.0

    @property
    def frames_per_s(self) -> float | None:
        """How many frames usually come a second; None of a single one."""
        gaps = np.diff(times_us(self.rows))
        return 1e6 / float(np.median(gaps)) if len(gaps) else None

    @cached_property
    def queues(self) -> pa.Table:
        """The columns of ``QUEUES``."""
        return queues(self.tracks, self.scene)

    @cached_property
    def dwells(self) -> pa.Table:
        """The columns of ``DWELLS``."""
        return dwells(self.tracks, self.scene)

    @cached_property
    def headways(self) -> pa.Table:
        """Seconds between vehicles at each line, by lane where lanes are drawn."""
        return headways(self.events, self.watched)

    @cached_property
    def levels(self) -> pa.Table:
        """Levels of service, the columns of ``LEVELS``."""
        doubted = {one.line for one in self.sights if one.doubt}
        given = self.events, self.dwells, self.scene, self.watched, self.interval_s
        return service_levels(*given, doubted)

    @cached_property
    def occupancy(self) -> pa.Table:
        """``start``, ``zone`` and ``occupancy`` of every zone."""
        found = [
            occupancy(self.tracks, zone, self.watched, self.interval_s) for zone in self.scene.zones
        ]
        return pa.concat_tables(found) if found else OCCUPANCY.empty_table()

    def summary(self) -> dict[str, Any]:
        """What ``summary.json`` holds: plain values."""
        times = self.rows["time"].to_pylist()
        totals = Counter(
            zip(self.events["line"].to_pylist(), self.events["direction"].to_pylist(), strict=True)
        )
        sizes = Counter(self.events["size"].to_pylist())
        known = self.speeds["speed_kmh"].to_numpy()
        share, rate = self.trusted_share, self.frames_per_s
        return {
            "frames": self.rows.num_rows,
            "refused_frames": self.refused,
            "from": times[0].isoformat() if times else None,
            "to": times[-1].isoformat() if times else None,
            "watched_s": round(self.watched.seconds, 3),
            "trusted_share": round(share, 4),
            "trusted": "all" if share == 1 else "partly" if share > 0 else "nothing",
            "camera_frames": self.states,
            "vehicles": len(set(self.tracks.track.tolist())),
            "crossings": [
                {"line": line.name, "direction": name, "count": totals[line.name, name]}
                for line in self.scene.lines
                for name in (line.to_right, line.to_left)
                if name
            ],
            "sizes": {name: sizes[name] for name in SIZES} if self.knows_sizes else None,
            "frames_per_s": None if rate is None else round(rate, 2),
            "lines": [asdict(one) for one in self.sights],
            "interval_s": self.interval_s,
            "median_speed_kmh": round(float(np.median(known)), 1) if len(known) else None,
            "zones": [zone.name for zone in self.scene.zones],
        }


def _speeds(tracks: Tracks, known: dict[int, Speed]) -> pa.Table:
    first = {track: int(tracks.time_us[part][0]) for track, part in tracks.each()}
    rows = sorted(known.values(), key=lambda one: first[one.track])
    columns = [
        [one.track for one in rows],
        [first[one.track] for one in rows],
        [one.kmh for one in rows],
        [one.error_kmh for one in rows],
        [one.distance_m for one in rows],
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SPEEDS, strict=True)]
    return pa.table(arrays, schema=SPEEDS)
