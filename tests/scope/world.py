"""Two of everything for the walk: rows in an officer's own area, and the same kinds of rows in areas next door.

What stands next door is unmistakable: every text of it holds the rare character NEEDLE, every number the digits of
FIGURE, and its ids are known before it exists and never those of another thing. Rows are written past the services,
because a walk must find whatever the tables may hold.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from bangfu.accounts.models import Officer, Post
from bangfu.areas.codes import ENDS, WHOLE
from bangfu.areas.models import Area, AreaVersion, ProfileFigure, StandardAnswer, Succession
from bangfu.audit.services import record
from bangfu.casework import models as cases
from bangfu.common.places import Level, PlaceRange, span, within
from bangfu.findings import models as findings
from bangfu.policymaking.models import Draft, Version
from bangfu.registry import models as registry
from bangfu.registry.intake.batches import report_of
from bangfu.visits.models import Correction, FieldKey, Photo, Submission, Suspicion, Visit
from tests.scope import casework, documents, files, measures, outlines, plans, support, targets, visits

NEEDLE = "鼍"
FIGURE = "739281"
# What people type to look for somebody next door. Only the first character of a name: the answer may repeat the
# question, so the needle itself is not asked for.
TERMS = ("鼗", "ty", "281199", "HN-")
YEAR = 2020
DAY = date(2020, 6, 1)
MOMENT = datetime(2020, 6, 1, 4, 0, tzinfo=UTC)
# Ids of things next door; below them are those of the officer's own area and whatever a test makes.
FOREIGN_IDS = 7_000_000
PER_KIND = 100


@dataclass
class Spot:
    """One branch of the tree from `top` (an area of some level) down to a villagers' group, and the rows in it."""

    chain: list[Area]
    rows: dict[str, list[Any]] = field(default_factory=dict)
    # Things that are files, by kind: the names under which addresses know them.
    names: dict[str, list[str]] = field(default_factory=dict)
    # What the village holds in a snapshot.
    village: files.Village | None = None

    def ids(self, kind: str) -> list[Any]:
        return self.names.get(kind) or [row.pk for row in self.rows.get(kind, [])]

    def at(self, level: int) -> Area:
        return next(area for area in self.chain if area.level == level)

    @property
    def reach(self) -> PlaceRange:
        return self.chain[0].reach


# A kind of thing, by the name under which addresses may hold its id; and where its ids begin.
KINDS = (
    "area", "household", "member", "work_record", "income_year", "income_item", "paper", "member_event", "change",
    "batch", "officer", "post", "entry", "figure", "answer", "year_count", "area_version", "succession",
    "run", "finding", "step", "verification", "run_count", "draft", "version", *casework.KINDS, *measures.KINDS,
    *documents.KINDS, *outlines.KINDS, *plans.KINDS, *support.KINDS, *targets.KINDS, *visits.KINDS,
)  # fmt: skip


def foreign_ids(kind: str, spot: int, how_many: int = 2) -> list[int]:
    """The ids that things next door will have (`spot` numbers the branches), known before they exist."""
    first = FOREIGN_IDS + (spot * len(KINDS) + KINDS.index(kind)) * PER_KIND
    return [first + n for n in range(how_many)]


def own_id(kind: str) -> int:
    """The first id that things of a kind have in the officer's own area."""
    return 500 + KINDS.index(kind) * PER_KIND


class _Ids:
    """Hands out ids of every kind in order: known ones next door, the database's own at home."""

    def __init__(self, spot: int | None) -> None:
        self.next = {kind: count(foreign_ids(kind, spot)[0] if spot is not None else own_id(kind)) for kind in KINDS}

    def __call__(self, kind: str) -> int:
        return next(self.next[kind])


# The digits of a code that each level adds; next door those of a village end with FIGURE.
OWN_DIGITS = {1: "99", 2: "01", 3: "21", 4: "100", 5: "200"}
FOREIGN_DIGITS = {1: "98", 2: "73", 3: "73", 4: FIGURE[:3], 5: FIGURE[3:]}


def _code(parent: Area | None, level: int, foreign: bool) -> str:
    if level == Level.GROUP:
        return ""
    above = parent.code[: ENDS[Level(parent.level)]] if parent else ""
    return f"{above}{(FOREIGN_DIGITS if foreign else OWN_DIGITS)[level]}".ljust(WHOLE, "0")


def branch(parent: Area | None, level: int, ordinal: int, spot: int | None) -> list[Area]:
    """An area of `level` under `parent` and one of every level below it."""
    ids, chain = _Ids(spot), []
    names = {1: "省", 2: "州", 3: "县", 4: "乡", 5: "村", 6: "组"}
    for each in range(level, Level.GROUP + 1):
        place = (parent.place if parent else 0) + (ordinal if each == level else 1) * span(each)
        word = f"鼗{NEEDLE}" if spot is not None else "本地"
        code = _code(parent, each, spot is not None)
        area = Area.objects.create(
            pk=ids("area"), parent=parent, place=place, level=each, name=f"{word}{names[each]}", code=code,
            valid_from=date(2014, 1, 1),
        )  # fmt: skip
        AreaVersion.objects.create(
            pk=ids("area_version"), area=area, code=code, name=area.name, parent=parent, valid_from=date(2014, 1, 1)
        )
        chain.append(area)
        parent = area
    return chain


def plant(chain: list[Area], above: list[Area], spot: int | None) -> Spot:
    """Rows of every kind in the village and group at the foot of a branch."""
    here, ids = Spot(chain), _Ids(spot)
    for _ in chain:  # these ids went to the branch itself
        ids("area"), ids("area_version")
    foreign = spot is not None
    mark, number = (f"鼗{NEEDLE}", FIGURE) if foreign else ("本地人", "100200")
    full = [*above, *chain]
    village, group = full[Level.VILLAGE - 1], full[Level.GROUP - 1]
    # next door within one village there is only the group: nothing of the village belongs to it
    seat = village if village in chain else group
    tag = f"{spot}" if foreign else "own"
    here.rows["area"] = list(chain)

    def keep(kind: str, made: list[Any]) -> list[Any]:
        type(made[0]).objects.bulk_create(made)
        here.rows[kind] = made
        return made

    change = keep("change", [registry.Change(pk=ids("change"), kind="form", at=MOMENT, reason=f"{mark}说的原因")])[0]
    households = keep(
        "household",
        [
            registry.Household(
                pk=ids("household"), household_no=f"HN-{tag}-{number}{n}", village=village, group=group,
                place=group.place, head_name=f"{mark}{'甲乙丙'[n]}", head_initials="ty", members_count=1,
                phone=f"130{number}{n}9", bank_account=f"6217{number}{n}", address=f"{mark}住处", household_type="02",
                group_name=group.name, poverty_status="01", main_cause="01", identification_standard="01",
                latest_income_year=YEAR, latest_per_capita_net_income=number, remark=f"{mark}备注",
            )
            for n in range(3 if foreign else 2)
        ],
    )  # fmt: skip
    keep("dwelling", [registry.Dwelling(household=h, house_area_m2=number, dangerous_house=True) for h in households])
    members = keep(
        "member",
        [
            registry.Member(
                pk=ids("member"), household=h, place=h.place, person_no=f"P{h.household_no}", name=h.head_name,
                name_initials="ty", sex="1", id_type="01", id_no=f"522{number}{spot or 0}{n}1281199",
                id_key=f"522{number}{spot or 0}{n}1281199", id_tail="281199", birth_date=date(1980, 1, 1),
                relation_to_head="01", phone=h.phone, school_name=f"{mark}小学", joined_on=date(2014, 1, 1),
            )
            for n, h in enumerate(households)
        ],
    )  # fmt: skip
    keep(
        "work_record",
        [
            registry.WorkRecord(
                pk=ids("work_record"), member=m, start_month=date(2020, 1, 1), employer=f"{mark}厂",
                work_place=f"{mark}市", monthly_income=number,
            )
            for m in members
        ],
    )  # fmt: skip
    years = keep(
        "income_year",
        [
            registry.IncomeYear(
                pk=ids("income_year"), household=h, year=YEAR, window_start=date(2019, 10, 1),
                window_end=date(2020, 9, 30), members_counted=1, wage_income=number, net_income=number,
                per_capita_net_income=number, disposable_income=number, per_capita_disposable_income=number,
            )
            for h in households
        ],
    )  # fmt: skip
    keep(
        "income_item",
        [
            registry.IncomeItem(
                pk=ids("income_item"), income_year=y, line=1, code="wage", amount=number, note=f"{mark}工资"
            )
            for y in years
        ],
    )
    keep("paper", [_paper(ids("paper"), h, f"%PDF-1.4 {number} {h.household_no}".encode(), mark) for h in households])
    keep(
        "member_event",
        [
            registry.MemberEvent(
                pk=ids("member_event"), member=m, household=m.household, kind="01", joined=True, on=DAY,
                note=f"{mark}来了", change=change,
            )
            for m in members
        ],
    )  # fmt: skip
    for kind in ("household", "member", "income_year", "paper"):
        _write_history(here.rows[kind], change)
    officers = keep(
        "officer",
        [
            Officer(
                pk=ids("officer"), username=f"ty{number}-{tag}-{n}", name=f"{mark}{'干部'[n]}", unit=f"{mark}单位",
                area=seat, phone=f"131{number}{n}0",
            )
            for n in range(2)
        ],
    )  # fmt: skip
    keep("post", [Post(pk=ids("post"), officer=o, role_id="helper", area=seat, starts_on=DAY) for o in officers])
    keep(
        "batch",
        [
            registry.ImportBatch(
                pk=ids("batch"), state=state, place=seat.place, file_name=f"{mark}{number}.xlsx",
                file_sha256=hashlib.sha256(f"{tag}{state}".encode()).hexdigest(), started_by=officers[0],
                counts={"households": int(number), "people": int(number)},
            )
            for state in ("done", "rehearsed")
        ],
    )  # fmt: skip
    for batch in here.rows["batch"]:
        report = report_of(batch)
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(f"{mark} {number}")
    registry.Change.objects.filter(pk=change.pk).update(actor=officers[0], batch=here.rows["batch"][0])
    if seat is village:
        keep(
            "year_count",
            [
                registry.YearCount(
                    pk=ids("year_count"), village=village, place=village.place, year=year, households=int(number),
                    people=int(number), registered_households=int(number), poor_people=int(number),
                    out_people=int(number),
                )
                for year in (YEAR, date.today().year)
            ],
        )  # fmt: skip
    keep(
        "figure",
        [
            ProfileFigure(
                pk=ids("figure"), area=area, year=YEAR, indicator="people", value=number, source=f"{mark}年报",
                recorded_on=DAY, recorded_by=f"{mark}人",
            )
            for area in chain
        ],
    )  # fmt: skip
    keep(
        "answer",
        [
            StandardAnswer(
                pk=ids("answer"), area=area, checklist="village_exit", item="road", year=YEAR, met="no", value=number,
                evidence=f"{mark}说的", recorded_on=DAY, recorded_by=f"{mark}人",
            )
            for area in chain
        ],
    )  # fmt: skip
    keep(
        "succession",
        [
            Succession(
                pk=ids("succession"), kind="renamed", predecessor=chain[-1], successor=chain[-1], on=DAY,
                document=f"{mark}文",
            )
        ],
    )  # fmt: skip
    _plant_findings(keep, ids, seat, here, mark, number)
    casework.plant_cases(keep, ids, seat, village, here, mark, number, MOMENT)
    visits.plant_visits(keep, ids, seat, village, here, mark, number, DAY)
    measures.plant_measures(keep, ids, village, here, mark, number, DAY, MOMENT)
    support.plant_support(keep, ids, seat, village, here, mark, number, MOMENT)
    plans.plant_duties(keep, ids, seat, village, here, mark, number, MOMENT)
    documents.plant_documents(keep, ids, seat, here, mark, number, MOMENT)
    outlines.plant_outlines(keep, ids, here, mark, number, MOMENT)
    targets.plant_targets(keep, ids, seat, village, here, mark, number, MOMENT)
    if seat is village:
        here.names["village"] = [village.pk]
    here.village = (village.code, len(households), int(number))
    if any(area.level == Level.COUNTY for area in chain):
        here.names["held"] = [files.keep_list(full[Level.COUNTY - 1].code[:6], mark, int(number))]
    county = next((area for area in chain if area.level == Level.COUNTY), chain[0])
    _plant_drafts(keep, ids, county, here, mark, number)
    here.rows["entry"] = [
        record(
            actor=officers[0], action="officer.changed", subject=households[0], reason=f"{mark}办的", rows=int(number)
        )
    ]
    return here


def _plant_findings(keep: Any, ids: _Ids, seat: Area, here: Spot, mark: str, number: str) -> None:
    """A run of the branch, and what it found of its households and people."""
    reach, officer = seat.reach, here.rows["officer"][0]
    run = keep(
        "run",
        [
            findings.Run(
                pk=ids("run"), state="done", as_of=DAY, area=seat, place=reach.first, last_place=reach.last,
                started_by=officer, taken_at=MOMENT, finished_at=MOMENT, snapshot=f"{mark}{number}",
                counts={"new": int(number)}, rules={"Q028": {"figures": {}, "not_run": {}, "missing": {}}},
            )
        ],
    )[0]  # fmt: skip
    made = keep(
        "finding",
        [
            findings.Finding(
                pk=ids("finding"), rule_id="Q028", topic="composition", grain="household", subject=h.pk,
                village=h.village, place=h.place, household=h, severity=1, state=state,
                evidence=f'{{"phone": "130{number}{n}9", "address": "{mark}住处"}}', evidence_hash="0" * 32,
                found_on=DAY, due_on=DAY, assigned_to=officer, first_run=run, last_run=run,
            )
            for n, (h, state) in enumerate(zip(here.rows["household"], ("open", "exempt", "resolved"), strict=False))
        ],
    )  # fmt: skip
    keep(
        "step",
        [
            findings.FindingStep(
                pk=ids("step"), finding=f, kind="found", to_state="open", at=MOMENT, run=run, note=f"{mark}说的"
            )
            for f in made
        ],
    )
    keep(
        "verification",
        [
            findings.Verification(
                pk=ids("verification"), finding=f, result="as_recorded", by=officer, on=DAY, at=MOMENT,
                note=f"{mark}核实过", proof=here.rows["paper"][0],
            )
            for f in made
        ],
    )  # fmt: skip
    keep(
        "run_count",
        [
            findings.RunCount(
                pk=ids("run_count"), run=run, rule_id="Q028", village=made[0].village, place=seat.place,
                hits=int(number), unknown=int(number), new=int(number), standing=int(number), resolved=int(number),
            )
        ],
    )  # fmt: skip


def _plant_drafts(keep: Any, ids: _Ids, area: Area, here: Spot, mark: str, number: str) -> None:
    """What a county (or the top of the branch) decides for itself: a figure that waits, one in force."""
    officer = here.rows["officer"][0]
    source = {"document": f"{mark}文", "clause": "", "checked_on": "2020-06-01"}
    content = {
        "figure": {"id": "exit_line", "label": {"zh": f"{mark}线", "en": "line"}, "unit": {"zh": "元", "en": "yuan"}},
        "value": {"value": number, "region": area.code, "from": "2020-06-01", "source": source},
    }
    drafts = keep(
        "draft",
        [
            Draft(
                pk=ids("draft"), area=area, place=area.place, kind="figure", subject="exit_line", title=f"{mark}线",
                content=content, reason=f"{mark}说的", state=state, proposed_by=officer, decision_note=f"{mark}批",
                trial={"as_of": "2020-06-01", "rules": [], "areas": []}, trial_sha256=number, tried_at=MOMENT,
            )
            for state in ("submitted", "approved")
        ],
    )  # fmt: skip
    keep(
        "version",
        [
            Version(
                pk=ids("version"), area=area, place=area.place, number=1, draft=drafts[1], sha256="0" * 64,
                files={"place.yaml": f"{mark}{number}"},
            )
        ],
    )  # fmt: skip


def _paper(pk: int, household: Any, content: bytes, mark: str) -> Any:
    sha256 = hashlib.sha256(content).hexdigest()
    file = Path(settings.HOME) / "papers" / sha256[:2] / sha256[2:]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return registry.Paper(
        pk=pk, household=household, kind="01", title=f"{mark}证", certificate_no=f"{mark}号", sha256=sha256,
        size=len(content), media_type="application/pdf", added_on=DAY,
    )  # fmt: skip


def _write_history(rows: list[Any], change: Any) -> None:
    past = type(rows[0]).history.model
    past.objects.bulk_create(
        [
            past(
                **{f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields},
                history_date=MOMENT,
                history_type="+",
                change_id=change.pk,
            )
            for row in rows
        ]
    )


def fingerprint(spots: list[Spot]) -> str:
    """Changes when a row next door changes or goes, or a new one comes into being there."""
    mark = hashlib.sha256()
    for spot in spots:
        for kind, rows in sorted(spot.rows.items()):
            model = type(rows[0])
            kept = model._default_manager.filter(pk__in=[row.pk for row in rows]).order_by("pk").values_list()
            mark.update(f"{kind}{list(kept)}".encode())
        reach = [spot.reach]
        for model, path in ((registry.Household, "place"), (registry.Member, "place"), (Area, "place"),
                            (Post, "area__place"), (Officer, "area__place"), (registry.Paper, "household__place"),
                            (registry.ImportBatch, "place"), (registry.MemberEvent, "household__place"),
                            (findings.Finding, "place"), (findings.Run, "place"),
                            (findings.FindingStep, "finding__place"),
                            (findings.Verification, "finding__place"),
                            (Draft, "place"), (Version, "place"), (cases.Case, "place"),
                            (cases.Application, "place"), (cases.Round, "place"), (cases.BulkMove, "place"),
                            (cases.CaseTransition, "case__place"), (cases.CasePaper, "case__place"),
                            (cases.Check, "case__place"), (cases.Meeting, "place"), (cases.Posting, "place"),
                            (cases.Objection, "posting__place"), (cases.PostingPhoto, "posting__place"),
                            (cases.SampleDraw, "place"), (cases.Recognition, "place"), (Visit, "place"),
                            (Submission, "place"), (Photo, "place"), (Correction, "place"),
                            (Suspicion, "visit__place"), (FieldKey, "officer__area__place")):  # fmt: skip
            mark.update(str(model._default_manager.filter(within(reach, path)).count()).encode())
    return mark.hexdigest()


@contextmanager
def nothing_stays() -> Iterator[None]:
    """Whatever happens inside is taken back, so that one request of the walk never changes the answer to the next."""

    with transaction.atomic():
        point = transaction.savepoint()
        try:
            yield
        finally:
            transaction.savepoint_rollback(point)
