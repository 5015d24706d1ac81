"""The sample county, drawn once for all tests that only look at it."""

import pyarrow as pa
import pytest

from bangfu.sample import services


@pytest.fixture(scope="session")
def county() -> services.SampleCounty:
    return services.county_tables()


@pytest.fixture(scope="session")
def small_county() -> services.SampleCounty:
    return services.county_tables(households=300)


def truth_of(table: pa.Table) -> dict[str, set[tuple[str, str]]]:
    """The planted faults by rule, as the oracle names offenders; what a village's paper says is no row of a table."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in table.to_pylist():
        if row["grain"] != "village":
            found.setdefault(row["rule"], set()).add((row["household_no"], row["person_no"] or ""))
    return found
