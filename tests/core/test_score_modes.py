"""What ``lepton score`` takes and tells: options that do not go together are refused at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from lepton_core.cli.score import _tell
from lepton_core.cli.score_asked import check_modes
from lepton_core.errors import UsageError
from lepton_core.scoring.options import Options
from lepton_core.scoring.summary import Summary

STDIN = Path("-")


@pytest.mark.parametrize(
    ("inputs", "out", "options", "modes", "key"),
    [
        (["inbox"], "scores", Options(), "watch stream", "usage.mode_both"),
        (["a.csv"], None, Options(), "stream", "usage.mode_stream_input"),
        (["-"], "x.csv", Options(), "", "usage.mode_stdin"),
        (["a.csv"], "scores", Options(), "watch", "usage.mode_watch_input"),
        (["inbox", "inbox"], "scores", Options(), "watch", "usage.mode_watch_input"),
        (["a.csv"], None, Options(), "", "usage.no_out"),
        (["inbox"], "scores.csv", Options(), "watch", "usage.mode_folder"),
        (["-"], "scores.csv", Options(), "stream", "usage.mode_folder"),
        (["inbox"], "scores", Options(limit=3), "watch", "usage.mode_endless"),
        (["-"], None, Options(strict=True), "stream", "usage.mode_endless"),
        (["-"], None, Options(select=("score",)), "stream", "usage.mode_stream_select"),
        (["-"], None, Options(condition="score > 1"), "stream", "usage.mode_stream_select"),
        (["a.csv"], "o.csv", Options(partition="label"), "", "usage.partition_file"),
        (["a.csv"], "o.csv", Options(limit=3), "", None),
        (["inbox"], "scores", Options(partition="label"), "watch", None),
        (["-"], "scores", Options(select=("score",)), "stream", None),
        (["-"], None, Options(), "stream", None),
    ],
)
def test_what_goes_together(
    tmp_path: Path,
    inputs: list[str],
    out: str | None,
    options: Options,
    modes: str,
    key: str | None,
) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "a.csv").write_text("record_id\n1\n")
    paths = [STDIN if name == "-" else tmp_path / name for name in inputs]
    place = None if out is None else tmp_path / out
    asked = {"watch": "watch" in modes, "stream": "stream" in modes}
    if key is None:
        check_modes(paths, place, options, **asked)
        return
    with pytest.raises(UsageError) as caught:
        check_modes(paths, place, options, **asked)
    assert caught.value.key == key


def test_what_is_told_of_inspected_parts_begins_with_their_verdicts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    summary = Summary("parts@sample", "out.csv", read=7, scored=7, written=7)
    summary.verdicts, summary.labels = {"fail": 2, "pass": 5}, {"good": 5, "dent": 2}
    assert _tell(summary, Path("out.csv"), as_json=False) == 0
    assert ": 2 fail, 5 pass; 5 good, 2 dent" in capsys.readouterr().out
