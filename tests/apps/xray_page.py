"""The X-ray page under AppTest: how tests start it, press its buttons, read it, and feed it."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = ROOT / "apps/medical_imaging.py"
# Identity in a file, and in its name; nothing of it may be seen or kept.
IDENTITY = ("Planta", "Ophelia", "QX4711", "Hathaway", "19520229", "MercyWard")


def start(language: str = "en", view: str | None = None) -> AppTest:
    """The page as it opens, with the embedded sample."""
    page = AppTest.from_file(str(LAUNCHER), default_timeout=120)
    page.query_params["lang"] = language
    if view:
        page.query_params["view"] = view
    return page.run()


def choose(page: AppTest, key: str, value: Any) -> AppTest:
    """Press one of several buttons side by side, found by the end of its key."""
    (group,) = [group for group in page.button_group if str(group.key).endswith(key)]
    group.set_value(value)
    return page.run()


def press(page: AppTest, key: str) -> AppTest:
    """Press a button, found by the end of its key."""
    (button,) = [button for button in page.button if str(button.key).endswith(key)]
    return button.click().run()


def switch(page: AppTest, key: str, is_on: bool) -> AppTest:
    """Set a toggle, found by its key."""
    (toggle,) = [toggle for toggle in page.toggle if toggle.key == key]
    return toggle.set_value(is_on).run()


def figures(page: AppTest) -> dict[str, str]:
    """Label -> value of each figure shown."""
    assert not page.exception
    return {metric.label: metric.value for metric in page.metric}


def worklist(page: AppTest) -> Any:
    """The list as a data frame."""
    (shown,) = [frame.value for frame in page.dataframe if "picture" in frame.value.columns]
    return shown


def picture_of(page: AppTest) -> str:
    """The picture that the viewer shows."""
    heading = next(h.value for h in page.subheader if h.value.startswith("Picture "))
    return heading.split()[1]


def words(page: AppTest) -> str:
    """All sentences of the page."""
    kinds = (
        *(page.title, page.subheader, page.markdown, page.caption, page.info, page.warning),
        *(page.error, page.success),
    )
    return " ".join(element.value for kind in kinds for element in kind)


def upload(page: AppTest, *files: tuple[str, bytes, str]) -> AppTest:
    """Give the page files (name, content, type), to be read by the model of simulated pictures."""
    page.radio[0].set_value("file").run()
    (bundle,) = [box for box in page.selectbox if box.label == "Bundle"]
    bundle.set_value("sample").run()
    page.file_uploader[0].set_value(list(files))
    return page.run()


@cache
def xray(number: int = 0) -> np.ndarray:
    """A simulated chest X-ray, uint8 [height, width]; every second one has a finding."""
    from lepton_core.images import decode
    from solutions.medical_imaging.xray.sample import generate

    table = generate(seed=77, pictures=6)
    picture = decode(table["image"][number]["bytes"].as_py(), channels=1)
    assert picture is not None
    return picture[..., 0]


def png(picture: np.ndarray) -> bytes:
    """The picture as a file."""
    import cv2

    return bytes(cv2.imencode(".png", picture)[1].tobytes())


def dicom(picture: np.ndarray, number: int = 1) -> bytes:
    """The picture as a DICOM file that tells who the patient is."""
    from pydicom import Dataset, dcmwrite
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    values: dict[str, Any] = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1",
        "SOPInstanceUID": f"1.2.19520229.{number}",
        "StudyInstanceUID": "1.2.19520229.77",
        "SeriesInstanceUID": "1.2.19520229.78",
        "Modality": "CR",
        "BodyPartExamined": "CHEST",
        "ViewPosition": "PA",
        "PatientID": "QX4711",
        "PatientName": "Planta^Ophelia",
        "PatientBirthDate": "19520229",
        "ReferringPhysicianName": "Hathaway^Anne",
        "PixelSpacing": [2.0, 2.0],
        "Rows": picture.shape[0],
        "Columns": picture.shape[1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
        "PixelData": picture.tobytes(),
    }
    for keyword, value in values.items():
        setattr(made, keyword, value)
    made["PixelData"].VR = "OB"
    made.preamble = bytes(128)
    sink = io.BytesIO()
    dcmwrite(sink, made, enforce_file_format=True)
    return sink.getvalue()


def no_more(call: str) -> Callable[..., Any]:
    """A stand-in for what must not be called again."""

    def never(*given: object, **named: object) -> None:
        raise AssertionError(f"{call} was called again")

    return never
