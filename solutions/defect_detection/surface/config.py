"""Every setting of `defect_detection/surface`, changed with `lepton train ... --set key=value`."""

from __future__ import annotations

from dataclasses import dataclass

from lepton_core.training.augmentation import Augmentation

# Light and exposure as they vary on a line; how tiles move is set by `moves`.
VARIED = Augmentation(flip_left_right=False, shift=0.0, brightness=0.1, contrast=0.1, noise=0.01)


@dataclass(frozen=True)
class PictureConfig:
    """What the network sees of a picture.

    Args:
        channels: 1 for grey, 3 for colour.
        scale: by how much every picture is enlarged (or shrunk, below 1) before it is cut into
            tiles; defects keep their size in pixels of the original.
        tile: largest side of a tile in pixels, a multiple of 32. The usual training picture is one
            tile where it is not larger.
        overlap: pixels that neighbouring tiles share at least; a defect up to this size always
            stands whole in one of them.
        mm_per_px: millimetres a pixel of the original picture, for sizes in millimetres; 0 where
            not known. A record's own `mm_per_px` comes before it.
        roi: a picture file, white (or not black) where parts are inspected; empty for everywhere.
            It is stretched over each picture.
        gate: whether pictures that do not look like those of training are refused.
        gate_rate: share of the validation pictures that may be refused so.
    """

    channels: int = 1
    scale: float = 1.0
    tile: int = 640
    overlap: int = 64
    mm_per_px: float = 0.0
    roi: str = ""
    gate: bool = True
    gate_rate: float = 0.01


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
        pasted: share of the tiles without a defect that get a copy of another tile's; where masks
            are learned from.
    """

    flip_left_right: bool = True
    flip_up_down: bool = True
    quarter_turns: bool = False
    zoom: float = 1.3
    shift: float = 0.15
    rotation: float = 0.0
    pasted: float = 0.0


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
        balanced: whether half of the tiles are good and each defect class comes as often as the
            others, for a set in which defects are rare.
        start: a bundle whose network this one begins with (transfer learning), as far as layers
            are alike: `defect_detection/surface@neu_det`; empty for random weights.
        rounded: whether large kernels keep 8 bits a weight in the end, which makes a bundle a third
            as large.
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
    start: str = ""
    rounded: bool = True


@dataclass(frozen=True)
class DecisionConfig:
    """How the decision is made from validation parts.

    Args:
        iou: of two candidates that overlap more (intersection over union), the likelier stays.
        match_iou: overlap from which a box stands for a true one; pixels are not drawn as tight.
        match_iou_pixels: the same for connected pixels.
        least_area: area in square pixels below which connected pixels are no defect.
        sensitivity: share of the defective validation parts that the part's probability must call
            defective, 0 to 1; 0 takes the threshold of the best F1.
        coverage: share of validation parts, good and defective, whose truth stands in the
            prediction set of the part as a whole; where that is not one, a person looks.
        review_share: share of validation parts that doubtful candidates may make unsure.
    """

    iou: float = 0.5
    match_iou: float = 0.5
    match_iou_pixels: float = 0.2
    least_area: float = 12.0
    sensitivity: float = 0.0
    coverage: float = 0.9
    review_share: float = 0.05


@dataclass(frozen=True)
class SplitConfig:
    """How pictures are split where a data set has no split of its own.

    Args:
        valid: share of the parts to calibrate and decide on.
        test: share of the parts for the figures on the card.
        seed: of the split.
    """

    valid: float = 0.2
    test: float = 0.25
    seed: int = 0


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train defect_detection --set key=value`` can change.

    Args:
        picture: what the network sees.
        augmentation: how values of training tiles vary; its moves are not used, but `moves`.
        moves: how training tiles move.
        model: of the network and its training.
        decision: thresholds, calibration and review.
        split: of the data.
    """

    picture: PictureConfig = PictureConfig()
    augmentation: Augmentation = VARIED
    moves: Moves = Moves()
    model: ModelConfig = ModelConfig()
    decision: DecisionConfig = DecisionConfig()
    split: SplitConfig = SplitConfig()
