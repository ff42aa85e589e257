"""A download ends complete and checked under its name, or leaves nothing that looks like it."""

import hashlib
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lepton_core.data import get
from lepton_core.data.cards import DatasetCard, Reader, Source
from lepton_core.errors import DataError

CONTENT = bytes(range(256)) * 4000


class Server(ThreadingHTTPServer):
    """Serves ``files`` from memory.

    cut_after: the number of bytes after which the connection is closed, the first ``cuts`` times.
    with_ranges: whether it can continue in the middle.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.seen = {}, []
        self.cuts, self.cut_after, self.with_ranges = 0, 0, True

    def url(self, name):
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.seen.append(asked)
        data = server.files.get(self.path.lstrip("/"))
        if data is None:
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.with_ranges else 0
        if start >= len(data):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if server.cuts:
            server.cuts -= 1
            self.wfile.write(data[start : start + server.cut_after])
            self.close_connection = True
        else:
            self.wfile.write(data[start:])

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    running = Server()
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


def card(server, name, data, path=None, **changes):
    server.files[name] = data
    source = {
        "url": server.url(name),
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
    }
    return DatasetCard(
        name="till",
        title="Receipts",
        tasks=("fraud_rnn/transactions",),
        licence="ours",
        reader=Reader("table", path or name),
        source=(Source(**(source | changes)),),
    )


def archive(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in files.items():
            made.writestr(name, data)
    return out.getvalue()


def fetch(card, folder):
    return get(card, folder, pause_s=0.0)


def failure(card, folder):
    with pytest.raises(DataError) as caught:
        fetch(card, folder)
    assert "\n" not in str(caught.value)
    assert not (folder / card.name).exists()
    assert not list(folder.glob(".*.tmp"))
    return caught.value


def test_a_plain_file_arrives_and_is_not_fetched_again(server, tmp_path):
    till = card(server, "a.csv", CONTENT)
    path = fetch(till, tmp_path)
    assert path == tmp_path / "till" / "a.csv"
    assert path.read_bytes() == CONTENT
    assert [p.name for p in tmp_path.iterdir()] == ["till"]
    assert fetch(till, tmp_path) == path
    assert len(server.seen) == 1


def test_an_archive_arrives_unpacked(server, tmp_path):
    data = archive({"in/a.csv": CONTENT, "README": b"hello"})
    path = fetch(card(server, "a.zip", data, path="in/a.csv"), tmp_path)
    assert path.read_bytes() == CONTENT
    assert sorted(p.name for p in (tmp_path / "till").iterdir()) == ["README", "in"]


def test_several_sources_arrive_together_even_under_one_name(server, tmp_path):
    first, second = archive({"a.csv": b"1"}), archive({"b.csv": b"2"})
    one, two = card(server, "x/s.zip", first, "a.csv"), card(server, "y/s.zip", second)
    both = DatasetCard(**(one.__dict__ | {"source": one.source + two.source}))
    fetch(both, tmp_path)
    assert {p.name: p.read_text() for p in (tmp_path / "till").iterdir()} == {
        "a.csv": "1",
        "b.csv": "2",
    }


def test_a_cut_connection_is_resumed_where_it_broke(server, tmp_path):
    server.cuts, server.cut_after = 3, 100_000
    assert fetch(card(server, "a.csv", CONTENT), tmp_path).read_bytes() == CONTENT
    assert server.seen == [None, "bytes=100000-", "bytes=200000-", "bytes=300000-"]


def test_a_server_that_cannot_resume_is_read_from_the_start(server, tmp_path):
    server.cuts, server.cut_after, server.with_ranges = 1, 100_000, False
    assert fetch(card(server, "a.csv", CONTENT), tmp_path).read_bytes() == CONTENT
    assert server.seen == [None, "bytes=100000-"]


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(server, tmp_path):
    server.cuts, server.cut_after = 5, 100_000
    till = card(server, "a.csv", CONTENT)
    assert failure(till, tmp_path).key == "download.failed"
    assert fetch(till, tmp_path).read_bytes() == CONTENT
    assert server.seen[-1] == "bytes=500000-"


def test_what_was_complete_before_an_interruption_is_only_checked(server, tmp_path):
    till = card(server, "a.csv", CONTENT)
    part = tmp_path / ".till.download" / till.source[0].sha256[:16] / "a.csv.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT)
    assert fetch(till, tmp_path).read_bytes() == CONTENT


def test_a_stale_rest_of_another_file_does_not_get_through(server, tmp_path):
    till = card(server, "a.csv", CONTENT)
    part = tmp_path / ".till.download" / till.source[0].sha256[:16] / "a.csv.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"?" * 1000)
    assert failure(till, tmp_path).key == "download.wrong_checksum"
    assert fetch(till, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"sha256": "0" * 64}, "download.wrong_checksum"),
        ({"bytes": len(CONTENT) - 1}, "download.wrong_size"),
        ({"url": "ftp://127.0.0.1/a.csv"}, "download.scheme"),
        ({"url": "a.csv"}, "download.scheme"),
        ({"sha256": None}, "data.not_here_manual"),
        ({"url": "http://127.0.0.1:9/a.csv"}, "download.failed"),
        ({"url": "file:///no/such/file.csv"}, "download.failed"),
    ],
)
def test_a_wrong_source_is_told_and_its_file_removed(server, tmp_path, changes, key):
    till = card(server, "a.csv", CONTENT, **changes)
    assert failure(till, tmp_path).key == key
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_a_file_that_is_shorter_than_its_card_says_is_refused(server, tmp_path):
    till = card(server, "a.csv", CONTENT, bytes=len(CONTENT) + 1)
    assert failure(till, tmp_path).key == "download.wrong_size"


def test_a_missing_page_is_asked_for_once(server, tmp_path):
    till = card(server, "a.csv", CONTENT, url=server.url("gone.csv"))
    assert "404" in str(failure(till, tmp_path))
    assert len(server.seen) == 1


def test_an_unsafe_archive_leaves_nothing(server, tmp_path):
    till = card(server, "a.zip", archive({"a.csv": b"good", "../../evil": b"evil"}), "a.csv")
    assert failure(till, tmp_path / "in").key == "download.unsafe_path"
    assert not list(tmp_path.rglob("evil"))


def test_an_archive_without_the_file_the_card_names_is_refused(server, tmp_path):
    till = card(server, "a.zip", archive({"b.csv": b"1"}), "a.csv")
    assert failure(till, tmp_path).key == "download.lacks_file"


def test_a_folder_in_the_way_is_left_alone(server, tmp_path):
    (tmp_path / "till").mkdir()
    (tmp_path / "till" / "mine").write_text("precious")
    with pytest.raises(DataError) as caught:
        fetch(card(server, "a.csv", CONTENT), tmp_path)
    assert caught.value.key == "download.in_the_way"
    assert (tmp_path / "till" / "mine").read_text() == "precious"
    assert server.seen == []


def test_a_target_that_cannot_be_written_is_told(server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError) as caught:
        fetch(card(server, "a.csv", CONTENT), tmp_path / "file")
    assert caught.value.key == "download.cannot_write"


def test_a_file_address_is_copied(server, tmp_path):
    (tmp_path / "a b.csv").write_bytes(CONTENT)
    till = card(server, "a.csv", CONTENT, "a b.csv", url=(tmp_path / "a b.csv").as_uri())
    assert fetch(till, tmp_path / "in").read_bytes() == CONTENT


def test_progress_goes_to_stderr_and_nothing_to_stdout(server, tmp_path, capfd):
    fetch(card(server, "a.csv", CONTENT), tmp_path)
    out, err = capfd.readouterr()
    assert out == ""
    assert "a.csv" in err
