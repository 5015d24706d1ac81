"""Incomes for the tests of measures."""

from tests.web.conftest import with_income  # noqa: F401
