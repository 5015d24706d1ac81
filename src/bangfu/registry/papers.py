"""Papers on disk: every file lies under its own SHA-256 in BANGFU_HOME/papers, so that the same scan is kept once and
a changed one shows."""

import hashlib
import os
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import filetype
from django.conf import settings
from PIL import Image, UnidentifiedImageError

from bangfu.common.policy import Label, Source, Strict, read_yaml
from bangfu.registry.errors import PaperDamaged, PaperEmpty, PaperGone, PaperTooLarge, PaperTypeRefused
from bangfu.registry.ledger import sql
from bangfu.registry.ledger.trail import write_history
from bangfu.registry.models import Change, Paper

_PART = 1 << 20


class PaperPolicy(Strict):
    """The file `policy/china/papers.yaml`."""

    source: Source
    limit_mb: int
    megapixels: int
    types: Mapping[str, Label]


@cache
def policy() -> PaperPolicy:
    return read_yaml(Path(settings.POLICY) / "china" / "papers.yaml", PaperPolicy)


@dataclass(frozen=True)
class Kept:
    """A file that lies on disk."""

    sha256: str
    size: int
    media_type: str


def path_of(sha256: str) -> Path:
    return Path(settings.HOME) / "papers" / sha256[:2] / sha256[2:]


def keep(upload: Any, *, kind_of: Callable[[Path, str], str] | None = None, limit_mb: int | None = None) -> Kept:
    """Judge an uploaded file (with `name` and `chunks()` or `read()`) by its content and keep it. `kind_of` (path,
    name) gives the media type of files that are no papers, or refuses them; `limit_mb` is then their own limit.

    It is written beside its final place and renamed, so that a crash leaves no half file under a good name.
    Raises PaperEmpty, PaperTooLarge, PaperTypeRefused, PaperDamaged; then nothing stays on disk.
    """
    name = Path(str(getattr(upload, "name", "") or "")).name
    folder = Path(settings.HOME) / "papers"
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".coming-")
    try:
        with os.fdopen(handle, "wb") as out:
            digest, size, limit = hashlib.sha256(), 0, limit_mb or policy().limit_mb
            for part in _parts(upload):
                size += len(part)
                if size > limit << 20:
                    whole = getattr(upload, "size", None) or size
                    raise PaperTooLarge(file=name, size=f"{whole / (1 << 20):.1f}", limit=limit)
                digest.update(part)
                out.write(part)
            out.flush()
            os.fsync(out.fileno())
        if not size:
            raise PaperEmpty(file=name)
        media_type = (kind_of or _type_of)(Path(temporary), name)
        final = path_of(digest.hexdigest())
        if not final.exists():
            final.parent.mkdir(parents=True, exist_ok=True)
            Path(temporary).replace(final)
            _sync(final.parent)
        return Kept(digest.hexdigest(), size, media_type)
    finally:
        Path(temporary).unlink(missing_ok=True)


class Filed(Protocol):
    """Whatever has a file on disk: a paper of a household, a photo of a board."""

    @property
    def sha256(self) -> str: ...


def open_file(paper: Filed) -> BinaryIO:
    """The file, after making sure that it is still the one that was taken in. Raises PaperGone."""
    path = path_of(paper.sha256)
    try:
        stream = path.open("rb")
    except OSError:
        raise PaperGone(title=str(paper)) from None
    if hashlib.file_digest(stream, "sha256").hexdigest() != paper.sha256:
        stream.close()
        raise PaperGone(title=str(paper))
    stream.seek(0)
    return stream


def write(paper: Paper, change: Change, how: str) -> None:
    """The row and its history row; only the services call this, inside their transaction."""
    row: Any = paper
    row.skip_history_when_saving = True  # the history row is written below, with its change
    paper.save()
    with sql.workbench() as bench:
        bench.make("done_paper", f"SELECT CAST({int(paper.pk)} AS bigint) AS id, CAST('{how}' AS text) AS how")
        write_history(bench, Paper, change, "done_paper")


def _parts(upload: Any) -> Any:
    if hasattr(upload, "chunks"):
        return upload.chunks(_PART)
    return iter(lambda: upload.read(_PART), b"")


def _type_of(path: Path, name: str) -> str:
    known = policy().types
    kind = filetype.guess_mime(str(path))
    if kind not in known:
        types = "、".join(str(label) for label in known.values())
        raise PaperTypeRefused(file=name, types=types)
    if kind == "application/pdf":
        _check_pdf(path, name)
    else:
        _check_image(path, name)
    return str(kind)


def _check_pdf(path: Path, name: str) -> None:
    """A PDF that arrived whole ends with its end mark."""
    with path.open("rb") as stream:
        stream.seek(max(path.stat().st_size - 2048, 0))
        if b"%%EOF" not in stream.read():
            raise PaperDamaged(file=name)


def _check_image(path: Path, name: str) -> None:
    limit = policy().megapixels * 1_000_000
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                if image.width * image.height > limit:
                    raise PaperDamaged(file=name)
                image.load()  # a file cut off in the middle only shows when it is unpacked
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError):
        raise PaperDamaged(file=name) from None


def _sync(folder: Path) -> None:
    """The name itself reaches the disk (folders cannot be opened on Windows)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
