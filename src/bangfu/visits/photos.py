"""Photos arrive part by part, in order, and as often as a bad network makes them: verbs of `visits.services` in a file
of their own."""

from pathlib import Path
from typing import Any

from django.db import transaction

from bangfu.accounts.models import Officer
from bangfu.audit.services import record as note
from bangfu.common.errors import BangfuError
from bangfu.registry.intake.remembering import pack
from bangfu.visits import errors, photographs, suspecting
from bangfu.visits.models import Photo
from bangfu.visits.saying import refusal_of

State = Photo.State
PIECE = 1 << 18


def received(*, by: Officer, photo_uuid: Any) -> int:
    """How many bytes of a photo are here; all of them once it is kept. Raises PhotoUnknown, and why it was refused."""
    return _standing(_own(by, photo_uuid, Photo.objects.all()))


def _own(by: Officer, uuid: Any, rows: Any) -> Photo:
    """The photo, if this officer announced it."""
    photo: Photo | None = rows.filter(uuid=uuid, sent_by=by).first()
    if photo is None:
        raise errors.PhotoUnknown()
    return photo


def _standing(photo: Photo) -> int:
    if photo.state == State.KEPT:
        return int(photo.size)
    if photo.state == State.REFUSED:
        raise refusal_of(photo)
    return min(int(photo.received), photographs.lies_there(photo.uuid))


def add_photo_part(*, by: Officer, photo_uuid: Any, offset: int, total: int, chunk: bytes) -> int:
    """Take the part of a photo that begins at byte `offset`; how many bytes are here now. The last part makes it whole:
    it is looked at and kept, or refused.

    A part that is here already is no error. Raises PhotoUnknown, PartWrong, PhotoOutOfStep (the sender goes on where we
    stand), PhotoChanged (begin again), PhotoTooLarge, PhotoNotImage, PhotoDamaged (refused for good)."""
    with transaction.atomic():
        photo = _own(by, photo_uuid, Photo.objects.select_for_update(of=("self",)))
        here = _standing(photo)
        if total != photo.size or offset < 0 or offset + len(chunk) > total:
            raise errors.PartWrong(range=f"{offset}-{offset + len(chunk)}/{total}")
        if photo.state == State.KEPT or (offset + len(chunk) <= here and not (here == total == 0)):
            return here
        if offset != here:
            raise errors.PhotoOutOfStep(name=photo.name, received=here)
        photo.received = photographs.append(photo.uuid, here, chunk)
        error = _finish(photo) if photo.received == photo.size else None
        photo.save()
    if error is not None:
        raise error
    return int(photo.received)


def _finish(photo: Photo) -> BangfuError | None:
    """Keep a photo that is whole, or refuse it; what speaks against it. One whose content is not what was announced
    begins again."""
    file = photographs.part_file(photo.uuid)
    try:
        kept = photographs.keep(file, photo.name, photo.sent_sha256)
    except errors.PhotoChanged as error:
        photo.received = 0
        return error
    except BangfuError as error:
        refuse(photo, error, file)
        return error
    photo.state, photo.sha256, photo.kept_size = State.KEPT, kept.sha256, kept.size
    photo.media_type, photo.look = kept.media_type, kept.look
    transaction.on_commit(lambda: photographs.forget(photo.uuid))
    if photo.visit_id is not None:
        photo.save()
        suspecting.look_at_photo(photo)
    return None


def refuse(photo: Photo, error: BangfuError, file: Path) -> None:
    """The photo is none; what was sent is kept unread, so that nothing is lost."""
    photo.state, photo.code, photo.facts = State.REFUSED, error.code, pack(error.facts)
    unread = photographs.keep_unread(file)
    if unread is not None:
        photo.sha256, photo.kept_size, photo.media_type = unread.sha256, unread.size, unread.media_type
    transaction.on_commit(lambda: photographs.forget(photo.uuid))
    note(actor=photo.sent_by, action="visit.photo_refused", subject=photo, code=error.code)


def take_whole(*, by: Officer, photo_uuid: Any, upload: Any) -> BangfuError | None:
    """A photo that came in one piece with its visit (a page, ODK Collect): why it was refused, None when it is kept.
    `upload` has `chunks()` and `size`. What was begun goes on where it stood."""
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
    return None
