"""What follows from other rows: a household's head, size and latest income, where its people lie, and their comings
and goings as events."""

from bangfu.common.policy import code_list
from bangfu.registry.ledger import sql
from bangfu.registry.ledger.merging import add_rows, change_rows, update_derived
from bangfu.registry.ledger.planning import HEAD, Job
from bangfu.registry.models import Dwelling, Household, IncomeYear, Member, MemberEvent

BLANKS = {
    "head_name": "''", "head_initials": "''", "members_count": "0", "anyone_able": "FALSE", "anyone_on_dibao": "FALSE"
}  # fmt: skip
DERIVED = (*BLANKS, "latest_income_year", "latest_per_capita_net_income")


def write_households(job: Job) -> None:
    """The households' own rows, with what follows from their members and statements; and the places of their people."""
    if job.has("household"):
        change_rows(job, "household", Household)
        if any(column.model is Dwelling for column in job.columns("household")):
            change_rows(job, "household", Dwelling)
    derive(job, " UNION ".join(_touched(job)))
    if job.has("household"):
        derived = {column: f"coalesce(t.{column}, {blank})" for column, blank in BLANKS.items()}
        derived |= {column: f"t.{column}" for column in DERIVED if column not in BLANKS}
        add_rows(job, "household", Household, derived, "JOIN derived t ON t.id = p.id")
        add_rows(job, "household", Dwelling)
        follow_places(job)


def _touched(job: Job) -> list[str]:
    """SELECTs of the ids of every household whose derived columns this write may have moved."""
    touched = []
    if job.has("household"):
        touched.append("SELECT id FROM plan_household WHERE trouble IS NULL")
    if job.has("member"):
        touched.append("SELECT household_id AS id FROM plan_member WHERE trouble IS NULL")
        if job.moves:
            touched.append("SELECT was_household_id FROM plan_member WHERE trouble IS NULL AND NOT is_new")
    statement = sql.table(IncomeYear)
    if job.has("income_year") or job.has("income_item"):
        touched.append(f"SELECT household_id AS id FROM {statement} WHERE id IN (SELECT id FROM summed_year)")
    return touched or ["SELECT CAST(0 AS bigint) AS id WHERE 1 = 0"]


def derive(job: Job, households: str) -> None:
    """`derived`: for every household of the SELECT `households` its derived columns; rows on file are brought in line.

    Of two heads (data taken over may have them) the one registered first gives the name.
    """
    member, statement = sql.table(Member), sql.table(IncomeYear)
    able = sql.text_list(c.code for c in code_list("labor_capacity").codes if c.attributes.get("able"))
    enjoys = sql.text_list(c.code for c in code_list("dibao_status").codes if c.attributes.get("enjoys"))
    job.bench.make(
        "touched", f"SELECT DISTINCT CAST(id AS bigint) AS id FROM ({households}) found WHERE id IS NOT NULL", key="id"
    )
    job.bench.make(
        "derived",
        f"""
        SELECT t.id AS id, coalesce(head.name, '') AS head_name, coalesce(head.name_initials, '') AS head_initials,
               coalesce(people.members, 0) AS members_count, coalesce(people.able, FALSE) AS anyone_able,
               coalesce(people.on_dibao, FALSE) AS anyone_on_dibao, latest.year AS latest_income_year,
               latest.per_capita_net_income AS latest_per_capita_net_income
        FROM touched t
        LEFT JOIN (SELECT m.household_id AS household_id, count(*) AS members,
                          min(CASE WHEN m.relation_to_head = '{HEAD}' THEN m.id END) AS head_id,
                          sum(CASE WHEN m.labor_capacity IN ({able}) THEN 1 ELSE 0 END) > 0 AS able,
                          sum(CASE WHEN m.dibao_status IN ({enjoys}) THEN 1 ELSE 0 END) > 0 AS on_dibao
                   FROM touched u JOIN {member} m ON m.household_id = u.id AND m.left_on IS NULL
                   GROUP BY m.household_id) people ON people.household_id = t.id
        LEFT JOIN {member} head ON head.id = people.head_id
        LEFT JOIN (SELECT i.household_id AS household_id, max(i.year) AS year
                   FROM touched u JOIN {statement} i ON i.household_id = u.id GROUP BY i.household_id) last
               ON last.household_id = t.id
        LEFT JOIN {statement} latest ON latest.household_id = t.id AND latest.year = last.year
        """,
        key="id",
    )
    update_derived(job, Household, "derived", DERIVED)


def follow_places(job: Job) -> None:
    """People lie where their household lies."""
    household, member = sql.table(Household), sql.table(Member)
    if not job.bench.value("SELECT count(*) FROM changed_household"):
        return
    job.bench.make(
        "place_of",
        f"SELECT m.id AS id, h.place AS place FROM changed_household d JOIN {household} h ON h.id = d.id "
        f"JOIN {member} m ON m.household_id = h.id AND m.place <> h.place",
        key="id",
    )
    update_derived(job, Member, "place_of", ("place",))


def write_events(job: Job, change_id: int) -> None:
    """An event for everyone who came or left with a reason and a day; a first registration is no event."""
    if not job.has("member"):
        return
    event, member = sql.table(MemberEvent), sql.table(Member)
    first = sql.text_list(c.code for c in code_list("member_increase").codes if c.attributes.get("event") == "first")
    written = f"FROM plan_member p JOIN {member} m ON m.id = p.id AND p.trouble IS NULL"
    changed = "EXISTS (SELECT 1 FROM changed_member d WHERE d.id = p.id)"
    columns = 'member_id, household_id, joined, kind, "on", note, change_id'
    if job.has("member", "joined_by"):  # else nobody new has a reason
        job.bench.run(
            f"INSERT INTO {event} ({columns}) SELECT m.id, m.household_id, TRUE, m.joined_by, m.joined_on, '', "
            f"{int(change_id)} {written} WHERE p.is_new AND m.joined_by NOT IN ('', {first}) "
            "AND m.joined_on IS NOT NULL"
        )
    if job.has("member", "left_on"):  # else nobody leaves
        job.bench.run(
            f"INSERT INTO {event} ({columns}) SELECT m.id, m.household_id, FALSE, m.left_by, m.left_on, '', "
            f"{int(change_id)} {written} WHERE m.left_by <> '' AND m.left_on IS NOT NULL "
            f"AND (p.is_new OR p.was_left_on IS NULL AND {changed})"
        )
    if job.moves:
        for joined, owner, kind in (
            ("FALSE", "p.was_household_id", job.moves.left_by),
            ("TRUE", "p.household_id", job.moves.joined_by),
        ):
            job.bench.run(
                f"INSERT INTO {event} ({columns}) SELECT m.id, {owner}, {joined}, {sql.text_list([kind])}, "
                f"{sql.day_value(job.moves.on)}, '', {int(change_id)} {written} "
                f"WHERE NOT p.is_new AND p.was_household_id <> p.household_id AND {changed}"
            )
