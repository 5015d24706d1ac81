"""Procedures, cases and officers for the tests of casework."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from bangfu.accounts.models import Officer, Post
from bangfu.areas.models import Area
from bangfu.casework import services
from bangfu.casework.models import Case
from bangfu.casework.procedures import Channel, Procedure
from bangfu.registry.models import Household
from tests.conftest import START

VILLAGE, TOWNSHIP, COUNTY = 5, 4, 3


def words(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def ways(*moves: tuple[str, str, dict[str, Any]] | tuple[str, str]) -> list[dict[str, Any]]:
    """Moves as (id, to) or (id, to, more)."""
    return [
        {"id": each[0], "to": each[1], "label": words(each[0]), **(each[2] if len(each) > 2 else {})} for each in moves
    ]


def procedure(**changes: Any) -> Procedure:
    """A small one: the village proposes, the township looks, the county approves. `changes` replace what they name;
    `more` adds to a step by its id."""
    more = changes.pop("more", {})
    steps = [
        {
            "id": "propose",
            "label": words("村级提出"),
            "kind": "task",
            "level": VILLAGE,
            "roles": ["village_committee", "first_secretary"],
            "moves": ways(
                ("hand_in", "township", {"hands_in": True}),
                ("withdraw", "withdrawn", {"kind": "withdraw", "needs_reason": True}),
            ),
        },
        {
            "id": "township",
            "label": words("乡镇审核"),
            "kind": "decision",
            "level": TOWNSHIP,
            "roles": ["township_station"],
            "moves": ways(
                ("pass", "county", {"approves": True}),
                ("back", "propose", {"kind": "back", "needs_reason": True}),
                ("refuse", "refused", {"kind": "refuse", "needs_reason": True}),
            ),
        },
        {
            "id": "county",
            "label": words("县级审批"),
            "kind": "decision",
            "level": COUNTY,
            "roles": ["county_office"],
            "moves": ways(
                ("approve", "done", {"approves": True}),
                ("back", "propose", {"kind": "back", "needs_reason": True}),
                ("refuse", "refused", {"kind": "refuse", "needs_reason": True}),
            ),
        },
        {"id": "done", "label": words("通过"), "kind": "end", "granted": True, "effect": changes.pop("effect", "none")},
        {"id": "refused", "label": words("不予通过"), "kind": "end"},
        {"id": "withdrawn", "label": words("撤回"), "kind": "end"},
    ]
    for step in steps:
        step.update(more.get(step["id"], {}))
    return Procedure.model_validate(
        {
            "id": "small",
            "version": "1",
            "label": words("小程序"),
            "source": {"document": "测试用"},
            "opening": {
                "roles": ["village_committee", "first_secretary", "township_station", "county_office"],
                "channels": [each.value for each in Channel],
                **changes.pop("opening", {}),
            },
            "steps": steps,
            **changes,
        }
    )


def officer(name: str, *posts: tuple[str, Area]) -> Officer:
    """Somebody new who holds these posts."""
    made: Officer = Officer.objects.create(username=name, name=name)
    for role, area in posts:
        Post.objects.create(officer=made, role_id=role, area=area, starts_on=START)
    return made


def opened(by: Officer | None, household: Household, of: Procedure | None = None, **more: Any) -> Case:
    """A case of the small procedure (or another) of a household, opened thirty days ago unless said otherwise."""
    values: dict[str, Any] = {"channel": Channel.SWEEP, "on": days_ago(30), **more}
    return services.open_case(by=by, procedure=of or procedure(), household=household, **values)


def days_ago(number: int) -> date:
    return timezone.localdate() - timedelta(days=number)
