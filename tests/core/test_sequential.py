"""``lc.Sequential`` is Keras's, except that a ``Dense`` flattens a feature map first."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import lepton_core as lc
from lepton_core import layers

FLATTENS = "flatten_before_"


def kinds(model: keras.Sequential) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def small_cnn(**options) -> lc.Sequential:
    return lc.Sequential(
        [layers.Conv2D(2, 3), layers.Activation("relu"), layers.Dense(3)], **options
    )


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(6, 6, 6, 3)).astype("float32")


def test_the_article_program_evaluates_untrained_and_then_trains() -> None:
    from lepton_core.layers import Activation, Conv2D, Dense, MaxPooling2D

    rng = np.random.default_rng(0)
    lc.set_random_seed(0)
    classes = rng.integers(0, 10, 64)
    x_train = rng.normal(size=(64, 12, 12, 1)).astype("float32") * 0.1
    x_train[np.arange(64), classes, :, 0] += 1.0
    y_train = np.eye(10)[classes]

    model = lc.Sequential()
    model.add(Conv2D(32, 3, activation="relu"))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Dense(64))
    model.add(Activation("relu"))
    model.add(Dense(10))
    model.add(Activation("softmax"))
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    loss, accuracy = model.evaluate(x_train, y_train, verbose=0)
    assert np.isfinite(loss)
    assert 0 <= accuracy < 0.5

    model.fit(x_train, y_train, epochs=20, verbose=0)
    assert model.evaluate(x_train, y_train, verbose=0)[1] > 0.9


def test_the_flatten_is_seen_in_the_summary() -> None:
    model = small_cnn()
    model.build((None, 6, 6, 3))
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    assert "(Flatten)" in "\n".join(lines)


@pytest.mark.parametrize(
    ("shape", "expected", "output"),
    [
        ((5,), ["Dense"], (None, 7)),
        ((4, 5), ["Dense"], (None, 4, 7)),
        ((4, 4, 5), ["Flatten", "Dense"], (None, 7)),
        ((2, 4, 4, 5), ["Flatten", "Dense"], (None, 7)),
        ((2, 2, 4, 4, 5), ["Dense"], (None, 2, 2, 4, 4, 7)),
    ],
    ids=["vector", "sequence", "image", "volume", "rank 6"],
)
@pytest.mark.parametrize("deferred", [True, False])
def test_only_a_feature_map_is_flattened(shape, expected, output, deferred) -> None:
    model = lc.Sequential()
    if not deferred:
        model.add(lc.Input(shape))
    model.add(layers.Dense(7))
    if deferred:
        assert model.compute_output_shape((None, *shape)) == output
        assert kinds(model) == ["Dense"]
        model.build((None, *shape))
    assert kinds(model) == expected
    assert model.output_shape == output


def test_a_dense_per_step_keeps_the_steps_of_a_gru() -> None:
    lc.set_random_seed(1)
    ours = lc.Sequential([lc.Input((None, 3)), layers.GRU(4, return_sequences=True)])
    ours.add(layers.Dense(2))
    theirs = keras.Sequential(ours.layers)
    steps = np.random.default_rng(1).normal(size=(2, 5, 3))
    assert ours(steps).shape == (2, 5, 2)
    np.testing.assert_array_equal(ours(steps), theirs(steps))


@pytest.mark.parametrize(
    "between",
    [
        [],
        [layers.Dropout(0.1)],
        [layers.BatchNormalization(), layers.Activation("relu"), layers.MaxPooling2D(2)],
        [keras.Sequential([keras.layers.Conv2D(2, 1)])],
    ],
)
def test_layers_between_convolution_and_dense_change_nothing(between) -> None:
    model = lc.Sequential([lc.Input((6, 6, 3)), layers.Conv2D(2, 3), *between, layers.Dense(3)])
    assert kinds(model)[-2:] == ["Flatten", "Dense"]
    assert kinds(model).count("Flatten") == 1


@pytest.mark.parametrize(
    "reduction", [layers.Flatten(), layers.GlobalAveragePooling2D(), layers.Reshape((-1,))]
)
def test_a_map_that_the_author_reduced_is_left_alone(reduction) -> None:
    model = lc.Sequential([lc.Input((6, 6, 3)), layers.Conv2D(2, 3), reduction, layers.Dense(3)])
    assert not any(layer.name.startswith(FLATTENS) for layer in model.layers)


def test_each_dense_that_meets_a_map_gets_its_own_flatten() -> None:
    model = lc.Sequential([lc.Input((4, 4, 1)), layers.Dense(16, name="first")])
    model.add(layers.Reshape((4, 4, 1)))
    model.add(layers.Dense(2, name="second"))
    names = [layer.name for layer in model.layers if layer.name.startswith(FLATTENS)]
    assert names == [FLATTENS + "first", FLATTENS + "second"]


def test_a_dense_inside_another_layer_is_that_layers_business() -> None:
    model = lc.Sequential([lc.Input((6, 6, 3)), layers.Conv2D(2, 3)])
    model.add(layers.TimeDistributed(layers.Dense(5)))
    assert kinds(model) == ["Conv2D", "TimeDistributed"]
    assert model.output_shape == (None, 4, 4, 5)


def test_nested_in_both_directions() -> None:
    head = lc.Sequential([layers.Dense(5)], name="head")
    model = lc.Sequential([lc.Sequential([layers.Conv2D(2, 3)]), head, layers.Dense(2)])
    model.build((None, 6, 6, 3))
    assert kinds(model) == ["Sequential", "Sequential", "Dense"]
    assert kinds(head) == ["Flatten", "Dense"]

    inputs = lc.Input((6, 6, 3))
    functional = lc.Model(inputs, small_cnn()(inputs))
    assert functional.output_shape == (None, 3)
    per_frame = lc.Sequential([layers.TimeDistributed(small_cnn())])
    assert per_frame(np.zeros((2, 4, 6, 6, 3))).shape == (2, 4, 3)


def test_it_computes_and_trains_like_keras_with_an_explicit_flatten(images) -> None:
    losses = []
    for kind, flatten in ((lc.Sequential, []), (keras.Sequential, [keras.layers.Flatten()])):
        lc.set_random_seed(3)
        model = kind([keras.layers.Conv2D(2, 3), *flatten, keras.layers.Dense(1)])
        model.compile("adam", "mse")
        losses.append(model.fit(images, np.arange(6.0), epochs=3, verbose=0).history["loss"])
    np.testing.assert_allclose(*losses, rtol=1e-6)


def test_auto_flatten_off_is_plain_keras() -> None:
    model = small_cnn(auto_flatten=False)
    model.build((None, 6, 6, 3))
    assert model.output_shape == (None, 4, 4, 3)
    assert model.from_config(model.get_config()).output_shape == (None, 4, 4, 3)


def test_a_map_of_open_size_is_refused_with_a_way_out() -> None:
    with pytest.raises(ValueError, match=r"open size.*GlobalAveragePooling2D.*auto_flatten=False"):
        lc.Sequential([lc.Input((None, None, 3)), layers.Dense(2)])


def test_models_that_keras_cannot_trace_flatten_at_their_first_call(images) -> None:
    class Chosen(keras.layers.Layer):
        def call(self, inputs):
            return inputs["image"]

    model = lc.Sequential([Chosen(), layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit({"image": images}, np.zeros((6, 2)), verbose=0)
    assert kinds(model) == ["Chosen", "Flatten", "Dense"]
    assert model.predict({"image": images}, verbose=0).shape == (6, 2)


# pop


def test_as_many_pops_as_adds_undo_the_stack() -> None:
    model = small_cnn()
    model.build((None, 6, 6, 3))
    assert [type(model.pop()).__name__ for _ in range(3)] == ["Dense", "Activation", "Conv2D"]
    assert model.layers == []


def test_a_dense_added_after_pop_is_flattened_again(images) -> None:
    model = small_cnn()
    before = model(images)
    dense = model.pop()
    assert kinds(model) == ["Conv2D", "Activation"]
    assert model(images).shape == (6, 4, 4, 2)
    model.add(dense)
    np.testing.assert_array_equal(model(images), before)
    model.pop()
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(9))
    assert kinds(model)[-2:] == ["GlobalAveragePooling2D", "Dense"]


def test_pop_keeps_a_flatten_that_the_author_added() -> None:
    model = lc.Sequential([lc.Input((6, 6, 3)), layers.Flatten(), layers.Dense(3)])
    model.pop()
    assert kinds(model) == ["Flatten"]


def test_the_last_layer_pops_and_an_empty_model_says_so() -> None:
    model = lc.Sequential([layers.Dense(2, name="only")])
    assert model.pop().name == "only"
    assert model.layers == []
    assert not model.built
    with pytest.raises(IndexError, match="no layers to pop"):
        model.pop()
    model.add(layers.Dense(3))
    assert model(np.ones((1, 4))).shape == (1, 3)


# clone, configuration, files


@pytest.mark.parametrize("built", [True, False])
@pytest.mark.parametrize("auto_flatten", [True, False])
def test_a_clone_is_of_the_same_kind_and_gives_the_same(images, built, auto_flatten) -> None:
    model = small_cnn(auto_flatten=auto_flatten)
    model.compile("adam", "mse")
    if built:
        model.build((None, 6, 6, 3))
    clone = keras.models.clone_model(model)
    assert type(clone) is lc.Sequential
    assert clone.auto_flatten == auto_flatten
    assert clone.compiled
    expected = model(images)
    clone(images)
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(clone(images), expected)
    assert kinds(clone) == kinds(model)


def test_cloning_takes_new_inputs_and_leaves_plain_models_plain() -> None:
    clone = keras.models.clone_model(small_cnn(), input_tensors=keras.Input((8, 8, 3)))
    assert clone.input_shape == (None, 8, 8, 3)
    assert clone.output_shape == (None, 3)
    outer = keras.Sequential([keras.Input((6, 6, 3)), small_cnn()])
    copy = keras.models.clone_model(outer, recursive=True)
    assert type(copy) is keras.Sequential
    assert type(copy.layers[0]) is lc.Sequential


def test_configuration_round_trips_without_doubling() -> None:
    model = small_cnn()
    unbuilt = lc.Sequential.from_config(model.get_config())
    assert kinds(unbuilt) == kinds(model)
    model.build((None, 6, 6, 3))
    revived = lc.Sequential.from_config(model.get_config())
    assert kinds(revived) == kinds(model)
    assert revived.get_config() == model.get_config()
    revived.pop()
    assert kinds(revived) == ["Conv2D", "Activation"]


@pytest.mark.parametrize(("name", "zipped"), [("model.keras", True), ("model", False)])
def test_saved_and_loaded(images, tmp_path: Path, name, zipped) -> None:
    model = small_cnn()
    expected = model.predict(images, verbose=0)
    model.save(tmp_path / name, zipped=zipped)
    model.save_weights(tmp_path / "model.weights.h5")
    loaded = lc.load(tmp_path / name)
    assert type(loaded) is lc.Sequential
    assert kinds(loaded) == kinds(model)
    np.testing.assert_allclose(loaded.predict(images, verbose=0), expected, rtol=1e-6)

    fresh = small_cnn()
    fresh.build(images.shape)
    fresh.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_allclose(fresh.predict(images, verbose=0), expected, rtol=1e-6)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model))(images), model(images))


@pytest.mark.parametrize("loader", ["lc.load", "lc.models.load_model", "lc.saving.load_model"])
def test_another_process_loads_it(images, tmp_path: Path, loader) -> None:
    model = small_cnn()
    model.build(images.shape)
    model.save(tmp_path / "model.keras")
    program = f"import lepton_core as lc; print(type({loader}('model.keras')) is lc.Sequential)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.strip() == "True", done.stderr


def test_a_subclass_with_its_own_constructor_round_trips() -> None:
    class Classifier(lc.Sequential):
        def __init__(self, name=None):
            super().__init__(name=name)

    model = Classifier(name="mine")
    model.add(lc.Input((6, 6, 3)))
    model.add(layers.Dense(2))
    revived = Classifier.from_config(model.get_config())
    assert kinds(revived) == ["Flatten", "Dense"]
    assert revived.name == "mine"
