"""What would change under other figures and rules: who comes in, who goes out, how many people, at what cost, where."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bangfu.screening.what_if import AreaChange, differing, what_if, with_figures
from bangfu.screening.what_if_errors import FigureNotKnown, NothingDepends
from tests.screening.homes import AS_OF, RULES

# The homes are taken from a database, which is made only where some test says that it needs one.
pytestmark = [pytest.mark.req("B4"), pytest.mark.django_db]

T03 = """
  - id: T03
    title: {zh: 饮水不安全, en: Unsafe water}
    topic: income
    source: {document: 试行办法, checked_on: 2021-01-01}
    in_force: {from: 2021-01-01}
    grain: household
    condition: NOT safe_water_solved
    evidence: [safe_water_solved]
    severity: warning
    message: {zh: 请核实。, en: Please check.}
"""


@pytest.fixture
def ask(homes, book_with, tmp_path):
    """`ask(before, after)`: the change, in the county; `line=` puts another value of the line in the place of after."""

    def change(before, after=None, *, line=None, as_of=AS_OF, **more):
        after = after or with_figures(before, {"line": Decimal(line)}, "990121", as_of)
        given = {"place": "990121", **more}
        return what_if(homes, before, after, as_of=as_of, folder=tmp_path / "runs", **given)

    return change


def test_a_raised_line_lets_in_those_between_the_two_and_tells_people_cost_and_places(ask, book_with):
    found = ask(book_with(), line="9000.01", amount_per_head=Decimal("100"))
    (rule,) = found.rules
    assert (rule.rule, rule.before, rule.after, rule.entering, rule.leaving) == ("T01", 2, 3, 1, 0)
    assert found.areas == [AreaChange("990121100", 1, 1, 0, 0)]
    assert found.cost == 100


def test_an_income_equal_to_the_new_line_stays_out(ask, book_with):
    assert ask(book_with(), line="9000").rules[0].entering == 0


def test_a_lowered_line_lets_them_go_and_saves_their_cost(ask, book_with):
    found = ask(book_with(), line="4000", amount_per_head=Decimal("100.50"))
    assert (found.rules[0].leaving, found.total) == (1, AreaChange("", 0, 0, 1, 2))
    assert found.cost == Decimal("-201.00")


def test_without_an_amount_there_is_no_cost(ask, book_with):
    assert ask(book_with(), line="4000").cost is None


def test_areas_are_told_apart_by_as_many_digits_as_asked(ask, book_with):
    found = ask(book_with(), line="2000", digits=12)
    assert [(area.code, area.households_out) for area in found.areas] == [("990121200201", 2)]


def test_one_township_is_not_told_of_another(ask, book_with):
    found = ask(book_with(), line="20000", place="990121200")
    assert found.areas == []
    assert (found.rules[0].before, found.rules[0].after) == (2, 2)


def test_a_figure_supposed_for_one_county_leaves_the_others_alone(book_with):
    book = with_figures(book_with(), {"line": Decimal("1")}, "990121", AS_OF)
    assert [book.figure("line", place, AS_OF) for place in ("990121200", "990122", "99")] == [1, 5000, 5000]
    assert book.figure("line", "990121", date(2020, 9, 29)) == 5000


def test_a_new_rule_is_counted_from_the_day_on_which_it_begins(ask, book_with):
    before, after = book_with(), book_with(RULES + T03)
    assert differing(before, after) == ["T03"]
    later = ask(before, after, as_of=date(2021, 6, 30))
    assert (later.rules[0].before, later.rules[0].after) == (0, 2)


def test_a_rule_that_has_not_begun_finds_nobody(ask, book_with):
    found = ask(book_with(), book_with(RULES + T03))
    assert (found.rules[0].after, found.total) == (0, AreaChange("", 0, 0, 0, 0))


def test_a_rule_that_goes_away_lets_everybody_go(ask, book_with):
    book = book_with()
    gone = replace(book, rules={"T02": book.rules["T02"]})
    assert ask(book, gone).rules[0].leaving == 2


def test_rules_that_do_not_use_the_figure_are_not_run(book_with):
    book = book_with()
    assert differing(book, with_figures(book, {"line": Decimal("1")}, "", AS_OF)) == ["T01"]


def test_where_nothing_depends_that_is_said(ask, book_with):
    book = book_with()
    with pytest.raises(NothingDepends, match="SCR-063"):
        ask(book, book)
    with pytest.raises(NothingDepends):
        ask(book, line="1", rules=["T02"])


def test_a_figure_that_nobody_knows_is_refused_with_those_there_are(book_with):
    with pytest.raises(FigureNotKnown, match="SCR-061") as refused:
        with_figures(book_with(), {"lime": Decimal("1")}, "", AS_OF)
    assert "line" in refused.value.message
