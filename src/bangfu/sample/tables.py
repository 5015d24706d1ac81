"""A finished draft as Arrow tables: the columns of `registry.columns`, and the codes of places beside them.

Repeated texts are dictionary arrays, which Parquet writes without hashing; `exact` turns them into the plain columns
that the registry's writer takes.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangfu.sample import families
from bangfu.sample.data_files import Places, county, names, places
from bangfu.sample.days import NEVER, day_number
from bangfu.sample.dice import Ints
from bangfu.sample.money import LINES, line_numbers
from bangfu.sample.people import HEALTH, Draft, write_digits

# An Arrow array. The stubs of Arrow tell dictionary arrays and buffers of NumPy wrongly.
Column = Any

TWO = [f"{i:02d}" for i in range(100)]
ONE = [str(i) for i in range(10)]
GRADES = ["", "A", "B", "C", "D"]
SCHOOLS = ("幼儿园", "中心小学", "中学", "高级中学", "职业学校", "学院")
STAGE = {2: 0, 3: 1, 4: 2, 5: 2, 6: 2, 7: 3, 8: 3, 9: 3, 10: 4, 11: 4, 12: 4}
# Where only the province of a work place is known: what its code and name are cut down to.
PROVINCE_CODE_WIDTH = 2


def coded(values: Ints, labels: Sequence[str] | Column) -> Column:
    """Texts by number; -1 is unknown."""
    indices: Any = pa.array(values.astype(np.int32), mask=values < 0)
    listed = labels if isinstance(labels, pa.Array) else pa.array(labels, pa.string())
    return pa.DictionaryArray.from_arrays(indices, listed)


def by_label(values: Ints, labels: Sequence[str]) -> Column:
    """As `coded` where labels may repeat: Parquet writes a dictionary with the same text twice in no fixed way."""
    unique = list(dict.fromkeys(labels))
    return coded(np.array([unique.index(label) for label in labels])[values], unique)


def flag(values: Ints) -> Column:
    return pa.array(values > 0, mask=values < 0)


def whole(values: Ints) -> Column:
    return pa.array(values.astype(np.int32), mask=values < 0)


def amount(values: Ints) -> Column:
    return pa.array(values, pa.int64(), mask=values < 0)


def signed(values: Ints) -> Column:
    """Whole hundredths that may be below zero; NEVER is unknown."""
    return pa.array(values, pa.int64(), mask=values == NEVER)


def day(values: Ints) -> Column:
    return pa.array(values.astype(np.int32), mask=values == NEVER).view(pa.date32())


def text_of(characters: Any, lengths: Ints | None = None) -> Column:
    """Strings from rows of ASCII bytes; length 0 is unknown."""
    rows, width = characters.shape
    if lengths is None:
        offsets = np.arange(rows + 1, dtype=np.int32) * width
        data = np.ascontiguousarray(characters)
        return _strings(offsets, data)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    data = characters[np.arange(width) < lengths[:, None]]
    found = _strings(offsets, np.ascontiguousarray(data))
    return pc.if_else(pa.array(lengths > 0), found, None) if (lengths == 0).any() else found


def _strings(offsets: Any, data: Any) -> Column:
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))


def digits(values: Ints, width: int) -> Column:
    """Whole numbers as strings of so many digits; -1 is unknown."""
    characters = np.zeros((len(values), width), dtype=np.uint8)
    write_digits(characters, 0, width, values.clip(0))
    return text_of(characters, np.where(values < 0, 0, width)) if (values < 0).any() else text_of(characters)


class Shape:
    """The numbers and texts that the tables of one draft share."""

    def __init__(self, draft: Draft) -> None:
        self.draft, self.plan = draft, draft.plan
        numbers = int(draft.plan.county_code) * 10**6 + draft.homes["number"] + 1
        self.household_no = digits(numbers, 12)
        home = draft.people["home"]
        self.person_no = digits(numbers[home] * 100 + line_numbers(home), 14)
        self.village_codes = pa.array([v.code for v in draft.plan.villages])
        self.of_home = coded(draft.homes["village"], self.village_codes)

    def names(self) -> Column:
        words, p = names(), self.draft.people
        surnames = coded(p["surname"], list(words.surnames)).dictionary_decode()
        men, women = families.given_names(True), families.given_names(False)
        given = p["given"] % np.where(p["male"], len(men), len(women)) + np.where(p["male"], 0, len(men))
        join: Any = pc.binary_join_element_wise
        return join(surnames, coded(given, men + women).dictionary_decode(), "")


def household(shape: Shape) -> dict[str, Column]:
    """The columns of `household`, dwelling included, as the registry takes them."""
    h, plan, words = shape.draft.homes, shape.plan, places()
    township = [v.township + v.name for v in plan.villages]
    group_names = [f"{word}组" for word in words.groups]
    addresses = [f"{t}{g}" for t in township for g in group_names]
    found: dict[str, Column] = {
        "household_no": shape.household_no,
        "village_code": shape.of_home,
        "group_name": coded(h["group"], group_names),
        "address": coded(h["village"] * len(group_names) + h["group"], addresses),
        "phone": digits(h["phone"], 11),
        "bank_name": coded(h["bank"], list(words.banks)),
        "bank_account": text_of(h["account"]),
        "identification_standard": coded(h["identification_standard"], ONE),
        "poverty_status": coded(h["poverty_status"], ONE),
        "house_grade": coded(h["house_grade"], GRADES),
    }
    for kind, columns in HOUSEHOLD_COLUMNS.items():
        for name in columns.split():
            found[name] = kind(h[name])
    return found


def two(values: Ints) -> Column:
    return coded(values, TWO)


HOUSEHOLD_COLUMNS: dict[Callable[[Ints], Column], str] = {
    two: "household_type household_class monitor_category return_cause not_exit_reason main_cause other_cause_1 "
    "other_cause_2 relocation_way resettlement_way resettlement_place house_structure access_road_type main_fuel",
    day: "first_identified exited_on returned_on",
    whole: "planned_exit_year renovation_year water_litres_per_day water_round_trip_minutes water_reliability_percent",
    flag: "is_martyr_family only_child_household two_daughter_household in_cooperative led_by_enterprise "
    "led_by_pioneer relocation_willing dangerous_house water_difficult safe_water_solved water_quality_ok "
    "production_power living_power broadcast_tv broadband sanitary_toilet",
    signed: "cultivated_land_mu irrigated_land_mu forest_mu returned_forest_mu orchard_mu pasture_mu water_mu",
    amount: "house_area_m2 distance_to_main_road_km",
}
MEMBER_COLUMNS: dict[Callable[[Ints], Column], str] = {
    two: "id_type relation_to_head ethnicity political_status education_level student_status dropout_reason "
    "labor_capacity dibao_status tekun_status public_job joined_by left_by",
    flag: "active_soldier speaks_mandarin registered_here living_together resident_medical_insurance "
    "employee_medical_insurance serious_illness_insurance commercial_medical_insurance medical_assistance_received "
    "resident_pension employee_pension",
    whole: "public_job_months",
    day: "joined_on left_on",
}


def member(shape: Shape) -> dict[str, Column]:
    """The columns of `member` as the registry takes them."""
    p, h = shape.draft.people, shape.draft.homes
    townships = sorted({v.township for v in shape.plan.villages})
    of_village = np.array([townships.index(v.township) for v in shape.plan.villages])
    stage = np.full(100, len(SCHOOLS) - 1)
    stage[list(STAGE)] = list(STAGE.values())
    school = of_village[h["village"][p["home"]]] * len(SCHOOLS) + stage[p["student_status"].clip(0)]
    school = np.where((p["student_status"] < 0) | (p["student_status"] == 17), -1, school)
    found: dict[str, Column] = {
        "person_no": shape.person_no,
        "household_no": coded(p["home"], shape.household_no),
        "village_code": coded(h["village"][p["home"]], shape.village_codes),
        "name": shape.names(),
        "sex": coded(p.get("sex", np.where(p["male"], 1, 2)), ONE),
        "id_no": text_of(p["id_text"], p["id_length"]),
        "birth_date": day(p["birth"]),
        "phone": digits(p["phone"], 11),
        "health_status": coded(p["health"], HEALTH),
        "disability_category": coded(p["disability_category"], ONE),
        "disability_grade": coded(p["disability_grade"], ONE),
        "school_name": coded(school, [t + s for t in townships for s in SCHOOLS]),
    }
    for kind, columns in MEMBER_COLUMNS.items():
        for name in columns.split():
            found[name] = kind(p[name])
    return found


def work_record(shape: Shape) -> dict[str, Column]:
    w, words = shape.draft.works, places()
    labels, codes = _work_places(words, shape.plan.county_code)
    place = np.where(w["place_whole"] > 0, w["place"], w["place"] + len(words.work_places))
    return {
        "person_no": pc.take(shape.person_no, pa.array(w["person"])),
        "start_month": day(w["start_day"]),
        "end_month": day(w["end_day"]),
        "work_place": by_label(place, labels),
        "work_place_code": by_label(place, codes),
        "employer": coded(w["employer"], list(words.employers)),
        "industry": coded(w["industry"], list(words.industries)),
        "monthly_income": amount(w["wage"]),
        "employment_channel": two(w["channel"]),
        "point_to_point_transport": flag(w["transport"]),
        "travel_subsidy": amount(w["subsidy"]),
    }


def _work_places(words: Places, own: str) -> tuple[list[str], list[str]]:
    """Names and codes of work places, then the same known to their province only."""
    codes = [own if p.code == "local" else p.code for p in words.work_places]
    cut = [f"{c[:PROVINCE_CODE_WIDTH]}0000" for c in codes]
    labels = [p.name for p in words.work_places]
    return labels + [f"{label.split('省')[0]}省" for label in labels], codes + cut


def income_year(shape: Shape) -> dict[str, Column]:
    facts, h, n = county(), shape.draft.homes, shape.plan.households
    years = facts.years
    everybody = np.tile(np.arange(n, dtype=np.int64), len(years))
    opening = [day_number(facts.day.replace(year=y - 1, month=10, day=1)) for y in years]
    closing = [day_number(facts.day.replace(year=y)) for y in years]
    return {
        "household_no": coded(everybody, shape.household_no),
        "year": whole(np.repeat(np.array(years, dtype=np.int64), n)),
        "window_start": day(np.repeat(np.array(opening, dtype=np.int64), n)),
        "window_end": day(np.repeat(np.array(closing, dtype=np.int64), n)),
        "members_counted": whole(h["size"][everybody]),
        "insurance_payout": amount(np.full(n * len(years), -1, dtype=np.int64)),
        "out_of_pocket_expense": amount(np.tile(h["out_of_pocket"], len(years))),
    }


def income_item(shape: Shape) -> dict[str, Column]:
    """The lines of all years, a year after the other."""
    items, years = shape.draft.items, county().years
    count = len(items["home"])
    line = line_numbers(items["home"])
    amounts = np.concatenate([shape.draft.amounts[year] for year in years])
    persons = pc.take(shape.person_no, pa.array(items["person"], mask=items["person"] < 0))
    return {
        "household_no": coded(np.tile(items["home"], len(years)), shape.household_no),
        "year": whole(np.repeat(np.array(years, dtype=np.int64), count)),
        "line": whole(np.tile(line, len(years))),
        "code": coded(np.tile(items["line"], len(years)), LINES),
        "amount": amount(amounts),
        "person_no": pa.concat_arrays([persons] * len(years)),
    }


TABLES: dict[str, Callable[[Shape], dict[str, Column]]] = {
    "household": household,
    "member": member,
    "work_record": work_record,
    "income_year": income_year,
    "income_item": income_item,
}


def exact(found: dict[str, Column], schema: pa.Schema) -> pa.Table:
    """Plain columns of `schema`; a column that the county does not have is unknown throughout."""
    rows = len(next(iter(found.values())))
    arrays = []
    for column in schema:
        array = found.get(column.name)
        if array is None:
            arrays.append(pa.nulls(rows, column.type))
        elif pa.types.is_dictionary(array.type):
            arrays.append(array.dictionary_decode().cast(column.type))
        else:
            arrays.append(array.cast(column.type))
    return pa.Table.from_arrays(arrays, schema=schema)
