"""Files that people send."""

from pathlib import Path
from typing import Any


def on_disk(upload: Any, beside: Path) -> Path:
    """Where the upload lies; a small one is still in memory and is put down first."""
    if hasattr(upload, "temporary_file_path"):
        return Path(upload.temporary_file_path())
    with beside.open("wb") as copy:
        for piece in upload.chunks():
            copy.write(piece)
    return beside
