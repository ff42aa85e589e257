"""The bundles that ship: what users' clips are counted by, and that it earns its place."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from lepton_core.bundle import load_bundle
from lepton_core.pipeline import Pipeline
from lepton_core.runtime.no_model import NoModel
from solutions.traffic_video.counting.config import CLASSICAL, NETWORK, Config
from solutions.traffic_video.counting.preprocessing import CountingPreprocessor
from solutions.traffic_video.counting.scenes.random_scenes import random_scene
from solutions.traffic_video.counting.task import TASK
from solutions.traffic_video.counting.training import DECISION

sys.path.insert(0, str(Path(__file__).parents[4] / "benchmarks"))

from traffic_rendered import (
    FPS,
    HEIGHT,
    SECONDS,
    WARM_S,
    WIDTH,
    score_of,
    told,
)

SHIPPED = ("roads", "cdnet_highway")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_network_is_small_and_says_how_it_was_made(name: str) -> None:
    folder = TASK.bundle(name)
    assert sum(path.stat().st_size for path in folder.rglob("*")) < 12e6
    card = json.loads((folder / "card.json").read_text())
    assert card["settings"]["detector"] == NETWORK
    assert card["command"].startswith("lepton train traffic_video/counting ")
    assert "/" not in card["command"].replace("traffic_video/counting", "")


def test_what_users_bring_is_counted_by_the_network_that_saw_no_real_camera() -> None:
    card = json.loads((TASK.bundle(TASK.default_bundle) / "card.json").read_text())
    assert TASK.default_bundle == "roads"
    assert card["training"]["recorded_examples"] == 0


@pytest.mark.slow
def test_at_night_headlights_on_the_road_are_no_vehicles() -> None:
    """A validation scene: 5 crossings, for which background subtraction counts 14."""
    scene = random_scene(220_002, "night", WIDTH, HEIGHT, FPS, SECONDS)
    line, truth, sizes, frames = told(scene)
    given = line, truth, sizes, frames
    true, counted, right, *_ = score_of(load_bundle(TASK.bundle("roads")), *given)
    assert true == sum(one.first >= WARM_S * FPS for one in truth) == 5
    assert (counted, right) == (5, 5)
    preprocessor = CountingPreprocessor(Config(detector=CLASSICAL))
    classical = Pipeline(TASK, "counting", preprocessor, NoModel(), DECISION)
    assert score_of(classical, *given)[1] > 10
