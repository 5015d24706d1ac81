"""Rules and figures as a page shows them: in words, with the figures of a day and a place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import yaml
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bangfu.areas.codes import ENDS
from bangfu.areas.models import Area
from bangfu.common.errors import BangfuError
from bangfu.common.facts import schema
from bangfu.common.policy import Label
from bangfu.policymaking import files
from bangfu.policymaking.models import Draft
from bangfu.rulebook import services
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import GRAINS, Figure, FigureValue, Rule
from bangfu.rulebook.words import in_words
from bangfu.web.guard import officer_of
from bangfu.web.scope import tops_of

SEVERITY_COLOURS = {"error": "red", "warning": "orange", "information": "blue"}


def place_code(area: Area | None) -> str:
    """The part of an area's code that says where it is: of one without a code (a group), that of the area above it; ""
    for the whole nation."""
    while area is not None and (not area.code or area.level not in ENDS):
        area = area.parent
    return files.code_of(area) if area is not None else ""


def book_for(request: HttpRequest) -> tuple[RuleBook, Area | None]:
    """The rulebook of the place where the officer works, of several the first, and that place. What other places have
    decided for themselves is not in it."""
    tops = tops_of(officer_of(request), "rules.view")
    area = tops[0] if tops else None
    return services.book(place_code(area)), area


def day_of(request: HttpRequest) -> date:
    """The day that `?day=` asks for; today when it is none."""
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return date.today()


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """The parts of the rulebook, for the bar above each of its lists."""
    parts = [("rule-list", _("规则")), ("figure-list", _("标准与参数")), ("rule-waiting", _("待开通"))]
    parts.append(("draft-list", _("本地自定")))
    return [{"url": reverse(name), "label": label, "here": request.path == reverse(name)} for name, label in parts]


@dataclass(frozen=True)
class FigureOfDay:
    """A figure that a rule uses, as it stands on the day; `missing` says in words that it is not known."""

    figure: Figure
    value: Decimal | None
    missing: str


def figures_of(book: RuleBook, rule: Rule, code: str, day: date) -> Sequence[FigureOfDay]:
    found = []
    for name in sorted(book.figures_used(rule.id)):
        try:
            found.append(FigureOfDay(book.figures[name], book.figure(name, code, day), ""))
        except BangfuError as error:
            found.append(FigureOfDay(book.figures[name], None, error.message))
    return found


def words_of(book: RuleBook, rule: Rule) -> dict[str, str]:
    """Whom the rule is about and what it looks for, as sentences in the reader's language."""
    language = get_language() or "zh-hans"
    return {
        "applies": in_words(book.applies(rule.id), language) if rule.applies else "",
        "condition": in_words(book.condition(rule.id), language),
    }


def values_in_order(figure: Figure) -> Sequence[FigureValue]:
    """The values of a figure, place by place, the latest first."""
    return sorted(figure.values, key=lambda v: (v.region, -v.start.toordinal()))


def differences(book: RuleBook, area: Area | None) -> list[dict[str, str]]:
    """In what the place differs from the nation, each with what holds there and what holds elsewhere."""
    code = place_code(area)
    found = []
    for each in book.differences(code) if code else ():
        line = {
            "id": each.subject,
            "url": _address(book, each.subject),
            "title": each.subject,
            "before": "",
            "after": "",
        }
        if each.value is not None:
            figure = book.figures[each.subject]
            nation = book.value_in_force(each.subject, "", each.value.start)
            line["title"] = str(figure.label)
            line["before"] = f"{nation.value} {figure.unit}" if nation else ""
            line["after"] = _("{value} {unit}，自 {day} 起").format(
                value=each.value.value, unit=figure.unit, day=each.value.start
            )
        elif each.rule is not None:
            line["title"] = str(each.rule.title)
            line["before"] = str(each.replaced.title) if each.replaced else ""
            line["after"] = _("本地规则")
        elif each.ending is not None:
            known: Any = book.figures.get(each.subject) or book.rules.get(each.subject)
            line["title"] = str(getattr(known, "label", None) or getattr(known, "title", each.subject))
            line["before"] = _("适用")
            line["after"] = _("自 {day} 起停用").format(day=each.ending.on)
        found.append(line)
    return found


def _address(book: RuleBook, subject: str) -> str:
    return reverse("figure", args=[subject]) if subject in book.figures else reverse("rule", args=[subject])


def columns(book: RuleBook) -> list[dict[str, Any]]:
    """Every column and feature that a condition may use, table by table."""
    found = []
    for table in schema().tables.values():
        if table.name not in GRAINS:
            continue
        named = [{"name": column.name, "meaning": str(column.meaning)} for column in table.columns]
        named += [
            {"name": feature.name, "meaning": str(feature.meaning)} for feature in book.order_of_features(table.name)
        ]
        found.append({"label": table.grain, "columns": named})
    return found


DRAFT_FORMS = {"figure": "draft-figure", "rule": "draft-rule", "end": "draft-end"}


def form_address(draft: Draft) -> str:
    return reverse(DRAFT_FORMS[draft.kind])


def draft_lines(draft: Draft) -> list[dict[str, Any]]:
    """What a draft says, label by label; `code` is text to be read as it is written."""
    content = draft.content
    if draft.kind == Draft.Kind.FIGURE:
        value = content["value"]
        until = value.get("to") or _("至今")
        spoken = [
            (_("本地数值"), f"{value['value']} {_in_language(content['figure']['unit'])}", False),
            (_("执行期间"), f"{value['from']} — {until}", False),
            (_("依据"), _said(value["source"]), False),
        ]
    elif draft.kind == Draft.Kind.END:
        spoken = [(_("自"), content["on"], False), (_("依据"), _said(content["source"]), False)]
    else:
        rule = content["rule"]
        spoken = [
            (_("适用于"), rule.get("applies", ""), True),
            (_("条件"), rule["condition"], True),
            (_("列出的情况"), _("、").join(rule["evidence"]), False),
            (_("提示"), _in_language(rule["message"]), False),
            (_("自"), rule["in_force"]["from"], False),
            (_("依据"), _said(rule["source"]), False),
            (_("示例"), _yaml(content["cases"]), True),
        ]
    return [{"label": label, "text": text, "code": code} for label, text, code in spoken if text]


def as_form(draft: Draft) -> dict[str, Any]:
    """A draft as the initial values of its form."""
    content = draft.content
    common = {"reason": draft.reason}
    if draft.kind == Draft.Kind.FIGURE:
        value = content["value"]
        return (
            common
            | _sourced(value["source"])
            | {"figure": draft.subject, "value": value["value"], "start": value["from"], "end": value.get("to", "")}
        )
    if draft.kind == Draft.Kind.END:
        return common | _sourced(content["source"]) | {"subject": draft.subject, "on": content["on"]}
    rule = content["rule"]
    return (
        common
        | _sourced(rule["source"])
        | {
            "title": rule["title"]["zh"],
            "message": rule["message"]["zh"],
            "evidence": " ".join(rule["evidence"]),
            "start": rule["in_force"]["from"],
            "cases": _yaml(files.examples_as_written(content)),
            **{name: rule.get(name, "") for name in ("topic", "grain", "severity", "applies", "condition")},
        }
    )


def _sourced(source: dict[str, str]) -> dict[str, str]:
    return {"document": source["document"], "clause": source.get("clause", "")}


def _said(source: dict[str, str]) -> str:
    return " · ".join(part for part in (source["document"], source.get("clause", "")) if part)


def _in_language(label: dict[str, str]) -> str:
    return str(Label(**label))


def _yaml(content: Any) -> str:
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False) if content else ""
