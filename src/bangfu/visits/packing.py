"""What a phone takes along: the checklists of the place, and of the officer's households what the forms show. No
identity or account number leaves the house, phone numbers only masked."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Case, IntegerField, Value, When

from bangfu.accounts.models import Officer
from bangfu.common.masking import mask_phone
from bangfu.common.places import within
from bangfu.common.policy import code_list
from bangfu.registry.models import Household, HouseholdQuerySet, Member
from bangfu.visits import known
from bangfu.visits.checklists import Checklist, Kind, plain
from bangfu.visits.loading import checklists
from bangfu.visits.models import Visit
from bangfu.visits.policy import RIGHT, policy
from bangfu.visits.selectors import last_visits


def checklists_for(officer: Officer) -> list[Checklist]:
    """The checklists of the place where the officer records visits: of the first such post."""
    post = next((post for post in officer.posts_on() if RIGHT in post.rights), None)
    return list(checklists(post.area.code if post else "").values())


def households_for(
    officer: Officer, first: Sequence[Iterable[int]] = (), only: Collection[int] | None = None
) -> list[Household]:
    """The households that a phone takes along: where the officer records visits, those of the first group of `first`
    before those of the second, these before all others, then as the villages lie; at most as many as the policy says.
    `only` narrows to what was chosen for the day."""
    rows: HouseholdQuerySet = Household.objects.visible_to(officer).living().filter(within(officer.places_for(RIGHT)))
    if only is not None:
        rows = rows.filter(pk__in=only)
    turns = [When(pk__in=list(group), then=Value(turn)) for turn, group in enumerate(first)]
    turn = Case(*turns, default=Value(len(turns)), output_field=IntegerField()) if turns else Value(0)
    rows = rows.annotate(turn=turn).order_by("turn", "place", "pk")
    return list(rows.select_related("village__parent", "group", "dwelling")[: policy().phone.households])


def usual_households(officer: Officer) -> list[int]:
    """The households that the officer visited last, the latest first."""
    made = Visit.objects.filter(officer=officer, household__isnull=False).order_by("-visited_on", "-pk")
    return list(dict.fromkeys(made.values_list("household_id", flat=True)[: policy().phone.households]))


def pack(
    officer: Officer, households: Sequence[Household], forms: Sequence[Checklist], today: date
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The checklists and the households as JSON; four queries however many households there are."""
    about_homes = [form for form in forms if form.about == "household"]
    columns = frozenset[str]().union(*(form.columns for form in about_homes))
    member_columns = frozenset[str]().union(*(form.member_columns for form in about_homes))
    ids = [household.pk for household in households]
    people: dict[int, list[Member]] = defaultdict(list)
    for member in (
        Member.objects.present().filter(household_id__in=ids).order_by("household_id", "relation_to_head", "pk")
    ):
        people[member.household_id].append(member)
    last = last_visits(ids)
    rows = [
        {
            **head_of(each),
            "facts": known.of_household(each, columns),
            "members": [person(member, member_columns, today) for member in people[each.pk]],
            "asked": asked(about_homes, people[each.pk], today),
            "last_visit": last[each.pk].isoformat() if each.pk in last else None,
        }
        for each in households
    ]
    return [plain(form) for form in forms], rows


def head_of(household: Household) -> dict[str, Any]:
    """By what a household is known in the field."""
    village = household.village
    return {
        "id": household.pk,
        "number": household.household_no,
        "head": household.head_name,
        "village": village.name,
        "village_id": village.pk,
        "group": household.group.name if household.group else household.group_name,
        "address": household.address,
        "phone_masked": mask_phone(household.phone),
    }


def person(member: Member, columns: Iterable[str], today: date) -> dict[str, Any]:
    """Somebody of the household: name, relation, age, and what the forms show."""
    born = member.birth_date
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day)) if born else None
    return {
        "id": member.pk,
        "name": member.name,
        "relation": code_list("relation_to_head").label_of(member.relation_to_head),
        "age": age,
        "facts": known.of_member(member, columns),
    }


def asked(forms: Iterable[Checklist], people: Sequence[Member], today: date) -> Mapping[str, list[int]]:
    """Whom each question of members is about, by "checklist.question"."""
    return {
        f"{form.id}.{question.id}": [
            member.pk for member in people if question.among is None or question.among.holds(member.birth_date, today)
        ]
        for form in forms
        for question in form.questions
        if question.kind is Kind.MEMBERS
    }
