"""DICOM pixels come out in their unit, white where the reader expects white."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO

import cv2
import numpy as np
import pytest
from dicom_making import CT, compressed, dataset, dicom, encoded, ramp
from pydicom import Dataset, dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from lepton_core.records.dicom import read_dicom, split_dicom
from lepton_core.records.frame import range_window, to_grey
from lepton_core.records.frame_reading import decode_frame, read_frame

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"


def lut(first: int, entries: list[int], bits: int = 16) -> list[Dataset]:
    item = Dataset()
    item.LUTDescriptor = [len(entries), first, bits]
    item["LUTDescriptor"].VR = "US"
    item.LUTData = np.array(entries, np.uint16).tobytes()
    item["LUTData"].VR = "OW"
    return [item]


def test_a_frames_file_says_how_it_was_made_in_as_much_as_the_element_holds() -> None:
    (part,) = split_dicom(dicom())
    method = dcmread(BytesIO(part.data)).DeidentificationMethod
    assert len(method) <= 64
    assert method.endswith("under a key")


def test_values_are_in_their_unit_and_the_window_is_the_files_own() -> None:
    frame = read_dicom(
        dicom(
            SOPClassUID=CT, Modality="CT", RescaleSlope=2, RescaleIntercept=-1024,
            WindowCenter=[40, 400], WindowWidth=[100, 2000],
        )
    )  # fmt: skip
    assert frame.values.dtype == np.float32
    assert np.array_equal(frame.values, ramp().astype(np.float32) * 2 - 1024)
    assert (frame.window, frame.unit, frame.modality) == ((40.0, 100.0), "HU", "CT")
    grey = to_grey(frame)
    assert (grey[frame.values <= -10] == 0).all()
    assert (grey[frame.values >= 90] == 255).all()


def test_a_persons_window_replaces_the_files() -> None:
    frame = read_dicom(dicom(WindowCenter=2048, WindowWidth=4096))
    wide, narrow = to_grey(frame), to_grey(frame, (1000.5, 1.0))
    assert set(np.unique(narrow)) == {0, 255}
    assert np.array_equal(narrow == 255, frame.values > 1000)
    assert (wide[0, 0], wide[0, -1]) == (0, 255)


@pytest.mark.parametrize("window", [{}, {"WindowCenter": 2048, "WindowWidth": 4096}])
def test_monochrome1_is_inverted_with_its_window(window: dict[str, int]) -> None:
    plain = read_dicom(dicom(**window))
    inverted = read_dicom(dicom(PhotometricInterpretation="MONOCHROME1", **window))
    assert np.array_equal(inverted.values, 4095 - plain.values)
    assert np.array_equal(to_grey(inverted), 255 - to_grey(plain))


def test_monochrome1_is_inverted_with_its_voi_lut() -> None:
    table = lut(0, [n * 16 for n in range(4096)])
    plain = read_dicom(dicom(VOILUTSequence=table))
    inverted = read_dicom(dicom(PhotometricInterpretation="MONOCHROME1", VOILUTSequence=table))
    assert to_grey(plain)[0, -1] > 250
    assert np.abs(to_grey(inverted).astype(int) - (255 - to_grey(plain).astype(int))).max() <= 1


def test_signed_values_and_unused_bits() -> None:
    values = np.tile(np.arange(-10, 10, dtype=np.int16), (20, 1))
    frame = read_dicom(dicom(values, SOPClassUID=CT, BitsStored=12))
    assert np.array_equal(frame.values, values.astype(np.float32))
    # What stands above the stored bits (an overlay, once) is no part of the value.
    frame = read_dicom(dicom(ramp() | 0xF000))
    assert np.array_equal(frame.values, ramp().astype(np.float32))


def test_a_modality_lut_goes_before_a_window() -> None:
    table = lut(0, [4000 - n for n in range(4001)], bits=12)
    frame = read_dicom(dicom(ramp(top=4000), ModalityLUTSequence=table))
    assert np.array_equal(frame.values, 4000 - ramp(top=4000).astype(np.float32))


def test_without_a_window_the_values_own_range_is_shown_less_the_padding() -> None:
    values = ramp(top=1000) + 100
    values[:, :3] = 4000
    frame = read_dicom(dicom(values, PixelPaddingValue=4000))
    assert frame.window == range_window(float(values[:, 3:].min()), 1100.0)
    grey = to_grey(frame)
    assert grey[:, 3:].min() == 0
    assert grey[:, -1].min() == 255


def test_a_window_that_shows_nothing_is_taken_for_a_mistake() -> None:
    frame = read_dicom(dicom(WindowCenter=30000, WindowWidth=10))
    assert frame.window == range_window(float(ramp().min()), float(ramp().max()))
    assert to_grey(frame).max() == 255


def test_sigmoid_and_exact_windows() -> None:
    told = {"WindowCenter": 2000, "WindowWidth": 1000}
    smooth = to_grey(read_dicom(dicom(VOILUTFunction="SIGMOID", **told)))[0].astype(int)
    assert (np.diff(smooth) >= 0).all()
    assert abs(smooth[np.argmin(np.abs(ramp()[0].astype(int) - 2000))] - 127) < 20
    exact = read_dicom(dicom(VOILUTFunction="LINEAR_EXACT", **told))
    assert (to_grey(exact)[exact.values >= 2500] == 255).all()


@pytest.mark.parametrize(
    ("elements", "spacing", "source"),
    [
        ({"PixelSpacing": [0.2, 0.3], "ImagerPixelSpacing": [1, 1]}, (0.2, 0.3), "PixelSpacing"),
        ({"ImagerPixelSpacing": [0.1, 0.1]}, (0.1, 0.1), "ImagerPixelSpacing"),
        ({"PixelSpacing": [0, 0], "ImagerPixelSpacing": [1, 1]}, (1.0, 1.0), "ImagerPixelSpacing"),
        ({}, None, ""),
    ],
)
def test_the_spacing_is_kept_and_says_where_it_holds(
    elements: dict[str, list[float]], spacing: tuple[float, float] | None, source: str
) -> None:
    frame = read_dicom(dicom(**elements))
    assert (frame.spacing_mm, frame.spacing_from) == (spacing, source)


def test_colour_stays_colour_and_becomes_grey() -> None:
    values = np.zeros((20, 30, 3), np.uint8)
    values[..., 0] = 200
    data = dicom(values, PhotometricInterpretation="RGB", PlanarConfiguration=0)
    frame = read_dicom(data)
    assert frame.is_colour
    assert np.array_equal(frame.values, values)
    assert to_grey(frame)[0, 0] == round(0.299 * 200)
    assert decode_frame(data, channels=3)[0, 0].tolist() == [200, 0, 0]


def test_a_palette_gives_its_colours() -> None:
    values = np.zeros((20, 30), np.uint8)
    values[:, 15:] = 1
    made = dataset(values, PhotometricInterpretation="PALETTE COLOR")
    for colour, entries in {"Red": [0, 255], "Green": [0, 128], "Blue": [255, 0]}.items():
        setattr(made, f"{colour}PaletteColorLookupTableDescriptor", [2, 0, 16])
        table = (np.array(entries, np.uint16) * 257).tobytes()
        setattr(made, f"{colour}PaletteColorLookupTableData", table)
    frame = read_dicom(encoded(made))
    assert frame.values[0, 0].tolist() == [0, 0, 255]
    assert frame.values[0, -1].tolist() == [255, 128, 0]


def test_each_frame_is_a_file_of_its_own() -> None:
    values = np.stack([ramp(top=4000) + 10 * n for n in range(3)])
    data = dicom(values, WindowCenter=2048, WindowWidth=4096)
    parts = list(split_dicom(data))
    assert [part.record_id.partition("#")[2] for part in parts] == ["1", "2", "3"]
    assert len({part.record_id.partition("#")[0] for part in parts}) == 1
    for number, part in enumerate(parts):
        assert np.array_equal(read_dicom(part.data).values, values[number].astype(np.float32))
        assert np.array_equal(read_dicom(data, number).values, read_dicom(part.data).values)
    with pytest.raises(IndexError, match="3 frames"):
        read_dicom(data, 3)


def test_an_enhanced_object_tells_of_each_frame_in_its_groups() -> None:
    def group(slope: float) -> Dataset:
        item, change, view, measure = Dataset(), Dataset(), Dataset(), Dataset()
        change.RescaleSlope, change.RescaleIntercept, change.RescaleType = slope, 0, "HU"
        view.WindowCenter, view.WindowWidth = 100 * slope, 50
        measure.PixelSpacing = [0.5, 0.5]
        item.PixelValueTransformationSequence = [change]
        item.FrameVOILUTSequence = [view]
        item.PixelMeasuresSequence = [measure]
        return item

    values = np.stack([ramp(), ramp()])
    data = dicom(values, PerFrameFunctionalGroupsSequence=[group(1), group(2)])
    first, second = (read_dicom(part.data) for part in split_dicom(data))
    assert np.array_equal(second.values, 2 * first.values)
    assert (first.window[0], second.window[0]) == (100, 200)
    assert second.spacing_mm == (0.5, 0.5)


@pytest.mark.parametrize("syntax", [DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_the_ways_of_writing_do_not_matter(syntax: str) -> None:
    made = dataset()
    made.file_meta.TransferSyntaxUID = syntax
    (part,) = split_dicom(encoded(made))
    assert np.array_equal(read_dicom(part.data).values, ramp().astype(np.float32))


def test_a_file_without_preamble_is_read() -> None:
    made = dataset()
    made.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    whole = encoded(made)
    bare = whole[whole.index(b"\x08\0\x16\0") :]
    assert np.array_equal(read_frame(bare).values, ramp().astype(np.float32))


def test_run_lengths_and_jpeg_are_decoded() -> None:
    made = dataset()
    made.compress(RLELossless, generate_instance_uid=False)
    assert np.array_equal(read_dicom(encoded(made)).values, ramp().astype(np.float32))
    grey = (ramp() // 16).astype(np.uint8)
    jpeg = cv2.imencode(".jpg", grey)[1].tobytes()
    frame = read_dicom(compressed([jpeg], JPEG_BASELINE, values=grey, BitsStored=8))
    assert np.abs(frame.values - grey).mean() < 3


def test_the_network_gets_the_default_view_at_its_size() -> None:
    array = decode_frame(dicom(WindowCenter=2048, WindowWidth=4096), channels=1, size=(10, 12))
    assert (array.dtype, array.shape) == (np.uint8, (10, 12, 1))
    assert (np.diff(array[0, :, 0].astype(int)) > 0).all()
    three = decode_frame(dicom(), channels=3, size=(10, 12))
    assert np.array_equal(three[..., 0], three[..., 2])


def test_pydicom_is_imported_when_a_dicom_file_comes() -> None:
    program = (
        "import sys, cv2, numpy as np; from lepton_core.records.frame_reading import decode_frame;"
        "from lepton_core.records import opening;"
        "decode_frame(cv2.imencode('.png', np.zeros((20, 20), np.uint8))[1].tobytes());"
        "print([m for m in ('pydicom', 'gdcm', 'nibabel', 'keras') if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
