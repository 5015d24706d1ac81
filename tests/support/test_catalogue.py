"""The catalogue of measures: complete, sourced, and in each place what that place says."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from bangfu.common.errors import PolicyFileWrong
from bangfu.common.policy import code_list, read_yaml
from bangfu.support import catalogue as module
from bangfu.support.catalogue import MeasureFile, catalogue, every_catalogue
from bangfu.support.measure_checks import proposed

GUIZHOU, SICHUAN = "520321105201", "511922100200"


@pytest.fixture
def place_says(settings: Any, tmp_path: Path) -> Any:
    """A file of a place's own, put there in the house."""

    def write(code: str, **kinds: Any) -> None:
        folder = tmp_path / "policy" / "places" / code
        folder.mkdir(parents=True, exist_ok=True)
        head = {"code": code, "label": {"zh": "某地", "en": "A place"}}
        (folder / "place.yaml").write_text(yaml.safe_dump(head, allow_unicode=True), encoding="utf-8")
        said = {"source": {"document": "某地帮扶办法", "checked_on": date(2026, 11, 22)}, "kinds": kinds}
        (folder / module.FILE).write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")

    return write


def amount(**values: Any) -> dict[str, Any]:
    return {"from": date(2024, 1, 1), "per": "measure", "source": {"document": "某地标准"}, **values}


@pytest.mark.req("C5")
def test_the_fourteen_classes_of_help_have_kinds_and_four_of_them_are_development():
    classes = code_list("measure_class").codes
    kinds = catalogue().kinds.values()
    assert len(classes) == 14
    assert {kind.measure_class for kind in kinds} == {entry.code for entry in classes}
    development = [entry.label.zh for entry in classes if entry.attributes.get("development")]
    assert development == ["产业帮扶", "就业帮扶", "金融帮扶", "公益岗位帮扶"]


def test_every_cause_and_every_risk_has_help_that_is_for_it():
    book = catalogue()
    needs = [("cause", entry.code) for entry in code_list("poverty_cause").codes]
    needs += [("risk", entry.code) for entry in code_list("monitor_risk").codes]
    assert [need for need in needs if not book.answering(need)] == []


@pytest.mark.parametrize(
    ("kind", "need", "fits"),
    [
        ("0903", ("cause", "01"), True),  # 医疗救助, 因病
        ("0102", ("cause", "08"), False),  # 养殖, 缺劳动力
        ("0801", ("risk", "03"), True),
        ("0501", ("risk", "09"), True),
        ("0501", ("risk", "01"), False),
        ("1102", ("risk", "10"), True),  # 慰问 is for everybody
        ("0102", ("risk", "99"), True),  # what is only described may want anything
    ],
)
def test_a_kind_is_for_the_causes_and_risks_that_policy_names(kind, need, fits):
    assert bool(catalogue().kinds[kind].answers([need])) is fits


def test_an_amount_holds_from_its_day_on_and_only_in_its_region():
    loan, travel = catalogue().kinds["0301"], catalogue().kinds["0202"]
    assert loan.amount(date(2014, 12, 9), GUIZHOU) is None
    assert loan.amount(date(2021, 3, 3), GUIZHOU).most == 50_000
    assert loan.amount(date(2021, 3, 4), GUIZHOU).most == 100_000
    assert travel.amount(date(2024, 1, 1), GUIZHOU).most == 1000
    assert travel.amount(date(2024, 1, 1), SICHUAN) is None


def test_a_form_is_filled_with_the_usual_amount_and_unit():
    book = catalogue()
    assert proposed(book.kinds["0801"], SICHUAN, date(2024, 9, 1)) == {"unit": "month", "money": Decimal(3000)}
    moved = proposed(book.kinds["1201"], GUIZHOU, date(2018, 1, 1), Decimal(4))
    assert moved["money"] == 80_000
    assert proposed(book.kinds["0302"], SICHUAN, date(2024, 1, 1)) == {}


@pytest.mark.req("C5")
def test_a_place_adds_amounts_and_kinds_of_its_own_and_takes_kinds_out_of_use(place_says):
    before = catalogue("990121200201")
    place_says(
        "990121",
        **{
            "0107": {"units": ["head"], "amounts": [amount(usual=500, most=5000)]},
            "0188": {"label": {"zh": "中药材", "en": "Medicinal herbs"}, "units": ["mu"]},
            "0105": {"ended": date(2025, 1, 1)},
        },
    )
    book, elsewhere = catalogue("990121200201"), catalogue("990122200201")
    assert book.kinds["0107"].units[0] == "head"
    assert book.kinds["0107"].amount(date(2024, 5, 1), "990121200201").most == 5000
    assert (book.label_of("0188"), book.kinds["0188"].causes) == ("中药材", before.kinds["0101"].causes)
    assert not book.kinds["0105"].in_use(date(2025, 1, 1)) and book.kinds["0105"].in_use(date(2024, 12, 31))
    offered = [code for _label, kinds in book.choices(date(2025, 6, 1)) for code, _name in kinds]
    assert "0188" in offered and "0105" not in offered
    assert "0188" not in elsewhere.kinds and elsewhere.kinds["0107"].amount(date(2024, 5, 1), "990122") is None
    assert any("0188" in each.kinds for each in every_catalogue())


def test_of_a_county_and_its_province_the_county_s_amount_holds(place_says):
    place_says("99", **{"0903": {"amounts": [amount(most=800, region="99")]}})
    place_says("990121", **{"0903": {"amounts": [amount(most=900, region="990121")]}})
    kind = catalogue("990121200201").kinds["0903"]
    assert kind.amount(date(2024, 5, 1), "990121200201").most == 900


@pytest.mark.parametrize(
    ("kinds", "says"),
    [
        ({"0102": {"causes": ["77"]}}, "poverty_cause"),
        ({"0102": {"units": ["bucket"]}}, "measure_unit"),
        ({"0102": {"amounts": [amount(usual=2, most=1)]}}, "usual is more than most"),
        ({"0102": {"amounts": [amount()]}}, "neither usual nor most"),
        ({"0102": {"label": {"zh": "鸡", "en": "Hens"}}}, "a kind of the nation has none"),
        ({"0188": {"units": ["mu"]}}, "a kind of one's own has a label"),
        ({"8801": {"label": {"zh": "鸡", "en": "Hens"}}}, "the first two digits are no class"),
    ],
)
def test_a_wrong_file_of_a_place_is_refused_with_its_fault(place_says, kinds, says):
    place_says("990121", **kinds)
    with pytest.raises(PolicyFileWrong, match=r"help_measures\.yaml") as refused:
        catalogue("990121200201")
    assert says in str(refused.value)


def test_the_nation_s_file_and_the_list_of_kinds_hold_the_same(tmp_path):
    file = Path(settings.POLICY) / "china" / module.FILE
    text = file.read_text(encoding="utf-8").replace('  "1499": ', '  "1498": ')
    (tmp_path / "spoilt.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyFileWrong, match="1498"):
        read_yaml(tmp_path / "spoilt.yaml", MeasureFile)


def test_rules_that_tell_what_is_lacking_are_rules_of_the_book():
    from bangfu.rulebook import services as rulebook

    assert set(catalogue().should_have) <= set(rulebook.book().rules)
