"""Pictures of a watched folder as records: only whole ones, each under an id of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from lepton_core.image_header import has_end_mark, read_header
from lepton_core.images import decode
from lepton_core.records.choosing import by_role, choose_columns
from lepton_core.records.dicom_file import is_dicom
from lepton_core.records.opening import formats_of
from lepton_core.records.picture_files import is_picture
from lepton_core.records.picture_parts import Picture, as_text, pictures_in, read_file
from lepton_core.records.pictures import PICTURE_COLUMNS, PictureReader, picture_tables
from lepton_core.scoring.arrivals import Arrival, Key
from lepton_core.scoring.part_ids import PartIds
from lepton_core.spec import Spec

# What was scored counts from the next commit on: a long queue is committed so often.
_GROUP_S = 1.0
_MOST_TOGETHER = 1024
# A file that is given its full size before it is filled ends in zeros.
_TAIL_BYTES = 512


class Part(NamedTuple):
    """A picture that was taken.

    Args:
        arrival: its file.
        part_id: what its record is called.
    """

    arrival: Arrival
    part_id: str


class PartReading:
    """Takes the pictures that are whole; the others wait.

    A JPEG or PNG is whole when it ends as such files end. Of other formats the end cannot be seen:
    such a file is whole when it can be decoded and has not changed for ``quiet_s`` seconds. What is
    not whole is given up when it has not changed for ``settle_s`` seconds: it is taken as it is,
    and scoring refuses it with its reason.

    Args:
        ids: gives ids.
        formats: of the task's image column. Files of these may hold many records with ids of
            their own; each is taken when it is quiet.
        quiet_s: see above.
        settle_s: see above.
    """

    def __init__(
        self, ids: PartIds, formats: Sequence[str], quiet_s: float, settle_s: float
    ) -> None:
        self._ids, self._formats = ids, tuple(formats)
        self._quiet_s, self._settle_s = quiet_s, settle_s
        self._unfinished: dict[str, Key] = {}
        self.taken: list[Part] = []
        self.has_more = False

    def pictures(
        self, arrivals: Sequence[Arrival], is_taken: Callable[[str], bool]
    ) -> Iterator[Picture]:
        """The records of those that are whole, as they are asked for, for about a second.

        Afterwards ``taken`` tells whose they were, and ``has_more`` whether time ran out.

        Args:
            arrivals: in the order of reading.
            is_taken: what else an id must not be, see :meth:`PartIds.give`.
        """
        self.taken, self.has_more = [], False
        names = {one.name for one in arrivals}
        self._unfinished = {n: key for n, key in self._unfinished.items() if n in names}
        until = time.monotonic() + _GROUP_S
        for one in arrivals:
            if self.taken and (time.monotonic() > until or len(self.taken) >= _MOST_TOGETHER):
                self.has_more = True
                return
            if self._formats and not is_picture(one.name):
                if one.is_still(self._quiet_s):
                    yield from self._medical(one)
                continue
            is_whole, data = self._read(one)
            if is_whole and "dicom" in self._formats and data is not None and is_dicom(data):
                yield from self._medical(one)
            elif is_whole:
                name = as_text(one.name)
                part_id = self._ids.give(name, is_taken)
                self.taken.append(Part(one, part_id))
                yield Picture(part_id, as_text(str(one.path)), data, file=one.path)

    def _medical(self, one: Arrival) -> Iterator[Picture]:
        """The records of a file that may hold many, with ids of their own."""
        self.taken.append(Part(one, ""))
        yield from pictures_in(one.path, one.name, one.key[0], self._formats)

    def _read(self, one: Arrival) -> tuple[bool, bytes | None]:
        """Whether a picture is to be taken now, and its bytes; None where they cannot be read."""
        is_last = one.is_still(self._settle_s)
        if self._unfinished.get(one.name) == one.key and not is_last:
            return False, None
        data = read_file(one.path)
        if not _is_unchanged(one):
            return False, None
        if is_last or (data is not None and _is_closed(data)):
            return True, data
        if one.is_still(self._quiet_s):
            if data is not None and _is_readable(data):
                return True, data
            self._unfinished[one.name] = one.key
        return False, None


def open_parts(
    source: str,
    pictures: Iterator[Picture],
    spec: Spec,
    mapping: Mapping[str, str],
    extra: Sequence[str],
    batch_rows: int,
) -> PictureReader:
    """Pictures that are told one by one, as a task's records; folders are no labels.

    Args:
        source: where they stand, for messages.
        pictures: read as they are asked for.
        spec: what the task takes; one of its columns is an image.
        mapping: their column name -> ours.
        extra: further columns to deliver.
        batch_rows: most pictures in a batch.

    Raises:
        DataError: ``data.unknown_column`` for an ``extra`` that pictures lack.
    """
    found = (*PICTURE_COLUMNS[:2], *(PICTURE_COLUMNS[3:] if formats_of(spec) else ()))
    names = {**by_role(found, spec, mapping), **mapping}
    chosen = choose_columns(source, found, names, None, spec, extra)
    columns = [name for _, name in chosen]
    return PictureReader(source, columns, pictures, picture_tables(chosen, found), batch_rows)


def _is_unchanged(one: Arrival) -> bool:
    """Whether what was read is what was seen: nobody wrote meanwhile."""
    try:
        told = os.stat(one.path)
    except OSError:
        return False
    return (told.st_size, told.st_mtime_ns) == one.key[1:]


def _is_closed(data: bytes) -> bool:
    header = read_header(data)
    return header is not None and header.is_whole and has_end_mark(data)


def _is_readable(data: bytes) -> bool:
    header = read_header(data)
    if header is None or not header.is_whole or not any(data[-_TAIL_BYTES:]):
        return False
    return decode(data, channels=1) is not None
