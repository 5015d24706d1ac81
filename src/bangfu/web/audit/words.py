"""The details of an entry in the reader's language."""

import json
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from bangfu.accounts.roles import roles
from bangfu.audit.actions import action_label, detail_label


def details_in_words(detail: str) -> list[tuple[str, str]]:
    """Label and value of everything that an entry says beyond its columns; what is empty is left out."""
    try:
        facts = json.loads(detail)
    except ValueError:  # an entry altered behind our back must still be readable
        return [("", detail)]
    if not isinstance(facts, dict):
        return [("", detail)]
    return [(detail_label(key), _value(key, value)) for key, value in facts.items() if value not in (None, "", [], {})]


def _value(key: str, value: Any) -> str:
    if key == "rows" and isinstance(value, dict):
        return _("；").join(_rows(table, counts) for table, counts in value.items())
    if key == "action":
        return action_label(str(value))
    if key in ("field", "fields") and isinstance(value, str):
        return detail_label(value)
    if key == "fields" and isinstance(value, list):
        return _("、").join(detail_label(str(each)) for each in value)
    if key == "role" and value in roles():
        return str(roles()[value].label)
    if key == "language":
        return str(dict(settings.LANGUAGES).get(value, value))
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return _("、").join(_value("", each) for each in value)
    if isinstance(value, dict):
        return _("；").join(f"{detail_label(k)} {_value(k, v)}" for k, v in value.items())
    return str(value)


def _rows(table: str, counts: Any) -> str:
    """What the registry says of a table that was written: rows added, changed, removed."""
    if not (isinstance(counts, list) and len(counts) == 3):
        return f"{detail_label(table)} {counts}"
    say = _("{table}：新增 {added}，修改 {changed}，移除 {removed}")
    return say.format(table=detail_label(table), added=counts[0], changed=counts[1], removed=counts[2])
