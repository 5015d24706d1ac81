"""`postgres_url`: a new, empty PostgreSQL database for one test. The server is started by the first test that asks."""

import os
from collections.abc import Iterator
from itertools import count

import pytest

from tests.databases.server import NoServer, database_url, postgres_server

_numbers = count(1)
# Tables of a test are gone before tidying them would help anybody, and the tidying takes turns with the tests.
NOBODY_TIDIES = "autovacuum = off"


@pytest.fixture(scope="session")
def _postgres_server() -> Iterator[str]:
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given  # the suite already runs on a server: use the same
        return
    try:
        with postgres_server(NOBODY_TIDIES) as url:
            yield url
    except NoServer as error:
        pytest.skip(str(error))


@pytest.fixture
def postgres_url(_postgres_server: str) -> str:
    """The DATABASE_URL of an empty database of this test alone; it goes when the server goes."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw")
    return database_url(_postgres_server, f"own_{worker}_{os.getpid()}_{next(_numbers)}")
