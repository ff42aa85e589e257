"""Reviews as people write them: emoji, nothing, too much, other languages, markup."""

from __future__ import annotations

import pyarrow as pa
import pytest

from lepton_core.pipeline import Pipeline

GOOD_ZH, GOOD_EN = "电池很好，音质不错。", "the battery is great, and the sound is excellent."


def refusal(pipeline: Pipeline, text: str | None) -> str:
    """Why a review is refused; empty where it is scored."""
    table = pa.table({"record_id": ["0", "1"], "text": pa.array([text, GOOD_EN], pa.string())})
    scored = pipeline.score(table)
    for reject in scored.rejects:
        assert reject.row == 0
        assert reject.to_json()["reasons"][0]["message"]
        return reject.reasons[0][0]
    assert len(scored) == 2
    return ""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "null"),
        ("", "null"),
        ("  \n ", "null"),
        ("<br/><p></p>", "no_words"),
        ("\u200b\u200d", "no_words"),
        ("🦥🦦", "nothing_known"),
        ("Это очень плохой телефон", "other_script"),
        ("とてもよかったです、またかいます", "other_script"),
        ("هذا الهاتف سيئ جدا", "other_script"),
        ("Das ist wirklich ein furchtbares Gerät gewesen, niemals wieder", "other_language"),
        ("👍", ""),
        ("Waste of money 😡😡😡", ""),
        ("好", ""),
        ("ｔｈｅ　ｂａｔｔｅｒｙ　ｉｓ　ｇｒｅａｔ", ""),
        ("電池很好，音質不錯。", ""),
        ("<div>the battery is <b>great</b></div>", ""),
        ("the battery is great. " * 4000, ""),
        ("好" * 20_000, ""),
        ("the\x00 battery\x07 is great", ""),
        ("电池 is great 👍", ""),
        ("👍 Это", "other_script"),
        ("部屋が狭くて汚い、二度と泊まりません", "other_script"),
        ("iPhone 很好", ""),
    ],
)
def test_each_is_scored_or_refused_with_its_reason(
    pipeline: Pipeline, text: str | None, reason: str
) -> None:
    assert refusal(pipeline, text) == reason


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("電池很好，音質不錯。", GOOD_ZH),
        ("ＴＨＥ　ＢＡＴＴＥＲＹ　ＩＳ　ＧＲＥＡＴ．", "the battery is great."),
        ("<p>the battery is great.</p>", "the battery is great."),
        ("the battery is great!!!!!!!!", "the battery is great!!!"),
    ],
)
def test_ways_to_write_the_same_score_the_same(pipeline: Pipeline, one: str, other: str) -> None:
    scored = pipeline.score(pa.table({"record_id": ["0", "1"], "text": [one, other]}))
    assert scored["score"][0] == pytest.approx(scored["score"][1], abs=1e-5)


def test_products_and_times_may_be_absent(pipeline: Pipeline) -> None:
    table = pa.table({"record_id": ["0"], "text": [GOOD_ZH], "time": pa.array([None], pa.string())})
    assert len(pipeline.score(table)) == 1


def test_an_empty_table_gives_an_empty_answer(pipeline: Pipeline) -> None:
    table = pa.table({"record_id": pa.array([], pa.string()), "text": pa.array([], pa.string())})
    assert len(pipeline.score(table)) == 0
