"""A video for browsers: pictures are shown at their times, whatever the rate of the camera."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lepton_core.errors import DataError
from lepton_core.explain.webm import WebmWriter


def levels(path: Path) -> tuple[list[int], float]:
    """Brightness of each frame in a file, and its rate."""
    capture = cv2.VideoCapture(str(path))
    found = []
    while True:
        there, frame = capture.read()
        if not there:
            return found, capture.get(cv2.CAP_PROP_FPS)
        found.append(round(float(frame.mean()) / 20))


def written(path: Path, times: list[float]) -> tuple[list[int], float]:
    writer = WebmWriter(path)
    for number, time in enumerate(times):
        writer.add(np.full((48, 64, 3), 20 * (number % 10), np.uint8), time)
    writer.close()
    return levels(path)


def test_it_is_vp8_in_webm(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    found, rate = written(path, [k * 0.1 for k in range(15)])
    assert found == [k % 10 for k in range(15)]
    assert rate == pytest.approx(10.0, rel=0.01)
    head = path.read_bytes()[:600]
    assert head[:4] == b"\x1aE\xdf\xa3"
    assert b"V_VP8" in head


@pytest.mark.parametrize(
    ("times", "shown"),
    [
        # A picture that stands for half a second is shown for half a second.
        (
            [*(k * 0.1 for k in range(13)), 1.7, 1.8],
            [*(k % 10 for k in range(13)), 2, 2, 2, 2, 3, 4],
        ),
        # Nobody waits through a minute without pictures.
        ([*(k * 0.1 for k in range(13)), 61.2, 61.3], [*(k % 10 for k in range(13)), 3, 4]),
        # Twice as many as the rate: every other one is left out.
        (
            [*(k * 0.1 for k in range(13)), 1.23, 1.3, 1.33, 1.4],
            [*(k % 10 for k in range(13)), 4, 6],
        ),
        ([5.0], [0]),
    ],
)
def test_time_decides_what_is_shown(times: list[float], shown: list[int], tmp_path: Path) -> None:
    assert written(tmp_path / "a.webm", times)[0] == shown


@pytest.mark.parametrize(
    ("rate", "shown_rate", "each"),
    [(10.0, 10.0, 1), (15.0, 15.0, 1), (24.013, 12.006, 2), (25.0, 12.5, 2), (50.0, 12.5, 4)],
)
def test_of_a_fast_camera_every_second_picture_or_fewer_are_shown(
    rate: float, shown_rate: float, each: int, tmp_path: Path
) -> None:
    # Stamps are whole milliseconds in most containers.
    found, told = written(tmp_path / "a.webm", [round(k / rate, 3) for k in range(40)])
    assert told == pytest.approx(shown_rate, rel=0.01)
    assert found == [k % 10 for k in range(0, 40, each)]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    writer = WebmWriter(tmp_path / "nowhere" / "a.webm")
    writer.add(np.zeros((48, 64, 3), np.uint8), 0.0)
    with pytest.raises(DataError, match="No video can be written"):
        writer.close()


def test_nothing_is_written_where_no_picture_came(tmp_path: Path) -> None:
    WebmWriter(tmp_path / "a.webm").close()
    assert not list(tmp_path.iterdir())
