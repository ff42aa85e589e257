"""Keras's own tests of ``Sequential`` pass with ours in its place.

The test file is Keras's: it is read from the installed package, or from the source archive where
a package comes without its tests, and never becomes part of this repository.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

TEST_FILE = "src/models/sequential_test.py"
SOURCE_SHA256 = {"3.15.1": "92ae7c1dd7f61041953dc2d42253181ee099086f0b58ae36fcf98147a6f08a29"}
LEAST_TESTS = 19  # what the file of Keras 3.15.1 holds

SWAP = """
import sys

import keras

from lepton_core.models.sequential import Sequential as ours

theirs = ours.__mro__[1]
for name, module in list(sys.modules.items()):
    if name.partition(".")[0] == "keras" and vars(module).get("Sequential") is theirs:
        module.Sequential = ours


def pytest_collection_finish(session):
    assert all(item.module.Sequential is ours for item in session.items)
"""


def keras_test_file() -> str:
    """The text of Keras's test file for the installed version."""
    package = find_spec("keras")
    assert package is not None
    assert package.origin is not None
    installed = Path(package.origin).parent / TEST_FILE
    if installed.exists():
        return installed.read_text(encoding="utf-8")
    release = version("keras")
    if release not in SOURCE_SHA256:
        pytest.skip(f"keras {release} comes without {TEST_FILE}, and its sha256 is not known here")
    return from_source_archive(release)


def from_source_archive(release: str) -> str:
    """The same from the source archive on PyPI, kept in the user's cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lepton" / "keras"
    archive = cache / f"keras-{release}.tar.gz"
    if not archive.exists():
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:"]
        done = subprocess.run(
            [*pip, "--dest", str(cache), f"keras=={release}"], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"keras {release} cannot be downloaded: {done.stderr.strip()[-200:]}")
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == SOURCE_SHA256[release]
    with tarfile.open(archive) as tar:
        member = tar.extractfile(f"keras-{release}/keras/{TEST_FILE}")
        assert member is not None
        return member.read().decode("utf-8")


def test_keras_own_tests_pass_with_our_sequential(tmp_path: Path) -> None:
    text = keras_test_file()
    (tmp_path / "sequential_test.py").write_text(text, encoding="utf-8")
    (tmp_path / "swap_sequential.py").write_text(SWAP, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = requires_trainable_backend\n")
    options = "-q -c pytest.ini -p swap_sequential -p no:cacheprovider --junitxml=report.xml"
    path = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options.split(), "sequential_test.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    cases = ElementTree.parse(tmp_path / "report.xml").findall(".//testcase")
    passed = [case for case in cases if not len(case)]
    assert len(passed) == len(cases) == text.count("    def test_") >= LEAST_TESTS
