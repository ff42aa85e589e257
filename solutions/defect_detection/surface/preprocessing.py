"""Pictures to the array of the network."""

from __future__ import annotations

from lepton_core.pictures import PicturePreprocessor

from .config import PictureConfig


class Preprocessor(PicturePreprocessor):
    """Decoded, stretched to the configured size. Override `transform` to crop or mask first.

    Args:
        config: size and channels.
    """

    def __init__(self, config: PictureConfig | None = None) -> None:
        config = config or PictureConfig()
        super().__init__(config.height, config.width, config.channels)
