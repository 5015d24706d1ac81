"""A list of findings as a file: who took it and when on every page, sensitive values masked, an entry in the trail."""

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.audit.services import record
from bangfu.common.errors import NotAllowed
from bangfu.common.places import within
from bangfu.findings.models import Finding, FindingQuerySet
from bangfu.findings.wording import sentence_of, subject_of, title_of, topic_of
from bangfu.registry.file_errors import ExportFormatUnknown, ExportTooLarge
from bangfu.registry.intake.exporting import MEDIA, MOST_IN_WORKBOOK, Exported, as_file
from bangfu.rulebook.book import RuleBook


def export_findings(
    viewer: Officer, rows: FindingQuerySet, book: RuleBook, *, fmt: str = "xlsx", filters: str = ""
) -> Exported:
    """The findings of `rows` (which start at `visible_to(viewer)`) where the viewer's right to export holds.

    Raises NotAllowed, ExportFormatUnknown, ExportTooLarge."""
    places = viewer.places_for("registry.export")
    if not places:
        raise NotAllowed(right=rights()["registry.export"].label)
    if fmt not in MEDIA:
        raise ExportFormatUnknown(format=fmt)
    wanted = rows.filter(within(places))
    count = wanted.count()
    if count > MOST_IN_WORKBOOK:
        raise ExportTooLarge(count=count, limit=MOST_IN_WORKBOOK)
    at = timezone.localtime()
    mark = _("导出人：{name}（{login}）　时间：{at}　共 {count} 条　{masked}").format(
        name=viewer.name, login=viewer.username, at=f"{at:%Y-%m-%d %H:%M}", count=count, masked=_("个人信息已打码")
    )
    labels = [
        _("规则"), _("疑点"), _("类别"), _("程度"), _("状态"), _("乡镇"), _("村"), _("户编号"), _("对象"), _("说明"),
        _("发现日期"), _("已过天数"), _("核实期限"), _("核实人"),
    ]  # fmt: skip
    content = as_file(fmt, _("疑点清单"), labels, _rows(wanted, book, at.date()), mark, filters)
    record(
        actor=viewer,
        action="findings.exported",
        subject_type="finding",
        subject_id="list",
        place=places[0].first,
        count=count,
        format=fmt,
        filters=filters,
    )
    return Exported(
        content, _("疑点清单-{moment}.{kind}").format(moment=f"{at:%Y%m%d-%H%M}", kind=fmt), MEDIA[fmt], count
    )


def _rows(rows: FindingQuerySet, book: RuleBook, today: date) -> Any:
    found = rows.select_related("village__parent", "household", "member", "assigned_to", "last_run")
    for finding in found.iterator(chunk_size=2000):
        each: Finding = finding
        village = each.village
        yield [
            each.rule_id,
            title_of(book, each.rule_id),
            topic_of(book, each.topic),
            str(each.get_severity_display()),
            str(each.get_state_display()),
            village.parent.name if village.parent else "",
            village.name,
            each.household.household_no if each.household else "",
            subject_of(each),
            sentence_of(each, book, each.last_run.as_of),
            f"{each.found_on:%Y-%m-%d}",
            (today - each.found_on).days,
            f"{each.due_on:%Y-%m-%d}",
            each.assigned_to.name if each.assigned_to else "",
        ]
