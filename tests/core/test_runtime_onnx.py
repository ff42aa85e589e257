"""Calls of ONNX models: large pictures a few at a time, and all else at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lepton_core.runtime.onnx import OnnxRuntime


@pytest.fixture
def runtime(tmp_path: Path) -> OnnxRuntime:
    """Each row's mean, and how many rows its call had."""
    onnx = pytest.importorskip("onnx")
    make, kind = onnx.helper, onnx.TensorProto
    nodes = [
        make.make_node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=0),
        make.make_node("Shape", ["x"], ["shape"]),
        make.make_node("Slice", ["shape", "zero", "one"], ["n"]),
        make.make_node("Expand", ["n", "n"], ["rows"]),
    ]
    constants = [
        onnx.numpy_helper.from_array(np.array([number], np.int64), name)
        for number, name in enumerate(("zero", "one"))
    ]
    graph = make.make_graph(
        nodes,
        "means",
        [make.make_tensor_value_info("x", kind.FLOAT, ["n", "k"])],
        [
            make.make_tensor_value_info("mean", kind.FLOAT, ["n"]),
            make.make_tensor_value_info("rows", kind.INT64, ["n"]),
        ],
        constants,
    )
    opset = [make.make_opsetid("", 13)]
    onnx.save(make.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / "main.onnx")
    return OnnxRuntime.open(tmp_path)


@pytest.mark.parametrize(("n", "bytes_each", "most"), [(7, 400_000, 3), (5, 2_000_000, 1)])
def test_large_pictures_come_out_the_same_a_few_at_a_time(
    runtime: OnnxRuntime, n: int, bytes_each: int, most: int
) -> None:
    x = np.random.default_rng(0).random((n, bytes_each // 4), np.float32)
    said = runtime.run("main", {"x": x})
    assert np.allclose(said["mean"], x.mean(axis=1))
    assert said["rows"].max() == most


@pytest.mark.parametrize(("n", "k"), [(100_000, 16), (0, 9), (1, 900_000)])
def test_everything_else_goes_into_one_call(runtime: OnnxRuntime, n: int, k: int) -> None:
    said = runtime.run("main", {"x": np.ones((n, k), np.float32)})
    assert said["mean"].shape == (n,)
    assert (said["rows"] == n).all()
