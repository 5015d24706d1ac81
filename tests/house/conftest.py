"""The home from which the tests of the house start."""

import pytest

from tests.house.homes import Home


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A prepared SQLite home with rows in every table, to be copied."""
    return Home(tmp_path_factory.mktemp("filled")).filled()
