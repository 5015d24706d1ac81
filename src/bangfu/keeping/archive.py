"""The backup file: a ZIP of `manifest.json`, `tables/NAME.parquet`, `papers/ab/cdef…`, `home/…`; open to any tool."""

import hashlib
import io
import json
import mmap
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel

from bangfu.keeping.errors import BackupDamaged, BackupNewer, FileUnreadable, NotABackup

FORMAT = 1
MANIFEST = "manifest.json"
PAPER = re.compile(r"papers/([0-9a-f]{2})/([0-9a-f]{62})")

# What of the home is nowhere else: policy files of places, lists that other departments handed over, and photos of
# visits that have come and nobody has looked at yet.
HOME_FOLDERS = ("policy/places", "lists", "visits/coming")
# Nothing hidden, and no way out of the home.
HOME_FILE = re.compile(rf"(?:{'|'.join(HOME_FOLDERS)})(?:/[^/.\\][^/\\]*)+")

_CHUNK = 1 << 20


class TableFile(BaseModel):
    """One table in the file."""

    name: str
    rows: int
    sha256: str

    @property
    def path(self) -> str:
        return f"tables/{self.name}.parquet"


class HomeFile(BaseModel):
    """A file of the home, by its path there."""

    name: str
    sha256: str

    @property
    def path(self) -> str:
        return f"home/{self.name}"


class Manifest(BaseModel):
    """What a backup holds, and how to tell that it still holds it. `papers_lost` are papers that the database names
    but whose file was missing or altered when the backup was made."""

    format: int
    version: str
    made_at: datetime
    database: str
    migrations: list[tuple[str, str]]
    tables: list[TableFile]
    papers: int
    papers_sha256: str
    papers_lost: list[str]
    files: list[HomeFile] = []


def papers_digest(hashes: list[str]) -> str:
    """One hash over the names of all papers, which are the hashes of their content: none can go unnoticed."""
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()


class HashingFile(io.RawIOBase):
    """Passes on what is written and remembers its SHA-256 and length (a member of a ZIP cannot be rewound)."""

    def __init__(self, target: IO[bytes]) -> None:
        self.target, self.hash, self.position = target, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.hash.update(data)
        self.target.write(data)
        self.position += len(data)
        return len(data)

    def tell(self) -> int:
        return self.position


class Backup:
    """An opened backup file, its manifest already read."""

    def __init__(self, file: Path, archive: zipfile.ZipFile, manifest: Manifest, content: memoryview) -> None:
        self.file, self.archive, self.manifest, self.content = file, archive, manifest, content

    def papers(self) -> list[str]:
        return [name for name in self.archive.namelist() if PAPER.fullmatch(name)]

    def verify(self, progress: Callable[[int], None] = lambda _bytes: None) -> None:
        """Every part against its hash. Raises BackupDamaged with the first that is missing or altered."""
        names = self.archive.namelist()
        for table in self.manifest.tables:
            if table.path not in names or self._sha256(table.path, progress) != table.sha256:
                raise BackupDamaged(file=self.file, part=table.path)
        for file in self.manifest.files:
            known = HOME_FILE.fullmatch(file.name) and file.path in names
            if not known or self._sha256(file.path, progress) != file.sha256:
                raise BackupDamaged(file=self.file, part=file.path)
        papers = self.papers()
        hashes = ["".join(found.groups()) for name in papers if (found := PAPER.fullmatch(name))]
        if len(hashes) != self.manifest.papers or papers_digest(hashes) != self.manifest.papers_sha256:
            raise BackupDamaged(file=self.file, part="papers")
        for name, expected in zip(papers, hashes, strict=True):
            if self._sha256(name, progress) != expected:
                raise BackupDamaged(file=self.file, part=name)

    def _sha256(self, name: str, progress: Callable[[int], None]) -> str:
        digest, content = hashlib.sha256(), self.part(name)
        for start in range(0, len(content), _CHUNK):
            digest.update(content[start : start + _CHUNK])
            progress(min(_CHUNK, len(content) - start))
        return digest.hexdigest()

    def part(self, name: str) -> memoryview:
        """The content of one part, straight from the file: parts are stored as they are, so nothing is copied."""
        info = self.archive.getinfo(name)
        header = self.content[info.header_offset : info.header_offset + 30]
        if info.compress_type != zipfile.ZIP_STORED or len(header) < 30 or bytes(header[:4]) != b"PK\x03\x04":
            raise BackupDamaged(file=self.file, part=name)
        start = info.header_offset + 30 + sum(struct.unpack("<HH", header[26:30]))
        if start + info.file_size > len(self.content):
            raise BackupDamaged(file=self.file, part=name)
        return self.content[start : start + info.file_size]


@contextmanager
def opened(file: Path) -> Iterator[Backup]:
    """The backup in `file`. Raises FileUnreadable, NotABackup, BackupDamaged, BackupNewer."""
    try:
        archive = zipfile.ZipFile(file)
    except OSError as error:
        raise FileUnreadable(file=file, reason=error.strerror) from error
    except zipfile.BadZipFile as error:
        # The table of contents of a ZIP stands at its end: a copy that was cut short lost it.
        with file.open("rb") as begun:
            if begun.read(4) == b"PK\x03\x04":
                raise BackupDamaged(file=file, part=MANIFEST) from error
        raise NotABackup(file=file) from error
    with archive:
        if MANIFEST not in archive.namelist():
            raise NotABackup(file=file)
        try:
            said = json.loads(archive.read(MANIFEST))
            if isinstance(said, dict) and isinstance(said.get("format"), int) and said["format"] > FORMAT:
                raise BackupNewer(file=file, version=said.get("version", "?"))
            manifest = Manifest.model_validate(said)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError) as error:
            raise BackupDamaged(file=file, part=MANIFEST) from error
        with file.open("rb") as whole:
            # Closed when the last part that was lent out is: columns read from it may still point into it.
            mapped = mmap.mmap(whole.fileno(), 0, access=mmap.ACCESS_READ)
        yield Backup(file, archive, manifest, memoryview(mapped))
