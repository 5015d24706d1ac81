"""Snapshots for the tests that go through a whole year."""

from tests.snapshot.at_hand import _copied_in_this_process  # noqa: F401
