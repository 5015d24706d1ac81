"""What other rooms may know of casework: as what households are recognised, why they are watched, when each level
signed, how long a list hung, and whether it said what the files say.

Recognitions, steps and postings are tables of their own; what rules ask of a household stands in the household's row.
A household that casework knows nothing of (a registry that came without cases) is unknown in all of these.
"""

from collections.abc import Iterator
from datetime import date

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from bangfu.casework.procedures import MoveKind
from bangfu.common.facts import AddedColumns, FactColumn, FactKind, FactTable
from bangfu.common.places import Level
from bangfu.common.policy import code_list

RISKS = "monitor_risk"
LEVELS = (
    ("village", Level.VILLAGE, _("村")),
    ("township", Level.TOWNSHIP, _("乡镇")),
    ("county", Level.COUNTY, _("县")),
)
ANY = " > 0"
_HOME = "JOIN registry_household h ON h.id = {0}.household_id JOIN areas_area v ON v.id = h.village_id"


def _in_force(alias: str, day: date) -> str:
    return (
        f"NOT {alias}.void AND ({alias}.starts_on IS NULL OR {alias}.starts_on <= '{day.isoformat()}') "
        f"AND ({alias}.ends_on IS NULL OR {alias}.ends_on >= '{day.isoformat()}')"
    )


# --- what stands in the household's row ------------------------------------------------------------------------------


def _joins(day: date) -> str:
    """`cr` the recognition in force, `cw` the watch in force, `ce` the last watch that ended, `cd` the case that ended
    it, `cc` the last case that was granted, `cp` the last list that hung for it, `cl` what that list says of it, `cn`
    the village keeps contacts, `cv` the household was visited."""
    last_watch = (
        "SELECT max(x.id) FROM casework_recognition x WHERE x.household_id = t.id AND x.kind = 'watched' "
        f"AND NOT x.void AND x.ends_on < '{day.isoformat()}'"
    )
    last_case = (
        "SELECT max(x.id) FROM casework_case x WHERE x.household_id = t.id AND x.granted "
        f"AND x.closed_on <= '{day.isoformat()}'"
    )
    last_posting = (
        "SELECT max(y.posting_id) FROM casework_posting_cases y JOIN casework_posting q ON q.id = y.posting_id "
        "WHERE y.case_id = cc.id AND NOT q.announcement"
    )
    return (
        "LEFT JOIN casework_recognition cr ON cr.household_id = t.id AND cr.kind IN ('poor', 'exited', 'returned') "
        f"AND {_in_force('cr', day)} "
        "LEFT JOIN casework_recognition cw ON cw.household_id = t.id AND cw.kind = 'watched' "
        f"AND {_in_force('cw', day)} "
        f"LEFT JOIN casework_recognition ce ON ce.id = ({last_watch}) "
        "LEFT JOIN casework_case cd ON cd.id = ce.ended_by_id "
        f"LEFT JOIN casework_case cc ON cc.id = ({last_case}) "
        f"LEFT JOIN casework_posting cp ON cp.id = ({last_posting}) "
        "LEFT JOIN casework_postedline cl ON cl.posting_id = cp.id AND cl.case_id = cc.id "
        "LEFT JOIN (SELECT DISTINCT g.village_id FROM casework_recognition r JOIN registry_household g "
        "ON g.id = r.household_id WHERE r.contact_name <> '') cn ON cn.village_id = t.village_id "
        "LEFT JOIN (SELECT DISTINCT x.household_id FROM visits_visit x WHERE x.household_id IS NOT NULL "
        f"AND x.visited_on <= '{day.isoformat()}') cv ON cv.household_id = t.id"
    )


def _of_watched(condition: str, compared: str = "") -> str:
    """How many open risks of a watched household meet a condition, or whether any does; unknown for others."""
    counted = "SELECT count(*) FROM casework_risk k WHERE k.recognition_id = cw.id AND k.cleared_on IS NULL"
    return f"CASE WHEN cw.id IS NOT NULL THEN ({counted} AND ({condition})){compared} END"


def _codes(attribute: str, value: object = True) -> str:
    codes = [c.code for c in code_list(RISKS).codes if c.attributes.get(attribute) == value]
    return ", ".join(f"'{code}'" for code in codes) or "''"


def _recognised() -> Iterator[FactColumn]:
    yield FactColumn("recognised", FactKind.TEXT, _("现认定为（贫困户、脱贫户、返贫户）"), source="cr.kind")
    yield FactColumn("recognised_ymd", FactKind.DAY, _("现认定起始日期"), source="cr.starts_on")
    yield FactColumn("watched_ymd", FactKind.DAY, _("纳入监测日期"), source="cw.starts_on")
    yield FactColumn(
        "fully_supported", FactKind.FLAG, _("整户无劳动能力兜底保障户（监测标记）"), source="cw.fully_supported"
    )
    yield FactColumn(
        "risks_count",
        FactKind.WHOLE,
        _("未消除的返贫致贫风险项数（不含“三保障”和饮水信号）"),
        source=_of_watched(f"k.code NOT IN ({_codes('signal')})"),
    )
    for code in code_list(RISKS).codes:
        yield FactColumn(
            f"risk_{code.attributes['fact']}",
            FactKind.FLAG,
            format_lazy(_("监测风险：{risk}"), risk=code.label.zh),
            source=_of_watched(f"k.code = '{code.code}'", ANY),
        )
    unexplained = (
        f"k.code IN ({_codes('needs', 'note')}) AND k.note = '' "
        f"OR k.code IN ({_codes('needs', 'disaster')}) AND k.disaster = ''"
    )
    yield FactColumn(
        "risk_unexplained",
        FactKind.FLAG,
        _("有风险缺说明或灾种"),
        source=_of_watched(unexplained, ANY),
    )
    yield FactColumn(
        "watch_contact_known",
        FactKind.FLAG,
        _("监测联系人和电话已登记（本村从未登记过联系人的，旧系统带来的户为未知）"),
        source="CASE WHEN cw.id IS NOT NULL AND (cw.case_id IS NOT NULL OR cn.village_id IS NOT NULL) "
        "THEN cw.contact_name <> '' AND cw.contact_phone <> '' END",
    )
    yield FactColumn("removed_ymd", FactKind.DAY, _("最近一次风险消除日期"), source="cd.closed_on")
    yield FactColumn(
        "removal_way", FactKind.CODE, _("最近一次风险消除方式"), codes="risk_removal_way", source="ce.removal_way"
    )
    yield FactColumn("removed_watched_ymd", FactKind.DAY, _("已消除的监测的纳入日期"), source="ce.starts_on")


def _signed() -> Iterator[FactColumn]:
    """The first forward move of each level since the case was last sent back, and the days between two levels."""
    yield FactColumn("last_case_effect", FactKind.TEXT, _("最近办结案件的结果"), source="cc.effect")
    since = (
        "coalesce((SELECT max(b.number) FROM casework_casetransition b WHERE b.case_id = cc.id "
        f"AND b.kind = '{MoveKind.BACK.value}'), -1)"
    )
    for name, level, label in LEVELS:
        yield FactColumn(
            f"{name}_signed_ymd",
            FactKind.DAY,
            format_lazy(_("最近办结案件中{level}一级办理日期"), level=label),
            source='(SELECT min(s."on") FROM casework_casetransition s WHERE s.case_id = cc.id '
            f"AND s.level = {int(level)} AND s.kind = '{MoveKind.FORWARD.value}' AND s.number > {since})",
        )
    for first, second in (("village", "township"), ("township", "county")):
        yield FactColumn(
            f"days_to_{second}",
            FactKind.WHOLE,
            _("村级到乡镇办理相隔天数") if second == "township" else _("乡镇到县级办理相隔天数"),
            unit="天",
            derived=_days(f"{first}_signed_ymd", f"{second}_signed_ymd"),
        )
    yield FactColumn("posting_start_ymd", FactKind.DAY, _("最近办结案件公示起"), source="cp.starts_on")
    yield FactColumn("posting_end_ymd", FactKind.DAY, _("最近办结案件公示止"), source="cp.ends_on")
    yield FactColumn("posting_taken_down_ymd", FactKind.DAY, _("公示提前撤下日期"), source="cp.taken_down_on")
    hung_until = "least(posting_end_ymd, coalesce(posting_taken_down_ymd, posting_end_ymd))"
    yield FactColumn(
        "posting_days",
        FactKind.WHOLE,
        _("最近办结案件公示天数（首日计入）"),
        unit="天",
        derived=f"{_days('posting_start_ymd', hung_until)} + 1",
    )


def _accounts() -> Iterator[FactColumn]:
    """Whether what hung, what is on file and what visitors saw are the same. Of a list and the files: as many people
    as belonged to the household on the day when the list went up, a head whom the files know, the class that was then
    recognised. Somebody without a day of joining belonged to it from the beginning."""
    belonged = (
        "SELECT count(*) FROM registry_member p WHERE p.household_id = t.id "
        "AND (p.joined_on IS NULL OR p.joined_on <= cp.starts_on) AND (p.left_on IS NULL OR p.left_on > cp.starts_on)"
    )
    yield FactColumn("posted_people", FactKind.WHOLE, _("最近办结案件公示的家庭人口"), unit="人", source="cl.people")
    yield FactColumn(
        "people_when_posted",
        FactKind.WHOLE,
        _("公示开始日户档中的家庭人口"),
        unit="人",
        source=f"CASE WHEN cl.id IS NOT NULL THEN ({belonged}) END",
    )
    yield FactColumn(
        "posted_head_known",
        FactKind.FLAG,
        _("公示的户主是（或曾是）户档中的成员"),
        source="CASE WHEN cl.id IS NOT NULL THEN EXISTS (SELECT 1 FROM registry_member p "
        "WHERE p.household_id = t.id AND p.name = cl.head_name) END",
    )
    began = "SELECT r.monitor_category FROM casework_recognition r WHERE r.case_id = cc.id AND r.kind = 'watched'"
    yield FactColumn(
        "posted_class_kept",
        FactKind.FLAG,
        _("公示的监测对象类别与认定的一致（没有公示类别的为是）"),
        source="CASE WHEN cl.id IS NOT NULL THEN cl.monitor_category = '' "
        f"OR cl.monitor_category = coalesce(({began}), cl.monitor_category) END",
    )
    yield FactColumn(
        "corrections_open",
        FactKind.WHOLE,
        _("走访所见与户档不同、尚未处理的项数（没有走访过的为未知）"),
        source="CASE WHEN cv.household_id IS NOT NULL THEN (SELECT count(*) FROM visits_correction o "
        "WHERE o.household_id = t.id AND o.state IN ('waiting', 'conflict')) END",
    )


def _days(first: str, second: str) -> str:
    """The days between two days like 20200930, in DuckDB's dialect."""
    return f"date_diff('day', {_day(first)}, {_day(second)})"


def _day(number: str) -> str:
    return f"strptime(CAST({number} AS VARCHAR), '%Y%m%d')"


def ADDED() -> tuple[AddedColumns, ...]:
    return (AddedColumns("household", (*_recognised(), *_signed(), *_accounts()), _joins),)


# --- tables of their own ---------------------------------------------------------------------------------------------


def _place() -> Iterator[FactColumn]:
    yield FactColumn("household_id", FactKind.KEY, _("户的内部编号"), required=True, source="h.id")
    yield FactColumn("household_no", FactKind.TEXT, _("户编号"), required=True, source="h.household_no")
    yield FactColumn("village_code", FactKind.TEXT, _("村的区划代码（12位）"), source="v.code")
    yield FactColumn("place", FactKind.KEY, _("位置（内部编号）"), required=True, source="h.place")


def _recognition_columns() -> Iterator[FactColumn]:
    yield FactColumn("recognition_id", FactKind.KEY, _("认定的内部编号"), required=True, source="t.id")
    yield from _place()
    yield FactColumn("kind", FactKind.TEXT, _("认定"), required=True)
    yield FactColumn("monitor_category", FactKind.CODE, _("监测对象类别"), codes="monitor_category")
    yield FactColumn("starts_ymd", FactKind.DAY, _("起"), source="t.starts_on")
    yield FactColumn("ends_ymd", FactKind.DAY, _("止"), source="t.ends_on")
    yield FactColumn("removal_way", FactKind.CODE, _("风险消除方式"), codes="risk_removal_way")
    yield FactColumn("void", FactKind.FLAG, _("认定有误，已撤销"), required=True)


def _step_columns() -> Iterator[FactColumn]:
    yield FactColumn("step_id", FactKind.KEY, _("办理的内部编号"), required=True, source="t.id")
    yield FactColumn("case_id", FactKind.KEY, _("案件的内部编号"), required=True)
    yield from _place()
    yield FactColumn("procedure", FactKind.TEXT, _("程序"), required=True, source="c.procedure")
    yield FactColumn("number", FactKind.WHOLE, _("序号"), required=True)
    yield FactColumn("move", FactKind.TEXT, _("动作"), required=True)
    yield FactColumn("kind", FactKind.TEXT, _("动作类别"), required=True)
    yield FactColumn("from_step", FactKind.TEXT, _("原环节"))
    yield FactColumn("to_step", FactKind.TEXT, _("新环节"), required=True)
    yield FactColumn("level", FactKind.WHOLE, _("办理层级（3县4乡5村）"), required=True)
    yield FactColumn("role", FactKind.TEXT, _("岗位"))
    yield FactColumn("on_ymd", FactKind.DAY, _("日期"), required=True, source='t."on"')


def _posting_columns() -> Iterator[FactColumn]:
    yield FactColumn("posted_id", FactKind.KEY, _("公示与案件的内部编号"), required=True, source="t.id")
    yield FactColumn("posting_id", FactKind.KEY, _("公示的内部编号"), required=True)
    yield FactColumn("case_id", FactKind.KEY, _("案件的内部编号"), required=True)
    yield from _place()
    yield FactColumn("starts_ymd", FactKind.DAY, _("公示起"), required=True, source="p.starts_on")
    yield FactColumn("ends_ymd", FactKind.DAY, _("公示止"), required=True, source="p.ends_on")
    yield FactColumn("taken_down_ymd", FactKind.DAY, _("提前撤下日期"), source="p.taken_down_on")
    yield FactColumn("announcement", FactKind.FLAG, _("公告"), required=True, source="p.announcement")


def _recognitions(day: date) -> str:
    return f"casework_recognition t {_HOME.format('t')} WHERE h.ended_on IS NULL"


def _steps(day: date) -> str:
    return (
        f"casework_casetransition t JOIN casework_case c ON c.id = t.case_id {_HOME.format('c')} "
        "WHERE h.ended_on IS NULL"
    )


def _postings(day: date) -> str:
    return (
        "casework_posting_cases t JOIN casework_posting p ON p.id = t.posting_id JOIN casework_case c "
        f"ON c.id = t.case_id {_HOME.format('c')} WHERE h.ended_on IS NULL"
    )


def TABLES() -> tuple[FactTable, ...]:
    return (
        FactTable("recognition", _("认定"), ("recognition_id",), tuple(_recognition_columns()), _recognitions),
        FactTable("case_step", _("案件办理"), ("step_id",), tuple(_step_columns()), _steps),
        FactTable("posting", _("公示"), ("posted_id",), tuple(_posting_columns()), _postings),
    )
