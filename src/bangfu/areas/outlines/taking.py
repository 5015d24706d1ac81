"""Verbs of `areas.services` in a file of their own: outlines that a county brings, and takes back."""

import hashlib
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from bangfu.areas import errors
from bangfu.areas.changing import Manager, allow
from bangfu.areas.models import Area, Outline, OutlineSet
from bangfu.areas.outlines.drawing import ground_of
from bangfu.areas.outlines.policy import outline_policy
from bangfu.areas.outlines.reading import MEGABYTE, read
from bangfu.audit import services as audit

NAME_LIMIT, SOURCE_LIMIT, REASON_LIMIT = 200, 200, 200


def bring_outlines(*, by: Manager | None, area: Area, upload: Any, source: str, gcj02: bool = False) -> OutlineSet:
    """Take in a file with outlines or points of areas inside `area` (and of itself). It counts at once, and before
    whatever was brought earlier. `upload` has `name`, `size` and content.

    Raises NotAllowed, OutlineFileMissing, OutlineSourceMissing, and what `outlines.reading.read` raises."""
    allow(by, "areas.manage", area.place)
    name, limit = Path(str(getattr(upload, "name", "") or "")).name, outline_policy().upload.file_megabytes
    if not name:
        raise errors.OutlineFileMissing()
    if not (said := " ".join(source.split())[:SOURCE_LIMIT]):
        raise errors.OutlineSourceMissing()
    if (size := getattr(upload, "size", 0) or 0) > limit * MEGABYTE:
        raise errors.OutlineFileTooLarge(file=name, size=-(-size // MEGABYTE), limit=limit)
    content = upload.read(limit * MEGABYTE + 1)
    areas = list(Area.objects.current().filter(place__gte=area.reach.first, place__lte=area.reach.last))
    found = read(name, content, areas, area, ground_of(area), gcj02=gcj02)
    with transaction.atomic():
        made: OutlineSet = OutlineSet.objects.create(
            area=area,
            file_name=name[-NAME_LIMIT:],
            sha256=hashlib.sha256(content).hexdigest(),
            source=said,
            from_gcj02=gcj02,
            shapes=len(found.shapes),
            points=len(found.points),
            uploaded_by=by.name if by else "",
        )
        places: dict[int, tuple[float, float] | tuple[None, None]] = dict(found.points)
        Outline.objects.bulk_create(
            Outline(
                of_set=made,
                area_id=pk,
                shape=found.shapes.get(pk),
                longitude=places.get(pk, (None, None))[0],
                latitude=places.get(pk, (None, None))[1],
            )
            for pk in sorted({*found.shapes, *found.points})
        )
        audit.record(
            actor=by,
            action="area.outlines_brought",
            subject=area,
            file=made.file_name,
            sha256=made.sha256,
            source=said,
            shapes=made.shapes,
            points=made.points,
            from_gcj02=gcj02,
        )
    return made


@transaction.atomic
def revoke_outlines(*, by: Manager | None, outline_set: OutlineSet, reason: str) -> OutlineSet:
    """Take a set back: what was brought before counts again. Raises NotAllowed, OutlinesRevoked,
    OutlineReasonMissing."""
    allow(by, "areas.manage", outline_set.area.place)
    found: OutlineSet = OutlineSet.objects.select_for_update().get(pk=outline_set.pk)
    if found.revoked_at is not None:
        raise errors.OutlinesRevoked(file=found.file_name, day=timezone.localtime(found.revoked_at).date())
    if not (why := " ".join(reason.split())[:REASON_LIMIT]):
        raise errors.OutlineReasonMissing()
    found.revoked_at, found.revoked_by, found.revoked_why = timezone.now(), by.name if by else "", why
    found.save(update_fields=["revoked_at", "revoked_by", "revoked_why"])
    audit.record(
        actor=by,
        action="area.outlines_revoked",
        subject=found.area,
        file=found.file_name,
        sha256=found.sha256,
        reason=why,
    )
    return found
