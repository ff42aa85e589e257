"""Which vehicle each pixel is of, by the boxes that the network tells at each."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core.errors import UsageError
from solutions.traffic_video.counting import parting
from solutions.traffic_video.counting.blobs import Blobs
from solutions.traffic_video.counting.config import BlobConfig
from solutions.traffic_video.counting.detectors import Network
from solutions.traffic_video.counting.parting import named
from solutions.traffic_video.counting.targets import box_answers, boxes_of, cores_of

SURE, NOT = 4.0, -5.0


def parted(ids: np.ndarray) -> np.ndarray:
    """What comes of a network that tells the truth of vehicles at [h, w]."""
    core = np.where(cores_of(ids) > 0, SURE, NOT)
    return named(ids > 0, core, box_answers(boxes_of(ids)))


def is_same(found: np.ndarray, ids: np.ndarray) -> bool:
    """Whether both part the pixels alike, whatever the numbers."""
    pairs = set(zip(found.ravel().tolist(), ids.ravel().tolist(), strict=True))
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def roads() -> list[tuple[str, np.ndarray]]:
    beside, before, posts = np.zeros((3, 40, 60), np.uint16)
    beside[10:20, 5:25], beside[10:20, 25:45] = 1, 2
    # A truck, and a car that hides its lower corner.
    before[4:34, 10:40] = 1
    before[26:38, 34:54] = 2
    # A post stands before a lorry, and a car drives behind the lorry.
    posts[10:25, 5:45], posts[10:25, 22:25] = 1, 0
    posts[6:10, 30:44] = 2
    return [("beside each other", beside), ("one before another", before), ("a post", posts)]


@pytest.mark.parametrize(("what", "ids"), roads())
def test_vehicles_that_touch_or_lie_in_pieces_are_told_apart(what: str, ids: np.ndarray) -> None:
    assert is_same(parted(ids), ids), what


def test_boxes_that_are_a_little_off_part_as_well() -> None:
    rng = np.random.default_rng(4)
    for what, ids in roads():
        off = boxes_of(ids) * np.exp(rng.normal(0, 0.08, (*ids.shape, 4)))
        core = np.where(cores_of(ids) > 0, SURE, NOT)
        assert is_same(named(ids > 0, core, box_answers(off)), ids), what


def test_a_lorry_told_of_differently_at_both_ends_is_one() -> None:
    ids = np.zeros((30, 80), np.uint16)
    ids[8:24, 10:70] = 1
    boxes = boxes_of(ids)
    is_front = np.arange(80) < 40
    boxes[:, is_front, 2] -= (
        18.0  # its front thinks that it ends sooner, its tail that it begins later
    )
    boxes[:, ~is_front, 0] -= 18.0
    boxes[ids == 0] = 0
    assert is_same(named(ids > 0, np.where(cores_of(ids) > 0, SURE, NOT), boxes), ids)


def test_a_part_with_a_box_of_its_own_is_another_vehicle_only_where_cores_end_between() -> None:
    ids = np.zeros((40, 60), np.uint16)
    ids[6:34, 8:52] = 1
    part = np.zeros_like(ids)
    part[12:20, 14:26] = 2
    both = np.where(part > 0, part, ids)
    boxes = boxes_of(both)
    one = np.where(cores_of(ids) > 0, SURE, NOT)
    two = np.where(cores_of(both) > 0, SURE, NOT)
    assert is_same(named(ids > 0, one, box_answers(boxes)), ids), "a hatch in its roof"
    assert is_same(named(ids > 0, two, box_answers(boxes)), both), "a car before it"


def test_what_has_no_core_is_parted_by_its_gaps() -> None:
    ids = np.zeros((30, 60), np.uint16)
    ids[5:15, 5:20], ids[5:15, 30:50] = 1, 2
    nothing = np.full(ids.shape, NOT)
    assert is_same(named(ids > 0, nothing, np.zeros((*ids.shape, 4))), ids)
    assert not named(np.zeros(ids.shape, bool), nothing, np.zeros((*ids.shape, 4))).any()


def test_a_pixel_that_tells_nonsense_makes_no_vehicle() -> None:
    ids = np.zeros((40, 60), np.uint16)
    ids[10:30, 10:40] = 1
    boxes, core = boxes_of(ids), np.where(cores_of(ids) > 0, SURE, NOT)
    boxes[20, 25] = 90.0, 1.0, 1.0, 90.0
    core[20, 25] = 9.0
    assert is_same(named(ids > 0, core, box_answers(boxes)), ids)


def test_what_is_left_at_a_vehicles_edge_is_its_own_and_another_vehicle_is_not() -> None:
    ids = np.zeros((40, 80), np.uint16)
    ids[10:30, 10:40] = 1
    boxes, core = boxes_of(ids), np.where(cores_of(ids) > 0, SURE, NOT)
    mask = ids > 0
    mask[8:10, 10:40] = True  # the shadow of its roof: no core, and boxes that mean nothing
    boxes[8:10, 10:40] = 0.5
    assert set(np.unique(named(mask, core, box_answers(boxes))).tolist()) == {0, 1}
    mask[12:28, 40:60] = True  # as large as it: nobody has seen its core, but it is another one
    boxes[12:28, 40:60] = 0.5
    assert set(np.unique(named(mask, core, box_answers(boxes))).tolist()) >= {0, 1}
    assert len(np.unique(named(mask, core, box_answers(boxes)))) == 3


def test_answers_that_make_no_sense_are_given_up_after_some_tries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of 19,200 pixels each tells another box; asking each of them would take many seconds."""
    tries = []
    compare = parting._ious
    monkeypatch.setattr(parting, "_ious", lambda *boxes: tries.append(1) or compare(*boxes))
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1.5, (120, 160, 4))
    found = named(np.ones((120, 160), bool), rng.normal(3, 1, (120, 160)), noise)
    assert (found > 0).all()
    assert len(tries) <= 2 * parting._TRIES


def answers(ids: np.ndarray) -> dict[str, np.ndarray]:
    """Of a network that tells the truth of vehicles at [h, w], at half of that size: the first is
    a car, the second heavy.
    """
    half = ids[1::2, 1::2]
    box = box_answers(boxes_of(half))
    told = {"vehicle": half > 0, "core": cores_of(half) > 0}
    made = {name: np.where(is_so, SURE, NOT)[..., None] for name, is_so in told.items()}
    made["size"] = np.stack([half * 0, half == 1, half == 2], axis=-1)[::2, ::2] * SURE
    made["box"] = box
    return {name: values[None].astype(np.float32) for name, values in made.items()}


def found(ids: np.ndarray) -> Blobs:
    return Network(BlobConfig()).things(answers(ids), 0, (ids.shape[0], ids.shape[1]))


def test_things_have_the_boxes_of_their_vehicles_in_the_picture() -> None:
    ids = np.zeros((96, 128), np.uint16)
    ids[20:50, 20:60], ids[20:60, 60:80] = 1, 2
    things = found(ids)
    order = np.argsort(things.box[:, 0])
    assert np.abs(things.box[order] - [[20, 20, 60, 50], [60, 20, 80, 60]]).max() <= 2
    assert np.abs(things.area[order] - [1200, 800]).max() <= 130
    assert (things.sure > 0.9).all()
    assert things.sizes[order].argmax(axis=1).tolist() == [1, 2]
    assert np.allclose(things.sizes.sum(axis=1), 1)
    assert things.mask.shape == (96, 128)
    assert things.mask.sum() == pytest.approx((ids > 0).sum(), abs=150)


def test_a_network_of_an_earlier_version_is_told_as_such() -> None:
    told = answers(np.zeros((96, 128), np.uint16))
    old = {name: told[name] for name in ("core", "vehicle")}
    with pytest.raises(UsageError) as caught:
        Network(BlobConfig()).things(old, 0, (96, 128))
    assert caught.value.values["received"] == "core, vehicle"


def test_specks_are_no_things() -> None:
    ids = np.zeros((96, 128), np.uint16)
    ids[40:42, 40:42] = 1
    assert len(found(ids)) == 0
    assert len(found(np.zeros_like(ids))) == 0
