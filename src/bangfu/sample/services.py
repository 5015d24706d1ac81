"""The sample county: as tables, and loaded into an empty house with areas, officers and figures of villages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import transaction
from django.utils.translation import gettext as _

from bangfu.accounts import services as accounts
from bangfu.accounts.roles import roles
from bangfu.areas import services as areas
from bangfu.areas.models import Area
from bangfu.areas.reading import Listing
from bangfu.common.places import Level
from bangfu.registry import columns
from bangfu.registry import services as registry
from bangfu.registry.ledger.writing import Written
from bangfu.sample import county_draft, tables
from bangfu.sample.data_files import PublishedVillage, county, officers, places
from bangfu.sample.errors import CountyIsThere
from bangfu.sample.risks import risks
from bangfu.sample.streams import truth_columns

SEED = 2020
FAULTS_PER_10000 = 4
FOUNDED = date(2013, 1, 1)  # before the first household was registered (December 2013)


@dataclass(frozen=True)
class SampleArea:
    """An area to be founded, with its code (of a villagers' group: that of the village and three digits of its own);
    `parent` is its place in the list, None for the top."""

    level: int
    name: str
    code: str
    parent: int | None


@dataclass(frozen=True)
class SampleFigure:
    """A figure that a paper prints of a village."""

    village_code: str
    year: int
    indicator: str
    value: str
    source: str


@dataclass(frozen=True)
class SampleCounty:
    """Everything of the county, nothing of a database. `tables` are those of `registry.columns`, where `village_id` is
    the place of the village in `areas`; `truth` has one row a rule and offender."""

    areas: list[SampleArea]
    tables: dict[str, pa.Table]
    truth: pa.Table
    figures: list[SampleFigure]


@dataclass(frozen=True)
class SampleOfficer:
    username: str
    password: str
    name: str
    role: str
    area: str


def county_tables(households: int = 20_000, seed: int = SEED, faults_per_10000: int = FAULTS_PER_10000) -> SampleCounty:
    """The county with so many households. From 8,000 on it holds the places of the papers with their exact figures;
    20,000 households are 80,000 people, of whom 3,304 households with 15,431 people are registered as poor.

    `faults_per_10000` households get each kind of fault (at least one; 0: none at all).
    """
    per_kind = max(1, households * faults_per_10000 // 10_000) if faults_per_10000 else 0
    place = places()
    draft, truth = county_draft.draw(
        seed, 0, place.county.code, place.county.name, households, per_kind, published=True
    )
    listed = _areas(draft.plan.villages)
    position = {area.code: number for number, area in enumerate(listed) if area.level == Level.VILLAGE}
    village: Any = pa.array([position[v.code] for v in draft.plan.villages], pa.int32())
    shape = tables.Shape(draft)
    made = {}
    for name, make in tables.TABLES.items():
        found = make(shape)
        if name == "household":
            found["village_id"] = village.take(pa.array(draft.plan.village))
        made[name] = tables.exact(found, columns.tables()[name].schema)
    return SampleCounty(listed, made, _truth(shape, truth), _figures(draft.plan.villages))


def _areas(villages: list[Any]) -> list[SampleArea]:
    """Province, prefecture, county, townships, villages and their groups, each after the one that it lies in."""
    place = places()
    found = [
        SampleArea(Level.PROVINCE, place.province.name, place.province.code.ljust(12, "0"), None),
        SampleArea(Level.PREFECTURE, place.prefecture.name, place.prefecture.code.ljust(12, "0"), 0),
        SampleArea(Level.COUNTY, place.county.name, place.county.code.ljust(12, "0"), 1),
    ]
    townships: dict[str, int] = {}
    for village in villages:
        if village.township_code not in townships:
            townships[village.township_code] = len(found)
            found.append(SampleArea(Level.TOWNSHIP, village.township, village.township_code, 2))
        own = len(found)
        found.append(SampleArea(Level.VILLAGE, village.name, village.code, townships[village.township_code]))
        words = place.groups[: village.groups]
        found += [
            SampleArea(Level.GROUP, f"{word}组", f"{village.code}{n:03d}", own) for n, word in enumerate(words, start=1)
        ]
    return found


def _figures(villages: list[Any]) -> list[SampleFigure]:
    found = []
    for village in villages:
        facts = getattr(county(), village.published) if village.published else None
        if isinstance(facts, PublishedVillage):
            found += [
                SampleFigure(village.code, facts.year, name, value, facts.source)
                for name, value in facts.figures.items()
            ]
    return found


def _truth(shape: tables.Shape, truth: Any) -> pa.Table:
    """The planted faults, and the one that a paper made itself: it prints 17.8 % where its own figures give 18.9 %."""
    table = pa.table(truth_columns(shape, truth))
    paper = [v for v in shape.plan.villages if v.published == "village_of_455"]
    if not paper or not len(table):
        return table
    row = {
        "rule": "Q176",
        "grain": "village",
        "village_code": paper[0].code,
        "planted": "村报贫困发生率与按人数计算的不一致",
    }
    return pa.concat_tables([table, pa.Table.from_pylist([row], schema=table.schema)])


@dataclass(frozen=True)
class Loaded:
    """What was loaded: the writer's report, the ids of the areas in the order of `SampleCounty.areas`, and the list of
    risks (household_no, code) that the older system hands over with the watched households."""

    written: Written
    area_ids: list[int]
    truth: pa.Table
    risks: list[tuple[str, str]]


@transaction.atomic
def load_sample_county(
    households: int = 20_000, seed: int = SEED, *, progress: Callable[[str], None] = lambda step: None
) -> Loaded:
    """Fills an empty house: areas, an officer for every role, the registry, figures of the published villages.

    Raises CountyIsThere when there are areas of that province already. All or nothing.
    """
    if Area.objects.filter(code=places().province.code.ljust(12, "0")).exists():
        raise CountyIsThere(name=places().province.name)
    progress("draw")
    made = county_tables(households, seed)
    progress("areas")
    found = _found_areas(made.areas)
    _create_officers({area.name: area for area in found if area.level != Level.GROUP})
    _report_figures(made.figures, {area.code: area for area in found})
    progress("registry")
    given = dict(made.tables)
    ids = pa.array([area.pk for area in found], columns.tables()["household"].schema.field("village_id").type)
    household = given["household"]
    at = household.schema.get_field_index("village_id")
    given["household"] = household.set_column(at, household.schema.field(at), pc.take(ids, household["village_id"]))
    written = registry.take_over(given, by=None, reason=_("装入样县"))
    return Loaded(written, [area.pk for area in found], made.truth, risks(made.tables))


def _found_areas(listed: list[SampleArea]) -> list[Area]:
    """The areas in the order given, all at once as from a division list."""
    above = [listed[area.parent].code if area.parent is not None else None for area in listed]
    rows = pa.table(
        {
            "code": pa.array([area.code for area in listed], pa.string()),
            "name": pa.array([area.name for area in listed], pa.string()),
            "parent_code": pa.array(above, pa.string()),
            "urban_rural_code": pa.nulls(len(listed), pa.string()),
            "level": pa.array([str(int(area.level)) for area in listed], pa.string()),
            "row": pa.array(range(1, len(listed) + 1), pa.int64()),
        }
    )
    listing = Listing(file=places().source.document, rows=rows, level=None, broken=())
    taken = areas.import_list(listing, on=FOUNDED, commit=True)
    if taken.refused_count:
        raise taken.refused[0].error
    by_code = {area.code: area for area in Area.objects.filter(code__in=[area.code for area in listed])}
    return [by_code[area.code] for area in listed]


def _create_officers(by_name: dict[str, Area]) -> None:
    """An officer for every role, at the place of officers.yaml or, in a small county without it, at another place of a
    level that the role may be held at."""
    listed = officers()
    for each in listed.officers:
        levels = roles()[each.role].levels
        area = by_name.get(each.area) or next(a for a in by_name.values() if a.level in levels)
        if area.level not in levels:
            area = next(a for a in by_name.values() if a.level in levels)
        new = accounts.create_officer(
            by=None, username=each.username, name=each.name, area=area, unit=each.unit, password=listed.password,
            must_change_password=False,
        )  # fmt: skip
        accounts.assign_post(by=None, officer=new.officer, role_id=each.role, area=area, starts_on=listed.since)


def sample_officers() -> list[SampleOfficer]:
    """Who can sign in to the sample county, for the print-out of the first start: the three administrators last."""
    listed = officers()
    return [
        SampleOfficer(o.username, listed.password, o.name, str(roles()[o.role].label), o.area) for o in listed.officers
    ]


def things_to_look_at() -> list[str]:
    """Five sentences that lead a newcomer into the sample county."""
    return [
        _("以 {username} 登录，打开“{village}”的村情：村报贫困发生率 17.8%，按户档计算为 18.9%，差异已标出。").format(
            username="xian", village=county().village_of_455.name
        ),
        _(
            "以 {username} 登录，在户档中筛选{township}的未脱贫户（18 户 44 人），打开一户，看收入台账和变更历史。"
        ).format(username="xiang", township="青禾乡"),
        _(
            "以 {username} 登录，首页列出{village}待核实的疑点（规则从户档中查出的可疑记录）：打开一条，看依据的数值"
            "和标准，登记核实结果。"
        ).format(username="shuji", village=county().village_of_455.name),
        _(
            "以 {username} 登录，打开“办理”：{village}的监测识别案件分布在各个环节，有一份正在公示的名单"
            "和一条待答复的异议。"
        ).format(username="cun", village=county().village_of_455.name),
        _("以 {username} 登录，查看留痕：装入样县、建立账号、查看完整证件号都有记录。").format(username="liuhen"),
    ]


def write_truth(truth: pa.Table, folder: Path) -> Path:
    """The list of planted faults as Parquet beside the house, for later screening."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(truth, folder / "truth.parquet", compression="zstd")
    return folder / "truth.parquet"


def _report_figures(figures: list[SampleFigure], by_code: dict[str, Area]) -> None:
    """What the papers print of their villages, for the profile to set beside the computed figures."""
    for village, year, source in dict.fromkeys((f.village_code, f.year, f.source) for f in figures):
        values = {f.indicator: Decimal(f.value) for f in figures if (f.village_code, f.year) == (village, year)}
        areas.report_figures(by=None, area=by_code[village], year=year, values=values, source=source)
