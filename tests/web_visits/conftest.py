"""The people and households of the room's own tests, and browsers for them."""

from typing import Any

import pytest
from django.test import Client

from tests.visits.conftest import Visiting, visiting  # noqa: F401


@pytest.fixture
def browsing() -> Any:
    def of(officer: Any, **more: Any) -> Client:
        client = Client(**more)
        client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return of
