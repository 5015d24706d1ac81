"""Papers on disk: each lies in BANGFU_HOME/papers under the SHA-256 of its content, so that an altered one shows."""

import hashlib
from pathlib import Path

from django.apps import apps
from django.db.models import Model

from bangfu.registry.models import Paper
from bangfu.registry.papers import path_of


def paper_hashes() -> list[str]:
    """The hashes of all papers and photos that any room names today, and of papers that the registry named once."""
    found = set(Paper.history.values_list("sha256", flat=True))
    for model in holders():
        found |= set(model._default_manager.values_list("sha256", flat=True))
    return sorted(found - {""})


def holders() -> list[type[Model]]:
    """Every table whose rows have a file among the papers: those that keep its hash and its media type."""
    return [
        model
        for model in apps.get_models()
        if model.__module__.startswith("bangfu.")
        and {"sha256", "media_type"} <= {field.name for field in model._meta.concrete_fields}
    ]


def sound_paper(sha256: str) -> Path | None:
    """The file of a paper; None when it is missing or its content is no longer what its name says."""
    path = path_of(sha256)
    try:
        with path.open("rb") as file:
            return path if hashlib.file_digest(file, "sha256").hexdigest() == sha256 else None
    except OSError:
        return None
