"""Pages of support: a household, a helper and a unit of the village, and a desk of the township's."""

import pytest
from django.test import Client

from bangfu.accounts.models import Officer
from tests.support.conftest import bureau, helper, homes, township  # noqa: F401


@pytest.fixture
def desk(township: Officer) -> Client:  # noqa: F811
    client = Client()
    client.force_login(township, backend="django.contrib.auth.backends.ModelBackend")
    return client
