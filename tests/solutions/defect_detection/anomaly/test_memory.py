"""The memory of patches: as large as asked, and its distance that to the nearest patch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lepton_core._keras import keras
from lepton_core.errors import UsageError
from lepton_core.models.residual import residual_stages
from solutions.defect_detection.anomaly.config import MemoryConfig
from solutions.defect_detection.anomaly.coreset import coreset
from solutions.defect_detection.anomaly.model_backbone import feature_model
from solutions.defect_detection.anomaly.model_memory import remember, whitening, with_memory


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with the stages of `surface`, with random weights."""
    keras.utils.set_random_seed(0)
    x = keras.Input((64, 64, 1), dtype="uint8")
    y = keras.layers.GlobalAveragePooling2D()(residual_stages(x, (16, 16, 32), blocks=1)[-1])
    path = tmp_path_factory.mktemp("backbone") / "main.keras"
    keras.Model(x, keras.layers.Dense(2)(y)).save(path)
    return path


def test_a_rare_kind_is_remembered_among_many_common_ones() -> None:
    rng = np.random.default_rng(0)
    common = rng.normal(0, 1, (5000, 80))
    rare = rng.normal(20, 1, (5, 80))
    features = np.concatenate([common, rare]).astype(np.float32)
    chosen = coreset(features, 20, rng)
    assert len(set(chosen.tolist())) == 20
    assert (chosen >= 5000).any()


def test_every_patch_has_a_near_one_in_the_coreset() -> None:
    rng = np.random.default_rng(1)
    features = rng.uniform(0, 1, (2000, 2)).astype(np.float32)

    def farthest(chosen: np.ndarray) -> float:
        gaps = np.linalg.norm(features[:, None] - features[chosen], axis=2)
        return float(gaps.min(axis=1).max())

    greedy = farthest(coreset(features, 40, rng))
    assert greedy < farthest(rng.permutation(2000)[:40])
    # Greedy k-centre is at most twice the best; 40 discs cannot cover the square with less.
    assert greedy < 2 * np.sqrt(1 / (40 * np.pi)) * 1.3


def test_fewer_patches_than_asked_are_all_kept() -> None:
    features = np.arange(6, dtype=np.float32).reshape(3, 2)
    assert coreset(features, 10, np.random.default_rng(0)).tolist() == [0, 1, 2]


def test_the_map_is_the_distance_to_the_nearest_remembered_vector() -> None:
    rng = np.random.default_rng(2)
    x = keras.Input((4, 5, 6))
    given = rng.normal(3, 2, (2, 4, 5, 6)).astype(np.float32)
    mean, whiten = whitening(given.reshape(-1, 6), 0.01)
    vectors = rng.normal(size=(7, 6)).astype(np.float32)
    found = np.asarray(with_memory(keras.Model(x, x * 1.0), mean, whiten, vectors)(given))
    white = (given - mean) @ whiten
    expected = np.linalg.norm(white[..., None, :] - vectors, axis=-1).min(axis=-1)
    assert found == pytest.approx(expected, abs=1e-4)


def test_a_remembered_patch_is_not_strange_and_another_texture_is(weights: Path) -> None:
    rng = np.random.default_rng(3)
    config = MemoryConfig(vectors=60, stages=(1, 2), weights=str(weights))
    tiles = rng.normal(120, 5, (6, 64, 64, 1)).clip(0, 255).astype(np.uint8)
    model = remember(feature_model(config, (64, 64, 1)), tiles, config, 0, lambda *told: None)
    strange = tiles[:1].copy()
    strange[0, 20:36, 20:36] = 10
    good, bad = (np.asarray(model(x))[0] for x in (tiles[:1], strange))
    assert bad.max() > 2 * good.max()
    place = np.unravel_index(bad.argmax(), bad.shape)
    assert all(2 <= int(at) <= 4 for at in place)


@pytest.mark.parametrize("pictures", [2, 20])
def test_the_model_does_not_grow_with_the_pictures(weights: Path, pictures: int) -> None:
    config = MemoryConfig(vectors=50, stages=(2,), weights=str(weights))
    rng = np.random.default_rng(4)
    tiles = rng.integers(0, 255, (pictures, 64, 64, 1)).astype(np.uint8)
    told: list[tuple[str, int, int]] = []
    model = remember(
        feature_model(config, (64, 64, 1)), tiles, config, 0, lambda *step: told.append(step)
    )
    assert model.get_layer("memory").kernel.shape[-1] == 50
    for step, total in (("features", pictures), ("memory", 50)):
        done = [at for name, at, _ in told if name == step]
        assert done == sorted(done)
        assert done[-1] == total


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"weights": "nowhere.keras"}, "no_surface"),
        ({"backbone": "MobileNetV2", "weights": ""}, "no_weights"),
        ({"backbone": "MobileNetV2"}, "bad_weights"),
        ({"backbone": "MobileNetV2", "weights": "nowhere.h5"}, "no_weights"),
        ({"backbone": "NoSuchNet", "weights": __file__}, "no_backbone"),
        ({"weights": __file__}, "bad_weights"),
        ({"stages": (1, 9)}, "no_stage"),
        ({"stages": ()}, "no_stage"),
    ],
)
def test_a_backbone_that_cannot_be_is_refused_in_words(
    weights: Path, change: dict[str, object], key: str
) -> None:
    config = MemoryConfig(**{"weights": str(weights), **change})  # type: ignore[arg-type]
    with pytest.raises(UsageError) as refused:
        feature_model(config, (64, 64, 1))
    assert refused.value.key == f"defect_detection.anomaly.{key}"


@pytest.mark.slow
def test_a_pretrained_backbone_takes_the_users_weights_and_grey_pictures(tmp_path: Path) -> None:
    path = tmp_path / "mobile.weights.h5"
    shape = (64, 64, 3)
    net = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=shape)
    net.save_weights(path)
    config = MemoryConfig(backbone="MobileNetV2", weights=str(path), stages=(2, 3))
    model = feature_model(config, (96, 64, 1))
    assert model.output_shape[1:3] == (6, 4)
    with pytest.raises(UsageError) as refused:
        feature_model(MemoryConfig(backbone="ResNet50", weights=str(path)), (64, 64, 1))
    assert refused.value.key == "defect_detection.anomaly.bad_weights"
