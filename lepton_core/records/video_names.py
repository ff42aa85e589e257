"""What names tell of videos: which files are some, which addresses streams, when a camera began."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

VIDEO_SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".ts", ".mts", ".m2ts"),
    *(".mpg", ".mpeg", ".wmv", ".flv", ".3gp", ".ogv", ".h264", ".h265", ".264", ".265"),
)
_SCHEMES = ("rtsp", "rtsps", "rtmp", "rtmps", "http", "https", "udp", "rtp", "srt", "tcp")
# A path object joins the two slashes of an address into one.
_ADDRESS = re.compile(rf"^({'|'.join(_SCHEMES)}):/{{1,2}}(?=[^/])", re.IGNORECASE)
_DAY = r"(?P<year>(?:19|20)\d\d)[-_.]?(?P<month>[01]\d)[-_.]?(?P<day>[0-3]\d)"
_CLOCK = r"(?P<hour>[0-2]\d)[-_.:h]?(?P<minute>[0-5]\d)[-_.:m]?(?P<second>[0-5]\d)"
_MOMENT = re.compile(rf"(?<!\d){_DAY}[T _-]?{_CLOCK}(?:[._,-](?P<fraction>\d{{1,6}}))?(?!\d)")
_UNIX_MS = re.compile(r"(?<!\d)(1[0-9]{12})(?!\d)")
_DIGITS = re.compile(r"\d+")


def is_video(path: str | Path) -> bool:
    """Whether a file of this name is read as a video: it has one of the known endings.

    Example:
        >>> is_video("cam 1.MP4"), is_video("counts.csv")
        (True, False)
    """
    return Path(path).suffix.lower() in VIDEO_SUFFIXES


def address_of(path: str | Path) -> str | None:
    """The address of a stream, where a path stands for one; None for files.

    Example:
        >>> address_of(Path("rtsp://user@10.0.0.7/live")), address_of("clip.mp4")
        ('rtsp://user@10.0.0.7/live', None)
    """
    found = _ADDRESS.match(str(path))
    if found is None:
        return None
    return f"{found.group(1).lower()}://{str(path)[found.end() :]}"


def shown_address(address: str) -> str:
    """An address without the user's name and password, for messages, logs and record ids.

    Example:
        >>> shown_address("rtsp://user:secret@10.0.0.7:554/live?token=1")
        'rtsp://10.0.0.7:554/live'
    """
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}"


def moment_in(name: str) -> int | None:
    """Microseconds since 1970 of the date and time in a file's name, taken as UTC; None without.

    Example:
        >>> moment_in("cam3_2024-01-31_160500.mp4"), moment_in("clip 7.mp4")
        (1706717100000000, None)
        >>> moment_in("1706717100250.jpg")
        1706717100250000
    """
    if found := _MOMENT.search(name):
        part = {key: int(value) for key, value in found.groupdict().items() if key != "fraction"}
        fraction = (found["fraction"] or "").ljust(6, "0")
        try:
            moment = datetime(**part, microsecond=int(fraction), tzinfo=UTC)
        except ValueError:
            return None
        return int(moment.timestamp()) * 1_000_000 + moment.microsecond
    found = _UNIX_MS.search(name)
    return int(found.group(1)) * 1000 if found else None


def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """A key that sorts names as people count: ``frame 2`` before ``frame 10``.

    Example:
        >>> sorted(["f10.jpg", "f2.jpg", "F1.jpg"], key=natural)
        ['F1.jpg', 'f2.jpg', 'f10.jpg']
    """
    parts = re.split(r"(\d+)", name.lower())
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts if part)


def frame_times(names: Sequence[str], fps: float) -> list[int]:
    """When the frames of a folder were taken, microseconds since 1970, always later ones.

    Date and time in the names decide, or Unix time in milliseconds; otherwise the last number in
    each name counts frames, so that a missing one leaves its gap; otherwise their order does.

    Args:
        names: in order.
        fps: frames a second, where names do not tell times.

    Example:
        >>> frame_times(["in000470.jpg", "in000471.jpg", "in000473.jpg"], fps=25)
        [0, 40000, 120000]
        >>> frame_times(["a.jpg", "b.jpg"], fps=10)
        [0, 100000]
    """
    moments = [moment_in(name) for name in names]
    if all(moment is not None for moment in moments) and _grows(moments):
        return [int(moment or 0) for moment in moments]
    numbers = [last_number(name) for name in names]
    if not _grows(numbers):
        numbers = list(range(len(names)))
    first = numbers[0] or 0 if numbers else 0
    return [round(((number or 0) - first) * 1e6 / fps) for number in numbers]


def last_number(name: str) -> int | None:
    """The last number in a file's name; None without one, or for one too long to count frames."""
    digits = _DIGITS.findall(Path(name).stem)
    return int(digits[-1]) if digits and len(digits[-1]) < 16 else None


def _grows(values: Sequence[int | None]) -> bool:
    known = [value for value in values if value is not None]
    return len(known) == len(values) and all(a < b for a, b in pairwise(known))
