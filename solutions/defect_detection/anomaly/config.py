"""Every setting of `defect_detection/anomaly`, changed by `lepton train ... --set key=value`."""

from __future__ import annotations

from dataclasses import dataclass

METHODS = ("contrast", "memory", "autoencoder", "synthetic")


@dataclass(frozen=True)
class PictureConfig:
    """What is looked at of a picture.

    Args:
        channels: 1 for grey, 3 for colour.
        scale: all pictures are enlarged or shrunk by this factor and no other: 0.5 for fine
            pictures of coarse defects takes a quarter of the time. Above 0, at most 4.
        largest_tile: largest side of a tile, pixels after scaling; larger pictures are cut.
        overlap: pixels that neighbouring tiles share at least.
        roi: a picture file, white (or not black) where parts are inspected; empty for everywhere.
            It is stretched over each picture.
        gate: whether pictures that do not look like those of training are refused.
        gate_rate: share of the held-out good pictures that may be refused so.
    """

    channels: int = 1
    scale: float = 1.0
    largest_tile: int = 544
    overlap: int = 64
    roi: str = ""
    gate: bool = True
    gate_rate: float = 0.01


@dataclass(frozen=True)
class MemoryConfig:
    """Settings of the patch-feature memory (`method=memory`).

    Args:
        vectors: how many patches are remembered at most, so that the model does not grow with the
            number of pictures.
        stages: which stages of the backbone are joined, 1 being the finest.
        neighbourhood: cells over which features are averaged, odd.
        shrinkage: of the features' covariance before whitening, 0 to 1.
        backbone: ``surface`` for the network that the suite trained itself, or the name of one in
            `keras.applications` (`ResNet50`), whose weights you have.
        weights: a `.keras` file for `surface`, empty for the shipped one; for any other backbone
            its weights file, which is never fetched.
    """

    vectors: int = 1000
    stages: tuple[int, ...] = (1, 2)
    neighbourhood: int = 3
    shrinkage: float = 0.01
    backbone: str = "surface"
    weights: str = ""


@dataclass(frozen=True)
class ModelConfig:
    """Settings of the networks that are trained (`synthetic` and `autoencoder`).

    Args:
        filters: width of each stage, the first at a stride of 4 and each after at twice the one
            before.
        blocks: residual blocks a stage (`synthetic`).
        crop: side of the square pieces that are learned from, pixels, a multiple of 32.
        painted: share of the pieces that get a defect painted on (`synthetic`).
        code: channels at the narrowest place (`autoencoder`).
        epochs: rounds of ``steps`` steps.
        steps: training steps a round.
        batch_size: pieces a step.
        learning_rate: at the start; it falls to zero along a cosine.
        weight_decay: of AdamW.
    """

    filters: tuple[int, ...] = (16, 32, 64, 128)
    blocks: int = 1
    crop: int = 192
    painted: float = 0.6
    code: int = 32
    epochs: int = 15
    steps: int = 100
    batch_size: int = 16
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2


@dataclass(frozen=True)
class ScoreConfig:
    """How a map becomes a score.

    Args:
        smooth: width of the Gaussian that maps are smoothed with, cells.
        top: share of a picture's cells, the strangest, whose mean is the score.
        least_cells: but at least so many of them.
    """

    smooth: float = 1.0
    top: float = 0.002
    least_cells: int = 4


@dataclass(frozen=True)
class DecisionConfig:
    """How the threshold is set: by held-out good parts alone.

    Args:
        false_reject: share of good parts that may fail.
        unsure: share of good parts that may fail or be handed to a person.
        pixel_rate: share of good parts that may show a region on their map.
    """

    false_reject: float = 0.05
    unsure: float = 0.1
    pixel_rate: float = 0.05


@dataclass(frozen=True)
class SplitConfig:
    """How pictures are split: defective parts are only ever tested on.

    Args:
        valid: share of the good parts that are held out to set threshold and limits.
        test: share of the good parts for the figures on the card.
        seed: of the split.
        good: what a good part is labelled: the name of its folder.
    """

    valid: float = 0.25
    test: float = 0.25
    seed: int = 0
    good: str = "good"


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train defect_detection/anomaly --set key=value`` can change.

    Args:
        method: ``contrast`` (how strongly places differ from their surroundings, compared with
            good parts; nothing is trained, so it takes seconds), ``memory`` (distance to remembered
            patches), ``autoencoder`` (what cannot be drawn again) or ``synthetic`` (a network that
            finds what was painted on good parts).
        picture: what is looked at.
        model: of the networks that are trained.
        memory: of the patch memory.
        score: how a map becomes a score.
        decision: how the threshold is set.
        split: of the data.
    """

    method: str = "contrast"
    picture: PictureConfig = PictureConfig()
    model: ModelConfig = ModelConfig()
    memory: MemoryConfig = MemoryConfig()
    score: ScoreConfig = ScoreConfig()
    decision: DecisionConfig = DecisionConfig()
    split: SplitConfig = SplitConfig()
