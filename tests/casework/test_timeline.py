"""No order of ends makes a household poor and out of poverty on one day."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bangfu.casework.procedures import Effect, Recognised
from bangfu.casework.timeline import WATCHED, Given, Timeline, taken_over

MAIN = {Recognised.POOR, Recognised.EXITED, Recognised.RETURNED}
FIRST = date(2014, 1, 1)
DECIDING = [Effect.IDENTIFY, Effect.EXIT, Effect.RETURN, Effect.WATCH, Effect.UNWATCH, Effect.CANCEL, Effect.MERGE]
days = st.integers(0, 4000).map(lambda n: FIRST + timedelta(days=n))
begun = st.one_of(
    st.just(Timeline()),
    st.builds(
        taken_over,
        st.none() | days,
        st.none() | days,
        st.none() | days,
        st.none() | st.booleans(),
        st.sampled_from(["", "01", "02", "03"]),
    ),
)
ends = st.lists(st.tuples(st.sampled_from(DECIDING), days, st.sampled_from(["01", "02", "03", ""])), max_size=14)


def sound(timeline: Timeline) -> bool:
    """At most one of each track on any day on which something begins or ends, or the day before or after."""
    edges = {day for s in timeline.spells for day in (s.starts_on, s.ends_on) if day}
    looked_at = {day + timedelta(days=n) for day in edges for n in (-1, 0, 1)}
    for day in looked_at:
        kinds = [s.kind for s in timeline.on(day)]
        if sum(kind in MAIN for kind in kinds) > 1 or kinds.count(WATCHED) > 1:
            return False
    return all(not (s.starts_on and s.ends_on) or s.starts_on <= s.ends_on for s in timeline.spells if not s.void)


@pytest.mark.req("B7")
@settings(max_examples=400, deadline=None)
@given(begun, ends)
def test_in_any_order_of_ends_a_household_is_one_thing_on_one_day(timeline: Timeline, ends: list) -> None:  # type: ignore[type-arg]
    assert sound(timeline)
    for effect, day, category in ends:
        case = Given("张春梅", category)
        if timeline.against(effect, day, case, exit_years_after=1):
            continue
        timeline = timeline.after(effect, day, case)
        assert sound(timeline)
        if timeline.now:
            assert timeline.now.starts_on is None or timeline.now.starts_on <= day or effect is not Effect.EXIT


@pytest.mark.req("B7")
def test_a_household_is_poor_exits_returns_and_exits_again() -> None:
    timeline, name = Timeline(), Given("张春梅")
    for effect, day in (
        (Effect.IDENTIFY, date(2014, 3, 10)),
        (Effect.EXIT, date(2016, 12, 1)),
        (Effect.RETURN, date(2018, 5, 5)),
        (Effect.EXIT, date(2020, 11, 20)),
    ):
        assert timeline.against(effect, day, name, 1) == []
        timeline = timeline.after(effect, day, name)
    assert [(s.kind, s.starts_on, s.ends_on) for s in timeline.main] == [
        ("poor", date(2014, 3, 10), date(2016, 11, 30)),
        ("exited", date(2016, 12, 1), date(2018, 5, 4)),
        ("returned", date(2018, 5, 5), date(2020, 11, 19)),
        ("exited", date(2020, 11, 20), None),
    ]
    assert timeline.former_exits() == [(date(2016, 12, 1), date(2018, 5, 5))]


@pytest.mark.parametrize(
    ("ends", "effect", "day", "code"),
    [
        ([], Effect.EXIT, date(2020, 1, 1), "CAS-301"),
        ([], Effect.RETURN, date(2020, 1, 1), "CAS-301"),
        ([], Effect.CANCEL, date(2020, 1, 1), "CAS-301"),
        ([], Effect.UNWATCH, date(2020, 1, 1), "CAS-305"),
        ([(Effect.IDENTIFY, date(2016, 3, 1))], Effect.IDENTIFY, date(2017, 1, 1), "CAS-301"),
        ([(Effect.IDENTIFY, date(2016, 3, 1))], Effect.EXIT, date(2016, 12, 31), "CAS-302"),
        ([(Effect.IDENTIFY, date(2016, 3, 1))], Effect.EXIT, date(2016, 2, 1), "CAS-303"),
        ([(Effect.IDENTIFY, date(2016, 3, 1))], Effect.EXIT, date(2017, 1, 1), ""),
        (
            [(Effect.IDENTIFY, date(2014, 3, 1)), (Effect.EXIT, date(2016, 3, 1)), (Effect.RETURN, date(2018, 3, 1))],
            Effect.EXIT,
            date(2018, 12, 1),
            "CAS-302",
        ),
    ],
)
def test_an_end_that_does_not_follow_is_refused(
    ends: list[tuple[Effect, date]], effect: Effect, day: date, code: str
) -> None:
    timeline = Timeline()
    for before, on in ends:
        timeline = timeline.after(before, on, Given("张春梅"))
    assert [fault.code for fault in timeline.against(effect, day, Given("张春梅"), 1)] == ([code] if code else [])


@pytest.mark.parametrize(
    ("registered", "category", "code"),
    [
        (True, "01", ""),
        (True, "02", "CAS-307"),
        (True, "03", ""),
        (False, "01", "CAS-307"),
        (False, "02", ""),
        (False, "03", ""),
        (False, "04", ""),
        (False, "", "CAS-306"),
    ],
)
def test_the_class_of_a_watched_household_fits_its_past(registered: bool, category: str, code: str) -> None:
    timeline = Timeline()
    if registered:
        timeline = timeline.after(Effect.IDENTIFY, date(2014, 1, 1), Given())
        timeline = timeline.after(Effect.EXIT, date(2016, 1, 1), Given())
    faults = timeline.against(Effect.WATCH, date(2021, 6, 1), Given("张春梅", category), 1)
    assert [fault.code for fault in faults] == ([code] if code else [])


def test_a_cancelled_identification_never_was() -> None:
    timeline = (
        Timeline().after(Effect.IDENTIFY, date(2014, 1, 1), Given()).after(Effect.CANCEL, date(2015, 1, 1), Given())
    )
    assert timeline.recognised == Recognised.NONE and not timeline.once_registered
    assert timeline.on(date(2014, 6, 1)) == ()
    assert timeline.against(Effect.WATCH, date(2021, 1, 1), Given("张春梅", "02"), 1) == []


@pytest.mark.parametrize(
    ("dates", "poor", "told"),
    [
        ((None, None, None), None, []),
        ((None, None, None), True, [("poor", None, None)]),
        ((date(2014, 1, 1), None, None), True, [("poor", date(2014, 1, 1), None)]),
        ((date(2014, 1, 1), None, None), False, [("exited", None, None)]),
        (
            (date(2014, 1, 1), date(2016, 12, 1), None),
            False,
            [("poor", date(2014, 1, 1), date(2016, 11, 30)), ("exited", date(2016, 12, 1), None)],
        ),
        (
            (date(2014, 1, 1), date(2016, 12, 1), date(2019, 1, 1)),
            True,
            [
                ("poor", date(2014, 1, 1), date(2016, 11, 30)),
                ("exited", date(2016, 12, 1), date(2018, 12, 31)),
                ("returned", date(2019, 1, 1), None),
            ],
        ),
        (
            (date(2014, 1, 1), date(2020, 12, 1), date(2019, 1, 1)),
            False,
            [
                ("poor", date(2014, 1, 1), date(2018, 12, 31)),
                ("returned", date(2019, 1, 1), date(2020, 11, 30)),
                ("exited", date(2020, 12, 1), None),
            ],
        ),
        (
            (None, date(2016, 12, 1), None),
            False,
            [("poor", None, date(2016, 11, 30)), ("exited", date(2016, 12, 1), None)],
        ),
    ],
)
def test_older_files_tell_the_recognitions(
    dates: tuple[date | None, date | None, date | None],
    poor: bool | None,
    told: list[tuple[str, date | None, date | None]],
) -> None:
    timeline = taken_over(*dates, poor, "")
    assert [(s.kind, s.starts_on, s.ends_on) for s in timeline.spells] == told
    assert sound(timeline)
