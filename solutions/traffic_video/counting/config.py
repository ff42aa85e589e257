"""Every setting of ``traffic_video/counting``; `lepton train` writes them into a bundle."""

from __future__ import annotations

from dataclasses import dataclass

from lepton_core.errors import UsageError

NETWORK, CLASSICAL = "network", "classical"


def _at_least(group: str, config: object, **least: float) -> None:
    for name, value in least.items():
        received = getattr(config, name)
        if not received >= value:
            raise _wrong("least", setting=f"{group}.{name}", received=received, least=value)


def _above(group: str, config: object, **least: float) -> None:
    for name, value in least.items():
        received = getattr(config, name)
        if not received > value:
            raise _wrong("above", setting=f"{group}.{name}", received=received, least=value)


def _within(group: str, config: object, *names: str) -> None:
    for name in names:
        received = getattr(config, name)
        if not 0 < received < 1:
            raise _wrong("within", setting=f"{group}.{name}", received=received)


def _wrong(key: str, **values: object) -> UsageError:
    return UsageError(f"traffic_video.counting.error.{key}", **values)


@dataclass(frozen=True)
class SceneConfig:
    """What is made of a frame before anything is looked for in it.

    Args:
        width: pixels that a frame is shrunk to, at least 64; smaller frames stay as they are.
        samples: frames that the background is the median of, at least 5.
        every_s: seconds between two of them, above 0; closer together at the start.
        warm_s: seconds at the start, or after the camera moved, during which counts are marked as
            not to be trusted, at least 0.
        hold_s: seconds that something which stands still is kept out of the background, at least 0.
        frozen_s: seconds without any change after which a stream counts as frozen, above 0.
        dark: mean brightness, 0 to 255, below which it is night.
        stabilise: whether the shaking of the camera is taken out.
    """

    width: int = 320
    samples: int = 25
    every_s: float = 1.0
    warm_s: float = 2.0
    hold_s: float = 60.0
    frozen_s: float = 1.0
    dark: float = 40.0
    stabilise: bool = True

    def __post_init__(self) -> None:
        _at_least("scene", self, width=64, samples=5, warm_s=0, hold_s=0, dark=0)
        _above("scene", self, every_s=0, frozen_s=0)


@dataclass(frozen=True)
class BlobConfig:
    """What of the foreground counts as a thing.

    Args:
        threshold: probability of a vehicle from which a pixel is foreground, between 0 and 1.
        sure: mean probability in 0..1 from which a thing may begin a track; less only goes on.
        least_area: share of the picture that a thing covers at least, 0 to 1.
        contrast: grey levels by which foreground differs from the background at least (classical).
        spreads: how many usual deviations of a pixel it differs by at least (classical).
    """

    threshold: float = 0.5
    sure: float = 0.6
    least_area: float = 0.001
    contrast: float = 18.0
    spreads: float = 3.5

    def __post_init__(self) -> None:
        _within("blobs", self, "threshold", "sure", "least_area")
        _above("blobs", self, contrast=0, spreads=0)


@dataclass(frozen=True)
class TrackConfig:
    """How things of one frame and the next become one vehicle.

    Args:
        gate: share of the picture's diagonal that a vehicle may be off its expected place.
        hits: frames in which a vehicle is seen before it has an id, at least 2.
        travel: share of the picture's diagonal that it has moved before it has one, above 0.
        lost_s: seconds without being seen after which a vehicle is gone, above 0.
        step: share of its own size that a vehicle moves before that counts as a step: less is the
            trembling of its box.
        most: tracks told in a frame at most; backlogs of new ones among them.
        path: places of its past that are kept of each, at least 4.
        backlog: frames of its past that are told when it gets an id, at least 3.
    """

    gate: float = 0.12
    hits: int = 3
    travel: float = 0.06
    lost_s: float = 0.6
    step: float = 0.15
    most: int = 96
    path: int = 16
    backlog: int = 24

    def __post_init__(self) -> None:
        _at_least("tracks", self, hits=2, most=8, path=4, backlog=3)
        _above("tracks", self, gate=0, travel=0, lost_s=0, step=0)


@dataclass(frozen=True)
class ModelConfig:
    """The network and its training.

    Args:
        channels: of its first level, at least 4.
        growth: how many times as many each deeper level has, at least 1.
        clips: rendered clips that it learns from, at least 1; the kinds of scenes take turns.
        seconds: length of each clip, above 0.
        size: height and width in pixels of what it is shown, multiples of 16.
        every: of a clip's frames, 6.25 a second, each so many-th is learned from, at least 1:
            neighbours are near copies.
        epochs: passes over all frames, at least 1.
        batch: frames a step, at least 1.
        rate: highest learning rate, above 0.
        records: whether it learns from the given records that have masks, too.
        start: a bundle whose network this one begins with (``solution/task@bundle`` or a folder);
            "" begins anew.
    """

    channels: int = 16
    growth: float = 2.0
    clips: int = 40
    seconds: float = 8.0
    size: tuple[int, ...] = (240, 320)
    every: int = 4
    epochs: int = 12
    batch: int = 8
    rate: float = 2e-3
    records: bool = True
    start: str = ""

    def __post_init__(self) -> None:
        _at_least("model", self, channels=4, growth=1, clips=1, every=1, epochs=1, batch=1)
        _above("model", self, seconds=0, rate=0)
        if len(self.size) != 2 or any(side < 32 or side % 16 for side in self.size):
            raise _wrong("size", setting="model.size", received=list(self.size))


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train traffic_video/counting --set key=value`` can change.

    Args:
        detector: ``network``, our own; ``classical``, background subtraction without a network;
            or the path of your own detector, an ONNX file with YOLO-type output.
        detector_fps: frames a second in which a network is asked for vehicles at most, above 0;
            in those between, vehicles go on as they were going. The background is learned from all.
        scene: background and camera.
        blobs: what counts as a thing.
        tracks: how things become vehicles.
        model: the network and its training.
    """

    detector: str = NETWORK
    detector_fps: float = 15.0
    scene: SceneConfig = SceneConfig()
    blobs: BlobConfig = BlobConfig()
    tracks: TrackConfig = TrackConfig()
    model: ModelConfig = ModelConfig()

    def __post_init__(self) -> None:
        is_file = self.detector.lower().endswith(".onnx")
        if self.detector not in (NETWORK, CLASSICAL) and not is_file:
            raise _wrong("detector", received=self.detector)
        if not self.detector_fps > 0:
            raise _wrong("above", setting="detector_fps", received=self.detector_fps, least=0)
