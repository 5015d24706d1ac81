"""Households follow their village and group when areas are merged, moved or given new groups."""

from django.db import transaction
from django.utils import timezone

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area, Succession
from bangfu.audit.services import record
from bangfu.common.places import Level
from bangfu.registry.ledger import sql
from bangfu.registry.ledger.counting import recount
from bangfu.registry.ledger.trail import ChangeInfo, write_history
from bangfu.registry.models import Change, Household, Member, YearCount

# A village may be merged into one that is merged again; no chain of mergers in our time is longer.
GENERATIONS = 10


@transaction.atomic
def follow(*, by: Officer | None, reason: str) -> int:
    """Households of an abolished village or group go to what it was merged into (where there is one successor only;
    after a split somebody must say which part they went to); households whose group has a name known in the village
    belong to it; every household and person takes the place of its group or village. Returns households changed."""
    household, member, area = sql.table(Household), sql.table(Member), sql.table(Area)
    with sql.workbench() as bench:
        _find_successors(bench)
        named = (
            f"(SELECT min(x.id) FROM {area} x WHERE x.parent_id = t.village_id AND x.level = {int(Level.GROUP)} "
            "AND x.valid_to IS NULL AND x.name = t.group_name)"
        )
        bench.make(
            "followed",
            f"""
            SELECT w.id AS id, w.old_village_id AS old_village_id, w.village_id AS village_id, g.id AS group_id,
                   coalesce(g.place, v.place) AS place
            FROM (SELECT t.id AS id, t.old_village_id AS old_village_id, t.village_id AS village_id,
                         coalesce(CASE WHEN y.parent_id = t.village_id THEN t.group_id END, {named}) AS group_id
                  FROM (SELECT h.id AS id, h.village_id AS old_village_id, h.group_name AS group_name,
                               coalesce(sv.now_id, h.village_id) AS village_id,
                               coalesce(sg.now_id, h.group_id) AS group_id
                        FROM {household} h LEFT JOIN successor sv ON sv.id = h.village_id
                        LEFT JOIN successor sg ON sg.id = h.group_id WHERE h.ended_on IS NULL) t
                  LEFT JOIN {area} y ON y.id = t.group_id AND y.level = {int(Level.GROUP)}) w
            JOIN {area} v ON v.id = w.village_id AND v.level = {int(Level.VILLAGE)}
            LEFT JOIN {area} g ON g.id = w.group_id
            """,
            key="id",
        )
        bench.make(
            "moved_household",
            f"SELECT f.id AS id, CAST('~' AS text) AS how FROM followed f JOIN {household} h ON h.id = f.id WHERE "
            + " OR ".join(sql.differs(f"h.{c}", f"f.{c}") for c in ("village_id", "group_id", "place")),
            key="id",
        )
        moved = int(bench.value("SELECT count(*) FROM moved_household"))
        if not moved:
            return 0
        bench.run(
            f"UPDATE {household} AS l SET village_id = f.village_id, group_id = f.group_id, place = f.place "
            "FROM followed f WHERE f.id = l.id AND l.id IN (SELECT id FROM moved_household)"
        )
        bench.make(
            "moved_member",
            f"SELECT m.id AS id, CAST('~' AS text) AS how FROM {member} m JOIN {household} h ON h.id = m.household_id "
            "WHERE m.place <> h.place AND h.id IN (SELECT id FROM moved_household)",
            key="id",
        )
        bench.run(
            f"UPDATE {member} AS l SET place = h.place FROM {household} h WHERE h.id = l.household_id "
            "AND l.id IN (SELECT id FROM moved_member)"
        )
        change = ChangeInfo(Change.Kind.AREAS, by, reason).open()
        write_history(bench, Household, change, "moved_household")
        write_history(bench, Member, change, "moved_member")
        bench.run(
            f"UPDATE {sql.table(YearCount)} AS c SET place = a.place FROM {area} a WHERE a.id = c.village_id "
            "AND c.place <> a.place"
        )
        recount(
            bench,
            "SELECT f.village_id FROM followed f JOIN moved_household d ON d.id = f.id UNION "
            "SELECT f.old_village_id FROM followed f JOIN moved_household d ON d.id = f.id",
            timezone.localdate(),
        )
    record(
        actor=by, action="registry.areas_followed", subject_type="change", subject_id=str(change.pk), households=moved
    )
    return moved


def _find_successors(bench: sql.Workbench) -> None:
    """`successor`: for every abolished area with one heir, the area that stands for it today."""
    area, heirs = sql.table(Area), sql.table(Succession)
    one = (
        f"SELECT s.predecessor_id AS id, min(s.successor_id) AS now_id FROM {heirs} s JOIN {area} a "
        "ON a.id = s.predecessor_id AND a.valid_to IS NOT NULL WHERE s.successor_id <> s.predecessor_id "
        "GROUP BY s.predecessor_id HAVING count(DISTINCT s.successor_id) = 1"
    )
    bench.make("successor", one, key="id")
    for _generation in range(GENERATIONS):
        if not bench.run(
            "UPDATE successor SET now_id = (SELECT n.now_id FROM successor n WHERE n.id = successor.now_id) "
            "WHERE now_id IN (SELECT n.id FROM successor n WHERE n.now_id <> successor.id)"
        ):
            return
