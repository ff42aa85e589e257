"""A camera in the dark, where noise and headlights are most of what it sees: turned away or not."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from solutions.traffic_video.counting.camera import STATES, Camera
from solutions.traffic_video.counting.config import BlobConfig, SceneConfig
from solutions.traffic_video.counting.scenes.random_scenes import random_scene
from solutions.traffic_video.counting.scenes.rendering import render

# Near, noisy and with wide headlights: neither first frame is much like those that follow it.
NIGHTS = (820303, 820304)
RATE = 25.0


@functools.cache
def night(seed: int) -> tuple[np.ndarray, ...]:
    return tuple(
        frame.picture for frame in render(random_scene(seed, "night", 320, 240, RATE, 3.0))
    )


def watched(frames: tuple[np.ndarray, ...]) -> tuple[list[str], list[int]]:
    """States of the frames, and the frames at which the scene begins anew."""
    camera = Camera(SceneConfig(), BlobConfig())
    seen = [camera.step(frame, at / RATE) for at, frame in enumerate(frames)]
    begun = [at for at, one in enumerate(seen) if one.restarted]
    return [STATES[one.state] for one in seen], begun


@pytest.mark.slow
@pytest.mark.parametrize("seed", NIGHTS)
def test_a_camera_that_stands_still_at_night_is_not_told_as_moving(seed: int) -> None:
    states, begun = watched(night(seed))
    assert "moving" not in states
    assert begun == [0]


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after"), [NIGHTS, NIGHTS[::-1]])
def test_a_camera_that_turns_away_at_night_is_told_and_begins_anew(before: int, after: int) -> None:
    states, begun = watched(night(before) + night(after))
    turned = len(night(before))
    assert "moving" in states[turned : turned + 30]
    assert len(begun) == 2
    assert turned < begun[1] < turned + 40


@pytest.mark.slow
def test_what_was_remembered_goes_on_the_same() -> None:
    frames = night(NIGHTS[0])
    first, second = Camera(SceneConfig(), BlobConfig()), Camera(SceneConfig(), BlobConfig())
    for at, frame in enumerate(frames[:40]):
        first.step(frame, at / RATE)
    second.restore(first.export())
    for at, frame in enumerate(frames[40:], 40):
        one, other = first.step(frame, at / RATE), second.step(frame, at / RATE)
        assert one.state == other.state
        assert np.array_equal(one.foreground, other.foreground)
