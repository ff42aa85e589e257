"""Picture records to arrays: decoded, stretched to one size, left as bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import pyarrow as pa

from lepton_core.images import decode_rows
from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.rejects import Refusal, Rejects


class PicturePreprocessor(Preprocessor):
    """Each picture as ``x`` uint8 [n, height, width, channels].

    Bytes stay bytes: an array of them takes a quarter of what float32 takes, and the model scales
    them itself (``keras.layers.Rescaling`` as its first layer), so that a bundle's graph holds all
    that happens to a value. What does not decode is refused with ``not_a_picture``; with
    ``formats``, with the reason that was found (cut off, too small, no picture in the file...).

    Args:
        height: in pixels; every picture is stretched to it.
        width: in pixels.
        channels: 1 for grey, 3 for red, green, blue.
        column: the image column of the records.
        formats: those of that column in the Spec: what is read beside everyday pictures.

    Raises:
        ValueError: a size below 1, or another number of channels.

    Example:
        >>> import cv2
        >>> _, png = cv2.imencode(".png", np.full((4, 6), 80, np.uint8))
        >>> rows = [{"path": "a.png", "bytes": png.tobytes()}, {"path": "b.png", "bytes": b"?"}]
        >>> records = pa.table({"record_id": ["a", "b"], "image": pa.array(rows)})
        >>> prepared = PicturePreprocessor(height=2, width=2, channels=1).transform(records)
        >>> prepared.arrays["x"].ravel().tolist(), prepared.rejects.counts()
        ([80, 80, 80, 80], {'not_a_picture': 1})
    """

    def __init__(
        self,
        height: int = 64,
        width: int = 64,
        channels: int = 3,
        column: str = "image",
        formats: Sequence[str] = (),
    ) -> None:
        if min(height, width) < 1 or channels not in (1, 3):
            raise ValueError(
                "height and width are at least 1, channels is 1 or 3. "
                f"Received: height={height}, width={width}, channels={channels}"
            )
        self.height, self.width, self.channels = height, width, channels
        self.column = column
        self.formats = tuple(formats)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of one picture, as the model takes it."""
        return self.height, self.width, self.channels

    def fit(self, records: pa.Table) -> Self:
        """Nothing is learned from the records: the size is a setting."""
        return self

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Checked records [n] to ``x`` uint8 [m, height, width, channels] of the m that decode."""
        x, kept, refused = decode_rows(
            records.column(self.column),
            channels=self.channels,
            size=(self.height, self.width),
            formats=self.formats,
        )
        rejects = Rejects()
        self.refuse(rejects, records, refused)
        return Prepared({"x": x}, kept, rejects)

    def refuse(self, rejects: Rejects, records: pa.Table, refused: Mapping[int, Refusal]) -> None:
        """Add records that cannot be used to the refused ones.

        Args:
            rejects: where to.
            records: the table that came in.
            refused: where each stands in it, and why.
        """
        ids = records.column("record_id")
        images = records.column(self.column)
        for row, refusal in refused.items():
            told = {"column": self.column, "received": images[row]["path"].as_py()}
            rejects.add(row, ids[row].as_py(), refusal.key, **told, **refusal.values)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return {
            "height": self.height,
            "width": self.width,
            "channels": self.channels,
            "column": self.column,
            "formats": list(self.formats),
        }, {}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        # Written out rather than handed on: a subclass may take other arguments than these.
        made = cls.__new__(cls)
        PicturePreprocessor.__init__(made, **state)
        return made
