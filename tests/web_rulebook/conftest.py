"""Snapshots for the tests of rules and drafts."""

from tests.snapshot.at_hand import _copied_in_this_process  # noqa: F401
