"""Some months of duties acted out in the sample county, through the same verbs as any officer's: so that whoever starts
it sees records with and without their papers, and who is behind.

Visits and attendance are not made up here: what visits and support acted out counts by itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.casework.enacting import picture
from bangfu.plans import services
from bangfu.plans.duties.acting import may_record
from bangfu.plans.duties.loading import Regimes
from bangfu.plans.duties.periods import Period, over_before, period_of
from bangfu.plans.duties.shapes import Duty, What
from bangfu.plans.models import DutyRecord
from bangfu.plans.services import GATHERINGS, Person
from bangfu.support.models import Helper, Team, Unit

# For how many periods before the running one something is recorded.
PERIODS = 2
# Of so many records one is left without its papers, of so many periods one is missed: nobody is perfect.
LACKING, MISSED = 7, 5
# Of so many units and teams at most something is recorded.
BODIES = 6


@transaction.atomic
def enact(officers: Iterable[str], today: date | None = None) -> int:
    """Records what units and teams of the sample county did; how many records. Does nothing in a house where there are
    records, or where there are no units."""
    actors = list(Officer.objects.filter(username__in=list(officers)).order_by("pk"))
    if DutyRecord.objects.exists():
        return 0
    day, regimes, made = today or timezone.localdate(), Regimes.now(), 0
    for number, (unit, team, place, by) in enumerate(_bodies(actors)):
        for duty in regimes.at(place, day).values():
            if duty.recorded and _is_for(duty, unit):
                made += _acted(duty, unit, team, by, day, number)
    return made


def _bodies(actors: Sequence[Officer]) -> Iterator[tuple[Unit | None, Team | None, int, Officer]]:
    """Units and teams for which one of the actors may record, with their place and that actor."""
    for unit in Unit.objects.filter(closed_on=None).select_related("area").order_by("pk")[:BODIES]:
        by = next((officer for officer in actors if may_record(officer, unit=unit)), None)
        if by is not None:
            yield unit, None, unit.area.place, by
    for team in Team.objects.filter(ended_on=None).select_related("village").order_by("pk")[:BODIES]:
        by = next((officer for officer in actors if may_record(officer, team=team)), None)
        if by is not None:
            yield None, team, team.village.place, by


def _is_for(duty: Duty, unit: Unit | None) -> bool:
    return duty.who.teams if unit is None else duty.who.means_unit(unit.level, unit.name)


def _acted(duty: Duty, unit: Unit | None, team: Team | None, by: Officer, today: date, number: int) -> int:
    """What one unit or team did for one duty: mostly enough of it, sometimes too little, sometimes without papers."""
    made = 0
    periods = [*over_before(duty.often.every, today, PERIODS), period_of(duty.often.every, today)]
    for turn, period in enumerate(periods, start=number):
        if turn % MISSED == MISSED - 1:
            continue
        for which, on in enumerate(_days(period, duty.often.at_least, today)):
            record = services.record_duty(
                by=by, unit=unit, team=team, duties=[duty.id], done_on=on, title=_titled(duty, on, which),
                held_at=_("会议室") if duty.what in GATHERINGS else "", people=_people(unit, team),
                summary=_("学习上级要求，研究所帮村、户的困难和下一步措施。") if duty.what in GATHERINGS else "",
            )  # fmt: skip
            made += 1
            for position, evidence in enumerate(duty.evidence):
                lacking = made % LACKING == LACKING - 1 and position == 0
                for each in range(0 if lacking else evidence.minimum):
                    services.add_paper(
                        duty_record=record, by=by, wanted=evidence.id, upload=picture(position * 3 + each)
                    )
    return made


def _days(period: Period, number: int, today: date) -> list[date]:
    """Days of a period on which its deeds were done, as far as they are not to come."""
    step = period.days // (number + 1)
    return [on for n in range(1, number + 1) if (on := period.first + timedelta(days=n * step)) <= today]


def _titled(duty: Duty, on: date, which: int) -> str:
    if duty.what is What.NEWS:
        topics = (_("产业帮扶见效"), _("驻村队员入户"), _("政策宣讲进院坝"), _("春耕备耕有人帮"), _("饮水管网修好了"))
        return _("{topic}（{day}）").format(topic=topics[(which + on.month) % len(topics)], day=f"{on:%m-%d}")
    return _("{title}（{day}）").format(title=duty.title, day=f"{on:%m-%d}")


def _people(unit: Unit | None, team: Team | None) -> list[Person]:
    """Some of those who belong to the unit or the team."""
    rows = Helper.objects.filter(left_on=None)
    rows = rows.filter(unit=unit) if unit else rows.filter(team_posts__team=team, team_posts__ended_on=None)
    named = [Person(helper.name, helper.position, helper.officer_id) for helper in rows.order_by("pk")[:5]]
    return named or [Person(_("单位负责人"))]
