"""Rules between the columns of a row, as SQL conditions over the row `t` as it will stand after writing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bangfu.common.errors import BangfuError
from bangfu.common.policy import code_list
from bangfu.registry import errors
from bangfu.registry.intake.limits import limits


@dataclass(frozen=True)
class Rule:
    """Rows where `when()` holds break it. `needs` are columns without all of which it is not asked, `any_of` those of
    which one must be there (the others count as blank). `facts` are SQL; `labelled` says which of them are codes, of
    which column; `labels` are facts that are the label of a column, `constants` figures of the policy."""

    column: str
    error: type[BangfuError]
    when: Callable[[], str]
    needs: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    labelled: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    constants: Callable[[], Mapping[str, object]] = dict


def _codes(list_id: str, **attributes: object) -> str:
    """Codes of a list that have all these attributes, as a list in SQL."""
    found = [
        entry.code
        for entry in code_list(list_id).codes
        if all(entry.attributes.get(name) == value for name, value in attributes.items())
    ]
    return "(" + ", ".join(f"'{code}'" for code in ["?", *found]) + ")"


def _in_order(column: str, earlier: str) -> Rule:
    return Rule(
        column,
        errors.DatesOutOfOrder,
        lambda: f"{column} < {earlier}",
        needs=(column, earlier),
        facts={"value": f"{column}::VARCHAR", "earlier": f"{earlier}::VARCHAR"},
        labels={"label": column, "earlier_label": earlier},
    )


def _phone() -> Rule:
    return Rule(
        "phone",
        errors.PhoneWrong,
        lambda: f"phone <> '' AND NOT regexp_full_match(phone, '{limits().phone_pattern}')",
        needs=("phone",),
        facts={"value": "phone[1:20]"},
    )


def _account() -> str:
    digits = limits().bank_account_digits
    return f"bank_account <> '' AND NOT regexp_full_match(bank_account, '[0-9]{{{digits.low},{digits.high}}}')"


def _registered() -> str:
    return (
        f"(household_type IN {_codes('household_type', registered=True)} "
        f"OR (household_type IS NULL AND household_class <> ''))"
    )


def _not_in_school() -> str:
    """Student codes that say "not in school" and nothing else: they stand beside an education level."""
    found = [
        e.code
        for e in code_list("student_status").codes
        if e.attributes.get("in_school") is False and "stage" not in e.attributes
    ]
    return "(" + ", ".join(f"'{code}'" for code in ["?", *found]) + ")"


def _wrong_sex() -> str:
    male, female = _codes("relation_to_head", sex="1"), _codes("relation_to_head", sex="2")
    return f"(sex = '2' AND relation_to_head IN {male}) OR (sex = '1' AND relation_to_head IN {female})"


def _blank(column: str) -> str:
    return f"coalesce({column}::VARCHAR, '') = ''"


def _half(first: str, second: str) -> Rule:
    return Rule(
        second,
        errors.LeftWithoutReason,
        lambda: f"({_blank(first)}) <> ({_blank(second)})",
        any_of=(first, second),
        labels={"first_label": first, "second_label": second},
    )


def _window() -> str:
    months = limits().income_window_months
    counted = "date_diff('month', window_start, window_end + 1)"
    return f"window_end >= window_start AND {counted} NOT BETWEEN {months.low} AND {months.high}"


_CAUSES = ("main_cause", "other_cause_1", "other_cause_2")
_SCHOOLING = ("education_level", "student_status", "dropout_reason")

RULES: Mapping[str, tuple[Rule, ...]] = {
    "household": (
        _phone(),
        Rule(
            "bank_account",
            errors.AccountWrong,
            _account,
            needs=("bank_account",),
            facts={"value": "bank_account[1:20]"},
            constants=lambda: limits().bank_account_digits.model_dump(),
        ),
        Rule(
            "main_cause",
            errors.MainCauseMissing,
            lambda: f"{_registered()} AND {_blank('main_cause')}",
            any_of=("household_type", "household_class", "main_cause"),
        ),
        Rule(
            "other_cause_1",
            errors.CauseTwice,
            lambda: "other_cause_1 <> '' AND other_cause_1 = main_cause",
            needs=("main_cause", "other_cause_1"),
            facts={"value": "main_cause"},
            labelled={"value": "main_cause"},
        ),
        Rule(
            "other_cause_2",
            errors.CauseTwice,
            lambda: "other_cause_2 <> '' AND (other_cause_2 = main_cause OR other_cause_2 = other_cause_1)",
            needs=("other_cause_2",),
            any_of=_CAUSES,
            facts={"value": "other_cause_2"},
            labelled={"value": "main_cause"},
        ),
        _in_order("exited_on", "first_identified"),
        _in_order("returned_on", "first_identified"),
    ),
    "member": (
        _phone(),
        Rule(
            "student_status",
            errors.EducationAndStudent,
            lambda: f"education_level <> '' AND student_status <> '' AND student_status NOT IN {_not_in_school()}",
            needs=("education_level", "student_status"),
        ),
        Rule(
            "education_level",
            errors.EducationMissing,
            lambda: " AND ".join(_blank(column) for column in _SCHOOLING),
            any_of=_SCHOOLING,
        ),
        Rule(
            "relation_to_head",
            errors.RelationSex,
            _wrong_sex,
            needs=("relation_to_head", "sex"),
            facts={"relation": "relation_to_head", "sex": "sex"},
            labelled={"relation": "relation_to_head", "sex": "sex"},
        ),
        Rule(
            "birth_date",
            errors.OutOfRange,
            lambda: f"year(birth_date) < {limits().earliest_birth_year}",
            needs=("birth_date",),
            facts={"value": "birth_date::VARCHAR", "high": "current_date::VARCHAR"},
            labels={"label": "birth_date", "unit": "birth_date"},
            constants=lambda: {"low": f"{limits().earliest_birth_year}-01-01"},
        ),
        _in_order("joined_on", "birth_date"),
        _in_order("left_on", "joined_on"),
        _half("left_on", "left_by"),
    ),
    "work_record": (_in_order("end_month", "start_month"),),
    "income_year": (
        _in_order("window_end", "window_start"),
        Rule(
            "window_end",
            errors.WindowWrong,
            _window,
            needs=("window_start", "window_end"),
            facts={
                "start": "window_start::VARCHAR",
                "end": "window_end::VARCHAR",
                "months": "date_diff('month', window_start, window_end + 1)",
            },
            constants=lambda: limits().income_window_months.model_dump(),
        ),
    ),
    "income_item": (),
}
