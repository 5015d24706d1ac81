"""Lists of households: what may be asked for, found by name, initials or number, counted, ordered and paged.

Every list starts at `visible_to`. With a million households on file each question below is answered from an index or
by a short walk: a page is cut off after its rows, a count after its limit, and only the ids of a page are ordered;
its rows are looked up after. Where a database that plans for itself would walk past a million households instead, it is
handed the ids of the few.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, cached_property
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q

from bangfu.areas.models import Area
from bangfu.common import identity, paging
from bangfu.common.names import normalise_name
from bangfu.common.paging import REVERSED, Counted
from bangfu.common.places import Viewer, range_of, within
from bangfu.common.policy import code_list
from bangfu.registry.models import Dwelling, Household, HouseholdQuerySet, Member, MemberQuerySet

# Where a count ends when each household's people or dwelling must be looked at to decide.
DEEP_COUNT_UP_TO = 1_000
# Up to so many households whose number begins so are looked up one by one; of more a walk through the households in
# their order meets enough soon.
RARE = 10_000
# So many ids of households, found in an index, are handed over as they are: more take longer to plan for than to find.
FEW = 2_000
# So many of them tell whether there are more than are counted: nearly all answer to what else is asked.
ENOUGH = DEEP_COUNT_UP_TO * 5 // 4
# In a filter on a code: households where the question has no answer yet.
UNKNOWN = "unknown"

CODE_FILTERS = ("household_type", "household_class", "poverty_status", "monitor_category", "main_cause")
ORDERS = ("place", "head", "members", "income")


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for. "" means: not asked. `area` None is everything that the viewer may see.

    labour: "able" (someone able to work is at home) or "none"; registered, poor, dangerous, safe_water, dibao: "yes" or
    "no", where "no" for dibao includes households of which it is not known.
    """

    area: Area | None = None
    q: str = ""
    household_type: str = ""
    household_class: str = ""
    poverty_status: str = ""
    monitor_category: str = ""
    main_cause: str = ""
    house_grade: str = ""
    dangerous: str = ""
    labour: str = ""
    safe_water: str = ""
    dibao: str = ""
    registered: str = ""
    poor: str = ""
    order: str = "place"

    @property
    def deep(self) -> bool:
        """Whether more than the household's own row decides."""
        return any((self.q, self.house_grade, self.dangerous, self.safe_water))

    @property
    def narrowed(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self) if f.name not in ("order", "area"))


@cache
def codes_with(list_id: str, attribute: str, value: Any = True) -> tuple[str, ...]:
    """The codes of a list whose attribute has that value, in force or not: old records keep old codes."""
    return tuple(c.code for c in code_list(list_id).codes if c.attributes.get(attribute) == value)


def households(viewer: Viewer, wanted: Wanted) -> HouseholdQuerySet:
    """Existing households that the viewer may see and that answer to `wanted`, without an order."""
    return Listing(viewer, wanted).rows


class Listing:
    """The households that `wanted` asks for, page by page, and their number.

    A search by name or initials begins at the people, whose index holds their households: those of a rare name are told
    by their ids. Of a commoner one the first so many are enough to know that a list is long, and PostgreSQL meets a
    page of it by a walk through the people's own rows, which lie in the order of places.
    """

    def __init__(self, viewer: Viewer, wanted: Wanted) -> None:
        self.viewer, self.wanted = viewer, wanted
        self.narrowed = _narrowed(viewer, wanted)
        self.named = None if _is_letter(wanted.q) else _named(wanted.q)

    @cached_property
    def rows(self) -> HouseholdQuerySet:
        """All of them, without an order."""
        if not self.wanted.q.strip():
            return self.narrowed
        if self.named is None:
            return _found(self.narrowed, self.viewer, self.wanted)
        if self._rare:
            return self.narrowed.filter(pk__in=set(self._homes))
        return self.narrowed.filter(Exists(_meant(self.viewer, self.wanted).filter(household=OuterRef("pk"))))

    def counted(self) -> Counted:
        """The exact number of rows while it is cheap to know, "so many and more" beyond."""
        limit = DEEP_COUNT_UP_TO if self.wanted.deep else None
        if self.named is not None and not self._rare:
            first = paging.counted(self.narrowed.filter(pk__in=sorted(set(self._homes))[:ENOUGH]), limit)
            if first.more:
                return first
        return paging.counted(self.rows, limit)

    def page(self, number: int) -> Sequence[Household]:
        """The rows of a page (from 1) with their village and township, and one more when another page follows."""
        ids = paging.cut(self._in_order().values_list("pk", flat=True), number)
        found = Household.objects.select_related("village__parent", "group").in_bulk(ids)
        return [found[pk] for pk in ids if pk in found]

    def _in_order(self) -> HouseholdQuerySet:
        order = self.wanted.order
        by_place = order.removeprefix(REVERSED) == "place"
        # SQLite looks up the people of a household faster than it sorts those of a name.
        if self.named is None or self._rare or not by_place or connection.vendor == "sqlite":
            return in_order(self.rows, order)
        # A person's place is the household's; ordered by it, rows come as those of the people do.
        turned = REVERSED if order.startswith(REVERSED) else ""
        rows = self.narrowed.filter(self._of_named(self.named))
        return rows.order_by(f"{turned}members__place", f"{turned}household_no").distinct()

    @cached_property
    def _homes(self) -> Sequence[int]:
        """The households of the first people whom a name means; of all of them when it is rare."""
        return list(_meant(self.viewer, self.wanted).values_list("household_id", flat=True)[: FEW + 1])

    @property
    def _rare(self) -> bool:
        return len(self._homes) <= FEW

    def _of_named(self, named: tuple[str, str]) -> Q:
        """The people whom a name means and the viewer may see, as a condition on their household. In one condition, so
        that it is one person who meets all of it."""
        reach = within(self.viewer.places_for(MemberQuerySet.view_right), "members__place")
        if self.wanted.area:
            area = range_of(self.wanted.area.place, self.wanted.area.level)
            reach &= within([area], "members__place")
        column, beginning = named
        return Q(reach, (f"members__{column}", beginning))


def _narrowed(viewer: Viewer, wanted: Wanted) -> HouseholdQuerySet:
    """What the viewer may see and the filters leave, the search aside."""
    rows = Household.objects.visible_to(viewer).living()
    if wanted.area:
        rows = rows.inside(wanted.area)
    for name in CODE_FILTERS:
        if code := getattr(wanted, name):
            rows = rows.filter(**{name: "" if code == UNKNOWN else code})
    if wanted.registered:
        rows = rows.filter(household_type__in=codes_with("household_type", "registered", wanted.registered == "yes"))
    if wanted.poor:
        rows = rows.filter(poverty_status__in=codes_with("poverty_status", "poor", wanted.poor == "yes"))
    return _by_people(_by_dwelling(rows, wanted), wanted)


def _by_dwelling(rows: HouseholdQuerySet, wanted: Wanted) -> HouseholdQuerySet:
    asked: dict[str, Any] = {}
    if wanted.house_grade:
        asked["house_grade"] = "" if wanted.house_grade == UNKNOWN else wanted.house_grade
    if wanted.dangerous:
        asked["dangerous_house"] = wanted.dangerous == "yes"
    if wanted.safe_water:
        asked["safe_water_solved"] = None if wanted.safe_water == UNKNOWN else wanted.safe_water == "yes"
    if not asked:
        return rows
    # From the dwellings to the households: what is asked for is mostly rare, and has an index. The ids of a few are
    # told, or PostgreSQL looks for the first page of one in a thousand by walking through the households.
    homes = Dwelling.objects.filter(**asked).values_list("household_id", flat=True)
    few = list(homes[: FEW + 1])
    return rows.filter(pk__in=few if len(few) <= FEW else homes)


def _by_people(rows: HouseholdQuerySet, wanted: Wanted) -> HouseholdQuerySet:
    if wanted.labour:
        rows = rows.filter(anyone_able=wanted.labour == "able")
    return rows.filter(anyone_on_dibao=wanted.dibao == "yes") if wanted.dibao else rows


def people(viewer: Viewer, q: str) -> Any:
    """The people that a search means, as members visible to the viewer; those who left are found too.

    Han characters: the beginning of a name. Letters: the beginning of the pinyin initials. Six digits (the last may be
    X): the end of the ID number. A whole identity or disability number: that person. Anything else: nobody.
    """
    asked = conditions(q)
    members = Member.objects.visible_to(viewer)
    return members.filter(asked) if asked is not None else members.none()


def conditions(q: str) -> Q | None:
    """The condition on members that a search stands for; None when no person can be meant."""
    number = identity.normalise(q)
    if number[:1].isdigit():
        if len(number) in (18, *identity.DISABILITY_LENGTHS):
            return Q(id_key=number[:18])
        return Q(id_tail=number) if len(number) == 6 else None
    named = _named(q)
    return Q(named) if named else None


def _named(q: str) -> tuple[str, str] | None:
    """The column of people and its beginning that letters or a name stand for; None for everything else."""
    word, name = identity.normalise(q), normalise_name(q)
    if word.isascii() and word.isalpha():
        return "name_initials__prefix", word.lower()[:20]
    return ("name__prefix", name[:60]) if name and not name.isascii() and not word[:1].isdigit() else None


def of_those_meant(q: str) -> Q:
    """The condition on rows of a household that a search stands for: somebody in it is meant, or its number begins so.
    Those rows begin at `visible_to` themselves."""
    number, asked = identity.normalise(q), conditions(q)
    ways = Q(pk__in=())
    if asked is not None:
        ways |= Q(household_id__in=Member.objects.filter(asked).values("household_id"))
    if number[:1].isdigit() and number.isascii():
        ways |= Q(household_id__in=Household.objects.filter(household_no__prefix=number).values("pk"))
    return ways


def _found(rows: HouseholdQuerySet, viewer: Viewer, wanted: Wanted) -> HouseholdQuerySet:
    """Of rows already narrowed to what the viewer may see, those that a search by letter or number means. A single
    letter is the first of the head's initials: half of all households have somebody with it.

    The index of the ends of ID numbers holds the place and the household of the people, who need not be looked at.
    """
    q = wanted.q
    if _is_letter(q):
        return rows.filter(head_initials__prefix=identity.normalise(q).lower())
    number = identity.normalise(q)
    meant = _meant(viewer, wanted)
    if not (number[:1].isdigit() and number.isascii()):
        return rows.filter(pk__in=meant.values("household_id"))
    numbered = Household.objects.filter(household_no__prefix=number).order_by()
    if _common(numbered):
        homes = list(meant.values_list("household_id", flat=True)[:RARE])
        return rows.filter(Q(household_no__prefix=number) | Q(pk__in=homes))
    ids = numbered.values("pk")
    asked = conditions(q)
    return rows.filter(pk__in=ids if asked is None else ids.union(meant.values("household_id"), all=True))


def _meant(viewer: Viewer, wanted: Wanted) -> Any:
    """The people whom the search means, in the area that is asked for."""
    meant = people(viewer, wanted.q).order_by()
    return meant.inside(wanted.area) if wanted.area else meant


def _is_letter(q: str) -> bool:
    letter = identity.normalise(q)
    return len(letter) == 1 and letter.isascii() and letter.isalpha()


def _common(found: Any) -> bool:
    return bool(found.values("pk")[: RARE + 1].count() > RARE)


def in_order(rows: HouseholdQuerySet, order: str) -> HouseholdQuerySet:
    """place: as the villages lie; head: by pinyin initials; members: most first; income: lowest first. With `REVERSED`
    before it the other way round. Who has no statement stands last in both orders of income."""
    income = F("latest_per_capita_net_income")
    match order.removeprefix(REVERSED), order.startswith(REVERSED):
        case "income", False:
            return rows.order_by(income.asc(nulls_last=True), "pk")
        case "income", True:
            return rows.order_by(income.desc(nulls_last=True), "-pk")
        case "members", turned:
            return rows.order_by("members_count", "pk") if turned else rows.order_by("-members_count", "-pk")
        case named, turned:
            columns = ("head_initials", "head_name", "pk") if named == "head" else ("place", "household_no")
            return rows.order_by(*(f"-{column}" if turned else column for column in columns))


def names_found(viewer: Viewer, rows: Iterable[Household], q: str) -> Mapping[int, Sequence[str]]:
    """Who of each household was meant by the search, by household id: the reason why a row is there."""
    asked = None if _is_letter(q) else conditions(q)
    found: dict[int, list[str]] = defaultdict(list)
    ids = [row.pk for row in rows]
    if asked is not None and ids:
        named = Member.objects.visible_to(viewer).filter(asked, household_id__in=ids).order_by("pk")
        for household_id, name in named.values_list("household_id", "name"):
            found[household_id].append(name)
    return found
