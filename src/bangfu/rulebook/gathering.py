"""Everything that policy files hold, thing by thing, with the line where each stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.utils.translation import gettext as _

from bangfu.rulebook import language
from bangfu.rulebook.book import Ending, Overlay
from bangfu.rulebook.building import BUILT_IN
from bangfu.rulebook.errors import FigureOutOfRange
from bangfu.rulebook.expressions import literal
from bangfu.rulebook.models import (
    Case,
    CaseFile,
    Feature,
    Figure,
    FigureFile,
    FigureValue,
    OutsideList,
    PlaceFile,
    Rule,
    RuleFile,
    Topic,
    Waiting,
)
from bangfu.rulebook.yamls import Document, Faults, Step, read

Value = TypeVar("Value")


@dataclass(frozen=True)
class Item(Generic[Value]):
    """One thing of a file: a rule, a figure, a case."""

    value: Value
    name: str
    document: Document[Any]
    path: tuple[Step, ...]

    def fault(self, path: Sequence[Step], reason: str, proposal: str = "") -> None:
        self.document.fault((*self.path, *path), self.name, reason, proposal)

    @property
    def place(self) -> str:
        return self.document.file.name


@dataclass
class Gathered:
    """What was found, by id; features by `grain.name`. Figures keep their values apart, by region and first day."""

    faults: Faults
    figures: dict[str, Item[Figure]] = field(default_factory=dict)
    values: dict[str, dict[tuple[str, Any], FigureValue]] = field(default_factory=dict)
    features: dict[str, Item[Feature]] = field(default_factory=dict)
    rules: dict[str, Item[Rule]] = field(default_factory=dict)
    waiting: dict[str, Item[Waiting]] = field(default_factory=dict)
    lists: dict[str, Item[OutsideList]] = field(default_factory=dict)
    topics: dict[str, Topic] = field(default_factory=dict)
    cases: list[Item[Case]] = field(default_factory=list)
    endings: list[Item[Ending]] = field(default_factory=list)
    overlays: list[Overlay] = field(default_factory=list)

    def figures_together(self) -> dict[str, Figure]:
        return {
            id: item.value.model_copy(
                update={"values": tuple(sorted(self.values[id].values(), key=lambda v: (v.region, v.start)))}
            )
            for id, item in self.figures.items()
        }


@dataclass(frozen=True)
class _Where:
    """Whose files are read: the nation's ("" and ""), or those of place `own` for the places under `region`."""

    own: str = ""
    region: str = ""

    def region_of(self, given: str) -> str | None:
        """The region that a value or rule is for; None for one that is none of this place's business."""
        region = given or self.own
        if not region.startswith(self.own):
            raise ValueError(region)
        if self.own == self.region:
            return region
        return self.region if region == self.own else None


def gather(policy: Path, overlays: Sequence[Path]) -> Gathered:
    """Reads the nation's files and those of the overlays, in that order."""
    found = Gathered(Faults(policy.resolve().parent))
    reading = _Reading(found, policy.resolve())
    reading.folder(
        sorted((policy.resolve() / "china" / "figures").glob("*.yaml")),
        sorted((policy.resolve() / "china" / "rules").glob("*.yaml")),
        _Where(),
    )
    for folder in overlays:
        reading.overlay(folder.resolve())
    reading.contradictions()
    return found


class _Reading:
    def __init__(self, found: Gathered, policy: Path) -> None:
        self.found = found
        self.policy = policy
        self.taken: set[tuple[Path, str]] = set()
        self.circles: set[frozenset[Path]] = set()

    def folder(self, figures: Iterable[Path], rules: Iterable[Path], where: _Where) -> None:
        for file in figures:
            if figure_file := read(file, FigureFile, self.found.faults):
                self._figures(figure_file, where)
        for file in rules:
            if file.name.endswith(".cases.yaml"):
                if case_file := read(file, CaseFile, self.found.faults):
                    self._cases(case_file, where)
            elif rule_file := read(file, RuleFile, self.found.faults):
                self._rules(rule_file, where)

    # Places

    def overlay(self, folder: Path, trail: tuple[Path, ...] = (), region: str = "") -> None:
        """The files of one place; first those of the place on which it stands (`extends`), as if they were its own."""
        document = read(folder / "place.yaml", PlaceFile, self.found.faults)
        if document is None:
            return
        place = document.value
        if place.code != folder.name:
            document.fault(
                ("code",),
                place.code,
                _("文件夹叫“{folder}”，代码却是 {code}").format(folder=folder.name, code=place.code),
                _("请改成一致"),
            )
            return
        region = region or place.code
        if (folder, region) in self.taken:
            return
        self.taken.add((folder, region))
        if place.extends:
            self._extended(document, (*trail, folder), region)
        where = _Where(place.code, region)
        if not trail:
            self.found.overlays.append(Overlay(place.code, place.label, str(folder)))
        files = [folder / name for name in ("figures.yaml", "rules.yaml", "rules.cases.yaml")]
        present = [file for file in files if file.exists()]
        self.folder(present[:1] if files[0].exists() else (), [f for f in present if f != files[0]], where)
        for at, ended in enumerate(place.ended):
            ending = Ending(ended.id, region, ended.on, ended.source)
            self.found.endings.append(Item(ending, ended.id, document, ("ended", at)))

    def _extended(self, document: Document[PlaceFile], trail: tuple[Path, ...], region: str) -> None:
        place = document.value
        below = [trail[-1].parent / place.extends, self.policy / "places" / place.extends]
        other = next((each for each in below if (each / "place.yaml").exists()), None)
        if other is None:
            known = [each.name for each in self.policy.glob("places/*")]
            near = language.nearest(place.extends, known)
            document.fault(
                ("extends",),
                place.code,
                _("没有 {code} 的本地文件").format(code=place.extends),
                _("是否应为“{name}”").format(name=near) if near else _("请核对代码，或删去 extends"),
            )
        elif other in trail:
            around = frozenset(trail[trail.index(other) :])
            if around in self.circles:
                return  # told where it was entered first
            self.circles.add(around)
            circle = " → ".join(each.name for each in (*trail[trail.index(other) :], other))
            document.fault(
                ("extends",),
                place.code,
                _("本地文件绕成了圈：{circle}").format(circle=circle),
                _("请删去其中一个 extends"),
            )
        elif not region.startswith(place.extends):
            self.overlay(other, trail, region)
        elif (other, place.extends) not in self.taken:
            self.overlay(other, trail)  # it lies around this place: what it says holds here anyway

    # Things

    def _figures(self, document: Document[FigureFile], where: _Where) -> None:
        for at, figure in enumerate(document.value.figures):
            item = Item(figure, figure.id, document, ("figures", at))
            known = self.found.figures.get(figure.id)
            if figure.id in BUILT_IN:
                item.fault(("id",), _("“{name}”是筛查自带的日期，不能另定").format(name=figure.id), _("请换一个名称"))
            elif known is None:
                self.found.figures[figure.id] = item
                self.found.values[figure.id] = {}
            elif not where.own or known.document is document:
                item.fault(("id",), _twice(figure.id, known), _("同一数值的各年各地取值写在一处"))
                continue
            elif (figure.type, figure.unit) != (known.value.type, known.value.unit):
                item.fault(
                    ("type",),
                    _("“{name}”的类型或单位与 {file} 里的不同").format(name=figure.id, file=known.place),
                    _("本地只改取值，请照写类型和单位"),
                )
                continue
            self._values(item, where)

    def _values(self, item: Item[Figure], where: _Where) -> None:
        figure = item.value
        own: dict[tuple[str, Any], FigureValue] = {}
        for at, value in enumerate(figure.values):
            path = ("values", at)
            _check_value(item, value, path)
            try:
                region = where.region_of(value.region)
            except ValueError:
                item.fault((*path, "region"), *_not_here(value.region, where.own))
                continue
            if region is None:
                continue
            number = value.value if figure.type == "amount" else Decimal(int(value.value))  # 16.0 is 16
            value = value.model_copy(update={"region": region, "value": number})
            key = (region, value.start)
            if key in own:
                item.fault(
                    (*path, "from"),
                    _("同一地区同一天（{region} {day}）有两个值").format(region=region or _("全国"), day=value.start),
                    _("请留一个"),
                )
            own[key] = value
        for (region, start), value in own.items():
            later = [day for (other, day) in own if other == region and day > start]
            if value.end and later and value.end >= min(later):
                item.fault(
                    ("values",),
                    _("{start} 起的值到 {end} 才止，{next} 却已有新值").format(
                        start=start, end=value.end, next=min(later)
                    ),
                    _("请把 to 改到新值之前，或删去 to"),
                )
        # What a place says last of a region and a day holds.
        self.found.values.setdefault(figure.id, {}).update(own)

    def _rules(self, document: Document[RuleFile], where: _Where) -> None:
        file = document.value
        if file.topic:
            self.found.topics.setdefault(file.topic.id, file.topic)
        for at, listed in enumerate(file.lists):
            self._add(self.found.lists, Item(listed, listed.id, document, ("lists", at)), where)
        for at, feature in enumerate(file.features):
            name = f"{feature.grain}.{feature.name}"
            self._add(self.found.features, Item(feature, name, document, ("features", at)), where)
        for at, rule in enumerate(file.rules):
            item = Item(rule, rule.id, document, ("rules", at))
            try:
                region = where.region_of(rule.region)
            except ValueError:
                item.fault(("region",), *_not_here(rule.region, where.own))
                continue
            if region is not None:
                ours = Item(rule.model_copy(update={"region": region}), rule.id, document, ("rules", at))
                self._add(self.found.rules, ours, where)
        for at, waiting in enumerate(file.waiting):
            self._add(self.found.waiting, Item(waiting, waiting.id, document, ("waiting", at)), where)

    def _add(self, known: dict[str, Item[Value]], item: Item[Value], where: _Where) -> None:
        earlier = known.get(item.name)
        if earlier is None:
            known[item.name] = item
        elif earlier.document.file == item.document.file and where.own != where.region:
            return  # the same file, read for a place that stands on it
        else:
            item.fault(
                ("id",),
                _twice(item.name, earlier),
                _("请另起编号；本地要取代全国的规则，用 replaces 写明") if where.own else _("编号永不重用，请另起"),
            )

    def _cases(self, document: Document[CaseFile], where: _Where) -> None:
        if where.own == where.region:
            for at, case in enumerate(document.value.cases):
                self.found.cases.append(Item(case, case.name, document, ("cases", at)))

    # Contradictions between files

    def contradictions(self) -> None:
        for item in self.found.rules.values():
            rule = item.value
            if rule.topic not in self.found.topics:
                near = language.nearest(rule.topic, self.found.topics)
                item.fault(
                    ("topic",),
                    _("没有类别“{topic}”").format(topic=rule.topic),
                    _("是否应为“{name}”").format(name=near) if near else _("请在文件开头写明 topic"),
                )
            if rule.replaces:
                self._check_replaced(item)
            if rule.id in self.found.waiting:
                self.found.waiting[rule.id].fault(
                    ("id",), _("规则 {rule} 已经可以运行").format(rule=rule.id), _("请从 waiting 中删去")
                )
        self._check_case_names()
        for ending in self.found.endings:
            if ending.name not in self.found.rules and ending.name not in self.found.figures:
                near = language.nearest(ending.name, [*self.found.rules, *self.found.figures])
                ending.fault(
                    ("id",),
                    _("没有名为 {name} 的规则或数值").format(name=ending.name),
                    _("是否应为“{name}”").format(name=near) if near else _("请核对编号"),
                )

    def _check_replaced(self, item: Item[Rule]) -> None:
        rules, trail = self.found.rules, [item.name]
        while (replaced := rules[trail[-1]].value.replaces) and replaced in rules:
            if replaced in trail:
                item.fault(
                    ("replaces",),
                    _("规则互相取代：{circle}").format(circle=" → ".join([*trail, replaced])),
                    _("请删去其中一个 replaces"),
                )
                return
            trail.append(replaced)
        if item.value.replaces not in rules:
            near = language.nearest(item.value.replaces, rules)
            item.fault(
                ("replaces",),
                _("要取代的规则 {rule} 不存在").format(rule=item.value.replaces),
                _("是否应为“{name}”").format(name=near) if near else _("请核对编号"),
            )

    def _check_case_names(self) -> None:
        """Two cases may be called alike as long as they are about different rules."""
        names: dict[tuple[str, str], Item[Case]] = {}
        for item in self.found.cases:
            for rule in item.value.expect:
                if names.setdefault((rule, item.name), item) is not item:
                    item.fault(
                        ("name",),
                        _("规则 {rule} 有两个案例同名").format(rule=rule),
                        _("请改名，让名称说清这一例要点"),
                    )


def _twice(name: str, earlier: Item[Any]) -> str:
    return _("“{name}”已在 {file} 里").format(name=name, file=earlier.place)


def _not_here(region: str, own: str) -> tuple[str, str]:
    return (
        _("地区 {region} 不在 {place} 之内").format(region=region, place=own),
        _("本地文件只管本地；请删去 region，或写 {place} 开头的代码").format(place=own),
    )


def _check_value(item: Item[Figure], value: FigureValue, path: tuple[Step, ...]) -> None:
    """A value that is none of its figure's type, or that the arithmetic of conditions could not carry."""
    number: Decimal = value.value
    try:
        literal(number, item.name)
    except FigureOutOfRange:
        item.fault((*path, "value"), _("{value} 太大，或小数多于四位").format(value=number), _("请换一个单位"))
        return
    kind = item.value.type
    if kind != "amount" and number != number.to_integral_value():
        item.fault((*path, "value"), _("{value} 不是整数").format(value=number), _("请改值，或写 type: amount"))
    if kind == "day" and not _real_day(int(number)):
        item.fault((*path, "value"), _("{value} 不是日期").format(value=number), _("日期写作八位数，如 20200930"))
    if value.end and value.end < value.start:
        item.fault((*path, "to"), _("起始日晚于截止日"), _("请核对 from 和 to"))


def _real_day(ymd: int) -> bool:
    try:
        date(ymd // 10000, ymd // 100 % 100, ymd % 100)
    except ValueError:
        return False
    return True


def known_places(roots: Iterable[Path]) -> Mapping[str, list[Path]]:
    """The folders of overlays under `roots`, by code, those of earlier roots first."""
    found: dict[str, list[Path]] = {}
    for root in roots:
        for folder in sorted(root.glob("[0-9]*")):
            if folder.is_dir():
                found.setdefault(folder.name, []).append(folder)
    return found
