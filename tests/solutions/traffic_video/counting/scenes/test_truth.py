"""What a rendered scene says of itself is what its pictures show."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from lepton_core.errors import DataError
from solutions.traffic_video.counting.scenes import (
    KINDS,
    Frame,
    Scene,
    calibration,
    calibration_points,
    counts,
    crossings,
    mask_crossings,
    random_scene,
    render,
)
from solutions.traffic_video.counting.scenes.camera import Camera, Road
from solutions.traffic_video.counting.scenes.traffic import simulate

# Nothing but vehicles changes from frame to frame.
CALM = {
    "noise": 0.0,
    "jpeg": 100,
    "jitter_px": 0.0,
    "sway_px": 0.0,
    "gain_drift": 0.0,
    "shutter_s": 0.0,
    "blur_px": 0.0,
    "shadow": 0.0,
}
BUSY = Scene(seed=5, seconds=4, fps=5, flow_per_lane_h=1200, lanes_away=2, heavy_share=0.3)


def _frames(scene: Scene) -> list[Frame]:
    return list(render(scene))


def _ground(scene: Scene, pixels: np.ndarray) -> np.ndarray:
    spots = np.column_stack([pixels, np.ones(len(pixels))]) @ calibration(scene).T
    return spots[:, :2] / spots[:, 2:]


def test_the_same_scene_gives_the_same_frames_and_another_seed_others() -> None:
    scene = random_scene(4, "jitter", seconds=0.4, fps=5)
    first, again = _frames(scene), _frames(scene)
    for a, b in zip(first, again, strict=True):
        assert (a.picture == b.picture).all()
        assert (a.ids == b.ids).all()
    other = _frames(replace(scene, seed=5))
    assert (first[0].picture != other[0].picture).mean() > 0.2


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_renders_with_masks_that_agree_with_ids_and_boxes(kind: str) -> None:
    scene = random_scene(8, kind, seconds=2, fps=2.5)
    for frame in render(scene):
        assert frame.picture.shape == (240, 320, 3)
        assert frame.picture.dtype == np.uint8
        assert ((frame.mask == 255) == (frame.ids > 0)).all()
        assert set(np.unique(frame.mask)) <= {0, 50, 255}
        boxes = {seen.id: seen.box_xyxy for seen in frame.vehicles if not seen.is_parked}
        assert set(np.unique(frame.ids).tolist()) - {0} <= set(boxes)
        for number, (x0, y0, x1, y1) in boxes.items():
            rows, columns = np.nonzero(frame.ids == number)
            if len(rows):
                assert columns.min() >= x0 - 1.5
                assert columns.max() <= x1 + 1
                assert rows.min() >= y0 - 1.5
                assert rows.max() <= y1 + 1


def test_pictures_change_where_the_mask_says_and_nowhere_else() -> None:
    busy = replace(BUSY, **CALM)
    empty = next(iter(render(replace(busy, flow_per_lane_h=0.0, seconds=0.2)))).picture
    for frame in render(busy):
        changed = np.abs(frame.picture.astype(int) - empty).max(-1) > 6
        vehicle = frame.mask == 255
        assert changed[vehicle].mean() > 0.85
        # The dark line below a vehicle is no part of it.
        near = cv2.dilate(vehicle.astype(np.uint8), np.ones((17, 17))) > 0
        assert changed[~near].mean() < 0.002


def test_cast_shadows_are_darker_road_beside_vehicles() -> None:
    sunny = replace(BUSY, **(CALM | {"shadow": 0.6}), sun_height_deg=30.0, trees=0)
    empty = next(iter(render(replace(sunny, flow_per_lane_h=0.0, seconds=0.2)))).picture
    darker = [
        frame.picture[frame.mask == 50].mean() / empty[frame.mask == 50].mean()
        for frame in render(sunny)
        if (frame.mask == 50).sum() > 200
    ]
    assert len(darker) > 5
    assert max(darker) < 0.6
    assert not any((f.mask == 50).any() for f in render(replace(sunny, shadow=0.0)))


def test_feet_and_speeds_agree_with_the_calibration_also_when_the_camera_shakes() -> None:
    scene = replace(BUSY, jitter_px=3.0, jitter_deg=0.3)
    before: dict[int, np.ndarray] = {}
    compared = 0
    for frame in render(scene):
        back = cv2.invertAffineTransform(frame.moved)
        now = {}
        for seen in frame.vehicles:
            at_rest = back[:, :2] @ np.array(seen.foot_xy) + back[:, 2]
            spot = _ground(scene, at_rest[None])[0]
            assert np.allclose(spot, [seen.x_m, seen.y_m], atol=0.01)
            now[seen.id] = spot
            if seen.id in before and seen.speed_ms > 3:
                speed = np.hypot(*(spot - before[seen.id])) * scene.fps
                assert speed == pytest.approx(seen.speed_ms, rel=0.15)
                compared += 1
        before = now
    assert compared > 20
    pixels, metres = calibration_points(scene)
    assert np.allclose(_ground(scene, pixels), metres, atol=1e-6)


def test_moved_undoes_the_shake() -> None:
    scene = replace(BUSY, **(CALM | {"jitter_px": 3.0, "jitter_deg": 0.3}), flow_per_lane_h=0.0)
    still = next(iter(render(replace(scene, jitter_px=0.0, jitter_deg=0.0)))).picture
    for frame in render(replace(scene, seconds=1.0)):
        back = cv2.invertAffineTransform(frame.moved)
        steadied = cv2.warpAffine(frame.picture, back, (320, 240))
        inner = (slice(20, -20), slice(20, -20))
        error = np.abs(steadied[inner].astype(int) - still[inner]).mean()
        assert error < 0.6 * np.abs(frame.picture[inner].astype(int) - still[inner]).mean()


def test_vehicles_of_a_lane_never_overlap_and_queue_at_red() -> None:
    scene = Scene(seed=3, cycle_s=30, red_share=0.6, seconds=90, flow_per_lane_h=900)
    road = Road.of(scene, Camera.of(scene))
    vehicles = simulate(scene, road)
    slowest = min(v.speed.min() for v in vehicles)
    assert slowest < 0.2
    for t in np.arange(0, 90, 0.5):
        for lane in road.lanes:
            there = sorted(
                (state[1], vehicle.size_m[0])
                for vehicle in vehicles
                if vehicle.lane == lane.index and (state := vehicle.state(road, float(t)))
            )
            for (y, length), (next_y, next_length) in pairwise(there):
                assert next_y - y > (length + next_length) / 2


def test_a_vehicle_hidden_by_a_nearer_one_is_less_visible() -> None:
    low = {"camera_height_m": 4.0, "tilt_deg": 8.0, "trees": 0}
    scene = Scene(seed=2, seconds=6, fps=5, lanes_away=0, lanes_towards=1, **low)  # type: ignore[arg-type]
    scene = replace(scene, flow_per_lane_h=1500.0, cycle_s=40.0, red_share=0.6, heavy_share=0.4)
    hidden = 0
    for frame in render(scene):
        inside = [s for s in frame.vehicles if s.box_xyxy[3] < 238 and s.box_xyxy[0] > 0]
        inside = sorted(inside, key=lambda seen: seen.y_m)
        for near, far in pairwise(inside):
            covered = min(near.box_xyxy[2], far.box_xyxy[2]) - max(
                near.box_xyxy[0], far.box_xyxy[0]
            )
            is_beside = covered < 0.9 * (far.box_xyxy[2] - far.box_xyxy[0])
            height = far.box_xyxy[3] - far.box_xyxy[1]
            if not is_beside and near.box_xyxy[1] < far.box_xyxy[1] + 0.5 * height:
                assert far.visible < 0.75
                hidden += 1
        if inside:
            assert inside[0].visible > 0.9
    assert hidden > 5


def test_headlight_beams_light_the_road_and_are_no_vehicle() -> None:
    night = replace(BUSY, **CALM, light="night", lamps=0, lanes_away=0, trees=0)
    empty = next(iter(render(replace(night, flow_per_lane_h=0.0, seconds=0.2)))).picture
    lit = 0
    for frame in render(night):
        brighter = frame.picture.astype(int).mean(-1) - empty.mean(-1) > 10
        lit += int((brighter & (frame.mask == 0)).sum())
        assert not (frame.mask == 50).any()
    assert lit > 500


def test_parked_vehicles_are_background_and_the_road_may_start_empty() -> None:
    scene = replace(BUSY, parked=4, empty_s=2.0)
    for frame in render(scene):
        moving = [seen for seen in frame.vehicles if not seen.is_parked]
        assert any(seen.is_parked for seen in frame.vehicles)
        if frame.time_s < 2.0:
            assert not moving
            assert not frame.ids.any()


def test_traffic_does_not_depend_on_the_frame_rate() -> None:
    scene = Scene(seed=2, seconds=60, fps=25)
    line = ((0.0, 140.0), (319.0, 140.0))
    many, few = crossings(scene, line), crossings(replace(scene, fps=6.25), line)
    assert len(many) > 10
    assert [c.vehicle for c in many] == [c.vehicle for c in few]
    assert np.allclose([c.time_s for c in many], [c.time_s for c in few], atol=0.02)


def test_crossings_of_feet_fall_into_the_stay_of_the_mask_on_the_row() -> None:
    scene = Scene(seed=2, seconds=12, fps=10, lanes_away=0, lanes_towards=3, shutter_s=0.0)
    scene = replace(scene, flow_per_lane_h=1200.0)
    found = crossings(scene, ((0.0, 140.0), (319.0, 140.0)))
    stays = {stay.vehicle: stay for stay in mask_crossings(render(scene), 140)}
    assert len(found) > 5
    assert sum(counts(found).values()) == len(found)
    assert {crossing.direction for crossing in found} == {1}
    for crossing in found:
        stay = stays[crossing.vehicle]
        assert stay.first_frame - 1 <= crossing.frame <= stay.last_frame + 1
        assert abs(stay.x_px - crossing.x_px) < 40


def test_of_a_road_from_side_to_side_stays_are_on_a_column() -> None:
    scene = Scene(seed=2, seconds=8, fps=10, yaw_deg=75.0, shutter_s=0.0, flow_per_lane_h=900.0)
    frames = list(render(scene))
    stays = {stay.vehicle: stay for stay in mask_crossings(frames, 160, upright=True)}
    found = crossings(scene, ((160.0, 0.0), (160.0, 239.0)))
    assert found
    for crossing in found:
        stay = stays[crossing.vehicle]
        assert stay.first_frame - 1 <= crossing.frame <= stay.last_frame + 1


def test_as_many_vehicles_come_as_are_asked_for() -> None:
    scene = Scene(seed=1, seconds=1200, lanes_away=0, lanes_towards=1, flow_per_lane_h=600)
    found = crossings(scene, ((0.0, 140.0), (319.0, 140.0)))
    assert len(found) == pytest.approx(200, rel=0.15)


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"tilt_deg": 1.0}, "range"),
        ({"jpeg": 0}, "range"),
        ({"light": "noon"}, "word"),
        ({"lanes_away": 0, "lanes_towards": 0}, "no_lanes"),
    ],
)
def test_impossible_scenes_are_told(wrong: dict[str, object], key: str) -> None:
    with pytest.raises(DataError) as told:
        Scene(**wrong)  # type: ignore[arg-type]
    assert told.value.key == f"traffic_video.rendering.{key}"
