"""`bangfu procedures list|check`: the lawful ways from a question to a decision, as they stand in policy files."""

import time
from datetime import date, datetime
from typing import Any

import click

from bangfu.commands._house import house_command

PLACE = click.option("--place", default="", metavar="CODE", help="地区：区划代码的前几位（默认全国）。")


@click.group(name="procedures")
def command() -> None:
    """办理程序 procedures"""


@command.command("list")
@PLACE
@click.option("--as-of", "as_of", type=click.DateTime(["%Y-%m-%d"]), help="哪一天（默认今天）。")
@house_command
def list_procedures(place: str, as_of: datetime | None) -> dict[str, Any]:
    """列出某日某地施行的办理程序，及其环节、时限和退出核查清单。"""
    from django.utils.translation import gettext as _

    from bangfu.casework import loading
    from bangfu.rulebook.services import significant

    day, code = as_of.date() if as_of else date.today(), significant(place)
    shelf = loading.shelf(code)
    kept = shelf.on(day)
    told = [_told(kept[id].value, kept[id].place) for id in sorted(kept)]
    checks = loading.exit_checks(code)
    lines = [
        f"{each['id']:<28} {each['label']}（{each['version']}）\n{'':<28} "
        + " → ".join(step["label"] for step in each["steps"] if step["kind"] != "end")
        for each in told
    ]
    summary = _("{day} 施行的程序 {count} 个，退出核查清单 {checks} 份。").format(
        day=day.isoformat(), count=len(told), checks=len(checks)
    )
    return {
        "as_of": day.isoformat(),
        "place": code,
        "procedures": told,
        "exit_checks": [
            {"id": check.id, "label": str(check.label), "items": [item.id for item in check.items]}
            for check in checks.values()
        ],
        "text": "\n".join([*lines, summary]),
    }


def _told(procedure: Any, place: str) -> dict[str, Any]:
    from bangfu.casework.loading import version_of

    return {
        "id": procedure.id,
        "version": procedure.version,
        "label": str(procedure.label),
        "of": procedure.of.value,
        "place": place,
        "source": procedure.source.document,
        "sha256": version_of(procedure),
        "whole": [{"maximum": w.maximum, "unit": w.unit.value, "to": w.to} for w in procedure.whole],
        "stop_rules": list(procedure.stop_rules),
        "steps": [
            {
                "id": step.id,
                "label": str(step.label),
                "kind": step.kind.value,
                "level": step.level,
                "roles": list(step.roles),
                "posting_days": step.posting.days if step.posting else None,
                "moves": [{"id": move.id, "to": move.to, "kind": move.kind.value} for move in step.moves],
            }
            for step in procedure.steps
        ],
    }


@command.command("check")
@house_command
def check() -> dict[str, Any]:
    """检查全部办理程序和退出核查清单：走得通、有终点、岗位和时限相符；有错逐条说明，并以状态 1 结束。"""
    from django.utils.translation import gettext as _

    from bangfu.casework import loading

    started = time.perf_counter()
    shelf, faults = loading.look_everywhere()
    lines = [str(fault) for fault in faults]
    if not faults:
        lines = [
            _("程序 {procedures} 个、退出核查清单 {checks} 份，全部正确。").format(
                procedures=len(shelf.procedures), checks=len(shelf.exit_checks)
            )
        ]
    return {
        "procedures": len(shelf.procedures),
        "exit_checks": len(shelf.exit_checks),
        "faults": [{"code": fault.code, **fault.facts} for fault in faults],
        "seconds": round(time.perf_counter() - started, 3),
        "refused": bool(faults),
        "text": "\n".join(lines),
    }
