"""Teaching a product: what is checked first, and what comes of it."""

from __future__ import annotations

import json
import time

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lepton_core.messages import set_language
from lepton_core.records.pictures import file_array
from lepton_core.store.opening import default_file
from lepton_core.ui.training_job import DONE, FAILED, RUNNING, PageTraining
from solutions.defect_detection.dashboard_teach_checks import Checked, check_pictures
from solutions.defect_detection.dashboard_teach_products import PRODUCTS, go_on


def png(seed: int, side: int = 64) -> bytes:
    """A picture of a good part."""
    grey = np.random.default_rng(seed).normal(140, 8, (side, side)).clip(0, 255).astype(np.uint8)
    return cv2.imencode(".png", grey)[1].tobytes()


def records(files: list[bytes | None], labels: list[str | None] | None = None) -> pa.Table:
    """Pictures as they are read from files."""
    names = [f"{row}.png" for row in range(len(files))]
    table = {"record_id": names, "image": file_array(list(zip(names, files, strict=True)))}
    if labels is not None:
        table["label"] = pa.array(labels, pa.string())
    return pa.table(table)


def keys(checked: Checked) -> list[str]:
    return [finding.key for finding in checked.findings]


def check(files: list[bytes | None], labels: list[str | None] | None = None, rate: float = 0.2):
    return check_pictures(records(files, labels), rate, 0.25)


def test_enough_pictures_of_one_size_are_fine() -> None:
    found = check([png(row) for row in range(40)])
    assert found.is_usable
    assert keys(found) == []
    assert found.good == 40


@pytest.mark.parametrize(("n", "key"), [(9, "too_few"), (1001, "too_many")])
def test_too_few_and_too_many_are_refused(n: int, key: str) -> None:
    table = records([png(1)] * n)
    # The same picture under other sums: decoding a thousand different ones takes long.
    images = [{**one, "sha256": str(row)} for row, one in enumerate(table["image"].to_pylist())]
    table = table.set_column(1, "image", pa.array(images, table.schema.field("image").type))
    found = check_pictures(table, 0.2, 0.25)
    assert not found.is_usable
    assert key in keys(found)


def test_a_rate_that_so_few_cannot_promise_is_told_with_the_number_it_takes() -> None:
    found = check([png(row) for row in range(40)], rate=0.01)
    assert found.is_usable
    (finding,) = found.findings
    assert finding.key == "few_for_rate"
    assert finding.values["needed"] == 396
    assert finding.values["promised"] == pytest.approx(1 / 11)


def test_copies_and_damaged_files_are_left_out_and_named() -> None:
    files: list[bytes | None] = [png(row) for row in range(30)]
    files += [png(0), png(3)[:200], b"no picture", None]
    found = check(files)
    assert found.good == 30
    assert found.records.num_rows == 30
    told = {finding.key: finding.values for finding in found.findings}
    assert told["doubles"]["n"] == 1
    assert told["unreadable"]["n"] == 3


def test_folders_of_defects_are_not_counted_as_good() -> None:
    labels: list[str | None] = ["good"] * 30 + ["dent"] * 5
    found = check([png(row) for row in range(35)], labels)
    assert found.good == 30
    assert found.records.num_rows == 35
    assert "defective" in keys(found)


@pytest.mark.parametrize(("other", "level"), [(68, "info"), (200, "warning")])
def test_other_sizes_are_told_and_very_different_ones_warned_of(other: int, level: str) -> None:
    found = check([png(row) for row in range(30)] + [png(99, other)])
    (finding,) = [one for one in found.findings if one.key == "sizes"]
    assert finding.level == level
    assert f"{other} x {other}" in finding.values["largest"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_finding_has_its_sentence(language: str) -> None:
    set_language(language)
    files: list[bytes | None] = [png(row) for row in range(12)]
    files += [png(0), png(99, 200), b"x"]
    for finding in check(files, [*["good"] * 14, "dent"], rate=0.001).findings:
        assert "defect_detection." not in finding.text()
    set_language("en")


def start(name: str, n: int, *settings: str) -> PageTraining:
    """Begin to teach from so many pictures."""
    table = records([png(row) for row in range(n)])
    return PRODUCTS.start(name, table, settings, source=name, file="PICTURES")


def wait(product: PageTraining, seconds: float = 120.0) -> str:
    """The state once it no longer runs."""
    until = time.monotonic() + seconds
    while product.state == RUNNING and time.monotonic() < until:
        time.sleep(0.2)
    return product.state


def test_a_setting_that_cannot_be_is_told_in_both_languages() -> None:
    product = start("wrong", 12, "method=witchcraft")
    assert wait(product) == FAILED
    assert product.last["text"].keys() == {"en", "zh"}
    assert PRODUCTS.all() == [product]
    product.remove()
    assert PRODUCTS.all() == []


def test_a_product_that_an_earlier_version_began_is_found_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[PageTraining] = []
    monkeypatch.setattr(PageTraining, "go_on", lambda one: begun.append(one))
    product = PageTraining(default_file().parent / "taught" / "housing")
    product.folder.mkdir(parents=True)
    pq.write_table(records([png(1)]), product.folder / "parts.parquet")
    old = {"name": "housing", "settings": ["method=contrast"], "seed": 3, "command": "lepton ..."}
    (product.folder / "asked.json").write_text(json.dumps(old))
    assert PRODUCTS.all() == [product]
    go_on(product)
    assert product.asked == {**old, "task": "defect_detection/anomaly", "source": "housing"}
    assert pq.read_table(product.folder / "records.parquet").num_rows == 1
    assert begun == [product]


@pytest.mark.slow
def test_a_product_is_taught_in_a_process_of_its_own_and_inspects() -> None:
    from lepton_core.bundle import load_bundle

    product = start("plate", 24, "decision.false_reject=0.2")
    assert wait(product, 900) == DONE, product.log.read_text()[-2000:]
    assert "read" in product.steps()
    bundle = load_bundle(product.bundle)
    scored = bundle.score(records([png(row) for row in range(24)]))
    assert len(scored) + len(scored.rejects) == 24
    # A hole is stranger than any good part.
    holed = cv2.imdecode(np.frombuffer(png(99), np.uint8), cv2.IMREAD_GRAYSCALE)
    holed[24:40, 24:40] = 60
    strange = bundle.score(records([cv2.imencode(".png", holed)[1].tobytes()]))
    assert strange["score"][0] > scored["score"].max()
    assert list(strange["verdict"]) == ["fail"]
