"""Photos of visits: part by part onto the disk, looked at when whole, kept without their hidden data."""

import hashlib
import io
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filetype
from django.conf import settings
from PIL import Image, ImageOps, UnidentifiedImageError

from bangfu.registry import papers
from bangfu.visits import errors
from bangfu.visits.policy import policy

UNREAD = "application/octet-stream"
# A picture whose grey differs by less than this much between its lightest and darkest part has no look of its own.
PLAIN = 24


@dataclass(frozen=True)
class KeptPhoto:
    """A photo as it lies on disk. `look` None: too plain to be told from others."""

    sha256: str
    size: int
    media_type: str
    look: int | None


class Bytes(io.BytesIO):
    """What `papers.keep` takes: bytes with a name."""

    name = ""


def folder() -> Path:
    """Where photos lie while they come."""
    return Path(settings.HOME) / "visits" / "coming"


def part_file(uuid: Any) -> Path:
    return folder() / f"{uuid}.part"


def append(uuid: Any, received: int, chunk: bytes) -> int:
    """Put a part behind the `received` bytes that the database knows of; how many there are now. What lies on disk
    beyond them (a part whose reception was never recorded) is overwritten."""
    file = part_file(uuid)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("r+b" if file.exists() else "w+b") as out:
        out.truncate(received)
        out.seek(received)
        out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
        return out.tell()


def lies_there(uuid: Any) -> int:
    """How many bytes of a photo are really on disk: after a crash perhaps fewer than were recorded."""
    try:
        return part_file(uuid).stat().st_size
    except OSError:
        return 0


def forget(uuid: Any) -> None:
    part_file(uuid).unlink(missing_ok=True)


def too_large(name: str, size: int) -> errors.PhotoTooLarge | None:
    limit = policy().photos.limit_mb
    if size <= limit << 20:
        return None
    return errors.PhotoTooLarge(name=name, size=f"{size / (1 << 20):.1f}", limit=limit)


def glance(file: Path, name: str, sha256: str) -> None:
    """What can be told of a whole photo in a moment, without reading its points: that it is what was announced, of a
    kind that is taken, and begins as a picture does.

    Raises PhotoEmpty, PhotoChanged, PhotoTooLarge, PhotoNotImage, PhotoDamaged."""
    content = file.read_bytes()
    if not content:
        raise errors.PhotoEmpty(name=name)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise errors.PhotoChanged(name=name)
    if refusal := too_large(name, len(content)):
        raise refusal
    media_type = filetype.guess_mime(content[:4096])
    if media_type not in policy().photos.types:
        types = "、".join(str(label) for label in policy().photos.types.values())
        raise errors.PhotoNotImage(name=name, types=types)
    _opened(content, name, whole=False)


def keep(file: Path, name: str) -> KeptPhoto:
    """Read a whole photo that was glanced at and keep it among the papers: without EXIF (which says where and with what
    it was taken), turned upright, shrunk to the policy's size. Raises PhotoDamaged; OSError when the file is gone."""
    picture = _opened(file.read_bytes(), name)
    kept = papers.keep(as_jpeg(picture))
    return KeptPhoto(kept.sha256, kept.size, kept.media_type, look_of(picture))


def keep_unread(file: Path) -> KeptPhoto | None:
    """Keep what was sent and could not be taken as a photo, as a file that nobody opens; None when nothing was sent."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    if not content:
        return None
    sha256 = hashlib.sha256(content).hexdigest()
    final = papers.path_of(sha256)
    if not final.exists():
        final.parent.mkdir(parents=True, exist_ok=True)
        beside = final.parent / f".coming-{file.name}"
        beside.write_bytes(content)
        beside.replace(final)
    return KeptPhoto(sha256, len(content), UNREAD, None)


def _opened(content: bytes, name: str, whole: bool = True) -> Image.Image:
    """The picture; not `whole`: only its head is read. Raises PhotoDamaged."""
    limit = policy().photos.megapixels * 1_000_000
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as image:
                if image.width * image.height > limit:
                    raise errors.PhotoDamaged(name=name)
                if not whole:
                    return image
                image.load()
                upright = ImageOps.exif_transpose(image)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError):
        raise errors.PhotoDamaged(name=name) from None
    side = policy().photos.longest_side
    upright.thumbnail((side, side))
    return upright.convert("RGB") if upright.mode not in ("RGB", "L") else upright


def as_jpeg(picture: Image.Image) -> Bytes:
    """The picture as JPEG and nothing else: no EXIF, no comment, no colour profile."""
    out, bare = Bytes(), Image.new(picture.mode, picture.size)
    bare.paste(picture)
    bare.save(out, "JPEG", quality=policy().photos.quality)
    out.seek(0)
    return out


def look_of(picture: Image.Image) -> int | None:
    """The difference hash: of 9 × 8 grey points, whether each is lighter than its right neighbour, as 64 bits (signed,
    as databases count). The same picture shrunk, recompressed or made a little lighter keeps almost all of them."""
    grey = picture.convert("L").resize((9, 8), Image.Resampling.LANCZOS)
    points = list(grey.tobytes())
    if max(points) - min(points) < PLAIN:
        return None
    number = 0
    for row in range(8):
        for column in range(8):
            number = number << 1 | (points[row * 9 + column] > points[row * 9 + column + 1])
    return number - (1 << 64) if number >> 63 else number


def differing(one: int, other: int) -> int:
    """How many of the 64 bits of two looks differ."""
    return ((one ^ other) & (1 << 64) - 1).bit_count()
