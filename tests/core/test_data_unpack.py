"""An archive from a stranger writes nowhere but into its folder, and not without end."""

import io
import stat
import tarfile
import zipfile

import pytest

from lepton_core.data.unpack import Limits, unpack
from lepton_core.errors import DataError

FILES = {"a.csv": b"x\n1\n", "deep/er/b.txt": b"hello", "deep/empty": b""}


def zipped(path, files, **kinds):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        for name, kind in kinds.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (kind | 0o777) << 16
            archive.writestr(entry, "/etc/passwd")
    return path


def tarred(path, files, members=(), mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for entry in members:
            archive.addfile(entry)
    return path


def special(name, kind, target=""):
    entry = tarfile.TarInfo(name)
    entry.type = kind
    entry.linkname = target
    return entry


def refused(archive, folder, limits=None):
    with pytest.raises(DataError) as caught:
        unpack(archive, folder, *([limits] if limits else []))
    return caught.value.key


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"])
def test_a_sound_archive_comes_out_whole(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    if suffix == ".zip":
        zipped(path, FILES)
    else:
        mode = {"r": "", "z": "gz", "2": "bz2"}.get(suffix[-1], "xz" if "xz" in suffix else "gz")
        tarred(path, FILES, [special("folder", tarfile.DIRTYPE)], f"w:{mode}")
    unpack(path, tmp_path / "out")
    for name, data in FILES.items():
        assert (tmp_path / "out" / name).read_bytes() == data


@pytest.mark.parametrize(
    "name",
    ["../evil", "a/../../evil", "/tmp/evil", "C:\\evil", "C:/evil", "..\\evil", "//server/evil"],
)
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_path_that_leads_out_is_refused(tmp_path, name, kind):
    path = tmp_path / f"a.{kind}"
    (zipped if kind == "zip" else tarred)(path, {name: b"evil"})
    assert refused(path, tmp_path / "in" / "out") == "download.unsafe_path"
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize(
    "entry",
    [
        special("link", tarfile.SYMTYPE, "/etc/passwd"),
        special("link", tarfile.SYMTYPE, "a.csv"),
        special("link", tarfile.LNKTYPE, "a.csv"),
        special("device", tarfile.CHRTYPE),
        special("pipe", tarfile.FIFOTYPE),
    ],
    ids=["link out", "link within", "hard link", "device", "pipe"],
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path, entry):
    path = tarred(tmp_path / "a.tar.gz", FILES, [entry])
    assert refused(path, tmp_path / "out") == "download.unsafe_link"
    assert not (tmp_path / "out" / entry.name).exists()


def test_a_link_in_a_zip_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", FILES, link=stat.S_IFLNK)
    assert refused(path, tmp_path / "out") == "download.unsafe_link"


def test_a_name_that_occurs_twice_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", "good")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.csv", "evil")
    assert refused(tmp_path / "a.zip", tmp_path / "out") == "download.unsafe_twice"


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_bomb_is_stopped_while_it_unpacks(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    (zipped if kind == "zip" else tarred)(path, {"zeros": bytes(20_000_000)})
    limits = Limits(ratio=100, ratio_from_bytes=1_000_000)
    assert refused(path, tmp_path / "out", limits) == "download.too_large"
    assert (tmp_path / "out" / "zeros").stat().st_size < 5_000_000


def test_a_zip_that_lies_about_its_size_is_no_way_around(tmp_path):
    path = zipped(tmp_path / "a.zip", {"zeros": bytes(20_000_000)})
    told = (20_000_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(told, (1000).to_bytes(4, "little")))
    limits = Limits(ratio=100, ratio_from_bytes=1_000_000)
    assert refused(path, tmp_path / "out", limits) in ("download.too_large", "download.bad_archive")
    assert (tmp_path / "out" / "zeros").stat().st_size < 5_000_000


def test_too_many_files_and_too_many_bytes_are_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", {f"f{n}": b"1234567890" for n in range(20)})
    assert refused(path, tmp_path / "one", Limits(files=19)) == "download.too_large"
    assert refused(path, tmp_path / "two", Limits(total_bytes=199)) == "download.too_large"
    unpack(path, tmp_path / "three", Limits(files=20, total_bytes=200))


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar"])
@pytest.mark.parametrize("kept", [0.0, 0.4, "other"])
def test_a_damaged_archive_is_refused(tmp_path, name, kept):
    path = tmp_path / name
    data = {"a": bytes(range(256)) * 400}
    if name == "a.zip":
        zipped(path, data)
    else:
        tarred(path, data, mode="w:gz" if name.endswith("gz") else "w")
    whole = path.read_bytes()
    path.write_bytes(b"no archive at all" if kept == "other" else whole[: int(kept * len(whole))])
    assert refused(path, tmp_path / "out") == "download.bad_archive"
