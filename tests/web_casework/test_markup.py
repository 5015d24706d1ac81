"""Markup in any text that people give to casework is shown as text, and nothing of it is lost."""

from collections import defaultdict
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import models
from django.utils import timezone
from django.utils.html import escape

from bangfu.casework import models as casework
from tests.scope.casework import plant_cases
from tests.web_casework.conftest import text

pytestmark = pytest.mark.django_db

# What people type, by model: the fields that hold it. Everything else is an id, a code, a mark or made by us.
TYPED: dict[type[models.Model], tuple[str, ...]] = {
    casework.Application: ("head_name", "phone", "difficulty", "decision_note"),
    casework.Attendance: ("name", "capacity"),
    casework.Case: ("subject_name", "note"),
    casework.CasePaper: ("title",),
    casework.CaseTransition: ("reason",),
    casework.Meeting: ("title", "held_at", "chair", "recorder", "minutes"),
    casework.MeetingPaper: ("title",),
    casework.Objection: ("by_name", "contact", "text", "answer"),
    casework.Posting: ("board", "taken_down_reason"),
    casework.Recognition: ("contact_name",),
    casework.Risk: ("note",),
    casework.Round: ("title",),
    casework.SampledCase: ("note",),
    casework.Vote: ("note",),
    casework.WatchImport: ("file_name",),
}


@pytest.fixture
def pages(house: Any, people: Any, homes: Any) -> list[str]:
    """Rows of every table, and the addresses that show them."""
    ids: dict[str, Any] = defaultdict(lambda: count(1))
    here = SimpleNamespace(rows={"officer": [people.village], "household": homes(2), "finding": [None]})

    def keep(_kind: str, rows: list[Any]) -> list[Any]:
        for row in rows:
            row.save()
        return rows

    moment = timezone.now()
    plant_cases(keep, lambda kind: next(ids[kind]), house.village, house.village, here, "甲", "1", moment)
    casework.Objection.objects.update(answered_on=timezone.localdate(), upheld=False)
    casework.SampledCase.objects.update(right=True, checked_on=timezone.localdate())
    casework.Application.objects.filter(state="accepted").update(decided_at=moment)
    found = ["/cases/?whose=all", "/cases/boards/planted/", "/cases/rounds/", "/cases/meetings/", "/cases/postings/",
             "/cases/applications/", "/cases/samples/", "/cases/watched/", "/cases/watch-lists/"]  # fmt: skip
    for part, model in (
        ("cases", casework.Case),
        ("cases/rounds", casework.Round),
        ("cases/meetings", casework.Meeting),
        ("cases/postings", casework.Posting),
        ("cases/applications", casework.Application),
        ("cases/samples", casework.SampleDraw),
        ("cases/watched", casework.Recognition),
        ("cases/watch-lists", casework.WatchImport),
    ):
        found += [f"/{part}/{pk}/" for pk in model._default_manager.values_list("pk", flat=True)]
    return found + [f"/households/{home.pk}/" for home in here.rows["household"]]


def test_what_looks_like_markup_is_text_on_every_page_and_every_word_is_there(house, people, pages, client_of):
    told = {}
    for model, fields in TYPED.items():
        for field in fields:
            limit = model._meta.get_field(field).max_length or 100
            told[model, field] = f"<b>{len(told)}</b>&"[:limit]
            model._default_manager.update(**{field: told[model, field]})
    shown: set[tuple[type[models.Model], str]] = set()
    hanging = [page for page in pages if page.startswith("/cases/postings/1")]
    lists = [page for page in pages if "watch-lists" in page]
    rest = [page for page in pages if page not in lists]
    for officer, addresses in ((people.village, hanging), (people.village, rest), (people.township, lists)):
        client = client_of(officer)
        for page in addresses:
            html = text(client.get(page))
            assert "<b>" not in html, page
            shown |= {key for key, value in told.items() if escape(value) in html}
        casework.Posting.objects.update(taken_down_on=timezone.localdate())
    assert {f"{model.__name__}.{field}" for model, field in told.keys() - shown} == set()
