"""A training that was stopped ends like one that was not, and keeps its best epoch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lepton_core._keras import keras
from lepton_core.errors import TrainingError
from lepton_core.training.fit import fit
from lepton_core.training.manifest import Run

layers = keras.layers
EPOCHS = 5


def open_run(folder: Path) -> Run:
    return Run.open(folder, task="t/one", seed=7, data="ab", config={"epochs": EPOCHS})


def written(folder: Path) -> dict:
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def sequences(n: int = 48) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    x = generator.standard_normal((n, 6, 3)).astype("float32")
    return x, (x.sum(axis=(1, 2)) > 0).astype("float32")


def recurrent() -> keras.Model:
    """Dropout and a schedule: random state and step count must come back too."""
    keras.utils.set_random_seed(7)
    x = keras.Input((6, 3), name="x")
    hidden = layers.Dropout(0.3)(layers.GRU(4)(x))
    model = keras.Model(x, layers.Dense(1, activation="sigmoid")(hidden))
    rate = keras.optimizers.schedules.CosineDecay(0.05, 4 * EPOCHS)
    model.compile(keras.optimizers.AdamW(rate, clipnorm=1.0), "binary_crossentropy")
    return model


def train(folder: Path | None, *callbacks: keras.callbacks.Callback):
    model = recurrent()
    x, y = sequences()
    run = None if folder is None else open_run(folder)
    data, validation = (x[:32], y[:32]), (x[32:], y[32:])
    history = fit(
        model,
        data,
        validation=validation,
        epochs=EPOCHS,
        run=run,
        seed=7,
        batch_size=8,
        callbacks=callbacks,
    )
    return model, history


class Kill(keras.callbacks.Callback):
    """Dies like a process that the system kills, in the middle of the third epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == 2 and batch == 1:
            os.kill(os.getpid(), 9)


class PressCtrlC(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 3:
            raise KeyboardInterrupt


def test_killed_and_continued_equals_unbroken(tmp_path: Path, capsys) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
        "import test_training_fit as t; t.train(Path(sys.argv[2]), t.Kill())"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent), str(tmp_path / "killed")]
    died = subprocess.run(command, capture_output=True, text=True, check=False)
    assert died.returncode == -9, died.stderr
    assert written(tmp_path / "killed")["status"] == "running"
    continued, history = train(tmp_path / "killed")
    assert "goes on after epoch 2" in capsys.readouterr().err
    unbroken, expected = train(tmp_path / "unbroken")
    assert list(history) == list(expected)
    for name, values in expected.items():
        assert len(values) == EPOCHS
        np.testing.assert_allclose(history[name], values, rtol=1e-5, err_msg=name)
    for weight, other in zip(continued.get_weights(), unbroken.get_weights(), strict=True):
        np.testing.assert_allclose(weight, other, rtol=1e-4, atol=1e-6)


def test_ctrl_c_leaves_a_checkpoint_and_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="3 finished epochs") as caught:
        train(tmp_path, PressCtrlC())
    assert caught.value.key == "train.interrupted"
    assert written(tmp_path)["status"] == "interrupted"
    _, history = train(tmp_path)
    _, expected = train(None)
    np.testing.assert_allclose(history["val_loss"], expected["val_loss"], rtol=1e-5)


def test_progress_logs_and_manifest_are_written(tmp_path: Path, capsys) -> None:
    _, history = train(tmp_path)
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = [line for line in shown.err.splitlines() if line.startswith("Epoch ")]
    assert len(lines) == EPOCHS
    assert "val_loss" in lines[0]
    manifest = written(tmp_path)
    assert manifest["status"] == "done"
    assert manifest["history"] == history
    assert manifest["ended"] >= manifest["started"]
    table = (tmp_path / "logs" / "history.csv").read_text().splitlines()
    assert table[0] == "epoch,loss,val_loss"
    assert len(table) == 1 + EPOCHS
    if keras.backend.backend() == "tensorflow":
        assert list((tmp_path / "logs").rglob("events.out.tfevents.*"))


class Scripted(keras.callbacks.Callback):
    """Sets the one weight after each epoch, so that the best epoch is known."""

    def __init__(self, values: list[float]) -> None:
        super().__init__()
        self.values = values

    def on_epoch_end(self, epoch, logs=None):
        self.model.layers[-1].kernel.assign([[self.values[epoch]]])
        logs["val_loss"] = abs(self.values[epoch] - 1.0)


def linear() -> keras.Model:
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    return model


def test_stops_early_and_keeps_the_best_epoch(tmp_path: Path) -> None:
    x = np.zeros((4, 1), "float32")
    model = linear()
    script = Scripted([3.0, 1.25, 2.0, 2.0, 1.0])
    history = fit(
        model,
        (x, x),
        validation=(x, x),
        epochs=5,
        run=open_run(tmp_path),
        patience=2,
        callbacks=[script],
        verbose=False,
    )
    assert history["val_loss"] == [2.0, 0.25, 1.0, 1.0]  # two epochs without a better one
    assert model.get_weights()[0].item() == 1.25
    kept = sorted(path.name for path in (tmp_path / "checkpoint").iterdir())
    assert kept == ["best-2.npz", "last.npz"]


def test_a_higher_figure_can_be_the_better_one() -> None:
    x = np.zeros((4, 1), "float32")
    model = linear()
    script = Scripted([3.0, 1.25, 9.0])
    fit(
        model,
        (x, x),
        validation=(x, x),
        epochs=3,
        mode="max",
        callbacks=[script],
        verbose=False,
    )
    assert model.get_weights()[0].item() == 9.0


def test_every_epoch_sees_every_row_once_in_its_own_order() -> None:
    from lepton_core.training.fit import Batches

    batches = Batches((np.arange(10), {"y": np.arange(10)}), batch_size=4, seed=1)
    orders = []
    for _ in range(2):
        rows = np.concatenate([batches[place][0] for place in range(len(batches))])
        assert sorted(rows) == list(range(10))
        orders.append(rows.tolist())
        batches.on_epoch_end()
    assert orders[0] != orders[1]


def not_compiled() -> keras.Model:
    return keras.Sequential([keras.Input((1,)), layers.Dense(1)])


@pytest.mark.parametrize(
    ("build", "y", "options", "key"),
    [
        (not_compiled, 1.0, {}, "not_compiled"),
        (linear, float("nan"), {}, "diverged"),
        (linear, 1.0, {"monitor": "val_auc"}, "unknown_monitor"),
    ],
)
def test_what_cannot_be_trained_is_refused(build, y, options, key, tmp_path) -> None:
    x = np.ones((4, 1), "float32")
    with pytest.raises(TrainingError) as caught:
        fit(build(), (x, x * y), epochs=2, verbose=False, **options)
    assert caught.value.key == f"train.{key}"
    assert "\n" not in str(caught.value)


def test_no_rows_are_refused() -> None:
    x = np.ones((0, 1), "float32")
    with pytest.raises(TrainingError, match="train part"):
        fit(linear(), (x, x), epochs=1, verbose=False)


def test_a_checkpoint_of_another_model_or_a_broken_one_is_refused(tmp_path: Path) -> None:
    x = np.ones((4, 1), "float32")
    run = open_run(tmp_path)
    with pytest.raises(TrainingError):
        fit(linear(), (x, x), epochs=9, run=run, callbacks=[PressCtrlC()], verbose=False)
    wider = keras.Sequential([keras.Input((1,)), layers.Dense(2), layers.Dense(1)])
    wider.compile("sgd", "mse")
    with pytest.raises(TrainingError) as caught:
        fit(wider, (x, x), epochs=9, run=open_run(tmp_path), verbose=False)
    assert caught.value.key == "train.other_model"
    last = tmp_path / "checkpoint" / "last.npz"
    last.write_bytes(last.read_bytes()[:100])
    with pytest.raises(TrainingError, match=r"last\.npz") as caught:
        fit(linear(), (x, x), epochs=9, run=open_run(tmp_path), verbose=False)
    assert caught.value.key == "train.bad_checkpoint"
