"""Which texts are in a language that a bundle learned, where two are written in one text."""

from __future__ import annotations

import pytest

from solutions.retail_recommender.reviews.config import TextConfig
from solutions.retail_recommender.reviews.languages import Languages, letters_of
from solutions.retail_recommender.reviews.tokens import build_tokenizer

SETTINGS = "先按F2进BIOS，在Storage Configuration里把SATA mode从AHCI改成IDE，就能装Windows了。"
ECHO = "房间干净，服务热情，下次还会再住，推荐给大家。 Clean rooms, friendly staff, will come back."
QUOTED = "朋友说：The room was on the top floor and very quiet, always ask for a high one."
ENGLISH = "The phone is good, but the battery lasts for half a day only."
JAPANESE = "部屋が狭くて汚い、二度と泊まりません"


def fault(known: list[str], text: str) -> str:
    """Why a text is refused by a bundle that learned from ``known``; empty where it is not."""
    tokenizer = build_tokenizer(TextConfig(), known)
    made = Languages.of(known, [tokenizer.encode(one) for one in known])
    found = made.fault(text, tokenizer.encode(text))
    return "" if found is None else f"{found[0]} {found[1]['script']}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        # More Latin letters than Chinese characters, and still most of its words are Chinese.
        (SETTINGS, ""),
        (ECHO, ""),
        ("用THINKPAD的人不用试", ""),
        ("优の良品，很好", ""),
        (QUOTED, "other_script Latin"),
        (ENGLISH, "other_script Latin"),
        (JAPANESE, "other_script Japanese"),
    ],
)
def test_a_chinese_bundle_reads_chinese_with_names_in_it(text: str, reason: str) -> None:
    assert fault(["酒店的服务很好，房间干净", "电脑的键盘不好"] * 5, text) == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ENGLISH, ""),
        ("很好, the phone is good", ""),
        ("手机很好 iPhone", "other_script Chinese"),
        (JAPANESE, "other_script Japanese"),
    ],
)
def test_an_english_bundle_reads_english_with_chinese_in_it(text: str, reason: str) -> None:
    assert fault([ENGLISH] * 5, text) == reason


def test_the_plain_count_of_letters_would_refuse_chinese_with_names() -> None:
    latin = [sum(sign.isascii() and sign.isalpha() for sign in text) for text in (SETTINGS, ECHO)]
    chinese = [letters_of(text)["Chinese"] // 4 for text in (SETTINGS, ECHO)]
    assert all(a > b for a, b in zip(latin, chinese, strict=True))
