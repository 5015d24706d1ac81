"""The lists that go with a form: households and people as CSV, of the officer's own area. Names and numbers of
households, no identity, phone or account number."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.places import Level, within
from bangfu.registry.models import Household, Member
from bangfu.visits import known
from bangfu.visits.checklists import Checklist, Kind
from bangfu.visits.packing import asked
from bangfu.visits.policy import RIGHT, policy


def households_csv(checklist: Checklist, households: Sequence[Household]) -> str:
    columns = sorted(checklist.columns)
    rows = []
    for each in households:
        facts = known.of_household(each, columns)
        label = f"{each.head_name} {each.household_no} {each.village.name}"
        rows.append([each.pk, label, *(_cell(facts[column]) for column in columns)])
    return _csv(["name", "label", *columns], rows)


def members_csv(checklist: Checklist, households: Sequence[Household], today: date) -> str:
    """A row for each person and group of questions that is about them: `name` is household, group and position."""
    columns = sorted(checklist.member_columns)
    people: dict[int, list[Member]] = defaultdict(list)
    rows = Member.objects.present().filter(household_id__in=[each.pk for each in households])
    for member in rows.order_by("household_id", "relation_to_head", "pk"):
        people[member.household_id].append(member)
    lines: list[list[Any]] = []
    for household in households:
        present = people[household.pk]
        by_id = {member.pk: member for member in present}
        about = asked([checklist], present, today)
        for question in checklist.questions:
            if question.kind is not Kind.MEMBERS:
                continue
            group = f"{checklist.id}.{question.id}"
            for position, pk in enumerate(about[group], start=1):
                facts = known.of_member(by_id[pk], columns)
                of = f"{household.pk}-{group}"
                lines.append([f"{of}-{position}", of, pk, by_id[pk].name, *(_cell(facts[c]) for c in columns)])
    return _csv(["name", "of", "member", "label", *columns], lines)


def villages_csv(officer: Officer) -> str:
    rows = Area.objects.visible_to(officer).current().filter(level=Level.VILLAGE)
    rows = rows.filter(within(officer.places_for(RIGHT))).order_by("place")
    return _csv(["name", "label"], ([area.pk, area.name] for area in rows[: policy().phone.households]))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(value) if isinstance(value, list) else str(value)


def _csv(header: list[str], rows: Iterable[list[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
