"""Sets Lepton up and starts it; needs nothing but Python 3.11 or 3.12.

python run.py             make .venv, install, run the demo, open the hub in the browser
python run.py --no-app    the same, but stop after the demo
python run.py test        set up and run all tests; further arguments go to pytest
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "lepton-installed.txt"


def main(arguments: list[str]) -> int:
    if arguments[:1] in (["-h"], ["--help"]) or not _known(arguments):
        print(__doc__)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    if not (3, 11) <= sys.version_info[:2] <= (3, 12):
        version = ".".join(map(str, sys.version_info[:3]))
        print(
            f"Lepton needs Python 3.11 or 3.12; this is {version}. Install one of them from "
            f"python.org and run: python3.12 {Path(__file__).name}",
            file=sys.stderr,
        )
        return 1
    if (code := set_up()) != 0:
        return code
    if arguments[:1] == ["test"]:
        # An empty -m lifts the fast default; tests skip with a reason what they cannot find here.
        command = ["-m", "pytest", "-n", "auto", "-m", "", *arguments[1:]]
        return subprocess.call([PYTHON, *command], cwd=ROOT)
    if (code := subprocess.call([BIN / "lepton", "demo"], cwd=ROOT)) != 0:
        return code
    if "--no-app" in arguments:
        return 0
    try:
        return subprocess.call([BIN / "lepton", "app"], cwd=ROOT)
    except KeyboardInterrupt:
        return 0


def _known(arguments: list[str]) -> bool:
    return not arguments or arguments[0] == "test" or arguments == ["--no-app"]


def set_up() -> int:
    """Install what ``requirements.txt`` and ``pyproject.toml`` ask for, once."""
    wanted = _fingerprint()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return 0
    if not PYTHON.exists():
        print("Making .venv ...", flush=True)
        try:
            venv.create(VENV, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(
                f"Python could not make {VENV.name} ({error}). Expected a Python with the module "
                "venv and a writable folder. On Debian: apt install python3-venv; then run again.",
                file=sys.stderr,
            )
            return 1
    print("Installing the requirements (some minutes the first time) ...", flush=True)
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--compile"]
    code = subprocess.call([*pip, "--quiet", "-r", "requirements.txt"], cwd=ROOT)
    if code != 0:
        print(
            "The installation failed; pip's reason stands above. Usual causes: no way to "
            "pypi.org (set HTTPS_PROXY or PIP_INDEX_URL), less than 4 GB of free disk, or another "
            "Python than 3.11 or 3.12 in .venv (delete that folder). Then run this again: what was "
            "already downloaded is not downloaded twice.",
            file=sys.stderr,
        )
        return 1
    STAMP.write_text(wanted)
    return 0


def _fingerprint() -> str:
    text = b"".join((ROOT / name).read_bytes() for name in ("requirements.txt", "pyproject.toml"))
    return f"{sys.version_info[:2]} {hashlib.sha256(text).hexdigest()}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
