"""Papers on disk: each lies in BANGFU_HOME/papers under the SHA-256 of its content, so that an altered one shows."""

import hashlib
from pathlib import Path

from bangfu.registry.models import Paper
from bangfu.registry.papers import path_of


def paper_hashes() -> list[str]:
    """The hashes of all papers that the registry names today or named once."""
    return sorted(
        set(Paper.objects.values_list("sha256", flat=True)) | set(Paper.history.values_list("sha256", flat=True))
    )


def sound_paper(sha256: str) -> Path | None:
    """The file of a paper; None when it is missing or its content is no longer what its name says."""
    path = path_of(sha256)
    try:
        with path.open("rb") as file:
            return path if hashlib.file_digest(file, "sha256").hexdigest() == sha256 else None
    except OSError:
        return None
