"""Photos arrive part by part, in order, and as often as a bad network makes them: verbs of `visits.services` in a file
of their own.

    coming -> arrived -> kept
           (it is no photo, or damaged) -> refused

Whoever sends waits only for a glance; reading, shrinking and comparing the picture is the worker's, and holds no lock
of the database meanwhile.
"""

import logging
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from bangfu.accounts.models import Officer
from bangfu.audit.services import record as note
from bangfu.common.errors import BangfuError
from bangfu.registry.intake.remembering import pack
from bangfu.visits import errors, photographs, suspecting
from bangfu.visits.models import Photo
from bangfu.visits.saying import refusal_of

State = Photo.State
PIECE = 1 << 18
# So many photos are looked at before another task gets its turn.
AT_ONCE = 40
logger = logging.getLogger(__name__)


def received(*, by: Officer, photo_uuid: Any) -> int:
    """How many bytes of a photo are here; all of them once it has arrived. Raises PhotoUnknown, and why it was
    refused."""
    return _standing(_own(by, photo_uuid, Photo.objects.all()))


def _own(by: Officer, uuid: Any, rows: Any) -> Photo:
    """The photo, if this officer announced it."""
    photo: Photo | None = rows.filter(uuid=uuid, sent_by=by).first()
    if photo is None:
        raise errors.PhotoUnknown()
    return photo


def _standing(photo: Photo) -> int:
    if photo.state in (State.ARRIVED, State.KEPT):
        return int(photo.size)
    if photo.state == State.REFUSED:
        raise refusal_of(photo)
    return min(int(photo.received), photographs.lies_there(photo.uuid))


def add_photo_part(*, by: Officer, photo_uuid: Any, offset: int, total: int, chunk: bytes) -> int:
    """Take the part of a photo that begins at byte `offset`; how many bytes are here now. The last part makes it whole:
    it is glanced at and put aside for the worker, or refused.

    A part that is here already is no error. Raises PhotoUnknown, PartWrong, PhotoOutOfStep (the sender goes on where we
    stand), PhotoChanged (begin again), PhotoTooLarge, PhotoNotImage, PhotoDamaged (refused for good)."""
    with transaction.atomic():
        photo = _own(by, photo_uuid, Photo.objects.select_for_update(of=("self",)))
        here = _standing(photo)
        if total != photo.size or offset < 0 or offset + len(chunk) > total:
            raise errors.PartWrong(range=f"{offset}-{offset + len(chunk)}/{total}")
        arrived = photo.state in (State.ARRIVED, State.KEPT)
        if arrived or (offset + len(chunk) <= here and not (here == total == 0)):
            return here
        if offset != here:
            raise errors.PhotoOutOfStep(name=photo.name, received=here)
        photo.received = photographs.append(photo.uuid, here, chunk)
        error = _arrive(photo) if photo.received == photo.size else None
        photo.save()
    if error is not None:
        raise error
    return int(photo.received)


def _arrive(photo: Photo) -> BangfuError | None:
    """Put a photo that is whole aside to be looked at, or refuse it; what speaks against it. One whose content is not
    what was announced begins again."""
    file = photographs.part_file(photo.uuid)
    try:
        photographs.glance(file, photo.name, photo.sent_sha256)
    except errors.PhotoChanged as error:
        photo.received = 0
        return error
    except BangfuError as error:
        refuse(photo, error, file)
        return error
    photo.state = State.ARRIVED
    transaction.on_commit(_call_the_worker)
    return None


def refuse(photo: Photo, error: BangfuError, file: Path) -> None:
    """The photo is none; what was sent is kept unread, so that nothing is lost."""
    photo.state, photo.code, photo.facts = State.REFUSED, error.code, pack(error.facts)
    unread = photographs.keep_unread(file)
    if unread is not None:
        photo.sha256, photo.kept_size, photo.media_type = unread.sha256, unread.size, unread.media_type
    transaction.on_commit(lambda: photographs.forget(photo.uuid))
    note(actor=photo.sent_by, action="visit.photo_refused", subject=photo, code=error.code)


def take_whole(*, by: Officer, photo_uuid: Any, upload: Any, look: bool = False) -> BangfuError | None:
    """A photo that came in one piece with its visit (a page, ODK Collect): why it was refused, None when it was taken.
    `upload` has `chunks()` and `size`. What was begun goes on where it stood. `look`: at once, for somebody who waits
    for the answer; otherwise the worker does."""
    try:
        here = received(by=by, photo_uuid=photo_uuid)
        position = 0
        if not upload.size:
            add_photo_part(by=by, photo_uuid=photo_uuid, offset=0, total=0, chunk=b"")
        for piece in upload.chunks(PIECE):
            if position + len(piece) > here:
                fresh = piece[max(here - position, 0) :]
                add_photo_part(by=by, photo_uuid=photo_uuid, offset=max(position, here), total=upload.size, chunk=fresh)
            position += len(piece)
    except BangfuError as error:
        return error
    if look:
        return look_at(Photo.objects.only("pk").get(uuid=photo_uuid).pk)
    return None


# --- the worker's part -----------------------------------------------------------------------------------------------


def look_at(pk: int) -> BangfuError | None:
    """Read a photo that has arrived, keep it and compare it with others, or refuse it; what speaks against it. Anything
    but an arrived photo is left as it is: somebody else was first."""
    photo = Photo.objects.filter(pk=pk, state=State.ARRIVED).first()
    if photo is None:
        return None
    kept, fault, file = None, None, photographs.part_file(photo.uuid)
    try:
        kept = photographs.keep(file, photo.name)
    except BangfuError as error:
        fault = error
    except FileNotFoundError:
        pass  # the disk lost it: whoever sent it may still have it
    with transaction.atomic():
        held = Photo.objects.select_for_update(of=("self",)).filter(pk=pk, state=State.ARRIVED).first()
        if held is None:
            return None
        if fault is not None:
            refuse(held, fault, file)
        elif kept is None:
            held.state, held.received = State.COMING, 0
        else:
            held.state, held.sha256, held.kept_size = State.KEPT, kept.sha256, kept.size
            held.media_type, held.look = kept.media_type, kept.look
            transaction.on_commit(lambda: photographs.forget(held.uuid))
        held.save()
        if held.state == State.KEPT:
            suspecting.look_at_photo(held)
    return fault


def look_at_arrived(after: int = 0, number: int | None = None) -> int | None:
    """Look at photos that have arrived, in the order of their numbers beyond `after`, at most `number` of them; the
    number of the last when there are more, None when there are none. One that cannot be looked at for a reason of ours
    waits for the next time and keeps no other waiting."""
    waiting = Photo.objects.filter(state=State.ARRIVED, pk__gt=after).order_by("pk").values_list("pk", flat=True)
    found = list(waiting[: number + 1] if number else waiting)
    for pk in found[:number]:
        try:
            look_at(pk)
        except Exception:
            logger.exception("photo %s could not be looked at", pk)
    return found[number - 1] if number and len(found) > number else None


@task()
def look_in_background(after: int = 0) -> None:
    if last := look_at_arrived(after, AT_ONCE):
        look_in_background.enqueue(last)


def _call_the_worker() -> None:
    """One task looks at all that has arrived until it begins: a second one in the queue would find nothing."""
    queued = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=look_in_background.module_path)
    if not queued.filter(args_kwargs__args=[]).exists():
        look_in_background.enqueue()


def recover() -> bool:
    """Photos that arrived before a crash are looked at; whether there were any. Called when the worker starts."""
    if Photo._meta.db_table not in connection.introspection.table_names():
        return False  # a house that was never prepared
    waiting: bool = Photo.objects.filter(state=State.ARRIVED).exists()
    if waiting:
        _call_the_worker()
    return waiting
