"""axe finds no serious fault on any page, on desk and phone."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from bangfu.casework import services as casework
from bangfu.casework.meetings import Expected
from bangfu.casework.procedures import Channel
from bangfu.findings import services
from bangfu.findings.models import Finding, Run
from bangfu.registry.models import Household, Member
from tests.browser.conftest import Site
from tests.casework.making import days_ago, officer, opened
from tests.casework.test_meetings import BY_MEETING
from tests.casework.test_postings import POSTED
from tests.findings.outcomes import Book, Written, rule
from tests.scope.files import keep_list
from tests.scope.walking import patterns

SERIOUS = {"serious", "critical"}
# Answers that are files, fragments or doors out; they are no pages.
NO_PAGES = re.compile(
    r"sign-out|set-language|export|report|template|progress|confirm|undo|reveal|options|remove|paper$|officers/areas"
)
NEED_A_QUESTION = ("/cases/meetings/new/", "/cases/postings/new/")
ROLES = {
    "cases/<": "village_committee",
    "cases/meetings": "village_committee",
    "cases/postings": "village_committee",
    "officers/new": "system_administrator",
    "officers/": "security_administrator",
    "audit/": "audit_administrator",
    "rules/local/": "policy_officer",
}


def addresses(county: Household) -> list[tuple[str, str]]:
    """Every page that needs no argument, or one of a household, finding, run, outside list or rule, with the role that
    may open it."""
    member = Member.objects.filter(household=county).first()
    assert member is not None
    values = {"pk": county.pk, "member_pk": member.pk, "year": 2024, "section": "identification"}
    policy = {"rule": "Q083", "figure": "exit_line"}
    finding, run = {"pk": _a_finding(county)}, {"pk": Run.objects.get().pk}
    lists = {"held": keep_list("990121", "车辆登记", 12)}
    by_route = {
        "households/<": values,
        "findings/<": finding,
        "findings/runs/<": run,
        "findings/lists/<": lists,
        **_of_casework(county),
    }
    found = []
    for pattern in patterns():
        if NO_PAGES.search(pattern.name) or NO_PAGES.search(pattern.route):
            continue
        known = next((known for start, known in by_route.items() if pattern.route.startswith(start)), policy)
        if not set(pattern.arguments) <= set(known):
            continue
        role = next((role for part, role in ROLES.items() if pattern.route.startswith(part)), "county_office")
        found.append((role, pattern.url(known)))
    return found


def _of_casework(county: Household) -> dict[str, dict[str, Any]]:
    """A case that a meeting took up, one that hangs on a board, an application, each with its addresses; and the pages
    for anybody."""
    by = officer("cun", ("village_committee", county.village))
    other = Household.objects.filter(village=county.village).exclude(pk=county.pk).get()
    in_meeting, on_board = opened(by, county, BY_MEETING), opened(by, other, POSTED)
    meeting = casework.call_meeting(by=by, cases=[in_meeting], held_on=days_ago(2), chair="石书记", recorder="王会计")
    casework.expect(meeting=meeting, by=by, people=[Expected("赵六", "村民代表"), Expected("王七", "村民代表")])
    posting = casework.put_up(by=by, cases=[on_board], board="村委会公示栏", hotline="12317", starts_on=days_ago(1))
    casework.object_to(posting=posting, by=by, text="他家有车", on=days_ago(1))
    application = casework.apply(
        by=by,
        channel=Channel.APPLICATION,
        village=county.village,
        head_name=county.head_name,
        phone="",
        difficulty="漏雨",
    )
    return {
        "cases/<": {"pk": in_meeting.pk},
        "cases/boards/<": {"procedure": "posted"},
        "cases/procedures/<": {"name": "identification"},
        "cases/meetings/<": {"pk": meeting.pk},
        "cases/postings/<": {"pk": posting.pk},
        "cases/applications/<": {"pk": application.pk},
        "cases/applications/villages/<": {"village": county.village_id},
        "public/apply/<": {"village": county.village_id},
        "public/postings/<": {"pk": posting.pk},
    }


def _a_finding(county: Household) -> int:
    services.absorb(Written([("Q021", county, {"members_count": 3})], ran=("Q021",)), book=Book(rule("Q021")))
    return int(Finding.objects.get().pk)


def faults(page: Any) -> list[str]:
    """Serious faults as sentences: what is wrong, and where."""
    answer = Axe().run(page)
    return [
        f"{fault['id']}: {node['html'][:160]}"
        for fault in answer.response["violations"]
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_axe_finds_no_serious_fault_on_any_page(site: Site, county: Household, phone: bool):
    wrong: dict[str, list[str]] = {}
    pages: dict[str, Any] = {}
    for role, address in addresses(county):
        if role not in pages:
            pages[role] = site.page(role, phone=phone, bypass_csp=True)
        page = pages[role]
        # What only takes a POST is no page; a file is none either.
        answer = page.request.get(site.url + address)
        if answer.status == 405 or "text/html" not in answer.headers["content-type"]:
            continue
        # Some pages open only with the question that leads to them.
        if answer.status == 404 and address in NEED_A_QUESTION:
            continue
        assert answer.status == 200, (address, answer.status)
        page.goto(site.url + address)
        if found := faults(page):
            wrong[address] = found
    assert wrong == {}


def test_axe_finds_no_serious_fault_before_signing_in(site: Site):
    page = site.open_page(phone=True, bypass_csp=True)
    page.goto(f"{site.url}/sign-in/")
    assert faults(page) == []


def test_axe_would_find_a_field_without_a_label(site: Site):
    page = site.open_page(phone=False, bypass_csp=True)
    page.goto(f"{site.url}/sign-in/")
    page.evaluate("document.querySelector('main').innerHTML = '<input type=text>'")
    assert faults(page)
