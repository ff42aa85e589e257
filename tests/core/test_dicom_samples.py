"""Every file of ``dicom_samples`` is read rightly, or refused with the right reason."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lepton_core.data.lookup import find_dataset
from lepton_core.errors import DataError
from lepton_core.records.dicom import read_dicom, split_dicom
from lepton_core.records.frame import to_grey
from lepton_core.rejects import Refusal

pytestmark = pytest.mark.real_data

# File -> records, shape, smallest and largest value, row spacing, modality. The values were taken
# from the stored pixels by the standard's formulas.
READ = {
    "693_UNCI.dcm": (1, (512, 512), -3995, 1812, 0.478516, "CT"),
    "CT_small.dcm": (1, (128, 128), -896, 1167, 0.661468, "CT"),
    "J2K_pixelrep_mismatch.dcm": (1, (512, 512), -2000, 1896, 0.431, "CT"),
    "JPEG2000.dcm": (1, (1024, 256), -30, 245, 2.26, "NM"),
    "JPGExtended.dcm": (1, (1024, 256), 0, 264, 2.26, "NM"),
    "JPGLosslessP14SV1_1s_1f_8b.dcm": (1, (768, 1024), 0, 255, None, "US"),
    "MR-SIEMENS-DICOM-WithOverlays.dcm": (1, (484, 484), 0, 1123, 0.72314, "MR"),
    "MR2_J2KI.dcm": (1, (1024, 1024), 0, 2264.468, 0.195313, "MR"),
    "MR_small.dcm": (1, (64, 64), 127, 2145, 0.3125, "MR"),
    "MR_small_RLE.dcm": (1, (64, 64), 127, 2145, 0.3125, "MR"),
    "OBXXXX1A_rle.dcm": (1, (600, 800, 3), 0, 255, None, "US"),
    "RG1_J2KI.dcm": (1, (1955, 1841), 6255, 31964, None, "CR"),
    "RG3_J2KI.dcm": (1, (1760, 1760), 0, 1023, None, "CR"),
    "US1_J2KR.dcm": (1, (480, 640, 3), 0, 255, None, "US"),
    "eCT_Supplemental.dcm": (2, (512, 512), -1024, 172, 0.388672, "CT"),
    "emri_small_RLE.dcm": (10, (64, 64), 0, 425, None, "MR"),
    "examples_overlay.dcm": (1, (300, 484), 0, 1123, 0.72314, "MR"),
    "examples_palette.dcm": (1, (350, 800, 3), 0, 255, None, "US"),
    "examples_rgb_color.dcm": (1, (240, 320, 3), 0, 255, None, "US"),
}
REFUSED = {
    "MR_truncated.dcm": "dicom_cut_off",
    "liver.dcm": "dicom_segmentation",
    "rtdose.dcm": "dicom_radiotherapy",
}


@pytest.fixture(scope="module")
def folder() -> Path:
    try:
        return find_dataset("dicom_samples").path
    except DataError:
        pytest.skip("dicom_samples is not on this machine: set LEPTON_DATA")


def test_the_table_names_every_file(folder: Path) -> None:
    assert {path.name for path in folder.glob("*.dcm")} == {*READ, *REFUSED}


@pytest.mark.parametrize("name", READ)
def test_a_picture_is_read_rightly(folder: Path, name: str) -> None:
    n, shape, low, high, spacing, modality = READ[name]
    parts = list(split_dicom((folder / name).read_bytes()))
    frame = read_dicom(parts[0].data)
    assert (len(parts), frame.values.shape, frame.modality) == (n, shape, modality)
    assert float(frame.values.min()) == pytest.approx(low, abs=0.001)
    assert float(frame.values.max()) == pytest.approx(high, abs=0.001)
    assert (None if frame.spacing_mm is None else round(frame.spacing_mm[0], 5)) == (
        None if spacing is None else round(spacing, 5)
    )
    grey = to_grey(frame)
    assert grey.shape == shape[:2]
    assert grey.max() - grey.min() > 200
    # All frames can be read, and the record gives what the file gives.
    for number, part in enumerate(parts):
        whole = read_dicom((folder / name).read_bytes(), number)
        assert np.array_equal(read_dicom(part.data).values, whole.values)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_says_why(folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    with pytest.raises(Refusal) as caught:
        read_dicom(data)
    assert caught.value.key == REFUSED[name]
    (part,) = split_dicom(data)
    assert len(part.data) < 300


def test_known_pixels(folder: Path) -> None:
    def values(name: str) -> np.ndarray:
        return read_dicom((folder / name).read_bytes()).values

    # Compressed or not, the same picture.
    assert np.array_equal(values("MR_small.dcm"), values("MR_small_RLE.dcm"))
    # Two values that pydicom's own tests state of this 12-bit JPEG.
    assert values("JPGExtended.dcm")[[420, 230], [140, 120]].tolist() == [244, 95]
    # Air outside the field is white on a CR of kind MONOCHROME1 where nothing is inverted: dark.
    chest = to_grey(read_dicom((folder / "RG1_J2KI.dcm").read_bytes())).astype(float)
    lungs, spine = chest[500:900, 350:600].mean(), chest[500:900, 880:960].mean()
    assert lungs < spine - 30
    assert read_dicom((folder / "RG1_J2KI.dcm").read_bytes()).view == "PA"


def test_one_patient_has_one_pseudonym(folder: Path) -> None:
    names = ("MR-SIEMENS-DICOM-WithOverlays.dcm", "examples_overlay.dcm", "MR_small.dcm")
    first, same, other = (next(split_dicom((folder / name).read_bytes())).patient for name in names)
    assert first == same != other
