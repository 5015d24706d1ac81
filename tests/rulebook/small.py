"""A small world to check conditions against: tables by hand, a few features and figures, one code list."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bangfu.common.facts import FactColumn, FactKind, FactTable, Schema
from bangfu.common.policy import CodeList
from bangfu.rulebook.expressions import Checker
from bangfu.rulebook.models import Feature, Figure

K = FactKind
SOURCE = {"document": "某县〔2021〕7号"}


def _table(name: str, *columns: FactColumn) -> FactTable:
    own = {"village": "village_id", "household": "household_id", "member": "member_id", "work_record": "record_id"}
    key = FactColumn(own[name], K.KEY, own[name], required=True)
    place = FactColumn("village_code", K.TEXT, "村的区划代码")
    return FactTable(name, name, (key.name,), (key, place, *columns), lambda day: "nowhere")


SCHEMA = Schema(
    {
        "village": _table(
            "village", FactColumn("people", K.AMOUNT, "总人口"), FactColumn("named", K.TEXT, "村名", required=True)
        ),
        "household": _table(
            "household",
            FactColumn("income_net_pc", K.AMOUNT, "人均纯收入", unit="CNY"),
            FactColumn("income_year", K.WHOLE, "收入年度"),
            FactColumn("members_count", K.WHOLE, "家庭人口", required=True),
            FactColumn("dangerous_house", K.FLAG, "是否危房户"),
            FactColumn("phone", K.TEXT, "联系电话"),
            FactColumn("mobile_ok", K.FLAG, "手机号有效", derived="regexp_matches(phone, '^1[0-9]{10}$')"),
        ),
        "member": _table(
            "member",
            FactColumn("household_id", K.KEY, "户", required=True),
            FactColumn("name", K.TEXT, "姓名"),
            FactColumn("relation", K.CODE, "与户主关系", codes="relation"),
            FactColumn("illnesses", K.TEXT, "健康状况", codes="illness"),
            FactColumn("birth_ymd", K.DAY, "出生日期"),
            FactColumn("joined_ymd", K.DAY, "进入本户日期"),
            FactColumn("disabled", K.FLAG, "残疾"),
            FactColumn("present", K.FLAG, "在册", required=True),
            FactColumn("months", K.WHOLE, "公益性岗位月数"),
            FactColumn("wage", K.AMOUNT, "月收入"),
            FactColumn("age", K.WHOLE, "周岁", computed="($as_of_ymd - birth_ymd) // 10000"),
        ),
        "work_record": _table("work_record", FactColumn("start_ymd", K.DAY, "开始年月")),
    }
)
CODES: Mapping[str, CodeList] = {
    "relation": CodeList.model_validate(
        {
            "id": "relation",
            "label": {"zh": "与户主关系", "en": "Relation to head"},
            "source": SOURCE,
            "codes": [
                {"code": "01", "label": {"zh": "户主", "en": "Head"}},
                {"code": "02", "label": {"zh": "配偶", "en": "Spouse"}, "aliases": ["妻子"]},
            ],
        }
    ),
    "illness": CodeList.model_validate(
        {
            "id": "illness",
            "label": {"zh": "健康状况", "en": "Health"},
            "source": SOURCE,
            "codes": [{"code": "03", "label": {"zh": "大病", "en": "Serious illness"}}],
        }
    ),
}


def figure(id: str, type: str = "whole", value: str = "16") -> Figure:
    return Figure.model_validate(
        {
            "id": id,
            "label": {"zh": {"line": "监测线", "age_low": "劳动年龄下限"}.get(id, id), "en": id},
            "unit": {"zh": "元", "en": "CNY"},
            "type": type,
            "values": [{"value": value, "from": "2020-01-01", "source": SOURCE}],
        }
    )


FIGURES = {each.id: each for each in (figure("age_low"), figure("line", "amount", "7000"))}
FEATURES = [
    Feature.model_validate(
        {"name": "heads", "grain": "household", "aggregate": "count", "over": "member", "where": "relation = '01'",
         "meaning": {"zh": "户主人数", "en": "Heads"}}
    ),
    Feature.model_validate(
        {"name": "any_disabled", "grain": "household", "aggregate": "any", "over": "member", "where": "disabled",
         "meaning": {"zh": "有残疾成员", "en": "Somebody is disabled"}}
    ),
    Feature.model_validate(
        {"name": "eldest_ymd", "grain": "household", "aggregate": "min", "over": "member", "value": "birth_ymd",
         "meaning": {"zh": "最年长者出生日期", "en": "Birthday of the eldest"}}
    ),
]  # fmt: skip
BIND = {"as_of_ymd": 20200930, "as_of_year": 2020, "school_day_ymd": 20200901, "age_low": 16, "line": 7000}


def checker(features: Sequence[Feature] = FEATURES) -> Checker:
    return Checker(SCHEMA, features, FIGURES, CODES)


def sql_type(kind: FactKind) -> str:
    return {K.KEY: "BIGINT", K.FLAG: "BOOLEAN", K.AMOUNT: "DECIMAL(14,2)", K.WHOLE: "INTEGER", K.DAY: "INTEGER"}.get(
        kind, "VARCHAR"
    )


def write(root: Path, **files: Any) -> Path:
    """A folder of policy files: `write(root, rules__a="…")` makes china/rules/a.yaml; a name that begins with a digit
    after `at_` is a place's: `at_990121__rules`. Contents are texts of YAML."""
    policy = root / "policy"
    for folder in ("figures", "rules"):
        (policy / "china" / folder).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        folder, _sep, file = name.partition("__")
        target = policy / "places" / folder[3:] if folder.startswith("at_") else policy / "china" / folder
        target.mkdir(parents=True, exist_ok=True)
        (target / f"{file.replace('_cases', '.cases')}.yaml").write_text(text, encoding="utf-8")
    return policy
