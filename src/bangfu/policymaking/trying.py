"""What a draft would change, counted on the latest snapshot before anybody decides."""

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from bangfu.findings import outside
from bangfu.policymaking import files
from bangfu.policymaking.models import Draft
from bangfu.rulebook import services as rulebook
from bangfu.screening.what_if import what_if
from bangfu.screening.what_if_errors import NothingDepends
from bangfu.snapshot import services as snapshots


def what_changes(draft: Draft) -> dict[str, Any]:
    """The rules touched, with what they found before and would find: as plain data, for the draft to keep.

    It is tried as of the day from which it would hold, or the snapshot's own day where that is later, on the latest
    snapshot. Raises NoSnapshotYet, DraftRefused.
    """
    after = files.check(draft)
    snapshot = snapshots.latest()
    code = files.code_of(draft.area)
    before = rulebook.book(code)
    as_of = max(snapshot.as_of, _begins(draft))
    with (
        tempfile.TemporaryDirectory(prefix="bangfu-trial-") as folder,
        outside.for_run(snapshot, as_of, code, after.lists) as lists,
    ):
        try:
            change = what_if(snapshot, before, after, as_of=as_of, place=code, folder=Path(folder), lists=lists)
        except NothingDepends:
            return {"as_of": snapshot.as_of.isoformat(), "rules": [], "areas": []}
    known = {**before.rules, **after.rules}
    return {
        "as_of": snapshot.as_of.isoformat(),
        "rules": [
            {
                "id": each.rule,
                "title": known[each.rule].title.zh,
                "before": each.before,
                "after": each.after,
                "entering": each.entering,
                "leaving": each.leaving,
            }
            for each in change.rules
        ],
        "areas": [
            {"code": a.code, "households_in": a.households_in, "households_out": a.households_out} for a in change.areas
        ],
    }


def _begins(draft: Draft) -> date:
    """The day from which the draft would hold."""
    content = draft.content
    if draft.kind == Draft.Kind.FIGURE:
        return date.fromisoformat(content["value"]["from"])
    if draft.kind == Draft.Kind.END:
        return date.fromisoformat(content["on"])
    return date.fromisoformat(content["rule"]["in_force"]["from"])
