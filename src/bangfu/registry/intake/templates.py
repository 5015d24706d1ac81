"""The workbook to fill in: a sheet for each table, drop-down lists from the code lists, an example row in each.

It is read back by `reading` as it is: headers are our labels, example rows are known by their number.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter
from django.utils.translation import gettext as _

from bangfu.common.policy import code_list
from bangfu.registry import income_items
from bangfu.registry.columns import Column, Kind, tables
from bangfu.registry.intake.headers import header_file, label_of
from bangfu.registry.intake.limits import limits

# Rows that are prepared for input: drop-down lists and text format reach so far down.
ROWS = 5000
# What a sheet asks, in the order in which people fill it; the rest of the catalogue may be added as further columns.
_ASKED = {
    "household": "household_no division_code group_name address phone identification_standard household_type "
    "household_class poverty_status monitor_category first_identified exited_on main_cause other_cause_1 "
    "other_cause_2 cultivated_land_mu irrigated_land_mu forest_mu returned_forest_mu orchard_mu pasture_mu water_mu "
    "in_cooperative house_area_m2 house_structure dangerous_house house_grade safe_water_solved production_power "
    "living_power broadcast_tv access_road_type distance_to_main_road_km sanitary_toilet main_fuel bank_name "
    "bank_account remark",
    "member": "household_no person_no name id_no relation_to_head sex birth_date ethnicity phone political_status "
    "education_level student_status dropout_reason school_name health_status disability_category disability_grade "
    "labor_capacity resident_medical_insurance serious_illness_insurance resident_pension dibao_status tekun_status "
    "public_job public_job_months registered_here living_together joined_on joined_by left_on left_by",
    "work_record": "person_no start_month end_month work_place employer industry monthly_income employment_channel "
    "point_to_point_transport travel_subsidy",
    "income_year": "household_no year window_start window_end members_counted",
    "income_item": "household_no year code amount person_no quantity quantity_unit note",
}
ASKED: Mapping[str, Sequence[str]] = {table: columns.split() for table, columns in _ASKED.items()}
EXAMPLES: dict[str, dict[str, str]] = {
    "household": {
        "household_no": "1", "division_code": "990121200201", "group_name": "一组", "household_type": "普通农户",
        "cultivated_land_mu": "3.5", "house_grade": "B",
    },
    "member": {
        "household_no": "1", "person_no": "1", "name": "张三", "id_no": "11010519491231002X",
        "relation_to_head": "户主", "ethnicity": "汉族", "education_level": "初中", "health_status": "健康",
    },
    "work_record": {"person_no": "1", "start_month": "2025-03", "employer": "样县鞋厂", "monthly_income": "3200"},
    "income_year": {"household_no": "1", "year": "2025", "window_start": "2024-10-01", "window_end": "2025-09-30"},
    "income_item": {"household_no": "1", "year": "2025", "code": "外出务工收入", "amount": "12000"},
}  # fmt: skip
REQUIRED = {
    "household": {"household_no", "division_code"},
    "member": {"household_no", "name", "id_no", "relation_to_head"},
    "work_record": {"person_no", "start_month"},
    "income_year": {"household_no", "year"},
    "income_item": {"household_no", "year", "code", "amount"},
}


def write_template(target: Path | BinaryIO) -> None:
    """Write the workbook in the language now active."""
    book = xlsxwriter.Workbook(target)
    text = book.add_format({"num_format": "@"})
    head = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1, "text_wrap": True, "valign": "vcenter"})
    must = book.add_format({"bold": True, "bg_color": "#FCE4D6", "border": 1, "text_wrap": True, "valign": "vcenter"})
    grey = book.add_format({"num_format": "@", "italic": True, "font_color": "#808080"})
    _explain(book)
    lists = _Lists(book)
    for name, columns in ASKED.items():
        page = book.add_worksheet(str(tables()[name].label))
        page.freeze_panes(1, 2)
        page.set_row(0, 32)
        for position, column_name in enumerate(columns):
            column = tables()[name].columns.get(column_name) or Column(
                column_name, Kind.TEXT, label_of(name, column_name)
            )
            page.set_column(position, position, max(len(str(column.label)) * 2 + 2, 12), text)
            page.write_string(0, position, str(column.label), must if column_name in REQUIRED[name] else head)
            page.write_comment(0, position, _help(name, column), {"x_scale": 2})
            example = EXAMPLES[name].get(column_name, "")
            if example:
                mark = header_file().example_mark if column_name in ("household_no", "person_no") else ""
                page.write_string(1, position, mark + example, grey)
            if source := lists.source(column, name):
                page.data_validation(
                    1, position, ROWS, position, {"validate": "list", "source": source, "error_type": "warning"}
                )
    lists.finish()
    book.close()


class _Lists:
    """The hidden sheet from which drop-down lists take their words: a list is too long to stand in the cell itself."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.columns: dict[str, list[str]] = {}

    def source(self, column: Column, table: str) -> Any:
        if column.kind is Kind.FLAG:
            return ["是", "否"]
        if column.name == "code" and table == "income_item":
            self.columns.setdefault("income_item", [str(i.label) for i in income_items.items().values()])
            return self._reference("income_item")
        if column.kind is not Kind.CODE:
            return None
        self.columns.setdefault(column.codes, [label for _code, label in code_list(column.codes).choices()])
        return self._reference(column.codes)

    def _reference(self, key: str) -> str:
        position = list(self.columns).index(key)
        letter = xlsxwriter.utility.xl_col_to_name(position)
        return f"='字典'!${letter}$2:${letter}${len(self.columns[key]) + 1}"

    def finish(self) -> None:
        page = self.book.add_worksheet("字典")
        page.hide()
        for position, (key, words) in enumerate(self.columns.items()):
            page.write_string(0, position, key)
            for line, word in enumerate(words, start=1):
                page.write_string(line, position, word)


def _help(table: str, column: Column) -> str:
    lines = [column.name]
    if column.kind is Kind.CODE:
        lines.append(_("从下拉列表中选一项。"))
    elif column.kind is Kind.SET:
        choices = "、".join(label for _code, label in code_list(column.codes).choices())
        lines.append(_("可填多项，用逗号隔开：{choices}。").format(choices=choices))
    elif column.kind is Kind.FLAG:
        lines.append(_("填“是”或“否”；不知道时留空。"))
    elif column.kind is Kind.DAY:
        lines.append(_("写成 1985-03-02。"))
    elif column.kind is Kind.MONTH:
        lines.append(_("写成 2025-03。"))
    span = limits().ranges.get(table, {}).get(column.name)
    if span:
        lines.append(_("{low} 至 {high}").format(low=span.low, high=span.high))
    if column.name == "person_no":
        lines.append(_("新增的人没有编号时可以留空，系统按证件号码认人或新编号码。"))
    return "\n".join(lines)


def _explain(book: Any) -> None:
    page = book.add_worksheet("填写说明")
    page.set_column(0, 0, 100, book.add_format({"text_wrap": True}))
    for line, sentence in enumerate(
        (
            _("一、每张表第一行是列名，不要改动；橙色列名必填。列可以删除，也可以按国家系统的列名或字段代码增加。"),
            _("二、灰色的示例行不会导入，可以留着也可以删掉。"),
            _("三、空白单元格表示“不改”；要清空原有内容，填“{word}”二字。").format(word=header_file().clear_word),
            _("四、证件号码、户编号、银行账号所在列已设为文本格式，请不要改成数字，否则后几位会变成 0。"),
            _("五、出生日期和性别可以留空，系统按证件号码填写。"),
            _("六、同一户同一年的收支明细整体替换原有明细，请把当年各项填全。"),
            _("七、上传后先演练，系统把有问题的单元格标红并写明改法，确认后才入库。"),
        )
    ):
        page.write_string(line, 0, sentence)
