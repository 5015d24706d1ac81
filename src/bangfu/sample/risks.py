"""Why the invented watched households are watched: what an older system's list of risks would say, drawn from their
own files, so that no risk contradicts its household."""

from collections import defaultdict
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from bangfu.common.policy import code_list

# health_status: long illness, serious illness, disability
ILL, DISABLED = ("02", "03"), "04"
ILLNESS, DISABILITY, SCHOOLING, BUSINESS, LABOUR = "01", "02", "03", "06", "08"  # monitor_risk


def risks(tables: Mapping[str, pa.Table]) -> list[tuple[str, str]]:
    """(household_no, code of monitor_risk), one risk for every watched household."""
    household, member = tables["household"], tables["member"]
    watched = household.filter(pc.is_valid(household["monitor_category"]))["household_no"]
    people = member.filter(
        pc.and_(pc.is_in(member["household_no"], value_set=watched.combine_chunks()), pc.is_null(member["left_on"]))
    )
    able = {c.code for c in code_list("labor_capacity").codes if c.attributes.get("able")}
    school = {c.code for c in code_list("student_status").codes if c.attributes.get("in_school")}
    signs: dict[str, set[str]] = defaultdict(set)
    columns = ("household_no", "health_status", "student_status", "labor_capacity")
    for number, health, student, labour in zip(*(people[name].to_pylist() for name in columns), strict=True):
        found = signs[number]
        ailments = set((health or "").split(","))
        found |= {DISABILITY} if DISABLED in ailments else set()
        found |= {ILLNESS} if ailments & set(ILL) else set()
        found |= {SCHOOLING} if student in school else set()
        found |= {"able"} if labour in able else set()
    return [(number, _first(signs[number])) for number in map(str, watched.to_pylist())]


def _first(signs: set[str]) -> str:
    for risk in (DISABILITY, ILLNESS, SCHOOLING):
        if risk in signs:
            return risk
    return BUSINESS if "able" in signs else LABOUR
