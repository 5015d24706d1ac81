"""What amounts, doubts and differences of documents are called, on every page alike."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from bangfu.plans.documents.fitting import every_of
from bangfu.plans.duties.words import every_label
from bangfu.plans.models import Proposal
from bangfu.plans.reading.found import Comparison, DoubtKind


def doubt_label(kind: str) -> str:
    return {
        DoubtKind.MASKED: _("数字被抹去"),
        DoubtKind.YEAR_UNKNOWN: _("没有写年份"),
        DoubtKind.YEARS_CONFLICT: _("年份疑似有误"),
        DoubtKind.SEPARATOR_LOST: _("日期或范围缺了分隔"),
        DoubtKind.SPUN: _("词语疑似被替换"),
        DoubtKind.MOJIBAKE: _("乱码"),
        DoubtKind.SCRAP: _("网页代码残留"),
        DoubtKind.ENCODING: _("编码混杂"),
        DoubtKind.PICTURE: _("有整页图片"),
        DoubtKind.BOUNDARY: _("疑似另一份文件"),
        DoubtKind.TABLE: _("表格各行不齐"),
        DoubtKind.UNIT_UNKNOWN: _("数字没有单位"),
        DoubtKind.PAGE: _("网页或页码文字"),
        DoubtKind.ORDER: _("部分大于整体"),
    }[DoubtKind(kind)]


def doubt_text(doubt: Mapping[str, Any]) -> str:
    """A doubt, and what may be meant where somebody can say."""
    label = doubt_label(doubt["doubt"])
    if doubt["doubt"] == DoubtKind.PICTURE:
        return _("第 {page} 页是图片，上面的字没有读出来，在“{quote}”附近").format(
            page=doubt["suggestion"], quote=doubt["quote"]
        )
    if doubt["suggestion"]:
        return _("{doubt}：“{quote}”，可能是“{suggestion}”").format(
            doubt=label, quote=doubt["quote"], suggestion=doubt["suggestion"]
        )
    return _("{doubt}：“{quote}”").format(doubt=label, quote=doubt["quote"])


def difference_label(kind: str) -> str:
    return {
        "parts": _("分项与合计"),
        "repeated": _("同一指标前后不一"),
        "share": _("占比与数量"),
        "table": _("文字与表格"),
        "people": _("户数与人数"),
        "roads": _("脱贫途径与总人数"),
    }[kind]


def difference_text(difference: Mapping[str, Any]) -> str:
    """What the first place says, and what the other places come to."""
    text = {
        "parts": _("总数写的是 {expected} {unit}，分项相加是 {found} {unit}。"),
        "repeated": _("一处写的是 {expected} {unit}，另一处写的是 {found} {unit}。"),
        "share": _("占比写的是 {expected}%，按数量算是 {found}%。"),
        "table": _("一处写的是 {expected} {unit}，表中是 {found} {unit}。"),
        "people": _("户数写的是 {expected}，人数写的是 {found}。"),
        "roads": _("总数写的是 {expected} {unit}，各条途径相加是 {found} {unit}。"),
    }[difference["difference"]]
    return text.format(
        expected=number_text(difference["expected"]),
        found=number_text(difference["found"]),
        unit=difference["unit"],
    )


def number_text(number: Decimal | float) -> str:
    """With commas between thousands, and no more decimals than there are."""
    return f"{number:,.6f}".rstrip("0").rstrip(".")


def amount_text(
    number: Decimal | float | Sequence[float], unit: str, comparison: str, number_to: Decimal | float | None = None
) -> str:
    """An amount with its unit and how it is meant: "不低于 98%", "1 至 3 个"; "全部" where all is said of no number."""
    if isinstance(number, Sequence):
        number, number_to = number
    if comparison == Comparison.ALL:
        if unit == "%":
            return _("全部")
        return _("全部 {number} {unit}").format(number=number_text(number), unit=unit)
    if comparison == Comparison.RANGE and number_to is not None:
        return _("{low} 至 {high} {unit}").format(low=number_text(number), high=number_text(number_to), unit=unit)
    text = {
        Comparison.AT_LEAST: _("不低于 {number} {unit}"),
        Comparison.AT_MOST: _("不高于 {number} {unit}"),
    }.get(Comparison(comparison), _("{number} {unit}"))
    return text.format(number=number_text(number), unit=unit)


def amount_of(proposal: Proposal) -> str:
    return amount_text(proposal.number, proposal.unit, proposal.comparison, proposal.number_to)


def cadence_of(proposal: Proposal) -> str:
    """How often: "每月 2 次"; "" when nothing is said."""
    if proposal.cadence_times is None or not proposal.cadence_period:
        return ""
    every = every_of(proposal)
    label = every_label(every) if every is not None else _("每天")
    if proposal.cadence_times_to is not None:
        return _("{every} {low} 至 {high} 次").format(
            every=label, low=number_text(proposal.cadence_times), high=number_text(proposal.cadence_times_to)
        )
    return _("{every} {times} 次").format(every=label, times=number_text(proposal.cadence_times))
