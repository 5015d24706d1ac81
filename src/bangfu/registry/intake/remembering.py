"""Problems kept as JSON with a batch, and said again later in the language of whoever reads them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext

from bangfu.common.errors import CATALOGUE, BangfuError
from bangfu.common.policy import Label
from bangfu.registry.intake.cells import Choices


def pack(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an error as JSON: labels keep their languages, texts of ours their msgid."""
    return {name: _packed(value) for name, value in facts.items()}


def _packed(value: Any) -> Any:
    if isinstance(value, Label):
        return {"label": value.model_dump()}
    if isinstance(value, Choices):
        return {"choices": value.list_id}
    if isinstance(value, Promise):
        with translation.override("zh-hans"):
            return {"text": str(value)}
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def _unpacked(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "label" in value:
        return Label(**value["label"])
    if "choices" in value:
        return Choices(value["choices"])
    return gettext(value.get("text", ""))


def unpack(code: str, facts: Mapping[str, Any]) -> BangfuError | None:
    """The error of a code with its facts; None when the catalogue no longer has it."""
    kind = CATALOGUE.get(code)
    if kind is None:
        return None
    error = kind.__new__(kind)
    BangfuError.__init__(error, **{name: _unpacked(value) for name, value in facts.items()})
    return error
