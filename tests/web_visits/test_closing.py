"""A visit closes the loop: what it found is offered where it was asked for, and an officer decides."""

import pytest

from bangfu.casework import visited as for_cases
from bangfu.casework.models import Check
from bangfu.findings.models import Finding, Verification
from bangfu.registry.papers import open_file
from bangfu.visits import services
from bangfu.visits.models import Visit
from tests.casework.making import days_ago, opened, procedure
from tests.visits.making import note, picture, recorded
from tests.web_casework.conftest import home, people  # noqa: F401
from tests.web_findings.conftest import found  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.mark.req("C4")
def test_a_finding_shows_the_visits_made_for_it_and_takes_over_result_and_photo(visiting, browsing, found):  # noqa: F811
    finding = found(visiting.home)
    page = browsing(visiting.secretary)
    shown = page.get(f"/findings/{finding.pk}/").content.decode()
    address = f"/visits/new/?household={visiting.home.pk}&amp;checklist=finding_check&amp;about=finding%3A{finding.pk}"
    assert address in shown
    assert 'name="about" value="finding:' in page.get(address.replace("&amp;", "&")).content.decode()
    content = picture(3)
    said = {"result": "situation_wrong", "found": "房顶漏雨，确实没有修"}
    unsure = {"result": "not_clear", "found": "家里没人", "again_on": "2999-01-01"}
    about = {"checklist": "finding_check", "about": f"finding:{finding.pk}", "visited_on": finding.found_on.isoformat()}
    done = recorded(visiting.visitor, visiting.home, **about, answers=said, photos=[note(content, "proof")])
    (uuid,) = done.photos_wanted
    services.add_photo_part(by=visiting.visitor, photo_uuid=uuid, offset=0, total=len(content), chunk=content)
    services.look_at_arrived()
    recorded(visiting.visitor, visiting.home, **about, answers=unsure)
    recorded(visiting.visitor, visiting.other, **about, answers={**said, "result": "record_wrong"})

    shown = page.get(f"/findings/{finding.pk}/").content.decode()
    assert "房顶漏雨" in shown and "家里没人" in shown and "登记属实，情况确有问题" in shown
    assert "已按" in shown and f'value="photo-{done.visit.photos.get().pk}" selected' in shown
    back = browsing(visiting.visitor).get(f"/visits/{done.visit.pk}/").content.decode()
    assert f'href="/findings/{finding.pk}/#visits"' in back

    form = {"result": "as_recorded", "on": finding.found_on.isoformat(), "note": "入户看过", "proof": "photo-999999"}
    assert page.post(f"/findings/{finding.pk}/verify/", form).status_code == 422, "no photo of a visit made for it"
    form["proof"] = f"photo-{done.visit.photos.get().pk}"
    assert page.post(f"/findings/{finding.pk}/verify/", form).status_code == 302
    verified = Verification.objects.select_related("proof").get()
    finding.refresh_from_db()
    assert (finding.state, verified.proof.kind) == (Finding.State.EXEMPT, "44")
    with open_file(verified.proof) as stream, open_file(done.visit.photos.get()) as photo:
        assert stream.read() == photo.read()


def exit_visit(by, of, on, **answers):
    flags = "income food clothing schooling insured house water helped knows agrees".split()
    given = {**dict.fromkeys(flags, True), **answers}
    shots = [note(b"x", "signature")] if given["agrees"] else []
    return recorded(by, of, checklist="exit_check", answers=given, visited_on=on.isoformat(), photos=shots).visit


@pytest.mark.req("B4")
def test_what_a_visit_answers_is_taken_over_into_the_checks_of_a_case(people, browsing, home):  # noqa: F811
    listed = procedure(id="checked", more={"propose": {"checks": "household_exit"}})
    case = opened(people.village, home, listed, on=days_ago(9))
    assert for_cases.checklist_for(case) == "exit_check"
    exit_visit(people.village, home, days_ago(20))
    assert for_cases.offer(people.village, case) is None, "a visit from before the case says nothing of it"
    page = browsing(people.village)
    assert f"about=case%3A{case.pk}" in page.get(f"/cases/{case.pk}/").content.decode()
    exit_visit(people.village, home, days_ago(3), clothing=False, agrees=False, disagrees="收入没有那么多")
    offered = for_cases.offer(people.village, case)
    told = {each.item.item.id: (each.met, each.source.value) for each in offered.answers}
    assert told == {
        "food": (True, "visit"), "clothing": (False, "visit"), "measures": (True, "visit"),
        "consent": (False, "signature"),
    }  # fmt: skip
    assert "采用这 4 项答复" in page.get(f"/cases/{case.pk}/").content.decode()
    assert browsing(people.neighbour).post(f"/visits/for-case/{case.pk}/").status_code == 404
    assert page.post(f"/visits/for-case/{case.pk}/").status_code == 302
    kept = {row.item: row for row in Check.objects.filter(case=case)}
    assert (kept["food"].met, kept["food"].source, kept["food"].on) == (True, "visit", days_ago(3))
    assert "收入没有那么多" in kept["consent"].evidence["text"] and kept["consent"].met is False
    assert for_cases.offer(people.village, case).answers == [], "it was taken over"
    exit_visit(people.village, home, days_ago(1), clothing=True)
    assert [each.item.item.id for each in for_cases.offer(people.village, case).answers if each.met] != []
    page.post(f"/visits/for-case/{case.pk}/")
    assert Check.objects.get(case=case, item="clothing").met is True and Visit.objects.count() == 3
