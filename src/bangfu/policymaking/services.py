"""The verbs by which a place makes its own figures and rules: draft, try, hand in, decide. The only writer of drafts.

What is approved becomes YAML under HOME/policy/places/<code>/, the same files a place may keep by hand under
`policy/places/`; the rulebook reads them like any other. Whoever proposes never approves.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.areas.models import Area
from bangfu.audit import services as audit
from bangfu.common.errors import NotAllowed
from bangfu.policymaking import errors, files, trying
from bangfu.policymaking.models import Draft, Version

Kind, State = Draft.Kind, Draft.State


def propose_figure(
    *,
    by: Officer,
    area: Area,
    figure: str,
    value: Decimal,
    start: date,
    end: date | None,
    document: str,
    clause: str,
    reason: str,
) -> Draft:
    """A value of its own for a figure of the book, from a day on. Raises NotAllowed, PlaceWithoutCode, DraftRefused."""
    source = files.source(document, clause)
    content = files.figure_content(area, figure, value, start, end, source)
    return _propose(by, area, Kind.FIGURE, figure, content, reason)


def propose_rule(*, by: Officer, area: Area, rule: Mapping[str, Any], cases: str, reason: str) -> Draft:
    """A rule of its own: `rule` holds the fields of `rulebook.models.Rule` besides id and region, `cases` its examples
    in YAML. The id is allotted. Raises as above."""
    subject = files.next_rule_id(area)
    content = files.rule_content(area, subject, rule, cases)
    return _propose(by, area, Kind.RULE, subject, content, reason)


def propose_end(*, by: Officer, area: Area, subject: str, on: date, document: str, clause: str, reason: str) -> Draft:
    """That a figure or rule no longer holds here from a day on. Raises as above, and NothingToEnd."""
    content = files.end_content(area, subject, on, files.source(document, clause))
    return _propose(by, area, Kind.END, subject, content, reason)


def _propose(by: Officer, area: Area, kind: str, subject: str, content: dict[str, Any], reason: str) -> Draft:
    _allow(by, "rules.propose", area)
    draft = Draft(
        area=area,
        place=area.place,
        kind=kind,
        subject=subject,
        title=files.title_of(area, kind, subject, content),
        content=content,
        reason=reason,
        proposed_by=by,
    )
    files.check(draft)
    with transaction.atomic():
        draft.save()
        audit.record(actor=by, action="rules.drafted", subject=draft, kind=kind, code=subject, reason=reason)
    return draft


def is_tried(draft: Draft) -> bool:
    """Whether what it would change has been counted for exactly this content."""
    return bool(draft.trial_sha256) and draft.trial_sha256 == _sha256(draft.content)


def try_out(*, by: Officer, draft: Draft) -> Draft:
    """Counts on the latest snapshot whom the draft would touch. Raises NoSnapshotYet, DraftRefused."""
    _allow(by, "rules.view", draft.area)
    result = trying.what_changes(draft)
    with transaction.atomic():
        held = _held(draft, State.DRAFT, State.SUBMITTED)
        held.trial, held.trial_sha256, held.tried_at = result, _sha256(held.content), timezone.now()
        held.save()
    return held


def submit(*, by: Officer, draft: Draft) -> Draft:
    """Hand a tried draft in. Raises DraftNotOpen, DraftNotTried."""
    with transaction.atomic():
        held = _held(draft, State.DRAFT)
        _own(by, held)
        if not is_tried(held):
            raise errors.DraftNotTried(title=held.title)
        held.state = State.SUBMITTED
        held.save(update_fields=["state"])
        audit.record(actor=by, action="rules.submitted", subject=held)
    return held


def withdraw(*, by: Officer, draft: Draft) -> Draft:
    """The proposer takes it back before it is decided."""
    with transaction.atomic():
        held = _held(draft, State.DRAFT, State.SUBMITTED)
        _own(by, held)
        held.state = State.WITHDRAWN
        held.save(update_fields=["state"])
        audit.record(actor=by, action="rules.withdrawn", subject=held)
    return held


def decide(*, by: Officer, draft: Draft, approve: bool, note: str) -> Draft:
    """Approve, which puts it in force in the files of the place, or give back. Raises NotAllowed, SameOfficer,
    DraftNotOpen, DraftRefused (the book may have changed since)."""
    _allow(by, "rules.approve", draft.area)
    with transaction.atomic():
        held = _held(draft, State.SUBMITTED)
        if held.proposed_by_id == by.pk:
            raise errors.SameOfficer(title=held.title)
        held.state = State.APPROVED if approve else State.RETURNED
        held.decided_by, held.decided_at, held.decision_note = by, timezone.now(), note
        if approve:
            # One approval of a place after the other: each writes all of its files.
            Area.objects.select_for_update(of=("self",)).get(pk=held.area_id)
            files.check(held)
        held.save()
        if approve:
            _put_in_force(held)
        audit.record(actor=by, action="rules.approved" if approve else "rules.returned", subject=held, note=note)
    return held


def _put_in_force(draft: Draft) -> None:
    texts = files.texts_of(draft.area)
    last = Version.objects.filter(area=draft.area).order_by("-number").first()
    Version.objects.create(
        area=draft.area,
        place=draft.place,
        number=last.number + 1 if last else 1,
        draft=draft,
        files=texts,
        sha256=_sha256(texts),
    )
    # After the commit: a file must never say what the database then does not hold.
    transaction.on_commit(lambda: files.write(draft.area, texts))


def write_all() -> int:
    """Write the files of every place from the last version of each, for a home restored from a backup."""
    written = 0
    for area in Area.objects.filter(pk__in=Version.objects.values("area")):
        last = Version.objects.filter(area=area).order_by("-number").first()
        if last:
            files.write(area, last.files)
            written += 1
    return written


def _held(draft: Draft, *states: str) -> Draft:
    held: Draft = Draft.objects.select_for_update(of=("self",)).select_related("area").get(pk=draft.pk)
    if held.state not in states:
        raise errors.DraftNotOpen(title=held.title, state=held.get_state_display())
    return held


def _own(by: Officer, draft: Draft) -> None:
    """Whoever proposed it, as long as the post that let them lasts."""
    _allow(by, "rules.propose", draft.area)
    if draft.proposed_by_id != by.pk:
        raise NotAllowed(right=rights()["rules.propose"].label)


def _allow(by: Officer, right: str, area: Area) -> None:
    if not by.may(right, area.place):
        raise NotAllowed(right=rights()[right].label)


def _sha256(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
