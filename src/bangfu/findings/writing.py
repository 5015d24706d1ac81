"""The set-based writer of findings: a hundred thousand outcomes go through the same few statements as one.

`absorb` stages what a run found as temporary tables of its transaction and compares them with the findings on file:

| outcome of this run | finding on file | becomes |
| --- | --- | --- |
| hit | none, or resolved | open, found today |
| hit | open, rule wrong | stands |
| hit | exempt, evidence as verified | stands exempt |
| hit | exempt, evidence changed | open again |
| hit | mended before the snapshot was taken | open again: it still is so |
| clear | any, of a rule that was run there | resolved |
| unknown, or rule not run | any | stands as it was |
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from django.db import connection
from django.db.models import Q

from bangfu.accounts.models import Officer, Post
from bangfu.areas.models import Area
from bangfu.common.duck import arrow, engine
from bangfu.common.places import Level, PlaceRange
from bangfu.common.staging import stage
from bangfu.findings.models import Finding, FindingStep, Run, RunCount
from bangfu.findings.policy import policy
from bangfu.findings.reading import Given
from bangfu.registry.ledger import sql
from bangfu.registry.ledger.bulk import room
from bangfu.registry.models import Household, Member, WorkRecord

State, Kind = Finding.State, FindingStep.Kind
# How a hit changes a finding; a hit that changes nothing bears none of them.
NEW = (Kind.FOUND, Kind.BACK)
FRESH = (*NEW, Kind.CHANGED)
CHARGE_SCHEMA = pa.schema(
    [("village_id", pa.int64()), ("officer_id", pa.int64())]
    + [(f"due_{severity.value}", pa.date32()) for severity in Finding.Severity]
)


@dataclass
class Absorbed:
    """What became of a run's outcomes. `unplaced` hits are of households, people or villages that the registry does
    not have (any more); they became no findings."""

    hits: int = 0
    unknown: int = 0
    new: int = 0
    standing: int = 0
    resolved: int = 0
    unplaced: int = 0
    rules: int = 0
    not_run: int = 0
    reassigned: int = field(default=0, repr=False)


def lock() -> None:
    """Until the end of the transaction no other run is absorbed and nobody verifies: both look before they write.
    SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {sql.table(Finding)} IN SHARE ROW EXCLUSIVE MODE")


def absorb(run: Run, given: Given, *, at: datetime, today: date, due: Callable[[str, int], date]) -> Absorbed:
    """Bring the findings of the run's place in line with what it found. `due` says until when a finding in a village
    (its code) and of a severity, found today, is to be verified."""
    done = Absorbed(rules=len(given.ran), not_run=len(given.not_run))
    with (
        sql.workbench() as bench,
        room(len(given.hits)),
        stage("in_hit", given.hits, key="n"),
        stage("in_count", given.counts, index=[["rule_id", "village_id"]]),
        stage("in_ran", pa.table({"rule_id": pa.array(given.ran, pa.string())}), index=[["rule_id"]]),
    ):
        _place(bench)
        with stage("in_charge", _charge(bench, today, due), key="village_id"):
            _plan(bench, run)
        done.unplaced = len(given.hits) - bench.value("SELECT count(*) FROM plan")
        _merge(bench, run, at, today)
        _resolve(bench, run, given, at)
        _count(bench, run)
        done.reassigned = follow_posts(bench, at, today, PlaceRange(run.place, run.last_place))
        totals = bench.rows(
            "SELECT coalesce(sum(hits), 0), coalesce(sum(unknown), 0), coalesce(sum(new), 0), "
            "coalesce(sum(standing), 0), coalesce(sum(resolved), 0) "
            f"FROM {sql.table(RunCount)} WHERE run_id = {int(run.pk)}"
        )[0]
    done.hits, done.unknown, done.new, done.standing, done.resolved = map(int, totals)
    return done


def _charge(bench: sql.Workbench, today: date, due: Callable[[str, int], date]) -> pa.Table:
    """For every village with a hit: who verifies what is found there, and until when, by severity."""
    villages = bench.rows(
        f"SELECT DISTINCT p.village_id, a.code FROM placed p JOIN {sql.table(Area)} a ON a.id = p.village_id "
        "ORDER BY p.village_id"
    )
    officers = in_charge([village for village, _code in villages], today)
    columns: dict[str, list[Any]] = {
        "village_id": [village for village, _code in villages],
        "officer_id": [officers.get(village) for village, _code in villages],
    }
    for severity in Finding.Severity:
        columns[f"due_{severity.value}"] = [due(code, severity.value) for _village, code in villages]
    return pa.table(columns, schema=CHARGE_SCHEMA)


def in_charge(villages: list[int], day: date) -> dict[int, int]:
    """The officer who verifies what is found in a village: the first of the policy's roles that somebody active holds
    there on `day`; of several the one who came last. Villages without one are absent: there it lies with the township.
    """
    order = {role: rank for rank, role in enumerate(policy().assign_to)}
    posts = (
        Post.objects.filter(Q(ends_on=None) | Q(ends_on__gte=day), role_id__in=order, starts_on__lte=day)
        .filter(area__level=Level.VILLAGE, officer__is_active=True)
        .values_list("area_id", "role_id", "starts_on", "officer_id")
    )
    wanted = set(villages)
    found: dict[int, int] = {}
    ranked = sorted(posts, key=lambda p: (order[p[1]], -p[2].toordinal(), p[3]))
    for area_id, _role, _starts, officer_id in ranked:
        if area_id in wanted:
            found.setdefault(area_id, officer_id)
    return found


def _place(bench: sql.Workbench) -> None:
    """placed: every hit with its subject, village and place as the registry has them now, by the numbers that also
    folders of an older system carry."""
    household, member, work = sql.table(Household), sql.table(Member), sql.table(WorkRecord)
    bench.make(
        "placed",
        f"""
        SELECT s.n AS n, s.rule_id AS rule_id, s.topic AS topic, s.severity AS severity, s.grain AS grain,
               s.evidence AS evidence, s.mark AS mark,
               CASE s.grain WHEN 'village' THEN a.id WHEN 'household' THEN h.id WHEN 'member' THEN m.id ELSE w.id END
                   AS subject,
               CASE s.grain WHEN 'village' THEN a.id WHEN 'household' THEN h.village_id ELSE mh.village_id END
                   AS village_id,
               CASE s.grain WHEN 'village' THEN a.place WHEN 'household' THEN h.place ELSE m.place END AS place,
               CASE s.grain WHEN 'household' THEN h.id ELSE mh.id END AS household_id,
               m.id AS member_id, w.id AS work_record_id
        FROM in_hit s
        LEFT JOIN {sql.table(Area)} a ON a.id = s.village_id AND s.grain = 'village'
        LEFT JOIN {household} h ON h.household_no = s.household_no AND s.grain = 'household'
        LEFT JOIN {member} m ON m.person_no = s.person_no AND s.grain IN ('member', 'work_record')
        LEFT JOIN {household} mh ON mh.id = m.household_id
        LEFT JOIN {work} w ON w.id = s.record_id AND w.member_id = m.id AND s.grain = 'work_record'
        """,
        key="n",
        index="rule_id, subject",
    )


def _plan(bench: sql.Workbench, run: Run) -> None:
    """plan: every placed hit once, the finding on file, and how the hit changes it."""
    moment = "%s::timestamptz" if sql.on_postgresql() else "%s"
    bench.make(
        "plan",
        f"""
        SELECT p.n AS n, p.rule_id AS rule_id, p.topic AS topic, p.severity AS severity, p.grain AS grain,
               p.evidence AS evidence, p.mark AS mark, p.subject AS subject, p.village_id AS village_id,
               p.place AS place, p.household_id AS household_id, p.member_id AS member_id,
               p.work_record_id AS work_record_id, f.id AS finding_id, coalesce(f.state, '') AS was,
               CASE WHEN f.id IS NULL THEN '{Kind.FOUND}'
                    WHEN f.state = '{State.RESOLVED}' THEN '{Kind.BACK}'
                    WHEN f.state = '{State.EXEMPT}' AND f.exempt_hash <> p.mark THEN '{Kind.CHANGED}'
                    WHEN f.state = '{State.MENDED}' AND f.verified_at < {moment} THEN '{Kind.STILL}'
                    ELSE '' END AS how,
               c.officer_id AS officer_id,
               CASE p.severity WHEN 1 THEN c.due_1 WHEN 2 THEN c.due_2 ELSE c.due_3 END AS due_on
        FROM placed p
        JOIN (SELECT min(n) AS n FROM placed WHERE subject IS NOT NULL AND village_id IS NOT NULL
              GROUP BY rule_id, subject) once ON once.n = p.n
        LEFT JOIN {sql.table(Finding)} f ON f.rule_id = p.rule_id AND f.subject = p.subject
        LEFT JOIN in_charge c ON c.village_id = p.village_id
        """,
        [sql.moment(run.taken_at or run.started_at)],
        key="n",
        index="finding_id",
    )


def _merge(bench: sql.Workbench, run: Run, at: datetime, today: date) -> None:
    """The hits into the findings, and a step for each that changed its state."""
    finding = sql.table(Finding)
    fresh = f"p.how IN ({sql.text_list(FRESH)})"
    day = sql.day_value(today)
    bench.run(
        f"""
        UPDATE {finding} AS f SET last_run_id = {int(run.pk)}, topic = p.topic, severity = p.severity,
               evidence = p.evidence, evidence_hash = p.mark, village_id = p.village_id, place = p.place,
               household_id = p.household_id, member_id = p.member_id, work_record_id = p.work_record_id,
               state = CASE WHEN p.how <> '' THEN '{State.OPEN}' ELSE f.state END,
               exempt_hash = CASE WHEN p.how <> '' THEN '' ELSE f.exempt_hash END,
               found_on = CASE WHEN {fresh} THEN {day} ELSE f.found_on END,
               due_on = CASE WHEN {fresh} THEN p.due_on ELSE f.due_on END,
               assigned_to_id = CASE WHEN {fresh} THEN p.officer_id ELSE f.assigned_to_id END,
               resolved_run_id = NULL
        FROM plan p WHERE p.finding_id = f.id
        """
    )
    bench.run(
        f"""
        INSERT INTO {finding} (rule_id, topic, grain, subject, village_id, place, household_id, member_id,
               work_record_id, severity, state, evidence, evidence_hash, exempt_hash, found_on, due_on, assigned_to_id,
               first_run_id, last_run_id)
        SELECT rule_id, topic, grain, subject, village_id, place, household_id, member_id, work_record_id, severity,
               '{State.OPEN}', evidence, mark, '', {day}, due_on, officer_id, {int(run.pk)}, {int(run.pk)}
        FROM plan WHERE how = '{Kind.FOUND}' ORDER BY n
        """
    )
    _steps(
        bench,
        f"SELECT f.id, p.how, p.was, '{State.OPEN}', {{at}}, {int(run.pk)}, '' FROM plan p JOIN {finding} f "
        "ON f.rule_id = p.rule_id AND f.subject = p.subject WHERE p.how <> '' ORDER BY p.n",
        at,
    )


def _steps(bench: sql.Workbench, rows: str, at: datetime) -> None:
    moment = "%s::timestamptz" if sql.on_postgresql() else "%s"
    bench.run(
        f"INSERT INTO {sql.table(FindingStep)} (finding_id, kind, from_state, to_state, at, run_id, note) "
        + rows.format(at=moment),
        [sql.moment(at)],
    )


def _resolve(bench: sql.Workbench, run: Run, given: Given, at: datetime) -> None:
    """gone: findings of rules that were run in this place and no longer find them; what it could not judge stays."""
    bench.make(
        "gone",
        f"""
        SELECT f.id AS id, f.rule_id AS rule_id, f.village_id AS village_id, f.state AS was
        FROM {sql.table(Finding)} f JOIN in_ran r ON r.rule_id = f.rule_id
        WHERE f.place BETWEEN {int(run.place)} AND {int(run.last_place)} AND f.state <> '{State.RESOLVED}'
              AND f.last_run_id <> {int(run.pk)}
        """,
        key="id",
    )
    undecided = _undecided(bench, given)
    if undecided:
        with stage("in_undecided", pa.table({"id": pa.array(undecided, pa.int64())}), key="id"):
            bench.run("DELETE FROM gone WHERE id IN (SELECT id FROM in_undecided)")
    bench.run(
        f"UPDATE {sql.table(Finding)} SET state = '{State.RESOLVED}', resolved_run_id = {int(run.pk)}, "
        "exempt_hash = '' WHERE id IN (SELECT id FROM gone)"
    )
    _steps(
        bench,
        f"SELECT id, '{Kind.RESOLVED}', was, '{State.RESOLVED}', {{at}}, {int(run.pk)}, '' FROM gone ORDER BY id",
        at,
    )


def _undecided(bench: sql.Workbench, given: Given) -> list[int]:
    """Of the findings in `gone` those that the run did not judge: a value was missing, the rule was not run in that
    village, or the village was not screened at all."""
    rows = bench.rows(
        f"""
        SELECT g.id, g.rule_id, f.grain, h.household_no, m.person_no, f.work_record_id, g.village_id, a.code
        FROM gone g JOIN {sql.table(Finding)} f ON f.id = g.id JOIN {sql.table(Area)} a ON a.id = g.village_id
        LEFT JOIN {sql.table(Household)} h ON h.id = f.household_id
        LEFT JOIN {sql.table(Member)} m ON m.id = f.member_id ORDER BY g.id
        """
    )
    if not rows:
        return []
    names = ("id", "rule_id", "grain", "household_no", "person_no", "record_id", "village_id", "village_code")
    types = (pa.int64(), pa.string(), pa.string(), pa.string(), pa.string(), pa.int64(), pa.int64(), pa.string())
    gone = pa.table({n: pa.array(c, t) for n, t, c in zip(names, types, zip(*rows, strict=True), strict=True)})
    # Of all that could not be judged only what lies where findings would be resolved.
    unknown = given.unknown(sorted({row[1] for row in rows}), _shared([row[7] for row in rows]))
    counties = pa.table({"county": pa.array(given.counties, pa.string())})
    left_out = pa.table(
        {
            "rule_id": pa.array([rule for rule, _code in given.left_out], pa.string()),
            "code": pa.array([code for _rule, code in given.left_out], pa.string()),
        }
    )
    with engine(gone=gone, unknown=unknown, left_out=left_out, counties=counties) as duck:
        found = arrow(
            duck,
            """
            SELECT g.id FROM gone g WHERE EXISTS (SELECT 1 FROM unknown u WHERE u.rule_id = g.rule_id AND CASE g.grain
                WHEN 'household' THEN u.household_no = g.household_no
                WHEN 'member' THEN u.person_no = g.person_no
                WHEN 'work_record' THEN u.record_id = g.record_id
                ELSE u.village_id = g.village_id END)
            UNION
            SELECT g.id FROM gone g
            JOIN left_out l ON l.rule_id = g.rule_id AND starts_with(g.village_code, l.code)
            UNION
            SELECT g.id FROM gone g
            WHERE NOT EXISTS (SELECT 1 FROM counties c WHERE c.county = substr(g.village_code, 1, 6))
            """,
        )
    ids: list[Any] = found["id"].to_pylist()
    return ids


def _shared(codes: list[str]) -> str:
    """The beginning that all these codes share."""
    first, last = min(codes), max(codes)
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:same]


def _count(bench: sql.Workbench, run: Run) -> None:
    """What the run counted, by rule and village."""
    bench.run(
        f"""
        INSERT INTO {sql.table(RunCount)} (run_id, rule_id, village_id, place, hits, unknown, new, standing, resolved)
        SELECT {int(run.pk)}, t.rule_id, t.village_id, a.place, sum(t.hits), sum(t.unknown), sum(t.new),
               sum(t.standing), sum(t.resolved)
        FROM (
            SELECT rule_id, village_id, 1 AS hits, 0 AS unknown,
                   CASE WHEN how IN ({sql.text_list(NEW)}) THEN 1 ELSE 0 END AS new,
                   CASE WHEN how IN ({sql.text_list(NEW)}) THEN 0 ELSE 1 END AS standing, 0 AS resolved FROM plan
            UNION ALL SELECT rule_id, village_id, hits, unknown, 0, 0, 0 FROM in_count
            UNION ALL SELECT rule_id, village_id, 0, 0, 0, 0, 1 FROM gone
        ) t JOIN {sql.table(Area)} a ON a.id = t.village_id
        GROUP BY t.rule_id, t.village_id, a.place ORDER BY a.place, t.rule_id
        """
    )


def follow_posts(bench: sql.Workbench, at: datetime, today: date, reach: PlaceRange) -> int:
    """Live findings whose officer may no longer verify there (the post ended, the household moved) go to who is in
    charge of the village now, else to the township; how many. Those that lie with the township go to an officer of the
    village as soon as there is one."""
    finding = sql.table(Finding)
    live = (
        f"f.place BETWEEN {reach.first} AND {reach.last} AND f.state IN ({sql.text_list(Finding.LIVE)})"  # never empty
    )
    holders = [row[0] for row in bench.rows(f"SELECT DISTINCT f.assigned_to_id FROM {finding} f WHERE {live}")]
    officers = Officer.objects.filter(pk__in=[h for h in holders if h is not None])
    reaches = [(o.pk, r.first, r.last) for o in officers for r in o.places_for("findings.verify", today)]
    villages = [row[0] for row in bench.rows(f"SELECT DISTINCT f.village_id FROM {finding} f WHERE {live}")]
    now = in_charge(villages, today)
    columns = list(zip(*reaches, strict=True)) or [(), (), ()]
    may = pa.table({n: pa.array(c, pa.int64()) for n, c in zip(("officer_id", "first", "last"), columns, strict=True)})
    charge = pa.table(
        {"village_id": pa.array(list(now), pa.int64()), "officer_id": pa.array(list(now.values()), pa.int64())}
    )
    with stage("in_may", may, index=[["officer_id"]]), stage("in_now", charge, key="village_id"):
        bench.make(
            "handed",
            f"""
            SELECT f.id AS id, f.state AS state, n.officer_id AS officer_id
            FROM {finding} f LEFT JOIN in_now n ON n.village_id = f.village_id
            WHERE {live} AND {sql.differs("f.assigned_to_id", "n.officer_id")} AND NOT EXISTS (
                SELECT 1 FROM in_may m WHERE m.officer_id = f.assigned_to_id AND f.place BETWEEN m.first AND m.last)
            """,
            key="id",
        )
        moved = bench.run(f"UPDATE {finding} AS f SET assigned_to_id = h.officer_id FROM handed h WHERE h.id = f.id")
        moment = "%s::timestamptz" if sql.on_postgresql() else "%s"
        bench.run(
            f"INSERT INTO {sql.table(FindingStep)} (finding_id, kind, from_state, to_state, at, actor_id, note) "
            f"SELECT h.id, '{Kind.ASSIGNED}', h.state, h.state, {moment}, NULL, coalesce(o.name, '') FROM handed h "
            f"LEFT JOIN {sql.table(Officer)} o ON o.id = h.officer_id ORDER BY h.id",
            [sql.moment(at)],
        )
    return moved
