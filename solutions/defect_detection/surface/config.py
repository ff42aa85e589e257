"""Every setting of `defect_detection/surface`; change one with `lepton train defect_detection --set`."""

from __future__ import annotations

from dataclasses import dataclass

from lepton_core.training.augmentation import Augmentation

# A surface has no up and no left. Leave out what your camera would never show.
VARIED = Augmentation(flip_left_right=True, flip_up_down=True, shift=0.1, brightness=0.1)


@dataclass(frozen=True)
class PictureConfig:
    """What the network sees of a picture.

    Args:
        height: in pixels; every picture is stretched to it. Twice the size takes four times as
            long; what is to be told apart must still be some pixels wide.
        width: in pixels.
        channels: 1 for grey, 3 for colour.
    """

    height: int = 32
    width: int = 32
    channels: int = 1


@dataclass(frozen=True)
class Moves:
    """How tiles move in training, with what is marked on them.

    Args:
        flip_left_right: whether half of them are mirrored left to right.
        flip_up_down: whether half of them are mirrored top to bottom.
        quarter_turns: whether they are turned by 90 degrees; square tiles only.
        zoom: largest change of the size, as a factor either way: 1.5 is from two thirds to 1.5.
        shift: largest move along each side, as a share of it.
        rotation: largest turn either way, degrees; boxes grow with it, so little for boxes.
        mosaic: share of tiles, 0 to 1, that are put together from four.
    """

    flip_left_right: bool = True
    flip_up_down: bool = True
    quarter_turns: bool = False
    zoom: float = 1.3
    shift: float = 0.15
    rotation: float = 0.0
    mosaic: float = 0.0


@dataclass(frozen=True)
class ModelConfig:
    """Settings of the network and of its training.

    Args:
        filters: width of each stage, at strides 4, 8, 16...; multiples of 16 are fastest.
        blocks: residual blocks a stage.
        width: of the heads that find boxes or pixels.
        dropout: share of the last features left out in a training step.
        epochs: passes over as many tiles as there are for training.
        batch_size: tiles a training step.
        learning_rate: the highest; it rises at the start and falls to zero along a cosine.
        weight_decay: of AdamW.
        smoothing: share of the target of a tile as a whole that goes to the other classes, 0 to
            below 1: a network that is never rewarded for certainty keeps a doubt.
        averaging: share of the old weights in the running mean of weights that is kept at the end.
        image_weight: weight of the tile as a whole beside boxes or pixels.
        balanced: whether every class comes as often, for a set in which defects are rare.
    """

    filters: tuple[int, ...] = (32, 64, 128, 256)
    blocks: int = 2
    width: int = 96
    dropout: float = 0.2
    epochs: int = 60
    batch_size: int = 16
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    smoothing: float = 0.05
    averaging: float = 0.998
    image_weight: float = 0.5
    balanced: bool = False


@dataclass(frozen=True)
class SplitConfig:
    """How pictures are split, and how the decision is made.

    Args:
        valid: share of the pictures to stop early, calibrate and set the review limit.
        test: share of the pictures for the figures on the card.
        seed: of the split.
        review_share: share of the pictures, the least sure ones, that a person shall look at.
        patience: epochs without a better validation loss after which training stops.
    """

    valid: float = 0.15
    test: float = 0.25
    seed: int = 0
    review_share: float = 0.1
    patience: int = 15


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train defect_detection --set key=value`` can change.

    Args:
        picture: what the network sees.
        augmentation: how training pictures are varied.
        model: of the network and its training.
        split: of the data and the decision.
    """

    picture: PictureConfig = PictureConfig()
    augmentation: Augmentation = VARIED
    model: ModelConfig = ModelConfig()
    split: SplitConfig = SplitConfig()
