"""A decision made on the page, kept: a copy of the bundle that decides so."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.ui.plain import plain, plain_but_code

from .dashboard_parts import Parts

_PAGE = "defect_detection.threshold.save"


def zipped(folder: Path) -> bytes:
    """A folder as a zip with the folder's name on top; files in order of their names."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
    return sink.getvalue()


def decided_zip(parts: Parts, name: str) -> bytes:
    """The bundle with the page's decision, as a zip.

    Args:
        parts: with folder and decision.
        name: of the copy.

    Raises:
        LeptonError: the bundle is not whole, or the name cannot be one.
    """
    from lepton_core.redecide.bundles import save_decided

    with tempfile.TemporaryDirectory() as work:
        out = Path(work) / name
        return zipped(save_decided(parts.folder, parts.scored.address, parts.decision, out))


def show_save(parts: Parts) -> None:
    """Draw name, place and buttons."""
    st.subheader(t(f"{_PAGE}.title"), anchor=False)
    if parts.decision == parts.own_decision:
        st.caption(t(f"{_PAGE}.unchanged"))
        return
    st.caption(t(f"{_PAGE}.help"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        usual = f"{parts.scored.address.partition('@')[2]}-decided"
        name = st.text_input(t(f"{_PAGE}.name"), value=usual, max_chars=80, key="defect.save.name")
        place = st.text_input(
            t(f"{_PAGE}.place"),
            key="defect.save.place",
            placeholder="/data/bundles",
            help=t(f"{_PAGE}.place_help"),
        )
    name, place = str(name or "").strip(), str(place or "").strip()
    if not is_name(name):
        st.error(t(f"{_PAGE}.bad_name", received=plain(name)), icon=":material/error:")
        return
    with st.container(horizontal=True):
        st.download_button(
            t(f"{_PAGE}.download"),
            lambda: decided_zip(parts, name),
            file_name=f"{name}.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            key="defect.save.download",
        )
        if st.button(
            t(f"{_PAGE}.write"),
            icon=":material/save:",
            disabled=not place,
            key="defect.save.write",
        ):
            _write(parts, Path(place) / name)


def is_name(name: str) -> bool:
    """Whether a bundle may be called so: a folder's name and no path.

    Example:
        >>> is_name("line-2"), is_name("../x"), is_name(""), is_name(".hidden")
        (True, False, False, False)
    """
    return bool(name) and not name.startswith(".") and not set(name) & set('/\\:*?"<>|\0')


def _write(parts: Parts, out: Path) -> None:
    from lepton_core.redecide.bundles import save_decided

    try:
        made = save_decided(parts.folder, parts.scored.address, parts.decision, out)
    except LeptonError as error:
        st.error(plain_but_code(error.text()), icon=":material/error:")
    except OSError as error:
        text = t(f"{_PAGE}.no_place", place=plain(out.parent), reason=plain(error))
        st.error(text, icon=":material/error:")
    else:
        st.success(t(f"{_PAGE}.written", folder=plain(made)), icon=":material/check:")
        st.code(f"lepton score {made} PICTURES --out results.parquet", language="bash")
