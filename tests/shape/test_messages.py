"""Every text of the program is in both catalogues, with the same places for facts, and compiled as it is written."""

import ast
import re

import polib
import pytest
from django.utils import translation
from tools import messages

from bangfu.registry import columns
from tests.shape.source import python_files

PLACES = re.compile(r"%\(\w+\)s|\{[^{}]*\}|%[sd]|%%|</?\w+[^>]*>")
LANGUAGES = tuple(messages.CATALOGUES)


def wrong_places(entry: polib.POEntry) -> bool:
    """Whether a translation names other facts, or other tags, than its text. A singular need not say the number."""
    wanted = sorted(PLACES.findall(entry.msgid_plural or entry.msgid))
    if not entry.translated():
        return False  # another test says so
    if not entry.msgid_plural:
        return sorted(PLACES.findall(entry.msgstr)) != wanted
    last = max(entry.msgstr_plural)
    return any(
        sorted(PLACES.findall(text)) != wanted if form == last else not set(PLACES.findall(text)) <= set(wanted)
        for form, text in entry.msgstr_plural.items()
    )


@pytest.fixture(scope="module")
def wanted() -> dict[messages.Key, messages.Message]:
    return messages.messages()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_program_is_translated_and_nothing_else_is_kept(language, wanted):
    catalogue = messages.read(language)
    known = {messages.key_of(entry) for entry in catalogue}
    assert len(wanted) > 300
    assert set(wanted) - known == set(), "run: python -m tools.messages extract"
    assert known - set(wanted) == set(), "run: python -m tools.messages extract"
    assert [entry.msgid for entry in messages.untranslated(catalogue)] == []
    assert [entry.msgid for entry in catalogue if entry.fuzzy] == []


def hidden_texts(tree: ast.AST) -> list[ast.AST]:
    """Calls of gettext inside an f-string: who collects the texts sees them on some Pythons only."""
    formatted = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    calls = [node for each in formatted for node in ast.walk(each) if isinstance(node, ast.Call)]
    return [
        call
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id in messages.KEYWORDS
        and any(isinstance(word, ast.Constant) for word in call.args)
    ]


def test_no_text_hides_in_an_f_string():
    assert hidden_texts(ast.parse("""f"{_('一')}.xlsx" """)) != []
    assert [source.name for source in python_files() if hidden_texts(source.tree)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_name_the_same_facts_as_their_texts(language):
    assert [entry.msgid for entry in messages.read(language) if wrong_places(entry)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_says_what_the_written_one_says(language):
    compiled = messages.catalogue_file(language).with_suffix(".mo")
    assert compiled.read_bytes() == messages.read(language).to_binary(), "run: python -m tools.messages compile"


CHINESE = re.compile(r"[‘’“”\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]")


def chinese_left_in(text: str) -> bool:
    """Whether English holds Chinese that it does not quote: "户编号" as the name of a column may stand.

    Quotation marks and apostrophes are the plain ones: fonts for Chinese draw the others as wide as a character.
    """
    return bool(CHINESE.search(re.sub(r'"[^"]*"', "", text)))


def test_english_has_no_chinese_left_in_it_but_what_it_quotes():
    left = [
        entry.msgid
        for entry in messages.read("en")
        for text in (entry.msgstr, *entry.msgstr_plural.values())
        if chinese_left_in(text)
    ]
    assert left == []
    assert chinese_left_in("Choose 户主.")
    assert chinese_left_in("Choose one，please")
    assert chinese_left_in("the household’s number")
    assert not chinese_left_in('Add a column "年度" (year)')


@pytest.mark.parametrize(
    ("text", "translation", "wrong"),
    [
        ("有 {rows} 行", "{rows} rows", False),
        ("有 {rows} 行", "{row} rows", True),
        ("第 %(n)s 页", "page", True),
        ("完成 50%%", "50% done", True),
        ("看<b>这里</b>", "see <b>here", True),
    ],
)
def test_a_fact_lost_in_translation_is_noticed(text, translation, wrong):
    assert wrong_places(polib.POEntry(msgid=text, msgstr=translation)) is wrong


def test_a_singular_may_leave_the_number_out_but_the_plural_may_not():
    entry = polib.POEntry(msgid="%(n)s 户", msgid_plural="%(n)s 户", msgstr_plural={0: "one", 1: "%(n)s households"})
    assert not wrong_places(entry)
    entry.msgstr_plural = {0: "one", 1: "many"}
    assert wrong_places(entry)


def test_texts_are_found_in_python_and_in_templates_however_they_are_written():
    python = '_("甲")\ngettext_noop("乙" "丙")\nngettext("{n} 户", "{n} 户", n)\npgettext("户", "类型")\n_(self.what)\n'
    page = (
        '<p>\n      {% translate "丁" %}\n  {% translate "戊" as title %}{{ _("己") }}</p>\n'
        "{% blocktranslate trimmed count n=rows %}\n    {{ n }} 户\n{% plural %}\n    {{ n }} 户\n"
        "{% endblocktranslate %}"
        '{% include "x.html" with hint=_("庚") %}{% translate "占比（%）" %}'
    )
    assert [m.key for m in messages.messages_of(python, "a.py")] == [
        ("", "甲"),
        ("", "乙丙"),
        ("", "{n} 户"),
        ("户", "类型"),
    ]
    found = messages.messages_of(page, "a.html")
    assert [m.text for m in found] == ["丁", "戊", "己", "%(n)s 户", "庚", "占比（%%）"]
    assert [m.plural for m in found if m.plural] == ["%(n)s 户"]


def test_a_merge_keeps_translations_drops_vanished_texts_and_converts_traditional_unless_done_by_hand():
    old = polib.POFile()
    old.append(polib.POEntry(msgid="户", msgstr="家", tcomment="手工：台账用词"))
    old.append(polib.POEntry(msgid="村", msgstr="舊"))
    old.append(polib.POEntry(msgid="没有了", msgstr="x"))
    merged = messages.merge(old, {("", t): messages.Message(t) for t in ("户", "村", "核实")}, "zh_Hant")
    assert [(entry.msgid, entry.msgstr) for entry in merged] == [("户", "家"), ("村", "村"), ("核实", "核實")]


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_no_two_columns_of_a_table_have_the_same_label(language):
    with translation.override(language):
        for table in columns.tables().values():
            labels = [str(column.label) for column in table.columns.values()]
            assert {label for label in labels if labels.count(label) > 1} == set(), table.name
