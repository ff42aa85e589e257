"""Every setting of `medical_imaging/xray`; change one with `lepton train medical_imaging --set`."""

from __future__ import annotations

from dataclasses import dataclass

from lepton_core.training.augmentation import Augmentation

# Never mirrored: the heart lies on the left. Blur, grain and grey scale differ between devices,
# and a network that has seen one device alone reads them as signs of disease.
VARIED = Augmentation(
    flip_left_right=False,
    flip_up_down=False,
    shift=0.1,
    brightness=0.2,
    contrast=0.4,
    rotation=12.0,
    zoom=0.2,
    aspect=0.15,
    gamma=0.6,
    blur=0.014,
    noise=0.08,
)


@dataclass(frozen=True)
class PictureConfig:
    """What the network sees of a picture.

    Args:
        side: height and width in pixels that every picture is stretched to; 0 takes the usual
            shorter side of the training pictures, at most 112.
        channels: 1 for grey, 3 for colour.
    """

    side: int = 0
    channels: int = 1


@dataclass(frozen=True)
class ModelConfig:
    """Settings of the network and of its training.

    Args:
        filters: width of each stage; each after the first halves height and width. Multiples of
            16 are fastest.
        members: networks that are trained side by side, each from start weights of its own; the
            score is the mean of theirs.
        teachers: networks that are trained first, whose mean the one that scores learns from; 0
            trains it on the labels alone. The training takes so many times longer, scoring does
            not.
        trust: share of each target that is what the teachers say, 0..1; the rest is the label.
        dropout: share of the last features left out in a training step.
        epochs: passes over as many pictures as there are for training.
        batch_size: pictures a training step, as many of each class.
        learning_rate: at the start; it falls to zero along a cosine.
        weight_decay: of AdamW.
        smoothing: share of each target that goes to the other classes, 0 to below 1: a network
            that is never rewarded for certainty keeps a doubt.
        averaging: share of the old weights in the running mean of weights that is kept at the end.
    """

    filters: tuple[int, ...] = (16, 32, 96)
    members: int = 1
    teachers: int = 0
    trust: float = 0.8
    dropout: float = 0.3
    epochs: int = 40
    batch_size: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 5e-4
    smoothing: float = 0.1
    averaging: float = 0.995


@dataclass(frozen=True)
class DecisionConfig:
    """How the decision is made from validation pictures.

    Args:
        positive: the class that is looked for, where there are two; empty takes the one whose name
            does not say that nothing was found.
        sensitivity: share of the validation pictures of that class that the threshold must find.
        prevalence: share of the pictures to come that have the finding, of two classes, which the
            probabilities are stated for; 0 takes that of the validation pictures.
        coverage: share of validation pictures, of each class, whose class stands in the
            prediction set; where the set is not one class, a person looks.
        gate_rate: share of validation pictures and gently varied copies that the gate may refuse.
    """

    positive: str = ""
    sensitivity: float = 0.95
    prevalence: float = 0.5
    coverage: float = 0.9
    gate_rate: float = 0.005


@dataclass(frozen=True)
class SplitConfig:
    """How pictures are split where a data set has no split of its own.

    Args:
        valid: share of the pictures to calibrate and decide on.
        test: share of the pictures for the figures on the card.
        seed: of the split.
    """

    valid: float = 0.15
    test: float = 0.25
    seed: int = 0


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train medical_imaging --set key=value`` can change.

    Args:
        picture: what the network sees.
        augmentation: how training pictures are varied.
        model: of the network and its training.
        decision: calibration, operating point, review band and gate.
        split: of the data.
    """

    picture: PictureConfig = PictureConfig()
    augmentation: Augmentation = VARIED
    model: ModelConfig = ModelConfig()
    decision: DecisionConfig = DecisionConfig()
    split: SplitConfig = SplitConfig()
