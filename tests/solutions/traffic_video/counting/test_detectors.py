"""What finds things, behind one interface: our network's answer, and a detector of yours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lepton_core.errors import UsageError
from solutions.traffic_video.counting.camera import Seen
from solutions.traffic_video.counting.config import BlobConfig
from solutions.traffic_video.counting.detectors import Look, Network
from solutions.traffic_video.counting.yolo import Yolo, YoloForm, letterbox

SIZE = (90, 160)


def test_the_network_is_shown_frame_background_and_foreground_with_its_edges_drawn_out() -> None:
    rng = np.random.default_rng(0)
    picture, background = (rng.integers(0, 255, (*SIZE, 3), dtype=np.uint8) for _ in range(2))
    foreground = rng.integers(0, 255, SIZE, dtype=np.uint8)
    look = Look(Seen(picture, foreground, 0, False), background, picture)
    x = Network(BlobConfig()).inputs([look], SIZE)["x"]
    assert x.shape == (1, 96, 160, 7)
    assert np.array_equal(x[0, :90, :, :3], picture)
    assert np.array_equal(x[0, :90, :, 3:6], background)
    assert np.array_equal(x[0, :90, :, 6], foreground)
    assert (x[0, 90:] == x[0, 89]).all()


def rows_of(layout: str, side: int) -> np.ndarray:
    """The answer of a detector that sees a car twice, a person, and a truck less surely."""
    classes = 80
    things = [(2, 0.9, 80, 60), (2, 0.7, 82, 61), (0, 0.95, 20, 60), (7, 0.4, 130, 70)]
    if layout == "boxes":
        rows = [(x - 10, y - 8, x + 10, y + 8, s, c) for c, s, x, y in (things[0], *things[2:])]
        return np.array(rows, np.float32)[None]
    wide = np.zeros((len(things), 4 + (layout == "rows") + classes), np.float32)
    for row, (number, sure, x, y) in zip(wide, things, strict=True):
        row[:4] = x, y, 20, 16
        if layout == "rows":
            row[4], row[5 + number] = 1.0, sure
        else:
            row[4 + number] = sure
    return wide[None] if layout == "rows" else wide.T[None]


@pytest.mark.parametrize("layout", ["rows", "columns", "boxes"])
def test_boxes_of_your_detector_become_things_once_each(layout: str) -> None:
    form = YoloForm(size=160, layout=layout)
    found = Yolo(form, BlobConfig()).things({"output0": rows_of(layout, 160)}, 0, SIZE)
    # The picture of 160 x 90 stands in the middle of a square of 160: 35 rows below its edge.
    assert found.box.tolist() == [[70, 17, 90, 33], [120, 27, 140, 43]]
    assert found.sure.tolist() == pytest.approx([0.9, 0.4])
    if layout == "boxes":
        assert np.isnan(found.sizes).all(), "whose classes they are cannot be seen"
    else:
        assert found.sizes.tolist() == [[0, 1, 0], [0, 0, 1]], "a car, and a truck"


def test_what_other_classes_mean_nobody_knows() -> None:
    """A detector with classes of its own may number them in any way."""
    rows = np.zeros((1, 4 + 3, 1), np.float32)
    rows[0, :4, 0], rows[0, 5, 0] = (80, 60, 20, 16), 0.9
    found = Yolo(YoloForm(size=160, layout="columns"), BlobConfig()).things(
        {"output0": rows}, 0, SIZE
    )
    assert len(found) == 1
    assert np.isnan(found.sizes).all()


def test_a_picture_is_framed_in_grey_without_being_stretched() -> None:
    framed = letterbox(np.zeros((90, 160, 3), np.uint8), 320)
    assert (framed[:69] == 114).all()
    assert (framed[72:248] == 0).all()


def onnx_file(path: Path, shape: list[int | str], result: np.ndarray) -> Path:
    """A file whose answer is always the same."""
    onnx = pytest.importorskip("onnx")
    value = onnx.numpy_helper.from_array(result, "value")
    node = onnx.helper.make_node("Constant", [], ["output0"], value=value)
    kind = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [node],
        "detector",
        [onnx.helper.make_tensor_value_info("images", kind, shape)],
        [onnx.helper.make_tensor_value_info("output0", kind, list(result.shape))],
    )
    opset = [onnx.helper.make_opsetid("", 15)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return path


def test_the_form_of_a_file_is_found_out(tmp_path: Path) -> None:
    path = onnx_file(tmp_path / "d.onnx", ["n", 3, 160, 160], np.zeros((1, 84, 525), np.float32))
    form = YoloForm.of(str(path))
    assert (form.source, form.size, form.layout) == ("images", 160, "columns")


@pytest.mark.parametrize(
    ("shape", "result"), [([1, 1, 160, 160], (1, 84, 525)), ([1, 3, 160, 160], (1, 1000))]
)
def test_a_file_that_is_no_detector_says_what_is_wrong(
    tmp_path: Path, shape: list[int | str], result: tuple[int, ...]
) -> None:
    path = onnx_file(tmp_path / "d.onnx", shape, np.zeros(result, np.float32))
    with pytest.raises(UsageError) as caught:
        YoloForm.of(str(path))
    assert caught.value.key == "traffic_video.counting.error.yolo"
    assert caught.value.values["fault"].startswith(("its input is", "its output is"))


def test_a_file_that_is_no_onnx_says_so(tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"nothing")
    with pytest.raises(UsageError) as caught:
        YoloForm.of(str(tmp_path / "no.onnx"))
    assert caught.value.values["fault"].startswith("it cannot be loaded")
