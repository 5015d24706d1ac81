"""Whatever stands under `policy/`: it names its source, and every label has its English."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.shape.source import ROOT

# The words by which documents speak are the language's, not a policy that somebody decided.
WORDS = ROOT / "policy" / "china" / "reading"
FILES = sorted(file for file in (ROOT / "policy").rglob("*.yaml") if WORDS not in file.parents)
CHINESE = re.compile(r"[\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]")


def labels_in(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if "zh" in part:
            yield part
        for each in part.values():
            yield from labels_in(each)
    elif isinstance(part, list):
        for each in part:
            yield from labels_in(each)


def speaks_english(label: dict[str, Any]) -> bool:
    """A label has its English; only a measure word of one character (个, 名) may have none."""
    english = label.get("en")
    return isinstance(english, str) and not CHINESE.search(english) and bool(english.strip() or len(label["zh"]) == 1)


def sourced(read: dict[str, Any]) -> list[dict[str, Any]]:
    """What has to name a source: every value of a figure, every rule or duty, everything that a place ends; else the
    file.
    Cases settle what a rule means, and waiting rules say what they wait for: neither needs one."""
    if "figures" in read:
        return [value for figure in read["figures"] for value in figure["values"]]
    if {"rules", "waiting", "cases"} & read.keys():
        return list(read.get("rules") or [])
    if {"duties", "takes_up"} & read.keys():
        return list(read.get("duties") or [])
    if "code" in read:
        return list(read.get("ended") or [])
    return [read]


def faults(text: str) -> list[str]:
    """What is missing in a policy file: a source, the day something was compared with it, an English label."""
    read = yaml.safe_load(text)
    sources = [part.get("source") or {} for part in sourced(read)]
    found = [f"source.{part}" for source in sources for part in ("document", "checked_on") if not source.get(part)]
    found += [f"English of {label['zh']}" for label in labels_in(read) if not speaks_english(label)]
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: Path(file).relative_to(ROOT / "policy").as_posix())
def test_a_policy_file_names_its_source_and_speaks_english_too(file):
    assert faults(file.read_text(encoding="utf-8")) == []


def test_there_are_policy_files_to_look_at():
    assert len(FILES) > 40


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("label: {zh: 户, en: Household}", ["source.document", "source.checked_on"]),
        ("source: {document: 文}\n", ["source.checked_on"]),
        ("figures: [{id: x, values: [{value: 1}]}]", ["source.document", "source.checked_on"]),
        ("rules: [{id: X-1, source: {document: 文}}]", ["source.checked_on"]),
        ("cases: [{name: 一例}]", []),
        ("source: {document: 文, checked_on: 2026-11-21}\nitems: [{label: {zh: 户}}]", ["English of 户"]),
        ("source: {document: 文, checked_on: 2026-11-21}\nitems: [{label: {zh: 户, en: 户}}]", ["English of 户"]),
        ("source: {document: 文, checked_on: 2026-11-21}\nitems: [{label: {zh: 农户, en: ''}}]", ["English of 农户"]),
        ("source: {document: 文, checked_on: 2026-11-21}\nitems: [{label: {zh: 户, en: Household}}]", []),
    ],
)
def test_a_missing_source_or_label_is_noticed(text, missing):
    assert faults(text) == missing
