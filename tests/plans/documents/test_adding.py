"""What the reader missed is added by hand, quoted word by word; amounts are exact from the text to the target."""

import re
from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from bangfu.audit.models import Entry
from bangfu.common.errors import NotAllowed, NumberWrong
from bangfu.common.fields import ExactField
from bangfu.plans import services
from bangfu.plans.documents import errors
from bangfu.plans.documents.quoting import quote_in
from bangfu.plans.models import Document, Target
from tests.plans.documents.test_receiving import PLAN, office, one, plan, upload  # noqa: F401 (fixtures)

pytestmark = pytest.mark.req("E1")
MISSED = "一、主要目标\n村庄环境大变样，沿路花常开。\n再提一次：沿路花常开。\n新修渠道1.268公里。\n"
HAND = {"kind": "target", "subject": "花常开", "number": Decimal(100), "unit": "%", "comparison": "all"}


@pytest.fixture
def read(house, django_capture_on_commit_callbacks):
    def made(content: str) -> Document:
        with django_capture_on_commit_callbacks(execute=True):
            document = services.receive(by=None, area=house.county, upload=upload(content))
        return Document.objects.get(pk=document.pk)

    return made


def test_a_sentence_that_was_missed_is_added_and_accepted_like_any_other(house, office, read):  # noqa: F811
    document = read(MISSED)
    second = document.text.rindex("沿路花常开")
    made = services.add_by_hand(by=office, document=document, quote=" 沿路\r\n花常开", values=HAND, near=second + 2)
    assert (made.start, made.quote) == (second, document.text[made.start : made.end])
    assert made.quote == "沿路花常开"
    assert (made.at_start, made.at_end) == (made.start, made.end)  # no number to point at
    assert (made.pattern, made.heading, made.piece, made.as_read) == ("by-hand", ["主要目标"], 1, {})
    assert Entry.objects.filter(action="plan.proposal_added").count() == 1
    with pytest.raises(errors.ProposalKnown, match="PLA-218"):
        services.add_by_hand(by=office, document=document, quote="沿路花常开", values=HAND, near=second)
    with pytest.raises(errors.QuoteNotInText, match="PLA-217"):
        services.add_by_hand(by=office, document=document, quote="沿路草常青", values=HAND)
    with pytest.raises(NotAllowed):
        stranger = house.officer("township_station")
        services.add_by_hand(by=stranger, document=document, quote="花常开", values=HAND)
    services.mend(by=office, proposal=made, values={"number": 98, "comparison": "ge"})
    made.refresh_from_db()
    assert made.as_read == {}  # nobody had read anything there
    target = services.accept(by=office, proposal=made, base=Decimal("61.5"))
    assert (target.amount, target.base, target.source_text) == (98, Decimal("61.5"), "沿路花常开")


def test_the_desk_takes_a_marked_sentence_shows_what_it_says_and_keeps_what_the_person_says(house, plan):  # noqa: F811
    client = house.client("county_office")
    desk = client.get(reverse("plan-document", args=[plan.pk])).content.decode()
    assert 'id="add-by-hand"' in desk
    assert 'data-start="0"' in desk
    url = reverse("plan-document-add", args=[plan.pk])
    assert client.get(url).status_code == 200
    missing = client.post(url, {"quote": "这句话不在正文里", "near": ""})
    assert missing.status_code == 422
    assert "PLA-217" not in missing.content.decode()
    assert "正文里没有" in missing.content.decode()
    page = client.post(url, {"quote": "新建集中供水工程14处", "near": "5"}).content.decode()
    assert "这句话里已有的事项" in page
    filled = dict(re.findall(r'<input[^>]*?name="(\w+)" value="([^"]*)"', page))
    assert (filled["number"], filled["unit"], filled["near"]) == ("14", "处", str(PLAN.index("新建集中")))
    assert unescape(filled["quote"]) == "新建集中供水工程14处"
    wrong = client.post(url, {**filled, "kind": "target", "comparison": "range", "number_to": ""})
    assert wrong.status_code == 422
    assert "PLA-209" in wrong.content.decode() or "不成范围" in wrong.content.decode()
    again = client.post(url, {**filled, "kind": "target", "comparison": "eq"})
    assert "已经是第" in unescape(again.content.decode())
    done = client.post(url, {**filled, "kind": "standard", "comparison": "ge", "number": "13.5"})
    added = plan.proposals.get(pattern="by-hand")
    assert done["Location"] == reverse("plan-proposal", args=[added.pk])
    assert (added.number, added.kind, added.deadline) == (Decimal("13.5"), "standard", "")
    shown = client.get(reverse("plan-document", args=[plan.pk])).content.decode()
    assert shown.count("手工添加</span>") == 1


@given(st.text("户改修 \n1村", min_size=1, max_size=40), st.integers(0, 39), st.integers(1, 40))
def test_a_quote_is_always_found_where_it_stands(text, first, length):
    start = min(first, len(text) - 1)
    quote = text[start : start + length]
    if not quote.strip():
        return
    left = start + len(quote) - len(quote.lstrip())
    found = quote_in(text, quote, left)
    assert found == (left, left + len(quote.strip()))
    assert "".join(text[slice(*quote_in(text, quote))].split()) == "".join(quote.split())


def test_a_finer_amount_than_targets_keep_is_said_and_never_rounded(office, read):  # noqa: F811
    document = read(MISSED)
    item = one(document, "1.268公里")
    assert item.number == Decimal("1.268")
    with pytest.raises(errors.AmountTooFine, match="PLA-216"):
        services.accept(by=office, proposal=item)
    services.mend(by=office, proposal=item, values={"number": Decimal(1268), "unit": "米"})
    item.refresh_from_db()
    assert item.as_read == {"number": "1.268", "unit": "公里"}
    assert services.accept(by=office, proposal=item).amount == 1268
    assert Target.objects.count() == 1


@given(st.decimals(min_value=0, max_value=Decimal(10) ** 30, allow_nan=False, places=6))
def test_exact_numbers_survive_the_way_in_and_out(number):
    field = ExactField()
    assert field.to_python(field.get_prep_value(number)) == number


@pytest.mark.parametrize("value", ["NaN", "1e80", "十", Decimal("Infinity"), "1." + "0" * 30 + "1" * 40])
def test_what_is_no_number_or_far_too_long_is_refused(value):
    with pytest.raises(NumberWrong):
        ExactField().get_prep_value(value)


@pytest.mark.databases
def test_exact_numbers_are_the_same_in_both_databases(office, read):  # noqa: F811
    document = read("一、目标\n新修渠道1234567890123.456789公里，增长0.1个百分点。\n")
    assert [each.number for each in document.proposals.all()] == [Decimal("1234567890123.456789"), Decimal("0.1")]


def test_a_township_sees_the_sentence_behind_its_part_though_the_document_lies_with_the_county(house, office, plan):  # noqa: F811
    target = services.accept(by=office, proposal=one(plan, "供水工程14处"))
    (part,) = services.break_down(
        target=target, by=office, across="areas", way="hand", reason="分到乡镇",
        areas=[house.township], amounts={house.township.pk: Decimal(14)},
    )  # fmt: skip
    client = house.client("township_station")
    assert client.get(reverse("plan-document", args=[plan.pk])).status_code == 404
    page = client.get(reverse("target", args=[part.pk])).content.decode()
    assert "完成农村危房改造86户，" in page  # what stands around the sentence
    assert f"文件由{house.county.name}保管" in page
    assert reverse("plan-proposal", args=[target.proposal_id]) not in page
    assert reverse("plan-proposal", args=[target.proposal_id]) in (
        house.client("county_office").get(reverse("target", args=[target.pk])).content.decode()
    )
