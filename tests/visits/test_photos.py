"""Photos come part by part over a bad network, are looked at when whole, and are kept without their hidden data."""

import io

import pytest
from PIL import Image

from bangfu.registry.papers import open_file
from bangfu.visits import errors, photographs, services
from bangfu.visits.models import Photo
from tests.visits.making import note, picture, recorded

pytestmark = pytest.mark.django_db


def announced(visiting, *contents, **more) -> list[Photo]:
    done = recorded(visiting.visitor, visiting.home, photos=[note(c, "picture", **more) for c in contents])
    return list(done.visit.photos.order_by("pk"))


def put(visiting, photo, content, offset=0, by=None):
    """A part as it is sent; what has arrived is then looked at, as the worker does."""
    here = services.add_photo_part(
        by=by or visiting.visitor, photo_uuid=photo.uuid, offset=offset, total=photo.size, chunk=content
    )
    services.look_at_arrived()
    return here


@pytest.mark.req("C4")
@pytest.mark.databases
def test_a_photo_goes_on_where_it_stopped_and_is_kept_once(visiting):
    content = picture(1)
    (photo,) = announced(visiting, content)
    half = len(content) // 2
    assert put(visiting, photo, content[:half]) == half
    assert put(visiting, photo, content[: half - 10]) == half, "a part that is here already is no error"
    with pytest.raises(errors.PhotoOutOfStep) as step:
        put(visiting, photo, content[half + 5 :], half + 5)
    assert step.value.facts["received"] == half
    # what was written to disk and never recorded is overwritten; what was recorded and lost is asked for again
    photographs.part_file(photo.uuid).write_bytes(content[:half] + b"rubbish")
    assert services.received(by=visiting.visitor, photo_uuid=photo.uuid) == half
    photographs.part_file(photo.uuid).write_bytes(content[:100])
    assert services.received(by=visiting.visitor, photo_uuid=photo.uuid) == 100
    assert put(visiting, photo, content[100:], 100) == len(content)
    photo.refresh_from_db()
    assert (photo.state, photo.media_type) == ("kept", "image/jpeg")
    with open_file(photo) as stream:
        assert Image.open(stream).size == (320, 240)
    assert put(visiting, photo, content) == len(content)
    assert services.received(by=visiting.visitor, photo_uuid=photo.uuid) == len(content)


def test_where_and_with_what_a_photo_was_taken_is_not_kept_and_it_stands_upright(visiting):
    exif = Image.Exif()
    exif[0x0110] = "SecretPhone"
    exif[0x0112] = 6  # turned by a quarter
    exif.get_ifd(0x8825)[2] = (27.0, 30.0, 0.0)
    content = picture(2, exif=exif.tobytes())
    (photo,) = announced(visiting, content)
    put(visiting, photo, content)
    photo.refresh_from_db()
    with open_file(photo) as stream:
        kept = stream.read()
    image = Image.open(io.BytesIO(kept))
    assert b"SecretPhone" in content and b"SecretPhone" not in kept
    assert not image.getexif() and image.size == (240, 320)


def test_a_large_photo_is_shrunk_and_other_kinds_of_pictures_are_read(visiting):
    content = picture(3, size=(4000, 3000), kind="PNG")
    (photo,) = announced(visiting, content)
    put(visiting, photo, content)
    photo.refresh_from_db()
    with open_file(photo) as stream:
        assert Image.open(stream).size == (2048, 1536)


def test_thirty_megabytes_are_refused_before_they_are_sent_and_the_visit_is_taken(visiting):
    done = recorded(visiting.visitor, visiting.home, photos=[note(b"x", "picture") | {"size": 30 << 20}])
    assert done.state == "recorded" and [p.code for p in done.problems] == ["VIS-041"]
    assert "30.0 MB" in done.problems[0].message and done.photos_wanted == {}
    photo = Photo.objects.get()
    with pytest.raises(errors.PhotoTooLarge):
        put(visiting, photo, b"x")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"%PDF-1.4 no picture at all", errors.PhotoNotImage),
        (picture(4)[:200], errors.PhotoDamaged),
        (b"", errors.PhotoEmpty),
    ],
)
def test_what_is_no_photo_is_refused_clearly_and_kept_unread(visiting, content, error):
    (photo,) = announced(visiting, content, name="材料.pdf")
    with pytest.raises(error):
        put(visiting, photo, content)
    photo.refresh_from_db()
    assert (photo.state, photo.code) == ("refused", error.code)
    with pytest.raises(error) as again:
        put(visiting, photo, content)
    assert "材料.pdf" in again.value.message
    if content:
        assert photo.media_type == photographs.UNREAD
        with open_file(photo) as stream:
            assert stream.read() == content


def test_whoever_sends_waits_for_no_picture_to_be_read_and_a_damaged_one_is_told_on_the_visit(
    visiting, monkeypatch, django_capture_on_commit_callbacks
):
    whole, broken = picture(7), picture(8)[:2000]
    photos = announced(visiting, whole, broken)
    with monkeypatch.context() as patch, django_capture_on_commit_callbacks() as called:
        patch.setattr(photographs, "keep", None)  # nobody reads a picture now
        for photo, content in zip(photos, (whole, broken), strict=True):
            sent = {"by": visiting.visitor, "photo_uuid": photo.uuid}
            assert services.add_photo_part(**sent, offset=0, total=photo.size, chunk=content) == photo.size
            assert services.add_photo_part(**sent, offset=0, total=photo.size, chunk=content) == photo.size
            assert services.received(**sent) == photo.size
            photo.refresh_from_db()
            assert (photo.state, photo.sha256) == ("arrived", "")
        assert recorded(visiting.visitor, visiting.home, photos=[]).state == "recorded"
    for each in called:
        each()
    for photo in photos:
        photo.refresh_from_db()
    assert [photo.state for photo in photos] == ["kept", "refused"]
    assert photos[1].code == "VIS-043" and photos[1].media_type == photographs.UNREAD


def test_a_photo_that_the_disk_lost_is_asked_for_again_and_a_fault_of_ours_keeps_no_other_waiting(
    visiting, monkeypatch
):
    contents = [picture(n) for n in (21, 22, 23)]
    photos = announced(visiting, *contents)
    for photo, content in zip(photos, contents, strict=True):
        services.add_photo_part(by=visiting.visitor, photo_uuid=photo.uuid, offset=0, total=photo.size, chunk=content)
    photographs.part_file(photos[0].uuid).unlink()
    real = photographs.keep

    def keep(file, name):
        if str(photos[1].uuid) in file.name:
            raise MemoryError
        return real(file, name)

    with monkeypatch.context() as patch:
        patch.setattr(photographs, "keep", keep)
        services.look_at_arrived()
    for photo in photos:
        photo.refresh_from_db()
    assert [photo.state for photo in photos] == ["coming", "arrived", "kept"]
    assert services.received(by=visiting.visitor, photo_uuid=photos[0].uuid) == 0
    assert services.recover() is True, "the worker begins with what waits"
    photos[1].refresh_from_db()
    assert photos[1].state == "kept" and services.recover() is False


def test_content_other_than_announced_begins_again(visiting):
    content = picture(5)
    (photo,) = announced(visiting, content)
    with pytest.raises(errors.PhotoChanged):
        put(visiting, photo, content[:-1] + b"!")
    assert services.received(by=visiting.visitor, photo_uuid=photo.uuid) == 0
    assert put(visiting, photo, content) == len(content)


def test_nobody_else_adds_to_a_photo_or_hears_of_it(visiting):
    content = picture(6)
    (photo,) = announced(visiting, content)
    for by in (visiting.secretary, visiting.neighbour):
        with pytest.raises(errors.PhotoUnknown):
            put(visiting, photo, content, by=by)
        with pytest.raises(errors.PhotoUnknown):
            services.received(by=by, photo_uuid=photo.uuid)
    with pytest.raises(errors.PartWrong):
        services.add_photo_part(by=visiting.visitor, photo_uuid=photo.uuid, offset=0, total=5, chunk=b"12345")


def test_as_many_photos_as_the_form_wants(visiting):
    agreed = dict.fromkeys("income food clothing schooling insured house water helped knows agrees".split(), True)
    none = recorded(visiting.visitor, visiting.home, checklist="exit_check", answers=agreed)
    assert [p.code for p in none.problems] == ["VIS-046"]
    five = [note(b"x", "signature") for _each in range(5)]
    assert [
        p.code
        for p in recorded(visiting.visitor, visiting.home, checklist="exit_check", answers=agreed, photos=five).problems
    ] == ["VIS-047"]
    # who does not agree signs nothing
    refuses = {**agreed, "agrees": False, "disagrees": "收入没有那么多"}
    assert recorded(visiting.visitor, visiting.home, checklist="exit_check", answers=refuses).state == "recorded"
    wrong = recorded(visiting.visitor, visiting.home, photos=[note(b"x", "nothing")])
    assert [p.code for p in wrong.problems] == ["VIS-003"]


def test_the_look_of_a_picture_survives_shrinking_and_tells_pictures_apart():
    one, other = (Image.open(io.BytesIO(picture(n, size=(1600, 1200)))) for n in (11, 12))
    small = one.resize((400, 300))
    looks = [photographs.look_of(each) for each in (one, small, other)]
    assert None not in looks
    assert photographs.differing(looks[0], looks[1]) <= 2
    assert photographs.differing(looks[0], looks[2]) > 8
    assert photographs.look_of(Image.new("RGB", (400, 300), (90, 90, 90))) is None
