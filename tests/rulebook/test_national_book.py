"""The policy files of the nation as they are: sound, complete with cases, said in words, and read in a moment."""

import os
from datetime import date

import pytest
from django.utils import translation

from bangfu.rulebook import services
from bangfu.rulebook.examples import gaps
from bangfu.rulebook.words import in_words

OWN_LINE = """
figures:
  - id: monitoring_line
    label: {{zh: 监测线, en: Monitoring line}}
    unit: {{zh: 元/人·年, en: yuan per person per year}}
    type: amount
    values:
      - {{value: {value}, from: 2024-01-01, source: {{document: 云岭县文件}}}}
"""


@pytest.fixture(scope="module")
def book():
    made, faults = services.look()
    assert [str(fault) for fault in faults] == []
    return made


@pytest.mark.req("B2")
def test_the_nation_s_files_are_sound_and_every_rule_is_shown_by_cases(book):
    assert len(book.rules) >= 90
    assert [gap.message for gap in gaps(book)] == []


def test_every_rule_is_said_in_words(book):
    with translation.override("zh-hans"):
        for rule in book.rules.values():
            assert in_words(book.condition(rule.id)), rule.id
            assert in_words(book.applies(rule.id)), rule.id


def test_rules_and_features_name_their_source_and_rest_only_on_what_is_there(book):
    for rule in book.rules.values():
        assert rule.source.document, rule.id
        assert book.figures_used(rule.id) <= set(book.figures)
        for name in rule.evidence:
            assert book.meaning_of(rule.grain, name) != name or name in ("name",), name
    before: set[str] = set()
    for feature in book.order_of_features():
        assert book.features_under(feature) <= before
        before.add(f"{feature.grain}.{feature.name}")


def test_the_book_is_read_again_only_when_a_file_changes(settings):
    first = services.book()
    assert services.book() is first
    own = services.home_places() / "977001"
    own.mkdir(parents=True)
    (own / "place.yaml").write_text("code: '977001'\nlabel: {zh: 云岭县, en: Yunling}\n", encoding="utf-8")
    assert services.book() is not first
    assert [overlay.code for overlay in services.book("977001001001").overlays] == ["977001"]
    assert services.book("977002").overlays == ()
    before = services.book("977001")
    (own / "figures.yaml").write_text(OWN_LINE.format(value=9000), encoding="utf-8")
    after = services.book("977001")
    assert after.figure("monitoring_line", "977001", date(2024, 1, 1)) == 9000
    assert after is not before and after.sha256 != before.sha256
    (own / "figures.yaml").write_text(OWN_LINE.format(value=9500), encoding="utf-8")
    os.utime(own / "figures.yaml", ns=(1, 1))  # a clock that runs back is a change as well
    assert services.book("977001").figure("monitoring_line", "977001", date(2024, 1, 1)) == 9500
    assert services.book("97").overlays != ()


@pytest.mark.parametrize(
    ("code", "digits"),
    [("", ""), ("990000000000", "99"), ("990100000000", "9901"), ("990121000000", "990121"), ("9901", "9901"),
     ("990121200000", "990121200"), ("990121200201", "990121200201")],
)  # fmt: skip
def test_an_area_s_code_is_shortened_to_what_says_where_it_is(code, digits):
    assert services.significant(code) == digits


@pytest.mark.parametrize("code", ["x", "9", "99/../..", "9901210000000", "９９"])
def test_what_is_no_code_is_refused(code):
    from bangfu.rulebook.errors import PlaceUnknown

    with pytest.raises(PlaceUnknown):
        services.book(code)
