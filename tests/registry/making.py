"""Households and people for the tests of the registry, made through its own verbs."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa
from django.db import transaction

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.identity import check_digit
from bangfu.registry import services
from bangfu.registry.ledger.planning import allot_numbers
from bangfu.registry.ledger.writing import ChangeInfo
from bangfu.registry.models import Change, Household, Member

NAMES = ["张春梅", "李国强", "王小明", "赵文秀", "陈玉兰", "杨大山", "吴秀英", "周建国", "徐丽华", "孙福生"]


def id_no(number: int, born: date = date(1970, 1, 1), sex: str = "1") -> str:
    """A number with a good check digit under a division code that nobody has; `number` 0 to 499 tells people apart."""
    sequence = f"{number * 2 + (1 if sex == '1' else 0):03d}"
    first = f"990121{born:%Y%m%d}{sequence}"
    return first + check_digit(first)


def person(number: int, **values: Any) -> dict[str, Any]:
    """Columns of a grown-up who is not at school; the number gives the birthday, too, so that thousands differ."""
    born = date.fromordinal(date(1950, 1, 1).toordinal() + number // 400)
    return {
        "name": NAMES[number % len(NAMES)],
        "id_no": id_no(number % 400, born),
        "id_type": "01",
        "ethnicity": "01",
        "education_level": "03",
        "health_status": "01",
        "labor_capacity": "01",
        **values,
    }


def household(
    by: Officer, village: Area, *people: dict[str, Any], reason: str = "入户登记", **values: Any
) -> Household:
    """A household with these people (`person` without a relation: the first is the head, the others brothers)."""
    [made] = households(by, village, people or (person(0),), reason=reason, **values)
    return made


@transaction.atomic
def households(
    by: Officer, village: Area, *families: Sequence[dict[str, Any]], reason: str = "入户登记", **values: Any
) -> list[Household]:
    """A household for each of these families, all of them checked and written at one go, as a file would bring them."""
    homes: list[dict[str, Any]] = [{"household_type": "02", "village_id": village.pk, **values} for _each in families]
    numbers = allot_numbers(table(homes, "household"))["household_no"].to_pylist()
    members = [
        {
            "relation_to_head": "21" if position else "01",
            **each,
            "household_no": number,
            "joined_by": "20",
            "joined_on": date(2020, 1, 1),
        }
        for number, people in zip(numbers, families, strict=True)
        for position, each in enumerate(people)
    ]
    rows = {
        "household": [{**home, "household_no": number} for home, number in zip(homes, numbers, strict=True)],
        "member": members,
    }
    services._save(rows, by=by, reason=reason, action="registry.household_saved", subject=None)
    return list(Household.objects.filter(household_no__in=numbers).order_by("pk"))


def member(by: Officer, of: Household, **values: Any) -> Member:
    return services.save_member(
        by=by, household=of, member=None, values=values, reason="入户登记", event="20", on=date(2020, 1, 1)
    )


def table(rows: list[dict[str, Any]], of: str) -> pa.Table:
    """Rows of Python values as the writer takes them."""
    return services._table(of, rows)


def info(by: Officer | None = None, reason: str = "导入") -> ChangeInfo:
    return ChangeInfo(Change.Kind.IMPORT, by, reason)
