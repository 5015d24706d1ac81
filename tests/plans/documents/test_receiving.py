"""Documents: handed in, read in the background, and decided on thing by thing; nothing is tracked without a yes."""

import io
import zipfile
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bangfu.audit.models import Entry
from bangfu.common.errors import NotAllowed
from bangfu.plans import services
from bangfu.plans.documents import errors
from bangfu.plans.documents.lists import (
    ANY_DOUBT,
    DIFFERS,
    MOST_ON_A_SHEET,
    SHEET,
    Narrowed,
    proposals,
    sheet_of,
    sheets,
)
from bangfu.plans.models import Document, Proposal, Target
from bangfu.plans.reading.errors import DocumentEmpty, DocumentTooLarge
from bangfu.plans.reading.files import limits
from bangfu.registry.papers import path_of

pytestmark = pytest.mark.req("E1")
OPEN, ACCEPTED, REFUSED = Proposal.State.OPEN, Proposal.State.ACCEPTED, Proposal.State.REFUSED
PLAN = """云岭县巩固脱贫成果工作要点

一、主要目标
2030年底前，完成农村危房改造86户，新建集中供水工程14处。脱贫人口医保参保率达到100%。
全年开发公益性岗位1350个，其中护林员620个、保洁员480个、护路员200个。
二、工作要求
驻村工作队每月驻村不少于22天。岗位补贴每人每月500元。截至目前，全县有脱贫户3304户15431人。
到20xx年6月底，完成培训240人次。
"""


def upload(content: str | bytes = PLAN, name: str = "云岭县工作要点.txt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


@pytest.fixture
def office(house):
    return house.officer("county_office")


@pytest.fixture
def plan(house, office, django_capture_on_commit_callbacks) -> Document:
    with django_capture_on_commit_callbacks(execute=True):
        made = services.receive(by=office, area=house.county, upload=upload())
    return Document.objects.get(pk=made.pk)


def one(plan: Document, words: str) -> Proposal:
    return plan.proposals.get(quote__contains=words)


def test_a_plan_is_read_and_nothing_is_tracked_before_a_person_says_yes(plan, office, house):
    assert (plan.state, plan.title) == ("read", "云岭县工作要点")
    assert plan.text == PLAN
    found = list(plan.proposals.all())
    assert all(plan.text[each.start : each.end] == each.quote and each.pattern for each in found)
    assert {each.kind for each in found} == {"target", "duty", "standard", "fact"}
    assert Target.objects.count() == 0
    houses = one(plan, "危房改造86户")
    target = services.accept(by=office, proposal=houses, area=house.township, starts_on=date(2026, 1, 1))
    assert (target.amount, target.unit, target.deadline) == (86, "户", date(2030, 12, 31))
    assert (target.area, target.proposal, target.source_text) == (house.township, houses, houses.quote)
    assert plan.proposals.get(pk=houses.pk).state == ACCEPTED
    with pytest.raises(errors.ProposalDecided, match="PLA-206"):
        services.accept(by=office, proposal=houses)
    with pytest.raises(errors.ProposalTracked, match="PLA-207"):
        services.reopen(by=office, proposal=houses)
    with pytest.raises(errors.DocumentInUse, match="PLA-213"):
        services.withdraw_document(by=office, document=plan, reason="传错了")
    assert Target.objects.count() == 1


def test_doubts_and_sums_that_do_not_add_up_can_be_asked_for(plan, office):
    kinds = [each["difference"] for each in plan.differences]
    assert "parts" in kinds  # 620 + 480 + 200 are no 1350
    differing = set(proposals(office, plan, Narrowed(doubt=DIFFERS)).values_list("number", flat=True))
    assert {1350, 620, 480, 200} <= differing
    assert 86 not in differing
    doubtful = proposals(office, plan, Narrowed(doubt=ANY_DOUBT))
    assert [each.number for each in doubtful] == [240]
    assert [each.pk for each in proposals(office, plan, Narrowed(doubt="masked"))] == [doubtful[0].pk]
    assert {each.kind for each in proposals(office, plan, Narrowed(kind="duty"))} == {"duty"}
    assert not proposals(office, plan, Narrowed(state=ACCEPTED)).exists()


def test_what_was_misread_is_mended_and_what_was_read_stays_on_file(plan, office):
    item = one(plan, "培训240人次")
    services.mend(by=office, proposal=item, values={"number": 260, "deadline": "2030-06", "subject": item.subject})
    item.refresh_from_db()
    assert (item.number, item.deadline, item.as_read["number"]) == (260, "2030-06", "240")
    assert "subject" not in item.as_read
    services.mend(by=office, proposal=item, values={"number": 240})
    item.refresh_from_db()
    assert set(item.as_read) == {"deadline"}
    with pytest.raises(errors.NothingMended, match="PLA-211"):
        services.mend(by=office, proposal=item, values={"number": 240})
    with pytest.raises(errors.DeadlineWrong, match="PLA-210"):
        services.mend(by=office, proposal=item, values={"deadline": "2030-13"})
    with pytest.raises(errors.RangeWrong, match="PLA-209"):
        services.mend(by=office, proposal=item, values={"comparison": "range", "number_to": 200})
    assert services.accept(by=office, proposal=item).deadline == date(2030, 6, 30)


def test_a_duty_and_a_standard_are_told_where_they_belong_in_policy_and_are_not_tracked(plan, office):
    duty, standard = plan.proposals.get(kind="duty"), one(plan, "每月500元")
    with pytest.raises(errors.DutyNotKnown, match="PLA-214"):
        services.accept(by=office, proposal=duty, answer="no_such_duty")
    with pytest.raises(errors.FigureNotKnown, match="PLA-215"):
        services.accept(by=office, proposal=standard, answer="no_such_figure")
    assert services.accept(by=office, proposal=duty, answer="clerk_in_village") is None
    assert services.accept(by=office, proposal=standard) is None
    assert plan.proposals.get(pk=duty.pk).answer == "clerk_in_village"
    assert Target.objects.count() == 0
    services.reopen(by=office, proposal=duty)
    assert plan.proposals.get(pk=duty.pk).state == OPEN


def test_a_no_has_its_reason_and_many_can_be_said_at_once(plan, office):
    item = one(plan, "供水工程14处")
    services.refuse(by=office, proposal=item, reason="不归本县")
    facts = list(plan.proposals.filter(kind="fact").values_list("pk", flat=True))
    assert services.refuse_many(by=office, document=plan, proposals=[*facts, item.pk]) == len(facts) > 0
    states = dict(plan.proposals.values_list("pk", "state"))
    assert {states[pk] for pk in facts} == {REFUSED}
    assert plan.proposals.get(pk=item.pk).reason == "不归本县"
    actions = set(Entry.objects.values_list("action", flat=True))
    assert {
        "plan.document_received",
        "plan.document_read",
        "plan.proposal_refused",
        "plan.proposals_refused",
    } <= actions


def test_only_who_keeps_plans_there_may_decide(plan, house):
    item = plan.proposals.first()
    for role, area in (("village_committee", None), ("county_office", house.neighbour_county)):
        stranger = house.officer(role, area)
        assert not Document.objects.visible_to(stranger).exists()
        for deed in (
            lambda who=stranger: services.receive(by=who, area=house.county, upload=upload("别的")),
            lambda who=stranger: services.accept(by=who, proposal=item),
            lambda who=stranger: services.refuse(by=who, proposal=item),
            lambda who=stranger: services.mend(by=who, proposal=item, values={"number": 1}),
            lambda who=stranger: services.withdraw_document(by=who, document=plan, reason="不要"),
        ):
            with pytest.raises(NotAllowed):
                deed()
    with pytest.raises(errors.AreaOutside, match="PLA-212"):
        services.accept(by=None, proposal=one(plan, "危房改造86户"), area=house.neighbour_county)


def test_bad_files_say_what_is_wrong_and_nothing_is_lost(house, office, django_capture_on_commit_callbacks):
    def read(content: bytes, name: str) -> Document:
        with django_capture_on_commit_callbacks(execute=True):
            made = services.receive(by=office, area=house.county, upload=upload(content, name))
        found = Document.objects.get(pk=made.pk)
        assert path_of(found.sha256).read_bytes() == content
        return found

    locked = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 512
    assert read(locked, "有密码.docx").error_code == "PLA-104"
    assert read(_scanned(), "扫描件.pdf").error_code == "PLA-105"
    assert read(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "图.png").error_code == "PLA-106"
    broken = io.BytesIO()
    with zipfile.ZipFile(broken, "w") as packed:
        packed.writestr("word/document.xml", "<w:document")
    assert read(broken.getvalue(), "坏的.docx").error_code == "PLA-107"
    mixed = read("一、完成改厕300户。\n".encode() + "二、新建道路12公里。\n".encode("gb18030"), "混编.txt")
    assert mixed.state == "read"
    assert {each.number for each in mixed.proposals.all()} == {300, 12}
    assert {each["doubt"] for each in mixed.doubts} == {"encoding"}
    with_nul = f"完成改厕300户。\0{'加强领导。' * 20}完成改厨200户。"
    nul = read(with_nul.encode(), "带零字节.txt")
    assert (nul.state, nul.text) == ("read", with_nul.replace("\0", "\ufffd"))
    cells = "".join("\t".join(f"{row * 10 + cell}" for cell in range(10)) + "\n" for row in range(1000))
    table = read(f"指标\t{'	'.join(f'第{n}列' for n in range(9))}\n{cells}".encode(), "大表.txt")
    assert table.state == "read"
    with pytest.raises(DocumentEmpty):
        services.receive(by=office, area=house.county, upload=upload(b"", "空.txt"))
    big = upload(b"x", "大.pdf")
    big.size = (limits().file_megabytes << 20) + 1
    with pytest.raises(DocumentTooLarge):
        services.receive(by=office, area=house.county, upload=big)
    with pytest.raises(errors.NoDocumentChosen):
        services.receive(by=office, area=house.county, upload=None)
    again = Document.objects.get(file_name="有密码.docx")
    with pytest.raises(errors.DocumentKnown, match="PLA-202"):
        services.receive(by=office, area=house.county, upload=upload(locked, "又传.docx"))
    with django_capture_on_commit_callbacks(execute=True):
        services.read_again(by=office, document=again)
    again.refresh_from_db()
    assert (again.state, again.error_code) == ("refused", "PLA-104")
    with pytest.raises(errors.DocumentNotReadAgain, match="PLA-204"):
        services.read_again(by=office, document=mixed)
    services.withdraw_document(by=office, document=again, reason="换了没有密码的")
    with pytest.raises(errors.DocumentWithdrawn, match="PLA-203"):
        services.read_again(by=office, document=again)
    assert services.receive(by=office, area=house.county, upload=upload(locked, "又传.docx")).pk != again.pk


def _scanned() -> bytes:
    """A PDF of two pages on which nothing is written."""
    import pypdfium2 as pdfium

    made, out = pdfium.PdfDocument.new(), io.BytesIO()
    made.new_page(595, 842)
    made.new_page(595, 842)
    made.save(out)
    return out.getvalue()


def test_what_a_crash_left_unread_is_read_when_the_worker_starts_again(house, office):
    """Outside a test's transaction nothing was queued: as if the machine had gone out right then."""
    left = services.receive(by=office, area=house.county, upload=upload())
    Document.objects.filter(pk=left.pk).update(state=Document.State.RUNNING)
    assert services.recover_documents() == 1
    left.refresh_from_db()
    assert left.state == "read"
    assert left.proposals.count() > 5
    assert services.recover_documents() == 0


def test_a_fault_of_the_program_is_said_by_the_document_and_the_file_stays(plan, monkeypatch):
    from bangfu.plans.documents import receiving as documents

    def broken(*_given):
        raise RuntimeError

    monkeypatch.setattr(documents, "read_text", broken)
    Document.objects.filter(pk=plan.pk).update(state=Document.State.WAITING)
    with pytest.raises(errors.ReadingBroken, match="PLA-205"):
        documents.read(plan.pk)
    plan.refresh_from_db()
    assert (plan.state, plan.error_code) == ("refused", "PLA-205")


def test_sheets_hold_all_of_a_text_without_gap_and_never_too_much():
    for text, starts in (
        ("", []),
        ("一行", [0]),
        ("字" * (5 * SHEET), []),
        ("\n".join("短行" * 40 for _ in range(400)), list(range(0, 30_000, 7))),
        ("短\n" * 300, list(range(0, 600, 2))),
    ):
        found = sheets(text, starts)
        assert [each.number for each in found] == list(range(1, len(found) + 1))
        assert "".join(text[each.start : each.end] for each in found) == text
        assert all(each.end - each.start <= 3 * SHEET for each in found)
        lines = [text[each.start : each.end].count("\n") for each in found]
        counts = [sum(each.start <= start < each.end for start in starts) for each in found]
        assert all(count <= MOST_ON_A_SHEET or line <= 1 for count, line in zip(counts, lines, strict=True))
        assert all(sheet_of(found, each.start) == each for each in found)
