"""The fraud page under AppTest: how tests start it, press its buttons and read it."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = ROOT / "apps/fraud_rnn.py"
SAMPLE = ROOT / "datasets/fraud_sample/transactions.parquet"


def start(language: str = "en") -> AppTest:
    """The page as it opens, with the embedded sample."""
    page = AppTest.from_file(str(LAUNCHER), default_timeout=120)
    page.query_params["lang"] = language
    return page.run()


def client(count: int = 2000, labels: bool = False) -> pa.Table:
    """A client's transactions: the sample's last days."""
    columns = ["record_id", "time", "card", "terminal", "amount", *(["label"] if labels else [])]
    table = pq.read_table(SAMPLE, columns=columns)
    return table.slice(table.num_rows - count)


def as_csv(table: pa.Table) -> bytes:
    """The table as a file."""
    sink = io.BytesIO()
    csv.write_csv(table, sink)
    return sink.getvalue()


def upload(page: AppTest, name: str, content: bytes) -> AppTest:
    """Give the page a file."""
    page.radio[0].set_value("file").run()
    page.file_uploader[0].set_value((name, content, "text/csv"))
    return page.run()


def choose(page: AppTest, key: str, value: str) -> AppTest:
    """Press one of several buttons side by side, found by their key or its end."""
    named = [group for group in page.button_group if group.key == key]
    (group,) = named or [group for group in page.button_group if str(group.key).endswith(key)]
    group.set_value(value)
    return page.run()


def press(page: AppTest, key: str) -> AppTest:
    """Press a button, found by the end of its key."""
    (button,) = [button for button in page.button if str(button.key).endswith(key)]
    return button.click().run()


def figures(page: AppTest) -> dict[str, str]:
    """Label -> value of each figure shown."""
    assert not page.exception
    return {metric.label: metric.value for metric in page.metric}


def words(page: AppTest) -> str:
    """All sentences of the page."""
    kinds = (page.markdown, page.caption, page.info, page.warning, page.error, page.success)
    return " ".join(element.value for kind in kinds for element in kind)
