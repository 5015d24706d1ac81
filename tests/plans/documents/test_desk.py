"""The pages of documents: the list, handing in, the desk with its marks, and deciding on one thing."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from bangfu.plans import services
from bangfu.plans.documents.enacting import enact_documents
from bangfu.plans.models import Document, Proposal, Target
from bangfu.web.plans.marking import Anchors, Mark, marked
from tests.plans.documents.test_receiving import PLAN, one, upload

pytestmark = pytest.mark.req("E1")


@pytest.fixture
def client(house) -> Client:
    return house.client("county_office")


@pytest.fixture
def plan(house, client, django_capture_on_commit_callbacks) -> Document:
    """Handed in by the form, read in the background."""
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            reverse("plan-document-new"), {"area": house.county.pk, "file": upload(), "title": "云岭县工作要点"}
        )
    made = Document.objects.get()
    assert answer["Location"] == reverse("plan-document", args=[made.pk])
    return made


def text(answer, status=200) -> str:
    assert answer.status_code == status
    shown = re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(shown).split())


def words_of_text(answer) -> str:
    """What stands in the text of the desk, without the numbers of the things that were read."""
    region = re.search(r'desk-words"[^>]*>(.*?)</div>', answer.content.decode(), re.DOTALL)[1]
    return unescape(re.sub(r'<a class="ref".*?</a>|<[^>]+>', "", region))


def test_the_desk_shows_the_text_unchanged_with_marks_beside_what_was_read(plan, client):
    answer = client.get(reverse("plan-document", args=[plan.pk]))
    assert words_of_text(answer) == PLAN
    shown, page = text(answer), answer.content.decode()
    item = one(plan, "危房改造86户")
    assert f'id="q{item.pk}"' in page
    assert f'href="#p{item.pk}"' in page
    assert f'id="p{item.pk}"' in page
    assert "读出" in shown
    assert "总数写的是 1,350 个，分项相加是 1,300 个。" in shown
    for number in range(4):  # both places of the sum, each led to
        assert f'#d1-{number}"' in page
        assert f'id="d1-{number}"' in page
    assert "数字被抹去：“20xx年6月底”" in shown
    assert "云岭县工作要点" in text(client.get(reverse("plan-document-list")))


def test_the_desk_narrows_to_kinds_and_doubts_and_refuses_what_it_shows(plan, client):
    desk = reverse("plan-document", args=[plan.pk])

    def cards(**asked):
        return set(map(int, re.findall(r'<article[^>]*id="p(\d+)"', client.get(desk, asked).content.decode())))

    everything = set(plan.proposals.values_list("pk", flat=True))
    assert cards() == everything
    assert cards(kind="duty") == set(plan.proposals.filter(kind="duty").values_list("pk", flat=True))
    assert cards(doubt="differs") == set(plan.proposals.filter(differs=True).values_list("pk", flat=True))
    assert cards(doubt="masked") == {one(plan, "培训240人次").pk}
    assert cards(state="accepted") == set()
    for odd in ("999999", "-1", "x", "٣"):
        assert cards(sheet=odd, kind="no-such", doubt="<b>", state="?") == everything
    client.post(reverse("plan-document-refuse", args=[plan.pk]) + "?kind=fact")
    assert set(plan.proposals.filter(state="refused").values_list("kind", flat=True)) == {"fact"}


def test_a_long_text_comes_sheet_by_sheet_and_every_thing_leads_to_its_place(house, client):
    document = _read(house, "\n".join(f"{n}、完成改厕{n}户，{'加强领导。' * 30}" for n in range(1, 121)))
    desk = reverse("plan-document", args=[document.pk])
    found, page = "", client.get(desk)
    for number in range(1, 60):
        page = client.get(desk, {"sheet": number})
        found += words_of_text(page)
        if 'rel="next"' not in page.content.decode():
            break
    assert found == document.text
    assert number > 5
    last = document.proposals.last()
    alone = client.get(reverse("plan-proposal", args=[last.pk])).content.decode()
    assert f"{desk}?sheet={number}#p{last.pk}" in alone
    assert "…" in text(page)  # the sheets between the first and those near by are not all named


def test_one_thing_after_the_other_is_decided_on_the_desk_with_and_without_script(plan, client):
    item = one(plan, "供水工程14处")
    url = reverse("plan-proposal-decide", args=[item.pk])
    assert 'name="measure"' not in client.get(reverse("plan-document", args=[plan.pk])).content.decode()
    answer = client.post(f"{url}?kind=target", {"do": "accept"})
    assert answer["Location"] == f"{reverse('plan-document', args=[plan.pk])}?kind=target#p{item.pk}"
    assert Target.objects.get().proposal == item
    again = client.post(url, {"do": "refuse"}, headers={"HX-Request": "true"})
    assert "PLA-206" not in text(again)
    assert "已由" in text(again)  # somebody has decided, and who
    other = one(plan, "危房改造86户")
    url = reverse("plan-proposal-decide", args=[other.pk])
    card = client.post(url, {"do": "refuse"}, headers={"HX-Request": "true"})
    assert f'id="p{other.pk}"' in card.content.decode()
    assert 'hx-swap-oob="true"' in card.content.decode()
    assert "不采纳 1" in text(card)
    client.post(url, {"do": "reopen"})
    assert Proposal.objects.get(pk=other.pk).state == "open"


def test_a_card_says_by_what_a_target_would_be_measured_and_that_is_what_is_accepted(house, client):
    document = _read(house, "2030年底前，全县基本医疗保险参保率达到98%以上。")
    page = client.get(reverse("plan-document", args=[document.pk])).content.decode()
    offered = re.search(r'name="measure" value="(\w+)"', page)[1]
    item = document.proposals.get()
    client.post(reverse("plan-proposal-decide", args=[item.pk]), {"do": "accept", "measure": offered})
    assert Target.objects.get().measure == offered == "insured_share"


def test_a_thing_is_mended_then_tracked_below_the_county(plan, client, house):
    item = one(plan, "危房改造86户")
    page = reverse("plan-proposal", args=[item.pk])
    shown = client.get(page).content.decode()
    assert '<option value="houses_renovated" selected' in shown or 'value="houses_renovated"' in shown
    form = {"mend-kind": "target", "mend-comparison": "ge", "mend-number": "90", "mend-unit": "户",
            "mend-subject": "农村危房改造", "mend-deadline": "2030-13"}  # fmt: skip
    assert "不是日期" in text(client.post(page + "mend/", form), 422)
    client.post(page + "mend/", {**form, "mend-deadline": "2030-10"})
    assert "读作“86”，改为“90”" in text(client.get(page))
    track = {"track-area": house.township.pk, "track-measure": "houses_renovated", "track-starts_on": "2031-01-01"}
    assert "不晚于开始日期" in text(client.post(page + "accept/", track), 422)
    client.post(page + "accept/", {**track, "track-starts_on": "2026-01-01"})
    target = Target.objects.get()
    assert (target.amount, target.area, target.measure) == (90, house.township, "houses_renovated")
    refused = one(plan, "供水工程14处")
    client.post(reverse("plan-proposal-refuse", args=[refused.pk]), {"refuse-reason": "州里负责"})
    assert "州里负责" in text(client.get(reverse("plan-proposal", args=[refused.pk])))


def test_a_duty_names_the_duty_of_policy_that_fits_and_what_a_place_would_write(house, client):
    document = _read(house, "各单位帮扶干部每月到村帮扶不少于3次。帮扶干部每月到村帮扶不少于4次。")
    same, differing = document.proposals.filter(kind="duty")
    shown = text(client.get(reverse("plan-proposal", args=[same.pk])))
    assert "一般干部到村帮扶" in shown
    assert "频次与文中相同" in shown
    other = client.get(reverse("plan-proposal", args=[differing.pk]))
    assert "- at_least: 3" in text(other)
    assert "+ at_least: 4" in text(other)
    assert "drops: - clerk_in_village" in text(other)
    client.post(reverse("plan-proposal-accept", args=[same.pk]), {"answer": "clerk_in_village"})
    assert Proposal.objects.get(pk=same.pk).answer == "clerk_in_village"
    assert Target.objects.count() == 0


def test_the_file_that_a_place_would_write_is_a_file_of_duties(house, settings, tmp_path):
    from bangfu.common.policy import read_yaml
    from bangfu.plans.documents import fitting
    from bangfu.plans.duties.loading import Regimes
    from bangfu.plans.duties.shapes import DutyFile

    differing = _read(house, "帮扶干部每月到村帮扶不少于4次。").proposals.get()
    duty = Regimes.now().shelf.everywhere()["clerk_in_village"]
    file = tmp_path / "local.yaml"
    file.write_text(fitting.local_duty(differing, duty), encoding="utf-8")
    made = read_yaml(file, DutyFile)
    assert made.drops == ("clerk_in_village",)
    assert (made.duties[0].often.at_least, made.duties[0].source.document) == (4, "要求")


def test_a_standard_leads_to_a_draft_with_its_figure_filled_in(house):
    document = _read(house, "一、政策标准\n脱贫收入标准为每人每年4000元。")
    standard = document.proposals.get(kind="standard")
    page = house.client("policy_officer").get(reverse("plan-proposal", args=[standard.pk])).content.decode()
    assert "脱贫收入标准（退出指导线）" in page
    url = unescape(re.search(rf'href="({reverse("draft-figure")}\?[^"]+)"', page)[1])
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert (asked["figure"], asked["value"], asked["document"]) == ("exit_line", "4000", "要求")
    draft = house.client("policy_officer").get(url).content.decode()
    assert 'value="4000"' in draft
    assert re.search(r'<option value="exit_line" selected', draft)


def test_a_bad_file_says_so_and_is_withdrawn_with_a_reason(house, client, django_capture_on_commit_callbacks):
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("plan-document-new"), {"area": house.county.pk, "file": upload(picture, "坏图纸.docx")})
    bad = Document.objects.get()
    desk = reverse("plan-document", args=[bad.pk])
    assert "不认识文件 坏图纸.docx 的格式" in text(client.get(desk))
    assert "重新阅读" in text(client.get(desk))
    assert client.get(desk + "file/").getvalue() == picture
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(desk + "again/").status_code == 302
    assert client.post(desk + "withdraw/", {"reason": ""}).status_code == 422
    client.post(desk + "withdraw/", {"reason": "传错了"})
    assert "作废：传错了" in text(client.get(desk))
    assert "坏图纸" not in text(client.get(reverse("plan-document-list")))
    assert "坏图纸" in text(client.get(reverse("plan-document-list"), {"state": "withdrawn"}))
    none = client.post(reverse("plan-document-new"), {"area": house.county.pk})
    assert "没有选择文件" in text(none, 422)


def test_a_file_that_is_not_taken_says_why_and_what_was_typed_stays(house, client, monkeypatch):
    from bangfu.plans.documents import receiving as documents

    def handed_in(content: bytes, name: str) -> str:
        given = {"area": house.county.pk, "title": "我的题名", "file": upload(content, name)}
        shown = client.post(reverse("plan-document-new"), given)
        assert 'value="我的题名"' in shown.content.decode()
        return text(shown, 422)

    assert "空" in handed_in(b"", "空.txt")
    small = documents.limits().model_copy(update={"file_megabytes": 1})
    monkeypatch.setattr(documents, "limits", lambda: small)
    assert "超过 1 MB 的上限" in handed_in(b"x" * (1 << 20) + b"x", "大.txt")
    assert not Document.objects.exists()


def test_a_table_of_ten_thousand_cells_is_read_whole_and_its_desk_stays_light(house, client):
    head = "村名\t" + "\t".join(f"指标{n}(亩)" for n in range(1, 20))
    rows = [f"第{n}村\t" + "\t".join(str(n + m) for m in range(1, 20)) for n in range(500)]
    document = _read(house, "\n".join([head, *rows]))
    assert document.proposals.count() == 500 * 19
    page = client.get(reverse("plan-document", args=[document.pk]))
    assert "9,500" in text(page)
    assert len(page.content) < 1_000_000
    last = document.proposals.order_by("number_in_text").last()
    alone = text(client.get(reverse("plan-proposal", args=[last.pk])))
    assert "518" in alone


def test_while_a_document_is_read_the_page_asks_again_and_then_has_all_of_the_desk(house, client):
    from bangfu.plans.documents import receiving as documents

    waiting = services.receive(by=None, area=house.county, upload=upload())
    desk = reverse("plan-document", args=[waiting.pk])
    page = client.get(desk).content.decode()
    assert f'hx-get="{desk}"' in page
    assert "正在阅读" in page
    documents.read(waiting.pk)
    part = client.get(desk, headers={"HX-Request": "true", "HX-Target": "state"}).content.decode()
    assert "<html" not in part
    assert f'hx-get="{desk}"' not in part
    assert 'id="tally"' in part  # where the card of a decision puts the new counts
    assert part.count("<article") == waiting.proposals.count()


def test_the_sample_plan_is_read_and_partly_decided_once(house):
    officer = house.officer("county_office", username="xian")
    assert enact_documents([officer.username]) >= 5
    document = Document.objects.get()
    assert document.state == "read"
    assert len(document.differences) == 1
    assert document.proposals.filter(state="open").count() > 20
    assert {each.measure for each in Target.objects.all()} >= {"insured_share", "enrolled_share"}
    assert enact_documents([officer.username]) == 0


def _read(house, content: str) -> Document:
    from bangfu.plans.documents import receiving as documents

    made = services.receive(by=None, area=house.county, upload=upload(content, "要求.txt"))
    documents.read(made.pk)
    return Document.objects.get(pk=made.pk)


@given(
    st.text("户改<&\"'1年\n", max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6),
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_marks_never_change_a_text_however_they_overlap(content, spans, first, last):
    start, end = sorted((min(first, len(content)), min(last, len(content))))
    marks = [Mark(min(pair), max(pair), "q", "说") for pair in spans]
    anchors = {min(pair): Anchors(["a"], [("#b", "1", "第 1 项")]) for pair in spans}
    shown = marked(content, start, end, marks, anchors)
    assert unescape(re.sub(r'<a class="ref".*?</a>|<[^>]+>', "", shown)) == content[start:end]
