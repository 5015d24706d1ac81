"""A list of households as a file: who took it and when stands on every page, sensitive numbers are masked unless the
right is held and asked for, and the trail says how many rows of which list went out.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import rights
from bangfu.audit.services import record
from bangfu.common.errors import NotAllowed
from bangfu.common.masking import mask_account, mask_id, mask_phone
from bangfu.common.places import PlaceRange, within
from bangfu.common.policy import code_list
from bangfu.registry.columns import Kind, tables
from bangfu.registry.file_errors import ExportColumnUnknown, ExportFormatUnknown, ExportTooLarge
from bangfu.registry.models import Household, Member

HEAD = "01"
# A workbook of more rows takes minutes to write and to open; text has no such limit.
MOST_IN_WORKBOOK = 100_000
MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
MASKS: dict[str, Callable[[str], str]] = {
    "head_id_no": mask_id,
    "phone": mask_phone,
    "bank_account": mask_account,
}
# Columns of a list that are no columns of the household itself: where they are found, and their label.
DERIVED: dict[str, tuple[str, Any]] = {
    "county": ("village__parent__parent__name", gettext_lazy("县（区）")),
    "township": ("village__parent__name", gettext_lazy("乡镇")),
    "village": ("village__name", gettext_lazy("村")),
    "division_code": ("village__code", gettext_lazy("行政村代码")),
    "head_name": ("head_name", gettext_lazy("户主姓名")),
    "head_id_no": ("head_id_no", gettext_lazy("户主证件号码")),
    "members_count": ("members_count", gettext_lazy("家庭人口")),
    "latest_income_year": ("latest_income_year", gettext_lazy("最近收入年度")),
    "latest_per_capita_net_income": ("latest_per_capita_net_income", gettext_lazy("人均纯收入")),
}
DEFAULT_COLUMNS = (
    "household_no", "township", "village", "division_code", "group_name", "head_name", "head_id_no", "members_count",
    "phone", "household_type", "household_class", "poverty_status", "monitor_category", "main_cause",
    "cultivated_land_mu", "house_grade", "latest_income_year", "latest_per_capita_net_income",
)  # fmt: skip


@dataclass(frozen=True)
class Exported:
    """A file ready to be handed out."""

    content: bytes
    name: str
    media_type: str
    count: int


def export_households(
    viewer: Officer,
    queryset: QuerySet[Any],
    columns: Sequence[str] = DEFAULT_COLUMNS,
    *,
    full: bool = False,
    fmt: str = "xlsx",
    filters: str = "",
) -> Exported:
    """The households of `queryset` (which starts at `visible_to(viewer)`) with `columns` of the household table or of
    `DERIVED`, as bytes of .xlsx or .csv. Only households where the viewer's right to export holds go out. `full` shows
    sensitive numbers where the right to see them holds; `filters` says in words which list this is.

    Raises NotAllowed, ExportColumnUnknown, ExportFormatUnknown, ExportTooLarge.
    """
    places = viewer.places_for("registry.export")
    if not places:
        raise NotAllowed(right=rights()["registry.export"].label)
    clear = viewer.places_for("registry.see_sensitive") if full else ()
    if full and not clear:
        raise NotAllowed(right=rights()["registry.see_sensitive"].label)
    if fmt not in MEDIA:
        raise ExportFormatUnknown(format=fmt)
    known = tables()["household"].columns
    for column in columns:
        if column not in DERIVED and column not in known:
            raise ExportColumnUnknown(column=column)
    wanted = queryset.filter(within(places))
    count = wanted.count()
    if fmt == "xlsx" and count > MOST_IN_WORKBOOK:
        raise ExportTooLarge(count=count, limit=MOST_IN_WORKBOOK)
    at = timezone.localtime()
    labels = [str(DERIVED[c][1] if c in DERIVED else known[c].label) for c in columns]
    mark = _("导出人：{name}（{login}）　时间：{at}　共 {count} 户　{masked}").format(
        name=viewer.name,
        login=viewer.username,
        at=f"{at:%Y-%m-%d %H:%M}",
        count=count,
        masked=_("含完整个人信息，注意保密") if clear else _("个人信息已打码"),
    )
    rows = _rows(wanted, columns, clear)
    content = as_file(fmt, _("户名单"), labels, rows, mark, filters)
    record(
        actor=viewer,
        action="registry.exported",
        subject_type="household",
        subject_id="list",
        place=places[0].first,
        count=count,
        columns=list(columns),
        full=bool(clear),
        format=fmt,
        filters=filters,
    )
    return Exported(
        content, _("户名单-{moment}.{kind}").format(moment=f"{at:%Y%m%d-%H%M}", kind=fmt), MEDIA[fmt], count
    )


def _rows(queryset: QuerySet[Any], columns: Sequence[str], clear: Sequence[PlaceRange]) -> Any:
    """Rows as they are shown: labels for codes, masks where due. Read in pieces, whatever their number."""
    head = Member.objects.filter(household=OuterRef("pk"), relation_to_head=HEAD, left_on=None).order_by("pk")
    if "head_id_no" in columns:
        queryset = queryset.annotate(
            head_id_no=Coalesce(Subquery(head.values("id_no")[:1]), Value(""), output_field=CharField())
        )
    known = tables()["household"].columns
    paths = [_path(c) for c in columns]
    shows = [_shower(known[c].codes if c in known else "", known[c].kind if c in known else None) for c in columns]
    masks = [MASKS.get(c) for c in columns]
    for place, *values in queryset.values_list("place", *paths).iterator(chunk_size=2000):
        seen = any(reach.holds(place) for reach in clear)
        yield [
            (mask(str(value or "")) if mask and not seen else show(value))
            for value, show, mask in zip(values, shows, masks, strict=True)
        ]


def _path(column: str) -> str:
    if column in DERIVED:
        return DERIVED[column][0]
    if column == "village_id":
        return "village_id"
    model = tables()["household"].columns[column].model
    return column if model in (Household, None) else f"dwelling__{column}"


def _shower(codes: str, kind: Kind | None) -> Callable[[Any], Any]:
    if codes:
        listed = code_list(codes)
        return lambda value: "、".join(listed.label_of(c) for c in str(value or "").split(",") if c)
    if kind is Kind.FLAG:
        return lambda value: "" if value is None else (_("是") if value else _("否"))
    if kind is Kind.MONTH:
        return lambda value: f"{value:%Y-%m}" if value else ""
    if kind is Kind.DAY:
        return lambda value: f"{value:%Y-%m-%d}" if value else ""
    return lambda value: "" if value is None else value


def as_file(fmt: str, title: str, labels: Sequence[str], rows: Any, mark: str, filters: str) -> bytes:
    """A list as bytes of .xlsx or .csv, with `mark` (who took it and when) on every page."""
    if fmt == "xlsx":
        return _workbook(title, labels, rows, mark, filters)
    return _text(labels, rows, mark, filters)


def _workbook(title: str, labels: Sequence[str], rows: Any, mark: str, filters: str) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    page = book.add_worksheet(title)
    head = book.add_format({"bold": True, "bg_color": "#EEEEEE", "border": 1})
    # Text stays text whatever it begins with: the cell says so itself, also when it is edited.
    text = book.add_format({"num_format": "@", "quote_prefix": True})
    page.set_landscape()
    page.set_paper(9)
    page.set_footer(f"&L{mark.replace('&', '&&')}&R&P / &N")
    page.repeat_rows(0, 2)
    page.freeze_panes(3, 0)
    page.set_column(0, len(labels) - 1, 16)
    page.write_string(0, 0, mark)
    page.write_string(1, 0, filters)
    for position, label in enumerate(labels):
        page.write_string(2, position, label, head)
    for line, row in enumerate(rows, start=3):
        for position, value in enumerate(row):
            if isinstance(value, Decimal | int) and not isinstance(value, bool):
                page.write_number(line, position, value)
            elif value != "":
                page.write_string(line, position, str(value), text)
    book.close()
    return buffer.getvalue()


def _text(labels: Sequence[str], rows: Any, mark: str, filters: str) -> bytes:
    buffer = io.StringIO(newline="")
    buffer.write("\ufeff")  # spreadsheet programs take text without this mark for GBK
    lines = csv.writer(buffer)
    lines.writerow([mark])
    lines.writerow([harmless(filters)])
    lines.writerow(labels)
    for row in rows:
        lines.writerow([harmless(v) if isinstance(v, str) else v for v in row])
    return buffer.getvalue().encode()


def harmless(text: str) -> str:
    """Text that a spreadsheet program would run as a formula, kept from it by an apostrophe."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
