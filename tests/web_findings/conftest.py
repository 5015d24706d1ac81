"""Findings for the tests of pages, absorbed from outcomes written by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from bangfu.findings import services
from bangfu.findings.models import Finding
from bangfu.registry.models import Household
from tests.findings.outcomes import Book, Written, rule
from tests.snapshot.at_hand import _copied_in_this_process  # noqa: F401
from tests.web.conftest import make_household, with_income  # noqa: F401


@pytest.fixture
def found(house: Any) -> Callable[..., Finding]:
    """`found(household, "Q021")`: an open finding of that rule, with the evidence that is named."""

    def absorb(of: Household, rule_id: str = "Q021", **evidence: Any) -> Finding:
        hits = [(f.rule_id, f.household, f.values) for f in Finding.objects.all() if f.household]
        hits.append((rule_id, of, evidence or {"members_count": of.members_count}))
        names = tuple({name for name, _of, _values in hits})
        services.absorb(Written(hits, ran=names), book=Book(*(rule(name) for name in names)))
        made: Finding = Finding.objects.get(rule_id=rule_id, household=of)
        return made

    return absorb
