"""Which numbers count something: a Chinese numeral before a thing, not in a set phrase; not the length of a list."""

import re
from functools import cache

from bangfu.plans.reading.found import Comparison
from bangfu.plans.reading.layout import clause
from bangfu.plans.reading.quantities import Quantity
from bangfu.plans.reading.words import any_of, grammar

_CHUNK_END = re.compile(
    r"[,;。:、!?()“”‘’《》\s0-9]|以上|以下|进行|开展|参加|负责|组成|分别|已|以及|和(?=[\u4e00-\u9fff])|要|(?<![比针核应相校面结])对|将|实现|达到|成功|每"
)
_LONG_AGO = 14  # how far in front of 一 the deed may stand


def chunk(text: str, start: int, longest: int = 20) -> str:
    """The noun phrase that begins here, up to a mark or a word that begins something else."""
    stop = _CHUNK_END.search(text, start, start + longest + 2)
    return text[start : stop.start() if stop else start + longest]


def counts(text: str, quantity: Quantity) -> bool:
    """Whether the number counts something that a plan could hold to."""
    if not quantity.unit:
        return False
    if _sums_up(text, quantity):
        return False
    if quantity.unit in grammar().units.time and not _is_span(text, quantity):
        return False
    return not quantity.chinese or _chinese_counts(text, quantity)


@cache
def _summing() -> re.Pattern[str]:
    labels = grammar().words.labels
    # what follows must not make another noun of it (工作组, 任务书)
    goes_on = "的|实行|进行|进展|情|统筹|推进|落实|建立|开展|全部|要|均|都|已|和|与|及|完成|纳入|整改|销号|按"
    goes_on += "|中|内|上|方面|等|逐|得到|清|达"
    return re.compile(rf"(?:{any_of(labels.summed_modifiers)})*(?:{any_of(labels.summed_nouns)})+(?=$|{goes_on})")


def _sums_up(text: str, quantity: Quantity) -> bool:
    """三种方式, 6项重点工作: the number only says how many points follow."""
    if quantity.plain_unit not in grammar().words.labels.summed_units or quantity.low > 30:
        return False
    noun = chunk(text, quantity.end)
    if quantity.plain_unit == "大" or not noun:
        return False
    if noun.startswith(("户", "村", "村民")):
        return False
    return _summing().match(noun) is not None


def _is_span(text: str, quantity: Quantity) -> bool:
    """Whether a number of days, months or years is a length of time that binds, not a date or an age of things."""
    behind = text[quantity.end : quantity.end + 6]
    before = text[max(0, quantity.start - 10) : quantity.start]
    if quantity.plain_unit in ("岁", "周岁", "学时", "课时", "小时", "个小时", "分钟", "工作日", "个工作日"):
        return True
    if quantity.comparison is Comparison.AT_MOST and text[quantity.end - 1] == "内":
        return quantity.plain_unit != "年"  # 三年内 is a date
    if quantity.plain_unit in ("月", "日") or re.search(r"第$|[0-9]$", before):
        return False
    if quantity.plain_unit == "年" and quantity.low > 100:
        return False
    bound = re.compile(r"不变|以内|内|以上|之内|时间|期|左右|的|标准|完成|一|为|,|。|;|$|集中|专项|攻坚|行动|以下")
    held = re.compile(
        r"(?:保持|为期|期限为?|时限为?|不少于|不低于|不超过|至少|一定|连续.{0,4}|达到|达|每[年月季周].{0,8}|满|用|提前|驻村|公示|工期)$"
    )
    if re.search(r"(?:用|花|经过)$", before):
        return False  # 用三年时间 is a date
    if quantity.chinese and quantity.low < 2 and not held.search(before):
        return False
    if quantity.chinese:
        return bool(held.search(before) or re.match(r"不变|以内|内|以上", behind))
    return bool(bound.match(behind) or held.search(before))


@cache
def _concrete() -> re.Pattern[str]:
    return re.compile(rf"[^,;。:、]{{0,16}}?{any_of(grammar().words.labels.concrete_ends)}")


@cache
def _acts() -> re.Pattern[str]:
    return re.compile(rf"{any_of(grammar().words.labels.acts)}(?:了|好|出|过)?[^,;。0-9]{{0,{_LONG_AGO}}}$")


_SET_PHRASES = re.compile(r"[统唯万同专进第这那某之其每]$")
_NEVER = frozenset(
    [
        "村",
        "乡",
        "镇",
        "县",
        "乡镇",
        "部门",
        "单位",
        "大户",
        "元素",
        "面",
        "对",
        "双",
        "层",
        "节",
        "段",
        "基",
        "宫",
        "盘",
        "把",
        "方",
        "里",
        "度",
        "分",
        "升",
        "伏",
        "起",
        "副",
        "群",
        "窝",
        "道",
        "类",
    ]
)


def _chinese_counts(text: str, quantity: Quantity) -> bool:
    units = grammar().units
    before = text[max(0, quantity.start - 24) : quantity.start]
    if quantity.plain_unit in _NEVER:  # 三乡一镇, 一村: names or set phrases
        return False
    if quantity.plain_unit == "期" and re.match(r"工程|项目|建设|改造", text[quantity.end :]):
        return False
    if _SET_PHRASES.search(before) or text[quantity.start : quantity.start + 2] in ("一致", "一体"):
        return False
    if quantity.plain_unit in units.money or quantity.plain_unit in units.length + units.area + units.weight:
        return quantity.low > 1 or bool(_acts().search(before))
    if quantity.comparison.value in ("ge", "le") and quantity.plain_unit != "年":
        return True
    noun = chunk(text, quantity.end, 24)
    if _repeats(text, quantity):
        return False
    if quantity.plain_unit in grammar().words.labels.summed_units and noun.startswith(
        grammar().words.labels.summed_nouns
    ):
        return False
    if quantity.low > 1:
        firm = quantity.plain_unit in units.firm or quantity.plain_unit in units.occurrences
        return firm or quantity.plain_unit in units.time or bool(noun and _concrete().match(noun))
    left, _ = clause(text, quantity.start, quantity.start)
    if not noun and quantity.plain_unit in ("所", "座", "台", "口", "处", "名", "家", "套", "条"):
        return quantity.start - left >= 2  # behind its noun, at the end of the clause: 小学一所
    recurs = quantity.plain_unit in units.occurrences and re.search(
        r"每|按[月季周旬]|全年|半年", text[left : quantity.start]
    )
    if recurs:
        return True
    if not _acts().search(text[left : quantity.start]):
        return False
    if quantity.plain_unit in ("次", "遍", "场", "期", "轮", "人次"):
        return not re.match(r"性|又|革命", text[quantity.end : quantity.end + 2])
    if quantity.plain_unit in ("户", "人", "批", "片", "面", "面貌", "块", "对"):
        return False
    return bool(noun and _concrete().fullmatch(noun))


def _repeats(text: str, quantity: Quantity) -> bool:
    """一个产品一个产品, 一户一策: said twice, it means one after another."""
    own = text[quantity.start : quantity.end]
    around = text[max(0, quantity.start - 8) : quantity.start] + "|" + text[quantity.end : quantity.end + 8]
    return own.startswith("一") and own in around
