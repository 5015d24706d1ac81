"""A finding in words: its rule, whom it is about, the values it rests on, and the sentence that says what to do.

Sensitive values are masked here once for pages, exports and sentences alike.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from bangfu.common.facts import FactColumn, FactKind, Schema, schema
from bangfu.common.masking import mask_account, mask_id, mask_phone
from bangfu.common.policy import code_list
from bangfu.findings.models import Finding
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import Rule

_PLACE = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")


@dataclass(frozen=True)
class Shown:
    """A value of the evidence, or a figure: its label, and what stands under it. `known` False: nobody has asked."""

    name: str
    label: str
    text: str
    unit: str = ""
    known: bool = True
    secret: bool = False
    source: str = ""


def column_of(grain: str, name: str, facts: Schema | None = None) -> FactColumn | None:
    """The declared column that an evidence name of a rule stands for; None for a feature, or one that is no more."""
    table, _dot, column = name.rpartition(".")
    declared = (facts or schema()).tables.get(table or grain)
    return declared.get(column) if declared else None


def secrets_of(finding: Finding) -> list[str]:
    """The evidence columns that are shown masked."""
    return [name for name in finding.values if (c := column_of(finding.grain, name)) is not None and c.sensitive]


def title_of(book: RuleBook, rule_id: str) -> str:
    """The rule's title; of a rule that the book no longer has, its number."""
    rule = book.rules.get(rule_id)
    return str(rule.title) if rule else rule_id


def topic_of(book: RuleBook, topic: str) -> str:
    found = book.topics.get(topic)
    return str(found.label) if found else topic


def masked(name: str, value: str) -> str:
    """A sensitive value as shown by default."""
    if "phone" in name or "mobile" in name:
        return mask_phone(value)
    if name.rpartition(".")[2].startswith("id_"):
        return mask_id(value)
    return mask_account(value)


def text_of(column: FactColumn | None, name: str, value: Any, kind: FactKind | None = None) -> str:
    """A value of the evidence as people read it; "" when it is unknown. `kind` is that of a feature, which is no
    column."""
    if value is None or value == "":
        return ""
    kind = column.kind if column else kind
    if kind is FactKind.DAY and re.fullmatch(r"\d{8}", str(value)):
        return f"{str(value)[:4]}-{str(value)[4:6]}-{str(value)[6:]}"
    if column is None:
        return _plain(value)
    if column.sensitive:
        return masked(name, str(value))
    if column.codes:
        listed = code_list(column.codes)
        return _("、").join(listed.label_of(code) for code in str(value).split(",") if code)
    return _plain(value)


def _plain(value: Any) -> str:
    """Yes and no, whole numbers as they are, amounts with two decimals at most."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, float | Decimal) or (isinstance(value, str) and re.fullmatch(r"-?\d+\.\d+", value)):
        try:
            return f"{Decimal(str(value)):,.2f}".removesuffix(".00")
        except InvalidOperation:
            return str(value)
    return str(value)


def values_of(finding: Finding, book: RuleBook) -> list[Shown]:
    """The values that the rule judged by, in its order; those of a rule that has changed since, in theirs."""
    rule, values = book.rules.get(finding.rule_id), finding.values
    names = [name for name in rule.evidence if name in values] if rule else []
    kinds = {name: part.kind for name, part in book.evidence(rule.id).items()} if rule else {}
    shown = []
    for name in [*names, *(name for name in values if name not in names)]:
        column = column_of(finding.grain, name)
        text = text_of(column, name, values[name], kinds.get(name))
        unit = _unit_of(finding.grain, name, column, book)
        secret = bool(column and column.sensitive and text)
        shown.append(Shown(name, book.meaning_of(finding.grain, name), text, unit if text else "", bool(text), secret))
    return shown


def _unit_of(grain: str, name: str, column: FactColumn | None, book: RuleBook) -> str:
    table, _dot, plain = name.rpartition(".")
    feature = None if column else book.features.get(f"{table or grain}.{plain}")
    unit = column.unit if column else feature.unit if feature else ""
    return {"CNY": _("元"), "mu": _("亩"), "m²": _("平方米"), "km": _("公里")}.get(unit, unit)


def figures_of(finding: Finding, book: RuleBook, day: date) -> list[Shown]:
    """The figures of policy that the rule compared with, as they held in that village on the day of the screening."""
    if finding.rule_id not in book.rules:
        return []
    shown = []
    for name in sorted(book.figures_used(finding.rule_id)):
        figure, value = book.figures.get(name), book.value_in_force(name, finding.village.code, day)
        if figure is None or value is None:
            continue
        text = f"{value.value:,f}" if figure.type != "day" else _plain(value.value)
        shown.append(
            Shown(name, str(figure.label), text, str(figure.unit), source=_source_of(value.source, value.start))
        )
    return shown


def _source_of(source: Any, start: date) -> str:
    told = _("{document}，{start} 起执行").format(document=source.document, start=f"{start:%Y-%m-%d}")
    return f"{told} {source.clause}".strip() if source.clause else told


def sentence_of(finding: Finding, book: RuleBook, day: date) -> str:
    """The rule's message with the values and figures filled in, sensitive ones masked."""
    rule = book.rules.get(finding.rule_id)
    if rule is None:
        return _("规则 {rule} 已不在现行规则库中。").format(rule=finding.rule_id)
    return _PLACE.sub(lambda place: _filled(place[1], finding, rule, book, day), str(rule.message))


def _filled(name: str, finding: Finding, rule: Rule, book: RuleBook, day: date) -> str:
    values: Mapping[str, Any] = finding.values
    if name in values:
        shown = book.evidence(rule.id).get(name)
        kind = shown.kind if shown else None
        return text_of(column_of(rule.grain, name), name, values[name], kind) or _("（未采集）")
    value = book.value_in_force(name, finding.village.code, day)
    return f"{value.value:f}" if value else _("（未定）")


def subject_of(finding: Finding) -> str:
    """Whom it is about: 李梅（张春梅户）, 张春梅户, 石桥村."""
    if finding.grain == Finding.Grain.VILLAGE:
        return str(finding.village.name)
    household = finding.household
    if household is None:
        return _("（已不在册）")
    home = _("{name}户").format(name=household.head_name) if household.head_name else household.household_no
    if finding.member is None:
        return str(home)
    return _("{person}（{home}）").format(person=finding.member.name, home=home)
