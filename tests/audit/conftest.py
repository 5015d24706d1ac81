"""A short trail to tamper with, and the tool that an intruder with the database in hand would use."""

from collections.abc import Callable

import pytest
from django.db import connection

from bangfu.audit.services import record
from tests.audit.emptying import PUT_BACK, TAKE_AWAY


@pytest.fixture
def trail(db: None) -> None:
    for number in range(1, 8):
        record(actor=None, action="audit.checked", subject_type="trail", subject_id=str(number), reason="查看")


@pytest.fixture
def intrude() -> Callable[..., None]:
    """Runs SQL with the triggers taken away, as somebody would who owns the database, and puts them back."""

    def run(*statements: str) -> None:
        with connection.cursor() as cursor:
            for statement in (*TAKE_AWAY[connection.vendor], *statements, *PUT_BACK[connection.vendor]):
                cursor.execute(statement)

    return run
