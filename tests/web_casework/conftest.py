"""Cases for the tests of pages: a small procedure in force everywhere, officers of three levels, their browsers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bangfu.accounts.models import Officer
from bangfu.casework import loading, services
from bangfu.casework.models import Case
from bangfu.casework.procedures import Procedure
from tests.casework.conftest import People, home, homes, people  # noqa: F401
from tests.casework.making import opened, procedure


@pytest.fixture
def client_of() -> Callable[[Officer], Client]:
    """`client_of(officer)`: a browser in which the officer has signed in."""

    def sit(officer: Officer) -> Client:
        client = Client()
        client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sit


@pytest.fixture
def in_force(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Procedure]:
    """`in_force(**changes)`: the small procedure with these changes is the only one in force, everywhere."""

    def put(**changes: Any) -> Procedure:
        made = procedure(**changes)
        monkeypatch.setattr(loading, "procedures", lambda _place="": {made.id: made})
        monkeypatch.setattr(loading, "procedure", lambda _id, _place="": made)
        return made

    return put


@pytest.fixture
def case(people: People, home: Any) -> Case:  # noqa: F811
    return opened(people.village, home)


@pytest.fixture
def at_township(people: People, homes: Any) -> Callable[..., list[Case]]:  # noqa: F811
    """`at_township(3)`: cases that were handed in and wait at the township."""

    def make(number: int, of: Procedure | None = None) -> list[Case]:
        cases = [opened(people.village, each, of) for each in homes(number)]
        services.move_many(case_ids=[each.pk for each in cases], move="hand_in", by=people.village)
        return list(Case.objects.filter(pk__in=[each.pk for each in cases]).order_by("pk"))

    return make


def text(answer: Any) -> str:
    """What an answer shows."""
    return str(answer.content.decode())


def late(*cases: Case, days: int = 3) -> None:
    """Their legal time ran out so many days ago (before zero: is still to come)."""
    from tests.casework.making import days_ago

    Case.objects.filter(pk__in=[each.pk for each in cases]).update(due_on=days_ago(days))
