"""Whom and what an amount is about: its quote, its subject, who answers for it, where, and whom it reaches."""

import re
from dataclasses import dataclass
from functools import cache

from bangfu.plans.reading.counting import chunk
from bangfu.plans.reading.dates import DateFound
from bangfu.plans.reading.layout import Layout, Paragraph, Sentence, clause
from bangfu.plans.reading.quantities import Quantity
from bangfu.plans.reading.words import any_of, grammar

_MARKS = ",;:。!?\n()"
_CLOSERS = "”）)"
_JOINS = re.compile(r"、|以及|和|及|与")
_ADVERBS = r"(?:上半年|下半年|年内|年底前|同时|进一步|最大限度)"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The amounts right before and behind one another, so that a list is cut where each of its parts ends."""

    before_end: int
    next_start: int


def quote_span(layout: Layout, start: int, end: int, neighbours: Neighbours, dates: list[DateFound]) -> tuple[int, int]:
    """The smallest clause around an amount: from the mark, date or amount before it to the next mark or amount."""
    text = layout.text
    left, right = clause(text, start, end, _MARKS)
    sentence = layout.sentence_at(start)
    left = max(left, sentence.start) if sentence is not None else left
    if neighbours.before_end > left:
        joined = list(_JOINS.finditer(text, neighbours.before_end, start))
        left = joined[-1].end() if joined else neighbours.before_end
    if neighbours.next_start < right:
        joined = list(_JOINS.finditer(text, end, neighbours.next_start))
        right = joined[-1].start() if joined else end
    for date in dates:
        if (
            left <= date.start
            and date.end <= start
            and date.start - left <= 2
            and text[date.start - 2 : date.start] != "每年"
        ):
            left = date.end
    left = _behind_leads(text, left, start)
    while right > end and text[right - 1] in " \t、":
        right -= 1
    while right < len(text) and text[right] in "”" and "“" in text[left:right]:
        right += 1
    return min(left, start), max(right, end)


def _behind_leads(text: str, left: int, start: int) -> int:
    """Without 确保, 力争 and the like at its head."""
    match = _leading().match(text, left)
    stop = match.end() if match else left
    return min(stop, start)


@cache
def _leading() -> re.Pattern[str]:
    return re.compile(rf"(?:[ \t,、的》〉”]|确保|力争|实现|做到|努力|争取|保证|并|同时|以及|其中|{_ADVERBS})*")


@cache
def _subject_edges() -> tuple[re.Pattern[str], re.Pattern[str]]:
    subjects = grammar().words.subjects
    return (
        re.compile(rf"[ \t,、的“]*{any_of(subjects.lead)}(?=[^ ])"),
        re.compile(rf"(?:{any_of(subjects.tail)}|[ ,、:(“])+$"),
    )


def subject_of_quantity(text: str, quantity: Quantity, left: int, right: int) -> str:
    """What an amount counts: the noun right behind it, else the noun phrase before it."""
    behind = chunk(text, quantity.end, 24)
    behind = re.split(r"的(?=[一-龥])", behind, maxsplit=1)[-1] if behind.startswith("的") else behind
    behind = re.split(r"进行|开展|参合|组建|保持|不变|上限|全部|全面|均|都", behind)[0].strip("的 ")
    behind = re.sub(r"(?<=[一-龥]{2})[和及与]$", "", behind)
    before = _cleaned(text[left : quantity.start])
    if quantity.plain_unit in grammar().units.share or quantity.plain_unit in grammar().units.money:
        return before or behind
    if 1 < len(behind) <= 18:
        return behind
    return before or behind


_TRAILING = re.compile(
    r"(?:由|从|在|于|到)?(?:(?:19|20)[0-9]{2}年[末底初]?|[0-9]{1,2}月[份底末初]?(?:[上中下]旬)?)(?:前|的)*$"
    r"|[&<>=≥≤ a-z;]+$"
)


def _cleaned(noun: str) -> str:
    """A noun phrase without dates, verbs and particles at its ends."""
    lead, tail = _subject_edges()
    noun = (
        re.sub(r"^.*?(?:年度?|月|月底|底前|年前)(?=[一-龥]{3})", "", noun)
        if re.match(r"[到至]?(?:19|20)[0-9]{2}年", noun)
        else noun
    )
    for _ in range(3):
        noun = _TRAILING.sub("", noun)
        shorter = noun
        while match := lead.match(shorter):
            shorter = shorter[match.end() :]
        shorter = tail.sub("", shorter) or noun
        if shorter == noun:
            break
        noun = shorter
    return noun.strip(" ,、:“”(")[-30:]


def subject_of_all(text: str, start: int, end: int, left: int, right: int) -> str:
    """What "all" ranges over, or of what all is said: the noun phrase before the word, else the one behind it."""
    word = text[start:end]
    before = _cleaned(text[left:start])
    behind = chunk(text, end, 24)
    if word in ("全面", "全部") and (
        gone := re.match(r"(?:消除|清除|清零)[“]?(?P<what>[一-龥“”]{2,20})", text[end:right])
    ):
        return gone["what"].strip("“")
    if word.startswith(("所有", "全体", "每", "户户", "村村", "人人", "不", "全员", "逐")) or not before:
        if word.startswith("每"):
            inner = re.sub(
                r"(?:都|均|必须|要|有|能|得到|得)+$", "", re.sub(r"^每(?:一)?(?:个|名|户|位|宗|件)?", "", word)
            )
            return inner.strip("、的 ") or _cleaned(behind)
        named = re.sub(r"^(?:所有|全体|逐户|户户|村村|人人)(?:都|有|的)?", "", word)
        named = re.split(r"全部|全面|都|均|要|必须|应", named + ("" if len(word) > 3 else behind))[0]
        return (named.strip("的 ") or _cleaned(behind) or before)[:30]
    return before[-30:]


class People:
    """Who answers for a stretch of text."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._labelled = self._labels()

    def _labels(self) -> dict[int, str]:
        """责任单位:… under a section answers for the paragraphs since the heading before it; at the end of a paragraph
        it answers for that paragraph."""
        text = self.layout.text
        pattern = _label()
        found: dict[int, str] = {}
        since: list[int] = []
        for number, paragraph in enumerate(self.layout.paragraphs):
            match = pattern.search(text, paragraph.start, paragraph.end)
            alone = match is not None and match.start() - paragraph.start <= 3
            if match and not alone:
                found[number] = match[1].strip(" 。;,)")
            elif match:
                for each in since:
                    found.setdefault(each, match[1].strip(" 。;,)"))
                since = []
                continue
            if (
                paragraph.headings
                and paragraph.headings[-1].start == paragraph.body
                and paragraph.headings[-1].level <= 3
            ):
                since = []
            since.append(number)
        return found

    def owner(self, sentence: Sentence, start: int) -> str:
        """Who answers for what stands at `start`, as the text names them; "" when it does not."""
        text = self.layout.text
        told = text[sentence.start : start]
        by = list(_by_whom().finditer(text[sentence.start : sentence.end]))
        if by:
            return by[0]["who"].strip("、, ")
        left, _ = self.layout.clause(start, start)
        for stretch in (text[max(left, sentence.start) : start], told.rsplit(";", 1)[-1], told):
            subject = _who_must().match(_HELPING.sub("", stretch.lstrip(" ")))
            if subject and len(subject["who"]) >= 2 and not _NOT_WHO.match(subject["who"]):
                return subject["who"].strip("、, ")
        return self._labelled.get(sentence.paragraph, "")


_HELPING = re.compile(r"^(?:协助|联系|组织|配合|督促|指导|[一二三四五六七八九十]是|[一二三四五六七八九十]要)+(?:本)?")
_NOT_WHO = re.compile(r"全面完成|按|根据|对|围绕|通过|为|以|从|在|将|把|经|结合")


@cache
def _label() -> re.Pattern[str]:
    return re.compile(rf"{any_of(grammar().words.owners.labels)}[::]\s*([^。;\n()]{{2,80}})")


@cache
def _by_whom() -> re.Pattern[str]:
    ends = any_of(grammar().words.owners.ends)
    return re.compile(
        rf"由(?P<who>[一-龥“”、()]{{0,24}}?{ends}(?:、[一-龥“”]{{1,16}}?{ends})*)(?:共同|具体|统一|联合|统筹)?(?:负责|牵头|组织|承担|实施|落实|安排)"
    )


@cache
def _who_must() -> re.Pattern[str]:
    ends = any_of(grammar().words.owners.ends)
    duty = any_of(grammar().words.owners.duty_words)
    return re.compile(
        rf"^(?P<who>(?:[一-龥“”、()]{{0,20}}?{ends})(?:、[一-龥“”]{{0,12}}?{ends})*)(?:\([^)]*\))?(?:都|每[年月季周][度]?|切实)?{duty}"
    )


def area_of(text: str, left: int, right: int) -> str:
    """The area that a clause names: 全县, or a name that ends like one and begins the clause; "" when there is none."""
    told = text[left:right]
    if match := _whole_area().search(told):
        return match[0]
    while lead := _subject_edges()[0].match(told):
        told = told[lead.end() :]
    match = _named_area().match(told)
    name = match["name"] if match else ""
    deeds = (*grammar().words.labels.acts, *grammar().words.subjects.lead)
    return "" if not name or _NO_AREA.search(name) or name.startswith(deeds) else name


_NO_AREA = re.compile("贫困|通村|标准化|农村|行政|退出|重点|示范|改建|非|脱贫|联系|省内|乡村|招聘|硬化|集中|发展|城镇")


@cache
def _whole_area() -> re.Pattern[str]:
    return re.compile(any_of(grammar().words.areas.whole))


@cache
def _named_area() -> re.Pattern[str]:
    return re.compile(
        r"[ 、,]*(?P<name>(?!贫困|行政|中心|重点|示范|农)"
        r"(?:(?![每所对由到各驻把将与和及在个的为全该本我从向以被使让围绕地处])[一-龥]){2,5}?"
        r"(?:省|自治州|州|市|县|(?<![库山地景灾校牧林园小片])区|乡|镇|街道|村|社区))"
        r"(?![一-龥]?(?:级|民|里|长|干部|组织|庄|容))"
    )


def reaches(text: str, left: int, start: int) -> bool:
    """Whether an amount of people says whom a measure reaches (惠及3万人, 受益贫困户10户)."""
    return bool(
        re.search(rf"{any_of(grammar().words.subjects.beneficiary_words)}[^,;。0-9]{{0,10}}$", text[left:start])
    )


def paragraph_headings(paragraph: Paragraph) -> tuple[str, ...]:
    return tuple(heading.title for heading in paragraph.headings)
