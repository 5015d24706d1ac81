"""`bangfu what-if`: what another line, age or limit would change, for whom and at what cost."""

import tempfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from bangfu.commands._house import house_command


@click.command("what-if", short_help="假设改变一个标准，看谁会进出")
@click.option("--set", "settings", multiple=True, required=True, help="编号=数值，如 monitoring_line=7500；可重复")
@click.option("--snapshot", type=click.Path(path_type=Path), help="快照目录（默认最近一次）")
@click.option("--place", default="", help="只看这个区划（代码），假设也只在这里")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="按哪一天筛查（默认快照日）")
@click.option("--amount", type=float, help="每人每年的金额（元），用来估算费用")
@click.option("--rule", "rules", multiple=True, help="只看这些规则；可重复")
@house_command
def command(
    settings: tuple[str, ...],
    snapshot: Path | None,
    place: str,
    as_of: datetime | None,
    amount: float | None,
    rules: tuple[str, ...],
) -> dict[str, Any]:
    """在快照上试算，不改动任何数据。"""
    from bangfu.findings import outside
    from bangfu.rulebook import services as rulebook
    from bangfu.screening.what_if import what_if, with_figures
    from bangfu.snapshot import services as snapshots
    from bangfu.snapshot.store import Snapshot

    chosen = Snapshot.open(snapshot) if snapshot else snapshots.latest()
    day = as_of.date() if as_of else chosen.as_of
    before = rulebook.book(place)
    after = with_figures(before, dict(_supposed(each) for each in settings), place, day)
    with (
        tempfile.TemporaryDirectory(prefix="bangfu-what-if-") as folder,
        outside.for_run(chosen, day, place) as lists,
    ):
        change = what_if(
            chosen,
            before,
            after,
            as_of=day,
            place=place,
            folder=Path(folder),
            lists=lists,
            rules=rules or None,
            amount_per_head=None if amount is None else Decimal(str(amount)),
        )
    lines = ["规则\t原来\t今后\t新增\t不再"]
    lines += [
        f"{r.rule} {before.rules[r.rule].title}\t{r.before}\t{r.after}\t{r.entering}\t{r.leaving}" for r in change.rules
    ]
    total = change.total
    lines.append(f"新增 {total.households_in:,} 户 {total.people_in:,} 人")
    lines.append(f"不再 {total.households_out:,} 户 {total.people_out:,} 人")
    if change.cost is not None:
        lines.append(f"费用变化 {change.cost:,.2f} 元/年")
    return {
        "rules": [vars(each) for each in change.rules],
        "areas": [vars(each) for each in change.areas],
        "total": vars(total),
        "cost": change.cost,
        "text": "\n".join(lines),
    }


def _supposed(text: str) -> tuple[str, Decimal]:
    from bangfu.screening.what_if_errors import SuppositionWrong

    name, sign, number = text.partition("=")
    try:
        value = Decimal(number)
    except ArithmeticError as error:
        raise SuppositionWrong(given=text) from error
    if not sign or not name.strip() or not value.is_finite():
        raise SuppositionWrong(given=text)
    return name.strip(), value
