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
class ModelConfig:
    """Settings of the network and of its training.

    Args:
        stem_stride: of the first convolution; 2 halves height and width at once, which is right
            from about 96 pixels on and loses fine lines in smaller pictures.
        filters: width of each stage; each after the first halves height and width. One more stage
            for larger pictures.
        dropout: share of the last features left out in a training step; try 0.2 where training
            pictures are told far better than others.
        epochs: passes over the training pictures, at most.
        batch_size: pictures a training step.
        learning_rate: at the start; it falls to zero along a cosine.
        weight_decay: of AdamW.
    """

    stem_stride: int = 1
    filters: tuple[int, ...] = (16, 32, 64)
    dropout: float = 0.0
    epochs: int = 40
    batch_size: int = 16
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2


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
