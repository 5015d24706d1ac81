"""Some weeks of casework acted out in the sample county, through the same verbs as any officer's: so that whoever
starts it sees cases at every step, postings that hang, an objection, a meeting's votes.

Nothing is written past the services; a case that cannot go on for a lawful reason stays where it stands.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer, Post
from bangfu.areas.models import Area
from bangfu.casework import services
from bangfu.casework.acting import post_for
from bangfu.casework.checks import items
from bangfu.casework.gathering import area_at
from bangfu.casework.meetings import Expected
from bangfu.casework.models import Case, Posting
from bangfu.casework.procedures import Channel, MoveKind, Question, QuestionKind, Step, StepKind
from bangfu.casework.selectors import may_open
from bangfu.common.errors import BangfuError
from bangfu.common.places import Level
from bangfu.common.policy import code_list
from bangfu.registry.models import Household, Member

# How many villagers' representatives a village of the sample county has.
REPRESENTATIVES = 9
HOTLINE = "12317"


@dataclass
class Stage:
    """The officers who act, and what they answer where the usual answer will not do: by question, then by household.
    `today` is the last day on which anything is done."""

    officers: Sequence[Officer]
    today: date = field(default_factory=timezone.localdate)
    answers: Mapping[str, Any] = field(default_factory=dict)

    def actor(self, step: Step, case: Case) -> Officer | None:
        """Somebody with a post for the step who has not acted on the case at another level."""
        acted = {row.actor_id: row.level for row in case.transitions.all()}
        for officer in self.officers:
            if post_for(officer, step, case.place) and acted.get(officer.pk, step.level) == step.level:
                return officer
        return None

    def go(self, case: Case, until: str = "", pause: int = 1, move: str = "") -> Case:
        """Takes a case forwards, step by step and `pause` days apart, until it stands at `until`, has ended, or would
        have to act after today. `move` is the way taken where a step has several."""
        while case.running and case.step != until:
            gone = self.step(case, pause, move)
            if gone is None:
                return case
            case = gone
        return case

    def step(self, case: Case, pause: int = 1, move: str = "") -> Case | None:
        """One move forwards with everything that the step asks for; None when it cannot be done by today."""
        step = case.version.read.step(case.step)
        by = self.actor(step, case)
        way = step.move(move) or next((each for each in step.moves if each.kind is MoveKind.FORWARD), None)
        if by is None or way is None:
            return None
        on = self._prepared(case, step, by, max(case.step_since + timedelta(days=pause), case.not_before or date.min))
        if on is None or on > self.today:
            return None
        return services.move(
            case_id=case.pk, move=way.id, by=by, on=on, answers=self._answered(step, case, on), reason=_("按程序办理")
        )

    def _prepared(self, case: Case, step: Step, by: Officer, on: date) -> date | None:
        """Does what must be there before the move, and gives the day on which it can be made."""
        for paper in step.papers:
            for number in range(paper.minimum):
                services.attach(case=case, by=by, wanted=paper.id, upload=picture(number), title=str(paper.label))
        if on > self.today:
            return None
        if step.kind is StepKind.MEETING:
            self.meet([case], by, case.step_since)
        if step.kind is StepKind.POSTING:
            posting = self.post([case], by, case.step_since)
            return max(on, posting.ends_on + timedelta(days=1))
        if step.kind is StepKind.SAMPLE:
            self._sample(case, step, by, on)
        if step.checks:
            self._check(case, by, on)
        return on

    def meet(self, cases: Sequence[Case], by: Officer, on: date, against: int = 0) -> None:
        """A meeting with everybody there; `against` of those who vote say no."""
        area = area_at(cases[0].place, cases[0].level)
        meeting = services.call_meeting(
            by=by, cases=cases, held_on=on, chair=by.name, recorder=self.officers[0].name, held_at=_("村委会会议室")
        )
        services.expect(meeting=meeting, by=by, people=[Expected(m.name, _("村民代表"), m.pk) for m in elders(area)])
        here = [person.pk for person in meeting.attendance.all()]
        services.attend(meeting=meeting, by=by, present=here)
        for case in cases:
            services.vote(
                meeting=meeting,
                case=case,
                by=by,
                in_favour=len(here) - against,
                against=against,
                abstained=0,
                note=_("情况属实，同意。"),
            )
        services.close_meeting(meeting=meeting, by=by, minutes=_("逐户介绍入户核查情况，与会代表发表意见后逐户表决。"))

    def post(self, cases: Sequence[Case], by: Officer, on: date) -> Posting:
        """A list put up and photographed."""
        posting = services.put_up(by=by, cases=cases, board=_("村委会公示栏"), hotline=HOTLINE, starts_on=on)
        for view in ("near", "far"):
            services.add_photo(posting=posting, by=by, view=view, upload=picture(), taken_on=on)
        return posting

    def _sample(self, case: Case, step: Step, by: Officer, on: date) -> None:
        taken = case.samples.filter(draw__step=step.id, draw__drawn_on__gte=case.step_since).first()
        if taken is None:
            area = area_at(case.place, step.level)
            services.draw(by=by, area=area, procedure=case.procedure, step=step.id)
            taken = case.samples.get(draw__step=step.id)
        if taken.drawn and taken.checked_on is None:
            services.look_into(
                sampled=taken, by=by, right=True, note=_("入户核对，与材料相符。"), on=timezone.localdate()
            )

    def _check(self, case: Case, by: Officer, on: date) -> None:
        for item in items(case, on):
            if item.met is None and item.open_to:
                services.answer_check(
                    case=case,
                    item=item.item.id,
                    by=by,
                    met=True,
                    source=item.open_to[0],
                    evidence=str(item.item.evidence),
                    on=on,
                )

    def _answered(self, step: Step, case: Case, on: date) -> dict[str, Any]:
        found = {}
        for question in step.questions:
            given = self.answers.get(question.id, self.answers.get(question.code_list))
            value = given(case) if callable(given) else given
            if value is None:
                value = self._usual(question, case, on)
            if value not in (None, "", []):
                found[question.id] = value
        return found

    def _usual(self, question: Question, case: Case, on: date) -> Any:
        if question.must_be:
            return question.must_be
        match question.kind:
            case QuestionKind.YES_NO:
                return "no"
            case QuestionKind.DAY:
                return on.isoformat()
            case QuestionKind.NUMBER:
                return "5"
            case QuestionKind.PHONE:
                return HOTLINE if question.required else None
            case QuestionKind.CHOICE:
                return next(iter(question.choices))
            case QuestionKind.CODE:
                if not question.required:
                    return None
                first = code_list(question.code_list).choices(on)[0][0]
                return [first] if question.several else first
        return "、".join(officer.name for officer in self.officers[:2]) if question.required else None


def elders(village: Area) -> QuerySet[Member]:
    """Villagers' representatives: the oldest heads of the village."""
    heads = Member.objects.present().inside(village).filter(relation_to_head="01", household__ended_on=None)
    return heads.order_by("birth_date", "pk")[:REPRESENTATIVES]


def picture(number: int = 0) -> Any:
    """A picture that says nothing but that it belongs to the sample."""
    from PIL import Image

    content = io.BytesIO()
    Image.new("RGB", (320, 240), (206, 218 - number % 20, 232)).save(content, "PNG")
    return SimpleUploadedFile("sample.png", content.getvalue(), "image/png")


# --- the sample county -----------------------------------------------------------------------------------------------

PROCEDURE = "monitoring_entry"
# At which steps the acted-out cases of watching stand at last: how many days ago each was opened, and where it stays.
WATCHING: tuple[tuple[int, str], ...] = (
    (0, "household_check"),
    (1, "household_check"),
    (6, "household_check"),
    (4, "comparison"),
    (5, "comparison"),
    (6, "appraisal"),
    (7, "appraisal"),
    (8, "appraisal"),
    (10, "village_posting"),
    (11, "village_posting"),
    (14, "township_check"),
    (17, "county_decision"),
    (40, ""),
    (41, ""),
)


@transaction.atomic
def enact(officers: Iterable[str], today: date | None = None) -> int:
    """Opens and takes on cases in the village of the sample county's village officer; how many. Does nothing in a house
    where there are cases, or where these officers are not."""
    actors = list(Officer.objects.filter(username__in=list(officers)).order_by("pk"))
    village = _village_of(actors)
    if village is None or Case.objects.exists():
        return 0
    today = today or timezone.localdate()
    checkers = [each.name for each in actors if any(post.area.level == Level.VILLAGE for post in each.posts_on())]
    answers = {"first_checker": checkers[0], "second_checker": checkers[-1], "contact_name": checkers[0]}
    stage = Stage(actors, today, {**ANSWERS, **answers})
    done = 0
    for (days, until), household in zip(WATCHING, _in_need(village), strict=False):
        opened = _opened(stage, household, today - timedelta(days=days))
        if opened is not None:
            stage.go(opened, until) if opened.step != until else None
            done += 1
    _posted_together(stage)
    _applied(village)
    return done


def _village_of(actors: Sequence[Officer]) -> Area | None:
    posts = Post.objects.filter(officer__in=actors, role_id="village_committee").select_related("area")
    found = posts.order_by("pk").first()
    return found.area if found else None


def _in_need(village: Area) -> QuerySet[Household]:
    """Households of the village that left poverty and are not watched, the poorest first."""
    out = Household.objects.living().filter(village=village, poverty_status="1", monitor_category="")
    return out.order_by("latest_per_capita_net_income", "pk")[: len(WATCHING)]


def _opened(stage: Stage, household: Household, on: date) -> Case | None:
    by = _opener(stage.officers, household)
    if by is None:
        return None
    try:
        return services.open_case(
            by=by,
            procedure=PROCEDURE,
            household=household,
            channel=Channel.SWEEP,
            on=on,
            note=_("排查发现家庭收入下降、支出较大。"),
        )
    except BangfuError:
        return None  # the household does not qualify: the sample is poorer by one case, the law is kept


def _opener(officers: Sequence[Officer], household: Household) -> Officer | None:
    """The first who may open a case there."""
    for officer in officers:
        if any(p.id == PROCEDURE for p in may_open(officer, household.village, Channel.SWEEP)):
            return officer
    return None


def _posted_together(stage: Stage) -> None:
    """One list for the cases that wait for it, hanging since two days, with an objection nobody has answered yet."""
    waiting = list(
        Case.objects.running().filter(step="village_posting").select_related("version", "village", "household__group")
    )
    by = stage.actor(waiting[0].version.read.step("village_posting"), waiting[0]) if waiting else None
    if by is None:
        return
    since = max(max(case.step_since for case in waiting), stage.today - timedelta(days=2))
    posting = stage.post(waiting, by, since)
    services.object_to(
        posting=posting,
        by=by,
        text=_("这户儿子在外打工，收入不低，请再核实。"),
        on=stage.today,
        case=waiting[0],
        withheld=True,
    )


def _applied(village: Area) -> None:
    """Two applications by the public form that nobody has taken up yet."""
    told = (_("老伴住院花了三万多，报销后自己还要出一万。"), _("大雨冲坏了猪圈和半边厨房。"))
    for member, difficulty in zip(elders(village)[2:4], told, strict=False):
        services.apply(
            by=None,
            channel=Channel.PUBLIC_FORM,
            village=village,
            head_name=member.name,
            phone="13900000000",
            difficulty=difficulty,
            sender=services.sender_mark(member.person_no),
        )


ANSWERS: Mapping[str, Any] = {
    "monitor_category": "01",
    "monitor_risk": ["01"],
    "risk_note": "因病支出较大，务工收入下降。",
}
