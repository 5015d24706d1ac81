"""Target, duty, standard or fact: what an amount is, by its clause, its sentence and the headings above it."""

import re
from functools import cache

from bangfu.plans.reading.counting import chunk
from bangfu.plans.reading.found import Comparison, Kind
from bangfu.plans.reading.layout import Heading, Layout, Paragraph, Sentence
from bangfu.plans.reading.quantities import Quantity
from bangfu.plans.reading.words import any_of, grammar


class Moods:
    """Whether a paragraph tells what is (a report) or what shall be (a plan)."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._told = self._report_stretches()

    def _report_stretches(self) -> list[bool]:
        """A paragraph that opens with 2016年以来, 这一年 … makes itself and the deeper ones under it a report."""
        openers = _openers()
        told: list[bool] = []
        level: int | None = None
        document = 0
        for paragraph in self.layout.paragraphs:
            own = paragraph.headings[-1].level if paragraph.headings else 0
            numbered = bool(paragraph.headings) and paragraph.headings[-1].start == paragraph.body
            if paragraph.document != document or (level is not None and numbered and own <= level):
                level, document = None, paragraph.document
            body = self.layout.text[paragraph.body : paragraph.body + 40]
            if not paragraph.noise and openers.search(body):
                told.append(True)
                level = self._reach(len(told) - 1, own, numbered) if level is None else level
                continue
            told.append(level is not None and numbered and own > level)
        return told

    def _reach(self, position: int, own: int, numbered: bool) -> int:
        """The level below which what follows belongs to the report. A list that begins right behind belongs to it."""
        if not numbered:
            for paragraph in self.layout.paragraphs[position + 1 : position + 3]:
                first = re.match(r"\s*[(]?(?:一|1)[)、.是]", self.layout.text[paragraph.start : paragraph.start + 8])
                if first and paragraph.headings:
                    return paragraph.headings[-1].level - 1
        return own

    def is_report(self, paragraph: int) -> bool:
        return self._told[paragraph] or _facts_by_heading(self.layout.paragraphs[paragraph].headings)


@cache
def _openers() -> re.Pattern[str]:
    return re.compile("|".join(grammar().words.kinds.fact_openers_patterns))


@cache
def _heading_words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    kinds = grammar().words.kinds
    return re.compile(any_of(kinds.fact_headings)), re.compile(any_of(kinds.plan_headings))


def _facts_by_heading(headings: tuple[Heading, ...]) -> bool:
    """The innermost heading that says either decides; the last such word in it counts."""
    facts, plans = _heading_words()
    for heading in reversed(headings):
        title = heading.title[:30]
        fact = max((m.end() for m in facts.finditer(title)), default=-1)
        plan = max((m.end() for m in plans.finditer(title)), default=-1)
        if fact >= 0 or plan >= 0:
            return fact > plan
    return False


@cache
def _words() -> dict[str, re.Pattern[str]]:
    kinds = grammar().words.kinds
    return {
        "fact": re.compile(any_of(kinds.fact_words)),
        "plan": re.compile(any_of(kinds.plan_words)),
        "firm": re.compile(any_of(kinds.firm_plan_words)),
        "norm": re.compile(any_of(kinds.norm_words)),
        "each_of": re.compile(any_of(kinds.each_of)),
        "owed": re.compile(rf"{any_of(kinds.owed)}(?:了)?(?:[^,;。0-9]{{0,6}})$"),
        "norm_sentence": re.compile(any_of(kinds.norm_sentence_words)),
    }


_DONE = re.compile(
    r"(?:完成|实现|达到?|建成|投入|安排|解决|新增|修建|硬化|整治|召开|脱贫|争取|下降|降[到至]|增长|减少)了"
)
_EACH = re.compile(
    r"(?:每|各)(?!年|月|天|日|周|季|次|学期|项|类|种|级|界|方|地区|有关|相关|自|个月|半|负其责|单位)(?:一|个|名|位|户)?(?:[一-龥]{0,14}?)"
    r"|(?:所有|逐村|逐户)[一-龥]{1,16}|(?:户户|村村|人人)(?:都)?(?:有|要|建|配|至少)"
)


def kind_of_quantity(
    layout: Layout, moods: Moods, sentence: Sentence, paragraph: Paragraph, quantity: Quantity, recurring: bool
) -> tuple[Kind, str]:
    """The kind of an amount, and the rule that decided it."""
    text = layout.text
    left, right = layout.clause(quantity.start, quantity.end, ",;:。!?\n")
    before, behind = text[left : quantity.start], text[quantity.end : right]
    told_before = text[sentence.start : quantity.start]
    if per_case(quantity):
        return Kind.STANDARD, "amount-per-case"
    if selects(text, quantity, before):
        return Kind.STANDARD, "selects-cases"
    if is_fact(layout, moods, sentence, quantity.start, quantity.end):
        return Kind.FACT, "told-as-fact"
    if _from_where(before, behind):
        return Kind.FACT, "where-it-starts"
    if "是否" in behind:
        return Kind.FACT, "asked-of-what-is"
    if recurring:
        return Kind.DUTY, "rhythm"
    if quantity.plain_unit in grammar().units.time:
        return Kind.STANDARD, "length-of-time"
    if quantity.plain_unit not in grammar().units.share and (each := _each_before(text, sentence, left, quantity)):
        return Kind.STANDARD, each
    if _norm(text, sentence, quantity, before, behind):
        return Kind.STANDARD, "norm"
    if _owed(told_before, before, quantity):
        return Kind.STANDARD, "owed-by-each"
    return Kind.TARGET, "to-be-reached"


def per_case(quantity: Quantity) -> bool:
    """Money told per something."""
    return "/" in quantity.unit


def _from_where(before: str, behind: str) -> bool:
    """由5.6%下降到3.1%: the first of the two is what already is."""
    rises = r"[^,;。0-9]{0,6}(?:下降|降低|降|压减|减少|提高|提升|上升|升|增加|增长|增|扩大|发展)(?:到|至|为)"
    return bool(re.search(r"(?:由|从)[^,;。]{0,16}$", before) and re.match(rf"{rises}", behind))


def selects(text: str, quantity: Quantity, before: str) -> bool:
    """60岁以上老人, 100亩以上的基地, 低于5000元的户: a limit that picks cases, not an amount to be reached."""
    behind = text[quantity.end : quantity.end + 26]
    if before.endswith("连续") and re.match(r"[^,;。]{2,24}的", behind):
        return True
    if quantity.comparison not in (Comparison.AT_LEAST, Comparison.AT_MOST):
        return False
    if re.match(r"(?:对|凡|凡是|如|若|当)[^,;。]{2,}$", before) and re.match(r"的[一-龥]", behind):
        return True
    compared_behind = re.search(r"(?:以上|以下|以内|之内)$", text[quantity.start : quantity.end])
    if compared_behind:
        if quantity.plain_unit == "%":
            return False
        if (
            behind.startswith("的")
            and re.match(r"的[一-龥]", behind)
            and not re.match(r"的(?:目标|要求|任务|标准)", behind)
        ):
            return quantity.plain_unit in grammar().units.every and not _adds(before)
        noun = chunk(text, quantity.end)
        if quantity.plain_unit in ("户", "人") and re.match(
            r"(?:自然)?村|寨|居民点|聚居|安置点|集中居住|单位|企业", noun
        ):
            return True
        limit = quantity.plain_unit in grammar().words.kinds.selecting_units and quantity.plain_unit != "元"
        return bool(noun) and limit and not behind.startswith(("不", "完成", "实现", "标准")) and not _adds(before)
    return bool(
        re.match(r"(?:\([^)]{0,8}\))?(?:且|并|、|或|的|而)[^,;。]{0,20}(?:户|人口|家庭|人员|群众|村|对象|\))", behind)
    ) and not _adds(before)


def _adds(before: str) -> bool:
    return bool(
        re.search(
            r"(?:新增|新建|建设|建成|完成|改造|发展|种植|达到|带动|培训|选派|组建|覆盖|确保|力争|增加)[^,;。]{0,8}$",
            before,
        )
    )


def _each_before(text: str, sentence: Sentence, left: int, quantity: Quantity) -> str:
    """每个村要有1个: the number is owed in each case."""
    start = max(left, sentence.start)
    ahead = text[start : quantity.start]
    for match in _EACH.finditer(ahead):
        between = re.sub(r"[0-9.]+[一-龥]{0,10}", "", ahead[match.end() :])
        if match[0].startswith("所有") and re.search(r"[对把将在为]$", ahead[: match.start()]):
            continue
        if re.search(r"[0-9]", ahead[match.start() : match.end()] + between) and not re.search(
            r"每[0-9千百万]", ahead[match.start() :]
        ):
            continue
        if ahead[match.start() : match.end()].startswith("各") and not re.match(
            r"各[一-龥]{0,4}?(?:村|乡|镇|县|区|市|户|组|校|学校|社区|街道|园区|企业|合作社|中心|队|(?:结对)?(?:帮扶|联系|包|选派|落实|建|配))",
            ahead[match.start() :],
        ):
            continue
        if len(between) <= 24:
            return "each-case"
    if re.fullmatch(r"(?:并|另)?(?:配备?|建设?|设立?|有|安排|落实|聘用?)(?:不少于|至少)?", ahead) and quantity.low <= 5:
        previous = re.split(r"[;。]", text[sentence.start : start])[-1]
        clauses = [part for part in previous.split(",") if part]
        if (
            clauses
            and re.match(r"每|各[村乡镇县户]", clauses[-1].lstrip(" "))
            and re.search(r"[0-9一二两三]", clauses[-1])
        ):
            return "each-case-before"
    if (
        quantity.plain_unit in grammar().units.people
        and quantity.low <= 5
        and re.search(r"(?:家庭|[一-龥]户)(?:至少|均|都)?有?$", ahead)
    ):
        return "each-case"
    if quantity.plain_unit in grammar().units.people and _grouped(quantity, text[quantity.end : quantity.end + 30]):
        return "size-of-a-group"
    averaged = re.search(r"(?:户均|村均|人均)(?:有|拥有|不少于|至少|掌握)?$", ahead)
    if averaged and quantity.plain_unit in grammar().units.countable:
        return "each-case"
    if re.search(r"每(?:[一二两十百千万]|[0-9]+)[一-龥]{0,10}", ahead):
        return "each-case"
    return ""


def _grouped(quantity: Quantity, behind: str) -> bool:
    """5至9人的评议小组: how large such a group shall be, wherever there is one."""
    bounded = quantity.comparison is not Comparison.EQUAL
    return (
        bounded
        and quantity.low <= 30
        and bool(re.match(r"的[^,;。0-9]{0,24}?(?:小组|工作队|专班|队伍|委员会|评议会)", behind))
    )


def _norm(text: str, sentence: Sentence, quantity: Quantity, before: str, behind: str) -> bool:
    told = text[sentence.start : sentence.end]
    money = quantity.plain_unit in grammar().units.money
    if re.search(r"(?:按照|按)[^,;。]{0,20}$", before) and re.search(r"^[^,;。]{0,8}(?:标准|原则)", behind):
        return True
    said = "为|是|达到|提高到|提高至|不低于|不超过|控制在|:"
    stated = rf"(?<![高低])标准(?:{said})?(?:每[一-龥]{{1,4}}){{0,2}}(?:月均|年均|人均)?$"
    if re.search(stated, before) or re.match(r"(?:的)?[一-龥]{0,4}(?<![高低])标准(?!化)", behind):
        return True
    if re.match(r"[^,。;]{0,6}的原则", behind):
        return True
    head = text[sentence.start : quantity.start]
    if money and re.search(r"标准[^。]{0,12}(?:即|为|是|:)[^。]*$", head):
        return True
    bounded = quantity.comparison in (Comparison.AT_LEAST, Comparison.AT_MOST)
    dimension = r"(?:宽度?|厚度?|高度|长度|深度|管径|间距|口径|坡度)(?:不|应|要|须|达|控制|至少)[^,;。]{0,6}$"
    if bounded and re.search(dimension, before):
        return True
    if quantity.comparison is Comparison.AT_MOST and re.search(r"(?:人均|户均|每[一-龥]{1,3})[^,;。]{0,12}$", before):
        return True
    if quantity.plain_unit == "%" and re.search(r"(?:扣除|扣减|扣罚|扣发|罚款|处以)[^,;。]{0,16}$", before):
        return True
    line = r"为?(?:防[止范]返贫)?(?:动态)?(?:监测|保障|认定|识别|划分|收入)?(?:范围|标准线?|底线|界限?|门槛|线)"
    if money and re.match(line, behind):
        return True
    if money and re.search(r"(?:标准|底线|[一-龥]线)\($", before) and behind.startswith(")"):
        return True
    if quantity.plain_unit in ("%", "倍") and re.search(r"标准的$", before):
        return True
    if quantity.plain_unit in ("门", "项", "种", "样", "手") and re.search(r"(?:掌握|学会)[^,;。]{0,6}$", before):
        return True
    if (
        money
        and re.match(r"(?:以内|以下)?的?一次性", behind) is None
        and re.search(r"一次性(?:给予|发放|补助|奖补|奖励|补贴)?$", before)
    ):
        return bool(re.match(r"(?:以内|以下)?的?(?:资助|补助|补贴|奖励|奖补|救助|[,;。、)]|$)", behind))
    if money and re.search(r"各(?:一次性)?(?:奖励|奖补|补助|补贴|给予|安排|拨付|扶持)[^,;。]{0,6}$", before):
        return True
    granted = re.match(r"(?:的标准)?[^,;。]{0,6}(?:补|奖|贴|报销|扣|支付|预付)", behind)
    if quantity.plain_unit == "%" and granted and re.search(r"(?:按照?|给予)[^,;。]{0,16}的$", before):
        return True
    granted_to = r"^对[^,;。]*的[一-龥]{1,8}?(?:每人)?(?:一次性)?(?:奖励|奖补|补助|补贴|给予|发放|资助)[^,;。]{0,10}$"
    if money and re.search(granted_to, before):
        return True
    capped = money and re.search(r"(?:不超过|封顶|限额|上限|最高)[^,;。]{0,8}$", before)
    return bool(capped and re.search(r"户|人|次|笔", before + told[:20]))


def _owed(told_before: str, before: str, quantity: Quantity) -> bool:
    """主要领导联系2户: each of those named owes it."""
    words = _words()
    if quantity.plain_unit not in grammar().units.countable or quantity.low > 30:
        return False
    subject = words["each_of"].search(before)
    deed = words["owed"].search(before)
    if deed is None:
        deed = (
            re.search(r"(?:开展|走访|入户|研究|调研)(?:了)?[^,;。0-9]{0,4}$", before)
            if re.search(r"所有|全体|各|每", told_before)
            else None
        )
    if deed is None:
        return False
    if subject and subject.start() < deed.start():
        return True
    # the one who owes it may stand at the head of the sentence
    return bool(words["each_of"].match(told_before.lstrip(" 、")) or words["each_of"].search(told_before[:14]))


def is_fact(layout: Layout, moods: Moods, sentence: Sentence, start: int, end: int) -> bool:
    """Whether the clause tells what already is."""
    text = layout.text
    words = _words()
    left, right = layout.clause(start, end, ",;:。!?\n")
    told = text[left:right]
    told_sentence = text[sentence.start : sentence.end]
    if _openers().search(told_sentence) and not words["firm"].search(told):
        return True
    if _DONE.search(told) and not words["firm"].search(told[: _DONE.search(told).start()]):  # type: ignore[union-attr]
        return True
    report = moods.is_report(sentence.paragraph)
    if report:
        return not re.search(r"(?:确保|力争|将|计划|拟)[^。]*$", text[sentence.start : start])
    if words["firm"].search(told) or re.search(r"完成[^,;。]{0,20}任务|到(?:19|20)[0-9x]{2}年|年内|底前", told):
        return False
    for match in words["fact"].finditer(told):
        at = left + match.start()
        if match[0] in ("已", "了", "就读", "占总", "因此"):
            if (
                match[0] == "已"
                and (at > end or text[at + 1 : at + 8].find("的") >= 0)
                and not re.match("已(?:经)?(?:达|有|完成|建成)", text[at:])
            ):
                continue
            if match[0] == "就读":
                continue
            if match[0] == "了" and text[at - 1 : at + 2] in ("了解", "为了解"):
                continue
            if match[0] == "了" and text[at : at + 2] in ("了解", "了然"):
                continue
        if match[0] in ("目前", "以来", "实际", "历史", "先后", "年初", "只有", "仅有") and at > end:
            continue
        if match[0] == "以来" and re.match(r"以来[一-龥]{0,8}(?:项目|的)", text[at:]):
            continue
        if match[0] == "实际" and re.match(r"实际(?:补偿|报销|情况|需求|需要)", text[at:]):
            continue
        return True
    sentence_head = text[sentence.start : start]
    # 我乡…,还有1500名…,有3个贫困村: a clause that only says that there is
    there_is = re.search(r"^(?:共)?有[^,;。]{0,3}$", text[left:start])
    return bool(there_is and words["fact"].search(sentence_head) and not words["firm"].search(sentence_head))
