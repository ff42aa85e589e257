"""NIfTI volumes give a record a slice, in the values of the file, turned as a reader looks."""

from __future__ import annotations

import contextlib
import gzip
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from lepton_core.records.frame import to_grey
from lepton_core.records.nifti import is_nifti, read_nifti, split_nifti
from lepton_core.records.refused import refusal_in
from lepton_core.rejects import Refusal

RAS = np.diag([0.5, 0.7, 2.0, 1.0])


def volume(
    values: np.ndarray, affine: np.ndarray = RAS, kind: type = nib.Nifti1Image, packed: bool = False
) -> bytes:
    image = kind(values, affine)
    image.header["descrip"] = b"Planta Ophelia"
    data = image.to_bytes()
    return gzip.compress(data, mtime=0) if packed else data


VALUES = np.arange(20 * 30 * 4, dtype=np.int16).reshape(20, 30, 4)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
def test_each_slice_of_the_last_axis_is_a_record(packed: bool, kind: type) -> None:
    data = volume(VALUES, kind=kind, packed=packed)
    assert is_nifti(data)
    parts = list(split_nifti(data))
    assert [ending for ending, _ in parts] == ["#1", "#2", "#3", "#4"]
    for number, (_, part) in enumerate(parts):
        frame = read_nifti(part)
        # Right and front are at high indices of this volume: the front goes up, right to the left.
        assert np.array_equal(frame.values, VALUES[:, :, number].T[::-1, ::-1].astype(np.float32))
        assert np.array_equal(read_nifti(data, number).values, frame.values)
        assert frame.spacing_mm == (pytest.approx(0.7), pytest.approx(0.5))
        # All slices are shown in the range of the volume.
        assert frame.window == (1200.0, 2400.0)
        assert b"Planta" not in part
    with pytest.raises(IndexError):
        read_nifti(data, 4)


def test_an_axis_to_the_left_is_not_turned() -> None:
    frame = read_nifti(volume(VALUES[:, :, :1], np.diag([-1.0, -1.0, 1.0, 1.0])))
    assert np.array_equal(frame.values, VALUES[:, :, 0].T.astype(np.float32))


def test_values_are_scaled_and_what_is_no_number_is_zero() -> None:
    values = VALUES[:, :, :1].astype(np.float32)
    values[0, 0, 0] = np.nan
    image = nib.Nifti1Image(values, np.diag([-1.0, -1.0, 1.0, 1.0]))
    frame = read_nifti(image.to_bytes())
    assert frame.values[0, 0] == 0
    assert np.isfinite(frame.values).all()
    scaled = nib.Nifti1Image(VALUES[:, :, :1], np.diag([-1.0, -1.0, 1.0, 1.0]))
    data = bytearray(scaled.to_bytes())
    data[112:120] = np.array([2, -100], np.float32).tobytes()
    assert read_nifti(bytes(data)).values[0, 1] == 2 * VALUES[1, 0, 0] - 100


def test_fractions_between_0_and_1_are_seen() -> None:
    values = np.linspace(0, 1, 600, dtype=np.float32).reshape(20, 30, 1)
    grey = to_grey(read_nifti(volume(values)))
    assert (int(grey.min()), int(grey.max())) == (0, 255)
    assert len(np.unique(grey)) > 200


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (volume(VALUES[:, :, :2])[:-5], "nifti_cut_off"),
        (volume(VALUES[:, :, :2], packed=True)[:-50], "nifti_cut_off"),
        (volume(VALUES)[:340], "nifti_cut_off"),
        (volume(np.zeros((4, 4, 4, 3), np.int16)), "nifti_dimensions"),
        (volume(np.zeros((4, 4, 2), [("R", "u1"), ("G", "u1"), ("B", "u1")])), "nifti_no_numbers"),
        (volume(np.zeros((4, 4, 2), np.complex64)), "nifti_no_numbers"),
        (gzip.compress(bytes(344) + b"n+1\0" + bytes(100), mtime=0), "nifti_damaged"),
        (bytes(344) + b"n+1\0" + b"\xff" * 100, "nifti_damaged"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, key: str) -> None:
    *_, (ending, part) = split_nifti(data)
    assert ending == ""
    assert refusal_in(part).key == key
    with pytest.raises(Refusal) as caught:
        read_nifti(data, 1)
    assert caught.value.key == key


def test_a_volume_that_is_cut_off_gives_no_slice() -> None:
    assert len(list(split_nifti(volume(VALUES)[:-5]))) == 1


def test_a_volume_that_declares_too_much_is_refused_by_its_header() -> None:
    data = bytearray(volume(VALUES))
    data[42:46] = np.array([32_000, 32_000], np.int16).tobytes()
    with pytest.raises(Refusal) as caught:
        read_nifti(bytes(data))
    assert caught.value.key == "nifti_too_large"
    assert caught.value.values["shape"] == "32000 x 32000 x 4"


def test_no_change_of_a_byte_of_the_header_crashes() -> None:
    rng = np.random.default_rng(0)
    data = volume(VALUES)
    for _ in range(200):
        broken = bytearray(data)
        for place in rng.integers(0, 344, 3):
            broken[place] = rng.integers(0, 256)
        with contextlib.suppress(Refusal):
            assert read_nifti(bytes(broken)).values.ndim == 2


def test_a_file_of_another_kind_is_none(tmp_path: Path) -> None:
    assert not is_nifti(gzip.compress(b"a,b\n1,2\n"))
    assert not is_nifti(b"\x1f\x8b broken")
