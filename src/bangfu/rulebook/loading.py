"""Reads policy files into a RuleBook. Whatever is wrong is told with file, line, rule and a proposal; a book with a
fault is no book.

    gathering   every file's things, with the line of each; overlays place by place
    checking    what only all files together show: names that do not exist, circles, contradictions
"""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from pydantic import BaseModel

from bangfu.common.facts import Schema
from bangfu.common.policy import code_lists
from bangfu.rulebook import language
from bangfu.rulebook.book import FeatureParts, RuleBook, RuleParts
from bangfu.rulebook.compiling import Compiler
from bangfu.rulebook.errors import RuleFileWrong
from bangfu.rulebook.expressions import Checker
from bangfu.rulebook.gathering import Gathered, gather
from bangfu.rulebook.models import Case

# Checkers of the books that were made last: a place's draft rarely brings new names, and so only what it says itself is
# to be checked.
_former: deque[Checker] = deque(maxlen=4)


def load(policy: Path, schema: Schema, overlays: Sequence[Path] = ()) -> RuleBook:
    """The book of `policy/` with the overlays laid over it in the order given, a later one over an earlier. Raises
    RuleFileWrong for the first fault."""
    book, faults = look(policy, schema, overlays)
    if book is None:
        raise faults[0]
    return book


def look(policy: Path, schema: Schema, overlays: Sequence[Path] = ()) -> tuple[RuleBook | None, list[RuleFileWrong]]:
    """The book, or every fault that keeps the files from being one."""
    found = gather(policy, overlays)
    faults = found.faults.found
    compiler = Compiler(found, schema, code_lists(), tuple(_former))
    feature_parts, order = compiler.features()
    rule_parts = compiler.rules()
    _check_cases(found, compiler)
    if faults:
        return None, sorted(faults, key=lambda fault: (str(fault.facts["file"]), fault.facts["line"]))
    if compiler.checker not in _former:
        _former.append(compiler.checker)  # of sound books only: every name it knows is worked out
    return _book(found, compiler, feature_parts, order, rule_parts), []


def _book(
    found: Gathered,
    compiler: Compiler,
    feature_parts: Mapping[str, FeatureParts],
    order: tuple[str, ...],
    rule_parts: Mapping[str, RuleParts],
) -> RuleBook:
    figures = found.figures_together()
    features = {name: item.value for name, item in found.features.items()}
    rules = {id: item.value for id, item in found.rules.items()}
    lists = {id: item.value for id, item in found.lists.items()}
    return RuleBook(
        figures=figures,
        features=features,
        rules=rules,
        waiting={id: item.value for id, item in found.waiting.items()},
        topics=found.topics,
        lists=lists,
        cases=tuple(item.value for item in found.cases),
        endings=tuple(item.value for item in found.endings),
        overlays=tuple(found.overlays),
        sha256=_sha256(figures, features, rules, lists, {str(n): e.value for n, e in enumerate(found.endings)}),
        checker=compiler.checker,
        rule_parts=rule_parts,
        feature_parts=feature_parts,
        _order=order,
    )


def _sha256(*parts: Mapping[str, Any]) -> str:
    """Of the content alone: neither comments, nor which file holds what, nor the order of things matter."""

    def plain(value: Any) -> Any:
        if isinstance(value, BaseModel):
            return value.model_dump(mode="json", by_alias=True)
        return {"id": value.id, "region": value.region, "on": str(value.on)}  # an Ending

    content = [{name: plain(value) for name, value in part.items()} for part in parts]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


# Cases: that their rules and columns exist. Whether they come out as expected, the screening tells.


def _check_cases(found: Gathered, compiler: Compiler) -> None:
    for item in found.cases:
        case = item.value

        def fault(path: tuple[Any, ...], reason: str, proposal: str, item: Any = item) -> None:
            item.fault(path, reason, proposal)

        for rule in case.expect:
            if rule not in found.rules:
                near = language.nearest(rule, found.rules)
                fault(("expect", rule), _("没有规则 {rule}").format(rule=rule), _is_it(near))
        if sum((case.household is not None, bool(case.households), case.member is not None)) > 1:
            fault((), _("household、households、member 只能写一种"), _("多户写在 households 里"))
        for list_id in case.lists:
            if list_id not in found.lists:
                near = language.nearest(list_id, found.lists)
                fault(("lists", list_id), _("没有名单 {list}").format(list=list_id), _is_it(near))
        _Rows(compiler, fault).check(case)


def _is_it(near: str) -> str:
    return _("是否应为“{name}”").format(name=near) if near else _("请核对编号")


class _Rows:
    """The rows of a case: only columns that exist, codes and texts as texts."""

    def __init__(self, compiler: Compiler, fault: Callable[[tuple[Any, ...], str, str], None]) -> None:
        self.compiler = compiler
        self.fault = fault

    def check(self, case: Case) -> None:
        self.row("village", case.village, ("village",))
        if case.household is not None:
            self.household(case.household, ("household",))
        for at, household in enumerate(case.households):
            self.household(household, ("households", at))
        if case.member is not None:
            self.member(case.member, ("member",))

    def household(self, given: Mapping[str, Any], path: tuple[Any, ...]) -> None:
        self.row("household", given, path, also=("members", "incomes"))
        for at, member in enumerate(_rows(given.get("members"))):
            self.member(member, (*path, "members", at))

    def member(self, given: Mapping[str, Any], path: tuple[Any, ...]) -> None:
        self.row("member", given, path, also=("work",))
        for at, record in enumerate(_rows(given.get("work"))):
            self.row("work_record", record, (*path, "work", at))

    def row(self, table: str, given: Any, path: tuple[Any, ...], also: tuple[str, ...] = ()) -> None:
        if not isinstance(given, Mapping):
            self.fault(path, _("这里应是若干“列: 值”"), _("写作 {relation_to_head: '01'}"))
            return
        columns = {c.name: c for c in self.compiler.schema.table(table).columns} if self.compiler.has(table) else {}
        for name, value in given.items():
            if name in also:
                continue
            column = columns.get(str(name))
            if column is None:
                near = language.nearest(str(name), columns)
                self.fault((*path, name), _("没有“{name}”这一列").format(name=name), _is_it(near))
            elif column.sql_type == "VARCHAR" and value is not None and not isinstance(value, str):
                self.fault(
                    (*path, name),
                    _("“{name}”应是文字，现为 {given}").format(name=name, given=value),
                    _('请加引号，如 "01"'),
                )


def _rows(given: Any) -> list[Any]:
    return list(given) if isinstance(given, list | tuple) else []
