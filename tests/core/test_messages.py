"""The two languages say the same things, and every key that is raised exists."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from lepton_core.messages import catalogue, set_language, t

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [
    ROOT / "lepton_core/messages",
    *sorted((ROOT / "solutions").glob("*/messages")),
    *sorted((ROOT / "lepton_core/templates").glob("*/messages")),
]


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_both_languages_have_the_same_keys_and_placeholders(folder: Path) -> None:
    english, chinese = catalogue(folder, "en"), catalogue(folder, "zh")
    assert english
    assert set(english) == set(chinese)
    for key, sentence in english.items():
        assert placeholders(sentence) == placeholders(chinese[key]), key


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_chinese_sentences_are_chinese(folder: Path) -> None:
    english, chinese = catalogue(folder, "en"), catalogue(folder, "zh")
    same = [key for key in english if chinese[key] == english[key] and len(english[key]) > 12]
    assert not same


def test_every_raised_key_stands_in_a_catalogue() -> None:
    known = {key for folder in FOLDERS for key in catalogue(folder, "en")}
    pattern = re.compile(r"raise \w*(?:Error|UsageError)\(\s*\"([a-z_]+\.[a-z_.]+)\"")
    missing = []
    for package in ("lepton_core", "solutions"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for key in pattern.findall(path.read_text(encoding="utf-8")):
                if key not in known:
                    missing.append(f"{path.relative_to(ROOT)}: {key}")
    assert not missing


def test_every_reason_to_refuse_a_record_has_a_few_words_for_a_page() -> None:
    known = {key for folder in FOLDERS for key in catalogue(folder, "en")}
    reasons = [key.removeprefix("reject.") for key in known if key.startswith("reject.")]
    assert reasons
    assert not [name for name in reasons if f"ui.rejects.reason.{name}" not in known]


def test_a_missing_translation_falls_back_to_english(tmp_path: Path) -> None:
    from lepton_core.messages import add_messages

    (tmp_path / "en.yaml").write_text("planted: {greeting: 'hello {name}'}")
    (tmp_path / "zh.yaml").write_text("planted: {}")
    add_messages(tmp_path)
    set_language("zh")
    try:
        assert t("planted.greeting", name="Li") == "hello Li"
    finally:
        set_language("en")
