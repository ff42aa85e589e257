"""The view of counting: the sample is counted beside the page; bad files say what is wrong."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

SAMPLE = Path(__file__).resolve().parents[4] / "datasets/traffic_clip_sample"
VIDEO = "video/mp4"


def draw() -> None:
    # Runs as a script of its own, which sees nothing of this module.
    from lepton_core.solution import load_solution
    from lepton_core.ui.frame import guard, set_up

    set_up()
    with guard():
        load_solution("traffic_video").page()()


def start(language: str = "en") -> AppTest:
    page = AppTest.from_function(draw, default_timeout=240)
    page.query_params["lang"] = language
    page.query_params["view"] = "counting"
    return page.run()


def told(page: AppTest) -> list[str]:
    return [one.value for one in (*page.exception, *page.error)]


def button(page: AppTest, key: str) -> object:
    return next(one for one in page.button if one.key == f"traffic_video.counting.{key}")


def finished(page: AppTest, seconds: float = 300) -> AppTest:
    """The page once the run has ended: nothing is drawn anew by itself here."""
    run = page.session_state["traffic_video.counting.run"]["run"]
    run.wait(seconds)
    assert not run.is_running
    return page.run()


def uploaded(name: str, data: bytes) -> AppTest:
    page = start()
    page.radio(key="traffic_video.counting.source").set_value("file").run()
    uploader = next(one for one in page.file_uploader if one.key == "traffic_video.counting.upload")
    return uploader.set_value((name, data, VIDEO)).run()


def figures(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def test_the_sample_is_counted_and_handed_to_the_forecast() -> None:
    page = start()
    assert not told(page)
    button(page, "start").click().run()  # type: ignore[attr-defined]
    page = finished(page)
    assert not told(page)
    found = figures(page)
    assert found["Frames"] == "250"
    # The clip's true crossings are 11: two more or less are the counter's business (it says 13, one
    # of them while the background is learned), not the page's.
    assert 9 <= int(found["Crossings"]) <= 13
    assert found["Trusted frames"] == "80%"
    assert any("the background is still learned" in one.value for one in page.warning)
    (counts,) = (frame.value for frame in page.dataframe if "watched_share" in frame.value)
    assert counts["count"].sum() == int(found["Crossings"])
    assert counts["direction"].tolist() == ["towards", "away"]
    button(page, "forecast").click().run()  # type: ignore[attr-defined]
    assert page.session_state["traffic_video.view"] == "forecast"
    kept = page.session_state["ui.kept.traffic_video/forecast"]["table"]
    assert sum(kept["count"].to_pylist()) == int(found["Crossings"])
    assert not page.exception


def test_it_is_chinese_where_that_is_asked() -> None:
    page = start("zh")
    assert not told(page)
    assert any(one.label == "开始计数" for one in page.button)


def test_a_run_can_be_stopped_and_keeps_what_it_has() -> None:
    page = start()
    button(page, "start").click().run()  # type: ignore[attr-defined]
    page.session_state["traffic_video.counting.run"]["run"].stop()
    page = finished(page)
    assert any("Stopped after" in one.value for one in page.warning)
    assert 0 < int(figures(page)["Frames"]) < 250


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.mp4", b"", "empty.mp4 is empty"),
        ("notes.mp4", b"These are notes, not a video.\n" * 50, "notes.mp4 cannot be opened"),
    ],
)
def test_a_file_that_is_no_video_is_told_by_its_own_name(name: str, data: bytes, said: str) -> None:
    page = uploaded(name, data)
    assert not page.exception
    assert len(page.error) == 1
    assert page.error[0].value.startswith(said)


def test_a_clip_shorter_than_the_warm_up_gives_no_counts(tmp_path: Path) -> None:
    path = tmp_path / "short.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25.0, (160, 120))
    rng = np.random.default_rng(0)
    still = cv2.resize(rng.integers(40, 200, (15, 20, 3), np.uint8), (160, 120))
    for _ in range(20):
        noisy = still + rng.normal(0, 4, still.shape)
        writer.write(np.clip(noisy, 0, 255).astype(np.uint8))
    writer.release()
    page = uploaded("short.mp4", path.read_bytes())
    assert not told(page)
    assert any("No line is drawn" in one.value for one in page.info)
    button(page, "start").click().run()  # type: ignore[attr-defined]
    page = finished(page)
    assert not page.exception
    assert any("Nothing in this clip can be trusted" in one.value for one in page.error)
    assert figures(page)["Crossings"] == "–"


def test_a_line_outside_the_frame_is_told_and_nothing_runs() -> None:
    page = start()
    draft = page.session_state["traffic_video.counting.scenes"]["sample"]
    line = {**draft["tree"]["lines"][0], "end": [900.0, 130.0]}
    draft["tree"] = {**draft["tree"], "lines": [line]}
    draft["version"] += 1
    page.run()
    assert any("900, 130" in one for one in told(page)), told(page)
    assert button(page, "start").disabled  # type: ignore[attr-defined]


def test_the_server_gives_only_what_its_operator_offers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEPTON_VIDEOS", str(tmp_path / "not there"))
    page = start()
    page.radio(key="traffic_video.counting.source").set_value("server").run()
    assert any("holds no videos" in one for one in told(page))
    monkeypatch.setenv("LEPTON_VIDEOS", str(tmp_path))
    page.run()
    assert any("holds no videos" in one for one in told(page))
    camera = tmp_path / "camera 7"
    camera.mkdir()
    (camera / "a.mp4").write_bytes((SAMPLE / "clip.mp4").read_bytes())
    page.run()
    files = next(one for one in page.multiselect if one.key == "traffic_video.counting.files")
    assert files.options == ["camera 7/"]
    files.set_value(["camera 7/"]).run()
    assert not told(page)
    assert any("a.mp4 · 320 x 240" in one.value for one in page.caption)


def test_without_a_folder_a_page_open_to_others_reads_no_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from solutions.traffic_video import dashboard_counting_clip

    monkeypatch.delenv("LEPTON_VIDEOS", raising=False)
    # As if the server listened to the whole network.
    monkeypatch.setattr(dashboard_counting_clip, "_LOCAL", ())
    page = start()
    page.radio(key="traffic_video.counting.source").set_value("server").run()
    assert any("below a folder that its operator names" in one for one in told(page)), told(page)


def test_the_rectangle_on_the_road_is_as_large_as_the_scene_says() -> None:
    page = start()
    page.segmented_control(key="traffic_video.counting.kind").set_value("ground").run()
    across, along = page.number_input
    assert (across.value, along.value) == pytest.approx((15.5, 21.993))
    across.set_value(7.0).run()
    (kept,) = page.session_state["traffic_video.counting.scenes"].values()
    metres = kept["tree"]["calibration"]["metres"]
    assert metres[1] == [7.0, 0.0]
    assert metres[2] == pytest.approx([7.0, 21.993])
