"""Snapshots for the tests of measures."""

from tests.snapshot.at_hand import _copied_in_this_process  # noqa: F401
