"""Nobody sees next door: every address × every role × a neighbour's area."""

import logging
import time
from collections.abc import Callable, Iterator
from copy import copy, deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest, HttpResponse
from django.template.base import Template
from django.test import Client
from django.urls import get_callable

from bangfu.accounts.models import Officer, Post
from bangfu.accounts.roles import roles
from bangfu.areas.models import Area
from bangfu.casework.models import Case, Posting
from bangfu.common.places import Level, ScopedQuerySet
from bangfu.registry.models import Household
from bangfu.web import home, middleware
from tests.scope.files import take_snapshot
from tests.scope.sharing import UNATTENDED, Shared, deaf, hear_what_is_asked
from tests.scope.walking import PUBLIC, QUESTIONS, Ask, Leak, Pattern, Untaught, Walker, patterns
from tests.scope.world import DAY, Spot, branch, plant

pytestmark = [pytest.mark.req("H1"), pytest.mark.django_db]


def _held_at() -> list[tuple[int, str]]:
    """Every set of rights where it reaches least far, and every level by a role that sees much there.

    Pages ask for rights and for places, never for the name of a role; so of roles with the same rights, which
    `roles.yaml` tells, one walks for all.
    """
    lowest: dict[frozenset[str], tuple[int, str]] = {}
    for role in sorted(roles().values(), key=lambda role: role.id):
        rights = frozenset(role.rights)
        lowest[rights] = max(lowest.get(rights, (0, "")), (max(role.levels), role.id))
    held = set(lowest.values())
    for level in sorted({level for role in roles().values() for level in role.levels} - {at for at, _ in held}):
        there = [role for role in roles().values() if level in role.levels]
        held.add((level, max(there, key=lambda role: ("registry.view" in role.rights, len(role.rights), role.id)).id))
    return sorted(held)


HELD_AT = _held_at()
LEVELS = sorted({level for level, _ in HELD_AT})


@dataclass
class Neighbourhood:
    """An officer's own branch of the tree, and the branches next door to an area of it, not planted yet."""

    home: list[Area]
    own: Spot

    def come_into_being(self, level: int) -> list[Spot]:
        """Next door to the own area of `level`: the sibling, and below the county also the neighbouring county."""
        tops = [level] if level <= Level.COUNTY else [level, Level.COUNTY]
        spots = []
        for number, top in enumerate(tops):
            above = self.home[: top - 1]
            chain = branch(above[-1] if above else None, top, 2, number)
            spots.append(plant(chain, above, number))
        take_snapshot([spot.village for spot in (self.own, *spots) if spot.village])
        return spots

    def client(self, role: str, level: int) -> Client:
        """A browser in which an officer holds this role at the own area of that level."""
        area = self.home[level - 1]
        officer = Officer.objects.create(username=f"{role}-{level}", name="本地干部", area=area)
        Post.objects.create(officer=officer, role_id=role, area=area, starts_on=DAY)
        client = Client(raise_request_exception=False)
        client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        session[middleware.CLICKED] = int(time.time())
        session.save()
        return client


def _remembering(get_user: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """The officer of a session as the first request of it found him, with his posts; every request gets a copy."""
    known: dict[str, Any] = {}

    def remembered(request: HttpRequest) -> Any:
        key = request.session.get(auth.SESSION_KEY)
        if key is None:
            return get_user(request)
        if key not in known:
            with deaf():
                known[key] = get_user(request)
                known[key].posts_on()
        return copy(known[key])

    return remembered


def _remembering_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a session holds, as it was found first: whatever a request writes to it is taken back."""
    known: dict[str, dict[str, Any]] = {}
    load, save = SessionStore.load, SessionStore.save

    def loaded(session: Any) -> dict[str, Any]:
        if (key := session.session_key) not in known:
            known[key] = load(session)
        return deepcopy(known[key])

    def saved(session: Any, *args: Any, **more: Any) -> None:
        known.pop(session.session_key, None)
        save(session, *args, **more)

    monkeypatch.setattr(SessionStore, "load", loaded)
    monkeypatch.setattr(SessionStore, "save", saved)


@pytest.fixture(autouse=True)
def _light_feet(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    """Thousands of requests, most of them refused: the pages of refusal know nothing but their number, so they are not
    drawn, and of an error in words only the words; who asks, his session and his posts are read once, and no session is
    put off; nobody reads the log; and nobody asks which templates were used."""
    settings.SESSION_WRITTEN_AFTER = 24 * 60 * 60
    for name, status in (("refused", 403), ("not_found", 404), ("broken", 500)):
        monkeypatch.setattr(home, name, lambda request, exception=None, status=status: HttpResponse(status=status))
    monkeypatch.setattr(
        middleware,
        "render",
        lambda request, template, context, status: HttpResponse(str(context["error"]), status=status),
    )
    _remembering_sessions(monkeypatch)
    monkeypatch.setattr(auth, "get_user", _remembering(auth.get_user))
    monkeypatch.setattr(Template, "_render", lambda self, context: self.nodelist.render(context))
    hear_what_is_asked(monkeypatch)
    get_callable.cache_clear()
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    get_callable.cache_clear()


@pytest.fixture
def neighbourhood(db: None) -> Neighbourhood:
    chain = branch(None, Level.PROVINCE, 1, None)
    own = plant(chain, [], None)
    assert own.village
    take_snapshot([own.village])
    return Neighbourhood(chain, own)


def walk(neighbourhood: Neighbourhood, level: int, held: list[str], which: list[Pattern]) -> list[Leak]:
    """What officers with these roles at `level` see of next door."""
    spots = (0, 1) if level > Level.COUNTY else (0,)
    shared = Shared()
    walkers = [
        Walker(
            neighbourhood.client(role, level), f"{role}@{level}", which, spots,
            post=dict.fromkeys(roles()[role].rights, True) | {UNATTENDED: roles()[role].unattended}, shared=shared,
        )
        for role in held
    ]  # fmt: skip
    for walker in walkers:
        walker.look_around()
    foreign = neighbourhood.come_into_being(level)
    found: list[Leak] = []
    for walker in walkers:
        found += walker.compare(foreign)
        found += walker.knock(foreign, neighbourhood.own)
    return found


@pytest.mark.parametrize("level", LEVELS)
def test_no_officer_sees_or_changes_anything_next_door(neighbourhood, level):
    held = [role for at, role in HELD_AT if at == level]
    leaks = walk(neighbourhood, level, held, [p for p in patterns() if p.name not in PUBLIC])
    assert not leaks, f"{len(leaks)} leaks:\n" + "\n".join(str(leak) for leak in leaks[:25])


def test_the_walk_enters_every_page_as_somebody(neighbourhood):
    """A walk along doors that are shut for everybody would prove nothing."""
    which, entered = [p for p in patterns() if p.name not in PUBLIC], set()
    for role in (
        "county_office",
        "policy_officer",
        "system_administrator",
        "security_administrator",
        "audit_administrator",
    ):
        walker = Walker(neighbourhood.client(role, Level.COUNTY), role, which, (), welcomed=entered)
        for pattern in which:
            if pattern.arguments or pattern.name in entered:
                continue
            if walker.ask_plain(pattern).status in (200, 302, 405):
                entered.add(pattern.name)
            for question in QUESTIONS.get(pattern.name, ()):
                if walker.ask(Ask("GET", f"{pattern.url({})}?{question}")).status == 200:
                    entered.add(pattern.name)
        walker.visit_own(neighbourhood.own)
    assert sorted({p.name for p in which} - entered) == []


def test_anybody_reads_the_name_of_a_village_and_masked_lists_and_nothing_else(neighbourhood):
    neighbourhood.come_into_being(Level.COUNTY)
    Posting.objects.update(on_the_web=True)
    client = Client(raise_request_exception=False)
    addresses = [
        "/public/postings/",
        *(f"/public/postings/{pk}/" for pk in Posting.objects.values_list("pk", flat=True)),
    ]
    villages = Area.objects.filter(level=Level.VILLAGE)
    addresses += [f"/public/apply/{village.pk}/" for village in villages]
    secrets = {h.head_name for h in Household.objects.all()} | {c.case_no for c in Case.objects.all()}
    secrets |= set(Household.objects.values_list("household_no", flat=True)) | {
        h.phone for h in Household.objects.all()
    }
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        shown = answer.content.decode()
        assert not {secret for secret in secrets if secret in shown}, address


def test_whether_htmx_asks_is_told_by_one_door_alone():
    """The walk sees whether a page looked at the headers of htmx by their values being compared; nowhere may it be
    asked merely whether there is such a header."""
    web = Path(home.__file__).parent
    asking = {file.name for file in web.rglob("*.py") if '"HX-Request"' in file.read_text(encoding="utf-8")}
    assert asking == {"middleware.py"}
    assert 'request.headers.get("HX-Request") == "true"' in (web / "middleware.py").read_text(encoding="utf-8")


# --- the walk bites --------------------------------------------------------------------------------------------------


@pytest.fixture
def leaky(settings: Any) -> Iterator[list[Pattern]]:
    settings.ROOT_URLCONF = "tests.scope.leaky"
    return [p for p in patterns("tests.scope.leaky") if p.name.startswith("leak-")]


def test_every_kind_of_leak_is_caught(neighbourhood, leaky):
    leaks = walk(neighbourhood, Level.TOWNSHIP, ["township_station"], leaky)
    assert {leak.pattern for leak in leaks} == {p.name for p in leaky if p.name != "leak-not"}


def test_a_scoped_page_is_not_taken_for_a_leak(neighbourhood, leaky):
    sound = [p for p in leaky if p.name == "leak-not"]
    assert len(sound) == 1
    assert walk(neighbourhood, Level.TOWNSHIP, ["township_station"], sound) == []


@pytest.mark.parametrize("name", ["office-by-right", "office-by-role", "office-by-table", "office-by-template"])
def test_what_only_one_officer_of_a_place_is_shown_is_caught_whoever_walks_first(neighbourhood, settings, name):
    settings.ROOT_URLCONF = "tests.scope.leaky"
    which = [p for p in patterns("tests.scope.leaky") if p.name == name]
    leaks = walk(neighbourhood, Level.VILLAGE, ["team_member", "village_committee"], which)
    assert {leak.officer for leak in leaks} == {"village_committee@5"}


def test_officers_who_are_told_the_same_are_not_asked_twice(neighbourhood, settings):
    settings.ROOT_URLCONF = "tests.scope.leaky"
    which = [p for p in patterns("tests.scope.leaky") if p.name == "leak-rows"]
    leaks = walk(neighbourhood, Level.VILLAGE, ["team_member", "village_committee"], which)
    assert {leak.officer for leak in leaks} == {"team_member@5"}


def test_without_visible_to_the_walk_finds_leaks_everywhere(neighbourhood, monkeypatch):
    monkeypatch.setattr(ScopedQuerySet, "visible_to", lambda self, viewer: self)
    # Every room has its addresses side by side: every sixth of them passes through all rooms.
    leaks = walk(neighbourhood, Level.TOWNSHIP, ["township_station"], patterns()[::6])
    assert len({leak.pattern for leak in leaks}) >= 5, "\n".join(map(str, leaks))


def test_an_argument_that_the_walk_does_not_know_stops_it_with_a_sentence_how_to_teach_it(neighbourhood):
    strange = Pattern("households/<int:frobnitz_id>/", "strange", ("frobnitz_id",))
    with pytest.raises(Untaught, match=r"frobnitz_id.*BY_NAME"):
        walk(neighbourhood, Level.TOWNSHIP, ["township_station"], [strange])
