"""A table to take away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from lepton_core.spreadsheet import to_csv

if TYPE_CHECKING:
    import pyarrow as pa


def csv_button(
    label: str, table: Callable[[], pa.Table], file_name: str, key: str | None = None
) -> None:
    """Draw a button that downloads a table as CSV, and draws nothing again.

    Args:
        label: what the button says.
        table: gives the table; called where somebody presses it.
        file_name: of the download.
        key: of the widget.
    """
    st.download_button(
        label,
        lambda: to_csv(table()),
        file_name=file_name,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=key,
    )
