"""What a rendered scene is: every parameter of the road, its light, its traffic and its camera."""

from __future__ import annotations

from dataclasses import dataclass, fields

from lepton_core.errors import DataError

KINDS = ("day", "shadow", "jitter", "occlusion", "queue", "dusk", "night", "gain")
LIGHTS = ("day", "dusk", "night")

RANGES: dict[str, tuple[float, float]] = {
    "width": (64, 1920),
    "height": (48, 1080),
    "fps": (1, 120),
    "seconds": (0.1, 3600),
    "camera_height_m": (2.5, 40),
    "tilt_deg": (4, 80),
    "yaw_deg": (-88, 88),
    "roll_deg": (-8, 8),
    "view_deg": (8, 110),
    "aim_m": (-20, 20),
    "lanes_away": (0, 4),
    "lanes_towards": (0, 4),
    "lane_width_m": (2.6, 4.2),
    "median_m": (0, 6),
    "shoulder_m": (0, 5),
    "bend_per_m": (-0.003, 0.003),
    "flow_per_lane_h": (0, 2400),
    "speed_kmh": (5, 140),
    "heavy_share": (0, 1),
    "motorcycle_share": (0, 1),
    "slow_share": (0, 1),
    "parked": (0, 12),
    "empty_s": (0, 3600),
    "cycle_s": (0, 600),
    "red_share": (0, 0.9),
    "stop_line": (0, 1),
    "sun_azimuth_deg": (-180, 180),
    "sun_height_deg": (8, 80),
    "shadow": (0, 0.8),
    "clouds": (0, 1),
    "lamps": (0, 8),
    "trees": (0, 40),
    "front_trees": (0, 6),
    "buildings": (0, 8),
    "posts": (0, 8),
    "gantry": (0, 1),
    "sway_px": (0, 6),
    "rain": (0, 1),
    "wet": (0, 1),
    "noise": (0, 25),
    "blur_px": (0, 3),
    "shutter_s": (0, 0.1),
    "jpeg": (10, 100),
    "jitter_px": (0, 12),
    "jitter_deg": (0, 2),
    "gain_drift": (0, 0.6),
    "gain_step": (0, 0.6),
    "saturation": (0, 1.6),
    "contrast": (0.5, 1.5),
}


@dataclass(frozen=True)
class Scene:
    """A road seen by a fixed camera. The same values always give the same frames.

    The ground is flat; x runs to the right, y along the road away from the camera, z up, in
    metres. The camera's axis meets the ground at y = 0, ``aim_m`` right of the road's middle.

    Args:
        seed: of everything that is not a parameter: shapes, colours, arrivals, textures, noise.
        kind: a name for tables, one of ``KINDS``; it has no effect of its own.
        width: of the picture, 64 to 1920 px.
        height: of the picture, 48 to 1080 px.
        fps: frames a second, 1 to 120; the traffic does not depend on it.
        seconds: length, 0.1 to 3600.
        camera_height_m: above the road, 2.5 to 40.
        tilt_deg: of the camera's axis below the horizontal, 4 to 80.
        yaw_deg: between the axis and the road, -88 to 88; 0 looks along it, positive to the right.
        roll_deg: of the picture, -8 to 8.
        view_deg: horizontal angle of view, 8 to 110.
        aim_m: where the axis meets the ground, right of the road's middle, -20 to 20 m.
        lanes_away: lanes whose traffic drives away from the camera, 0 to 4.
        lanes_towards: lanes whose traffic comes, 0 to 4; at least one lane in all.
        left_hand: traffic keeps left.
        lane_width_m: 2.6 to 4.2.
        median_m: strip between the directions, 0 to 6.
        shoulder_m: beside the outer lanes, 0 to 5.
        bend_per_m: curvature of the road at y = 0, -0.003 to 0.003.
        flow_per_lane_h: vehicles that want to enter a lane in an hour, 0 to 2400.
        speed_kmh: mean wished speed, 5 to 140.
        heavy_share: trucks and buses among the vehicles, 0 to 1.
        motorcycle_share: motorcycles among the vehicles, 0 to 1.
        slow_share: vehicles that drive at a third of the speed, 0 to 1.
        parked: vehicles that stand beside the road all the time, 0 to 12; background in the truth.
        empty_s: no traffic enters before this time; 0 starts with traffic on the road.
        cycle_s: of a signal at which queues form, 0 (no signal) to 600.
        red_share: of the cycle, 0 to 0.9.
        stop_line: where the signal is, as a share of the visible road, 0 to 1 (at its exit).
        light: ``day``, ``dusk`` or ``night``; headlights are on at dusk and night.
        sun_azimuth_deg: where the sun stands, from straight ahead, positive to the right.
        sun_height_deg: above the horizon, 8 to 80; low is long shadows.
        shadow: how much darker a cast shadow is, 0 (overcast) to 0.8.
        clouds: how much the sun fades and comes back, 0 to 1.
        lamps: street lamps beside the road, 0 to 8; lit at dusk and night.
        trees: beside the road, 0 to 40.
        front_trees: trees between camera and road, 0 to 6; only where the camera is beside it.
        buildings: 0 to 8.
        posts: posts between camera and road, 0 to 8; only where the camera is beside it.
        gantry: a sign bridge crosses the picture, 0 or 1.
        sway_px: how far leaves move in the wind, 0 to 6 px.
        rain: 0 to 1.
        wet: how much the road mirrors lights, 0 to 1.
        noise: standard deviation in the dark, 0 to 25 grey levels.
        blur_px: of the lens (sigma), 0 to 3 px.
        shutter_s: exposure, 0 to 0.1; moving vehicles smear.
        jpeg: quality, 10 to 100 (100 leaves the compression out).
        jitter_px: standard deviation of the camera's shift, 0 to 12 px.
        jitter_deg: standard deviation of the camera's turn, 0 to 2.
        gain_drift: slow change of the exposure, 0 to 0.6.
        gain_step: sudden changes of the exposure every few seconds, 0 to 0.6.
        saturation: of the colours, 0 (grey camera) to 1.6.
        contrast: 0.5 to 1.5.

    Raises:
        DataError: ``traffic_video.rendering.range`` or ``.word`` or ``.no_lanes``.
    """

    seed: int = 0
    kind: str = "day"
    width: int = 320
    height: int = 240
    fps: float = 25.0
    seconds: float = 20.0
    camera_height_m: float = 8.0
    tilt_deg: float = 18.0
    yaw_deg: float = 0.0
    roll_deg: float = 0.0
    view_deg: float = 45.0
    aim_m: float = 0.0
    lanes_away: int = 1
    lanes_towards: int = 2
    left_hand: bool = False
    lane_width_m: float = 3.5
    median_m: float = 0.5
    shoulder_m: float = 1.5
    bend_per_m: float = 0.0
    flow_per_lane_h: float = 500.0
    speed_kmh: float = 60.0
    heavy_share: float = 0.1
    motorcycle_share: float = 0.03
    slow_share: float = 0.0
    parked: int = 0
    empty_s: float = 0.0
    cycle_s: float = 0.0
    red_share: float = 0.5
    stop_line: float = 0.7
    light: str = "day"
    sun_azimuth_deg: float = 60.0
    sun_height_deg: float = 45.0
    shadow: float = 0.3
    clouds: float = 0.0
    lamps: int = 2
    trees: int = 12
    front_trees: int = 0
    buildings: int = 2
    posts: int = 0
    gantry: int = 0
    sway_px: float = 0.5
    rain: float = 0.0
    wet: float = 0.0
    noise: float = 2.5
    blur_px: float = 0.6
    shutter_s: float = 0.01
    jpeg: int = 75
    jitter_px: float = 0.0
    jitter_deg: float = 0.0
    gain_drift: float = 0.02
    gain_step: float = 0.0
    saturation: float = 1.0
    contrast: float = 1.0

    def __post_init__(self) -> None:
        for name, known in (("kind", KINDS), ("light", LIGHTS)):
            if getattr(self, name) not in known:
                raise DataError(
                    "traffic_video.rendering.word",
                    name=name,
                    known=", ".join(known),
                    received=getattr(self, name),
                )
        for field in fields(self):
            if field.name in RANGES:
                low, high = RANGES[field.name]
                value = getattr(self, field.name)
                if not low <= value <= high:
                    raise DataError(
                        "traffic_video.rendering.range",
                        name=field.name,
                        low=low,
                        high=high,
                        received=value,
                    )
        if self.lanes_away + self.lanes_towards == 0:
            raise DataError("traffic_video.rendering.no_lanes")

    @property
    def n(self) -> int:
        """Number of frames."""
        return max(1, round(self.seconds * self.fps))
