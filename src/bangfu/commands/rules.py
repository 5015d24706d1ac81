"""`bangfu rules list|check|test`: the policy files."""

import time
from datetime import date, datetime
from typing import Any

import click

from bangfu.commands._house import house_command, progress, progress_done

PLACE = click.option("--place", default="", metavar="CODE", help="地区：区划代码的前几位（默认全部）。")


@click.group(name="rules")
def command() -> None:
    """规则 rulebook"""


@command.command("list")
@PLACE
@click.option("--as-of", "as_of", type=click.DateTime(["%Y-%m-%d"]), help="哪一天（默认今天）。")
@click.option("--topic", default="", help="只看一类。")
@house_command
def list_rules(place: str, as_of: datetime | None, topic: str) -> dict[str, Any]:
    """列出某日某地有效的规则、所用数值，以及待开通的规则。"""
    from django.utils.translation import gettext as _

    from bangfu.rulebook import services

    day = as_of.date() if as_of else date.today()
    code = services.significant(place)
    book = services.book(code)
    rules = [_told(book, rule, code, day) for rule in book.in_force(day, code) if topic in ("", rule.topic)]
    waiting = [{"id": w.id, "title": str(w.title), "waits_for": str(w.waits_for)} for w in book.waiting.values()]
    lines = [
        f"{rule['id']:<8} {rule['title']}" + "".join(f"\n{'':<8} {figure['message']}" for figure in rule["missing"])
        for rule in rules
    ]
    summary = _("{day} 有效规则 {count} 条，待开通 {waiting} 条。").format(
        day=day.isoformat(), count=len(rules), waiting=len(waiting)
    )
    return {
        "as_of": day.isoformat(),
        "place": code,
        "sha256": book.sha256,
        "rules": rules,
        "waiting": waiting,
        "text": "\n".join([*lines, summary]),
    }


def _told(book: Any, rule: Any, place: str, day: date) -> dict[str, Any]:
    from bangfu.common.errors import BangfuError
    from bangfu.rulebook.words import in_words

    figures: dict[str, str] = {}
    missing = []
    for name in sorted(book.figures_used(rule.id)):
        try:
            figures[name] = f"{book.figure(name, place, day):f}"
        except BangfuError as error:
            missing.append({"figure": name, "message": error.message})
    return {
        "id": rule.id,
        "title": str(rule.title),
        "topic": rule.topic,
        "purpose": rule.purpose.value,
        "grain": rule.grain,
        "severity": rule.severity.value,
        "region": rule.region,
        "applies": rule.applies,
        "condition": rule.condition,
        "in_words": in_words(book.condition(rule.id)),
        "figures": figures,
        "missing": missing,
    }


@command.command("check")
@PLACE
@house_command
def check(place: str) -> dict[str, Any]:
    """检查全部政策数值和规则文件：写法、列名、类型、数值、案例是否齐全；有错逐条说明，并以状态 1 结束。"""
    from django.utils.translation import gettext as _

    from bangfu.rulebook import services
    from bangfu.rulebook.examples import gaps

    code = services.significant(place)
    started = time.perf_counter()
    book, faults = services.look(code)
    seconds = time.perf_counter() - started
    told = [
        {"code": fault.code, **{name: fault.facts[name] for name in ("file", "line", "rule", "reason", "proposal")}}
        for fault in faults
    ]
    lines = [str(fault) for fault in faults]
    answer: dict[str, Any] = {"faults": told, "gaps": [], "seconds": round(seconds, 3)}
    if book is not None:
        missing = gaps(book)
        lines = [gap.message for gap in missing]
        answer |= {
            "gaps": [{"rule": gap.rule, "missing": list(gap.missing), "message": gap.message} for gap in missing],
            "rules": len(book.rules),
            "figures": len(book.figures),
            "features": len(book.features),
            "lists": len(book.lists),
            "cases": len(book.cases),
            "sha256": book.sha256,
        }
        if not missing:
            lines = [
                _("规则 {rules} 条、数值 {figures} 项、指标 {features} 项、案例 {cases} 例，全部正确。").format(
                    rules=len(book.rules), figures=len(book.figures), features=len(book.features), cases=len(book.cases)
                )
            ]
    return {**answer, "refused": bool(faults or answer["gaps"]), "text": "\n".join(lines)}


@command.command("test")
@PLACE
@click.option("--rule", "only", multiple=True, metavar="ID", help="只试这条规则（可多次）。")
@house_command
def test(place: str, only: tuple[str, ...]) -> dict[str, Any]:
    """按案例逐条试算规则，结果与案例所写不符的逐一列出，并以状态 1 结束。"""
    from django.utils.translation import gettext as _

    from bangfu.rulebook import services
    from bangfu.screening.cases import run_cases

    book = services.book(services.significant(place))
    for rule in only:
        book.rule(rule)
    cases = [case for case in book.cases if not only or set(only) & set(case.expect)]
    progress(_("试算 {count} 例").format(count=len(cases)))
    results = [result for result in run_cases(book, cases) if not only or result.rule in only]
    progress_done()
    failed = [result for result in results if not result.passed]
    lines = [
        _("{rule} “{name}”：应为 {expected}，算得 {got}。").format(
            rule=result.rule, name=result.case.name, expected=result.expected, got=result.got
        )
        for result in failed
    ]
    lines.append(_("共 {count} 项，{failed} 项不符。").format(count=len(results), failed=len(failed)))
    return {
        "cases": len(cases),
        "checks": len(results),
        "failed": [
            {"rule": result.rule, "case": result.case.name, "expected": result.expected, "got": result.got}
            for result in failed
        ],
        "refused": bool(failed),
        "text": "\n".join(lines),
    }
