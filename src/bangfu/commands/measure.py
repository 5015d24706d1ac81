"""`bangfu measure`: how poor, how deep, how unequal, of the registry or of any table."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from bangfu.commands._house import house_command

DIGITS = {"all": 0, "county": 6, "township": 9, "village": 12}


@click.command("measure", short_help="测算贫困和不平等程度")
@click.option("--snapshot", type=click.Path(path_type=Path), help="快照目录（默认最近一次）")
@click.option("--input", "file", type=click.Path(path_type=Path), help="测算任意 Parquet 或 CSV，不用快照")
@click.option("--income", help="--input 的人均收入列")
@click.option("--weight", default="", help="--input 的权数列；给出即按抽样数据计算标准误")
@click.option("--size", default="", help="--input 的家庭人口列")
@click.option("--stratum", default="", help="--input 的分层列")
@click.option("--cluster", default="", help="--input 的初级抽样单元列")
@click.option("--by", default="", help="分组：--input 的列名；快照则为 all、county、township、village")
@click.option("--line", default="", help="标准线：元/人·年，或标准的编号如 exit_line（只用于快照）")
@click.option("--index", "dimensions", is_flag=True, help="测算快照的多维贫困指数（不需要 --line）")
@click.option("--place", default="", help="只测算这个区划（代码）")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="用哪一天的标准（默认快照日）")
@house_command
def command(
    snapshot: Path | None,
    file: Path | None,
    income: str | None,
    weight: str,
    size: str,
    stratum: str,
    cluster: str,
    by: str,
    line: str,
    dimensions: bool,
    place: str,
    as_of: datetime | None,
) -> dict[str, Any]:
    """贫困发生率、贫困距、平方贫困距、Watts、Sen、SST 和基尼系数；按区划或任一列分组。"""
    from bangfu.screening.measures import measure
    from bangfu.screening.measuring import Columns, rows_of_file

    if dimensions:
        if file is not None:
            raise click.UsageError("--index 只用于快照。")
        return _index(snapshot, place, DIGITS.get(by or "all", 0), as_of.date() if as_of else None)
    if not line:
        raise click.UsageError("请用 --line 给出标准线，或用 --index 测算多维贫困指数。")
    number = _number(line)
    if file is not None:
        if not income:
            raise click.UsageError("--input 需要 --income 指明人均收入列。")
        if number is None:
            raise click.UsageError("--input 的 --line 需要是一个数。")
        columns = Columns(income, weight, size, by, stratum, cluster)
        rows = rows_of_file(file, columns, float(number))
    else:
        if by and by not in DIGITS:
            raise click.UsageError("快照的 --by 只能是 all、county、township、village。")
        rows = _of_snapshot(snapshot, line, number, place, DIGITS[by or "all"], as_of.date() if as_of else None)
    found = measure(rows, sample=bool(weight or stratum or cluster))
    return {
        "groups": [
            {
                "name": each.name,
                "people": each.people,
                "poor_people": each.poor_people,
                "unknown_people": each.unknown_people,
                "not_positive_people": each.not_positive_people,
                **each.values,
                **({"standard_errors": dict(each.standard_errors)} if each.standard_errors else {}),
            }
            for each in found
        ],
        "text": _table(found),
    }


def _of_snapshot(
    folder: Path | None, line: str, number: Decimal | None, place: str, digits: int, as_of: date | None
) -> Any:
    from bangfu.rulebook import services as rulebook
    from bangfu.screening.measuring import rows_of_snapshot
    from bangfu.screening.measuring_errors import LineNotPositive
    from bangfu.screening.what_if_errors import FigureNotKnown
    from bangfu.snapshot import services as snapshots
    from bangfu.snapshot.store import Snapshot

    chosen = Snapshot.open(folder) if folder else snapshots.latest()
    if number is not None:
        if number <= 0:
            raise LineNotPositive(line=number)
        return rows_of_snapshot(chosen, lambda _code: float(number), place=place, digits=digits)
    book = rulebook.book(place)
    if line not in book.figures:
        raise FigureNotKnown(figure=line, figures="、".join(sorted(book.figures)))
    day = as_of or chosen.as_of
    return rows_of_snapshot(chosen, lambda code: float(book.figure(line, code, day)), place=place, digits=digits)


def _index(folder: Path | None, place: str, digits: int, as_of: date | None) -> dict[str, Any]:
    from django.conf import settings

    from bangfu.rulebook import services as rulebook
    from bangfu.screening.deprivations import deprivations, index_of_snapshot
    from bangfu.snapshot import services as snapshots
    from bangfu.snapshot.store import Snapshot

    chosen = Snapshot.open(folder) if folder else snapshots.latest()
    given = deprivations(Path(settings.POLICY))
    found = index_of_snapshot(
        chosen, rulebook.book(place), given, as_of=as_of or chosen.as_of, place=place, digits=digits
    )
    lines = ["分组\t人数\t资料不全\tH\tA\tM0"]
    for each in (found.whole, *found.areas):
        shown = [f"{v:.4f}" if v is not None else "—" for v in (each.headcount_ratio, each.intensity, each.index)]
        lines.append("\t".join([each.name or "全部", f"{each.people:,.0f}", f"{each.unknown_people:,.0f}", *shown]))
    lines.append("指标\t匮乏的人\t对指数的贡献")
    for name, indicator in given.indicators().items():
        share = found.whole.contributions[name]
        part = f"{share:.4f}" if share is not None else "—"
        lines.append(f"{indicator.label}\t{found.whole.headcounts[name]:.4f}\t{part}")
    return {
        "whole": vars(found.whole),
        "areas": [vars(each) for each in found.areas],
        "not_run": dict(found.not_run),
        "text": "\n".join(lines),
    }


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except ArithmeticError:
        return None
    return found if found.is_finite() else None


def _table(found: Any) -> str:
    heads = ("分组", "人数", "贫困人数", "收入未知", "发生率", "贫困距", "平方距", "Watts", "Sen", "SST", "基尼")
    lines = ["\t".join(heads)]
    for each in found:
        figures = [f"{value:.4f}" if value is not None else "—" for value in each.values.values()]
        counts = [f"{n:,.0f}" for n in (each.people, each.poor_people, each.unknown_people)]
        lines.append("\t".join([each.name or "全部", *counts, *figures]))
        if each.standard_errors:
            errors = [f"±{v:.4f}" if v is not None else "—" for v in each.standard_errors.values()]
            lines.append("\t".join(["", "", "", "", *errors]))
    return "\n".join(lines)
