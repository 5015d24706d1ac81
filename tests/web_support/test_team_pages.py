"""Teams as pages: formed, joined, days and leave entered, and how it stands."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from bangfu.support import services
from bangfu.support.models import DayInVillage, Leave, Team, TeamMember
from tests.support.making import days_ago

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate().isoformat()


def text(answer):
    return answer.content.decode()


@pytest.mark.req("C2")
def test_a_team_is_formed_joined_attended_and_ended(desk, house, bureau, helper):
    services.put_in_charge(by=None, unit=bureau, village=house.village, on=days_ago(30))
    made = desk.post(reverse("team-new"), {"village": house.village.pk, "unit": bureau.pk, "starts_on": "2024-01-02"})
    team = Team.objects.get()
    assert made.url == reverse("team", args=[team.pk])
    given = {"role": "first_secretary", "starts_on": "2024-01-02", "term_ends_on": "2025-01-01", "helper": helper.pk}
    short = desk.post(reverse("team-join", args=[team.pk]), given)
    assert short.status_code == 422 and "不足规定的 24 个月" in text(short)
    assert "王建国" in text(desk.get(reverse("team-join", args=[team.pk])))
    desk.post(reverse("team-join", args=[team.pk]), {**given, "term_ends_on": "2026-01-01"})
    member = TeamMember.objects.get()
    page = text(desk.get(made.url))
    assert "按规定不少于 3 人" in page and "王建国" in page
    days = reverse("team-member-days", args=[member.pk])
    assert "2025-03" in text(desk.get(days, {"month": "2025-03"}))
    desk.post(f"{days}?month=2025-03", {"day": [str(n) for n in range(1, 20)]})
    assert DayInVillage.objects.filter(day__year=2025, day__month=3).count() == 19
    away = {"kind": "01", "first_day": "2025-03-25", "last_day": "2025-04-30", "reason": "照顾家人"}
    desk.post(reverse("leave-new", args=[member.pk]), away)
    clash = desk.post(f"{days}?month=2025-03", {"day": ["25"]})
    assert clash.status_code == 422 and "登记为请假" in text(clash)
    year = text(desk.get(made.url, {"year": "2025"}))
    assert '<span class="tag tag-red">19</span>' in year  # one day short of the month's twenty
    assert '<span class="tag tag-red">37</span>' in year  # more leave than a year allows
    desk.post(reverse("leave-withdraw", args=[Leave.objects.get().pk]))
    assert '<span class="tag tag-red">37</span>' not in text(desk.get(made.url, {"year": "2025"}))
    assert house.village.name in text(desk.get(reverse("team-list")))
    desk.post(reverse("team-member-leave", args=[member.pk]), {"on": TODAY, "reason": "期满"})
    desk.post(reverse("team-end", args=[team.pk]), {"on": TODAY, "reason": "撤出"})
    team.refresh_from_db()
    assert team.ended_on == date.fromisoformat(TODAY)
    assert "以前的队员" in text(desk.get(made.url))
