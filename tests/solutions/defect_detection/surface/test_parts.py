"""A part's defects: once, where they are, as large as they are, whatever the picture's size."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from seeing import (
    DARK,
    GREY,
    LIGHT,
    found,
    inspecting,
    picture,
    records,
)

from lepton_core.errors import UsageError
from lepton_core.rejects import Refusal
from solutions.defect_detection.surface.region import Region

BOTH = pytest.mark.parametrize("places", ["candidates", "pixels"])
# Tiles of a picture 320 wide begin at 0, 64, 128 and 192; their seams lie at 64 and 128...
LONG = (40, 60, 280, 72, DARK)


@BOTH
@pytest.mark.parametrize(
    ("size", "defects"),
    [
        ((128, 128), [(20, 40, 40, 60, DARK)]),
        ((100, 90), [(20, 40, 40, 60, DARK), (60, 40, 80, 52, LIGHT)]),
        # On a seam, in the overlap, longer than it, along both axes, at the picture's edge.
        ((128, 320), [(116, 40, 136, 60, DARK)]),
        ((128, 320), [(72, 40, 120, 60, DARK)]),
        ((128, 320), [LONG]),
        ((320, 320), [(100, 100, 220, 220, DARK)]),
        ((320, 320), [LONG, (40, 200, 48, 320, LIGHT)]),
        ((200, 200), [(180, 180, 200, 200, DARK)]),
    ],
)
def test_every_defect_is_found_once_and_where_it_is(
    places: str, size: tuple[int, int], defects: list[tuple]
) -> None:
    (told,) = found(inspecting(places), picture(*size, *defects))
    names = {DARK: "hole", LIGHT: "blob"}
    expected = sorted([names[value], *box] for *box, value in defects)
    assert [one[0] for one in told] == [one[0] for one in expected]
    # A map's cells are four pixels wide; a box is known to the pixel.
    allowed = 0 if places == "candidates" else 3
    for one, other in zip(told, expected, strict=True):
        assert np.abs(np.array(one[1:]) - other[1:]).max() <= allowed


@BOTH
def test_a_part_scores_the_same_alone_and_among_others(places: str) -> None:
    pictures = [
        picture(128, 320, LONG),
        picture(60, 50),
        picture(300, 200, (10, 10, 30, 30, LIGHT)),
    ]
    pipeline = inspecting(places)
    together = pipeline.score(records(*pictures))
    for row, one in enumerate(pictures):
        alone = pipeline.score(records(one))
        for name, values in alone.raw.items():
            np.testing.assert_array_equal(values[0], together.raw[name][row])
        assert alone.columns["defects"][0] == together.columns["defects"][row]


@BOTH
def test_what_is_added_beyond_the_edge_changes_nothing(places: str) -> None:
    """A picture that ends inside its tile scores as the same picture with its edge repeated."""
    small = picture(100, 90, (20, 40, 40, 60, DARK))
    grown = np.pad(small, ((0, 28), (0, 38)), mode="edge")
    pipeline = inspecting(places)
    one, other = (pipeline.score(records(given)) for given in (small, grown))
    np.testing.assert_array_equal(one.raw["score"], other.raw["score"])
    assert one.columns["defects"] == other.columns["defects"]


def test_a_defect_at_the_edge_does_not_grow_into_what_is_added() -> None:
    (told,) = found(inspecting(), picture(100, 90, (80, 90, 90, 100, DARK)))
    assert told == [["hole", 80, 90, 90, 100]]


@BOTH
def test_outside_the_region_nothing_is_seen(places: str) -> None:
    pipeline = inspecting(places)
    assert isinstance(pipeline.preprocessor.region, type(None))
    # The left half; the mask is stretched over each picture.
    pipeline.preprocessor.region = Region(np.array([[1, 0]]))
    inside, outside = (20, 40, 40, 60, DARK), (160, 40, 180, 60, DARK)
    clean, left, right, both = (
        picture(128, 200, *defects) for defects in ([], [inside], [outside], [inside, outside])
    )
    told = pipeline.score(records(clean, left, right, both))
    assert told["verdict"].tolist() == ["pass", "fail", "pass", "fail"]
    assert told["count"].tolist() == [0, 1, 0, 1]
    for name in ("score", "candidates", "map"):
        # To the last digit as if what lies outside were not there.
        np.testing.assert_array_equal(told.raw[name][0], told.raw[name][2])
        np.testing.assert_array_equal(told.raw[name][1], told.raw[name][3])
    assert (told.raw["map"][:, :, 48:] < 0.01).all()


def test_a_region_survives_the_bundle_and_says_what_is_wrong_with_its_file(tmp_path) -> None:
    import cv2

    from solutions.defect_detection.surface.region import read_region

    mask = np.zeros((10, 20), np.uint8)
    mask[:, :10] = 255
    path = tmp_path / "roi.png"
    cv2.imwrite(str(path), mask)
    preprocessor = inspecting().preprocessor
    preprocessor.region = read_region(path)
    again = type(preprocessor).from_state(*preprocessor.state())
    assert (again.region.mask == (mask > 0)).all()
    cv2.imwrite(str(path), np.zeros_like(mask))
    with pytest.raises(UsageError, match="black everywhere"):
        read_region(path)
    path.write_bytes(b"no picture")
    with pytest.raises(UsageError, match=r"roi\.png"):
        read_region(path)
    with pytest.raises(UsageError, match=r"missing\.png"):
        read_region(tmp_path / "missing.png")


@BOTH
@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_sizes_are_those_of_the_original_whatever_it_is_scaled_by(
    places: str, scale: float
) -> None:
    defects = [(40, 60, 120, 72, DARK), (160, 40, 200, 80, LIGHT)]
    (told,) = found(inspecting(places, scale=scale), picture(160, 240, *defects))
    assert [one[0] for one in told] == ["blob", "hole"]
    expected = [[160, 40, 200, 80], [40, 60, 120, 72]]
    for one, box in zip(told, expected, strict=True):
        assert np.abs(np.array(one[1:]) - box).max() <= (2 if places == "candidates" else 8)


def test_a_record_knows_its_scale_better_than_the_bundle() -> None:
    given = picture(64, 64)
    pipeline = inspecting(mm_per_px=0.1)
    column = pa.array([None, 0.5, 0.0], pa.float32())
    told = pipeline.score(records(given, given, given, mm_per_px=column)).raw["mm_per_px"]
    assert told.tolist() == pytest.approx([0.1, 0.5, 0.1])
    assert np.isnan(inspecting().score(records(given)).raw["mm_per_px"]).all()


def test_a_map_lies_over_its_picture() -> None:
    (shown,) = (
        inspecting("pixels").score(records(picture(128, 320, (280, 8, 300, 28, DARK)))).raw["map"]
    )
    y, x = np.unravel_index(shown.argmax(), shown.shape)
    assert 5 <= y <= 22
    assert 83 <= x <= 91


def test_views_of_tiles_are_refused() -> None:
    with pytest.raises(UsageError, match="tiles"):
        inspecting().with_views(3)


def test_refused_pictures_are_told_and_the_others_scored() -> None:
    given = records(picture(64, 64), picture(64, 64, (10, 10, 30, 30, DARK)), picture(64, 64))
    images = given["image"].to_pylist()
    images[0]["bytes"] = images[0]["bytes"][: len(images[0]["bytes"]) // 2]
    images[2]["bytes"] = b"no picture at all"
    broken = given.set_column(1, "image", pa.array(images, given.schema.field(1).type))
    scored = inspecting().score(broken)
    assert scored["record_id"].tolist() == ["1.png"]
    assert scored["verdict"].tolist() == ["fail"]
    assert scored.rejects.counts() == {"picture_cut_off": 1, "not_a_picture": 1}
    none = inspecting().score(broken.take(pa.array([0, 2])))
    assert (len(none), len(none.rejects)) == (0, 2)
    assert none.raw["candidates"].shape == (0, 300, 7)


def test_what_the_gate_refuses_carries_its_reason() -> None:
    class Closed:
        def refusal(self, picture: np.ndarray) -> Refusal | None:
            mean = float(picture.mean())
            told = {"value": mean, "low": 80.0, "high": 170.0}
            return Refusal("picture_darker", **told) if mean < 80 else None

    pipeline = inspecting()
    pipeline.preprocessor.gate = Closed()
    scored = pipeline.score(records(picture(64, 64), np.full((64, 64), 12, np.uint8)))
    (reject,) = list(scored.rejects)
    assert reject.record_id == "1.png"
    sentence = reject.to_json()["reasons"][0]["message"]
    assert "mean brightness 12, training pictures 80 to 170" in sentence
    assert scored["record_id"].tolist() == ["0.png"]
    assert scored["score"][0] < 0 < GREY
