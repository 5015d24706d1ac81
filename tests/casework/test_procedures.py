"""Whatever loads is whole: files changed at random are refused or hold every promise. And what the shipped ones say."""

import copy
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bangfu.casework import clocks, loading
from bangfu.casework.clocks import Calendar, Year
from bangfu.casework.paths import Graph, shortest
from bangfu.casework.procedures import (
    Effect,
    ExitCheck,
    Move,
    MoveKind,
    Procedure,
    Share,
    Step,
    StepKind,
    Unit,
    words,
)
from bangfu.casework.soundness import Known, faults_of_procedure
from tests.casework.files import SMALL

DAY = date(2020, 9, 30)
FREE = Calendar({year: Year(frozenset(), frozenset()) for year in (2050, 2051)})  # years without any holiday


@cache
def known() -> Known:
    found = loading.known().with_exit_checks(kept.value for kept in loading.shelf().exit_checks)
    return found.with_exit_checks([*_checks(), *(kept.value for kept in loading.shelf().exit_checks)])


def _checks() -> list[ExitCheck]:
    item = {
        "id": "one",
        "label": {"zh": "一", "en": "One"},
        "answered_by": ["visit"],
        "evidence": {"zh": "一", "en": "One"},
    }
    label = {"zh": "核查", "en": "Checks"}
    return [
        ExitCheck.model_validate(
            {"id": "small_exit", "label": label, "of": "household", "source": {"document": "某"}, "items": [item]}
        )
    ]


@cache
def written() -> tuple[dict[str, Any], ...]:
    """The procedures of the program and the small one, as plain content."""
    files = sorted(loading.rulebook.policy().rglob("procedures/*.yaml"))
    return tuple(yaml.safe_load(text) for text in (SMALL, *(file.read_text("utf-8") for file in files)))


def accepted(content: Any) -> Procedure | None:
    try:
        procedure = Procedure.model_validate(content)
    except ValidationError:
        return None
    return None if list(faults_of_procedure(procedure, known())) else procedure


# Mutations: what a hand may do to a file


@st.composite
def spoilt(draw: Any) -> Any:
    content = copy.deepcopy(draw(st.sampled_from(written())))
    for _ in range(draw(st.integers(1, 4))):
        draw(st.sampled_from(SPOILERS))(draw, content)
    return content


def _step(draw: Any, content: Any) -> Any:
    return draw(st.sampled_from(content["steps"]))


def _move(draw: Any, content: Any) -> Any:
    moving = [move for step in content["steps"] for move in step.get("moves", [])]
    return draw(st.sampled_from(moving)) if moving else {}


def drop_step(draw: Any, content: Any) -> None:
    if len(content["steps"]) > 1:
        content["steps"].remove(_step(draw, content))


def rename_step(draw: Any, content: Any) -> None:
    _step(draw, content)["id"] = draw(st.sampled_from(["renamed", *(step["id"] for step in content["steps"])]))


def rename_step_everywhere(draw: Any, content: Any) -> None:
    step = _step(draw, content)
    before, step["id"] = step["id"], "renamed"
    for each in content["steps"]:
        for move in each.get("moves", []):
            move["to"] = "renamed" if move["to"] == before else move["to"]
        for clock in each.get("clocks", []):
            clock["since"] = "renamed" if clock.get("since") == before else clock.get("since", "")


def swap_steps(draw: Any, content: Any) -> None:
    steps = content["steps"]
    one, other = draw(st.integers(0, len(steps) - 1)), draw(st.integers(0, len(steps) - 1))
    steps[one], steps[other] = steps[other], steps[one]


def drop_move(draw: Any, content: Any) -> None:
    step = _step(draw, content)
    if step.get("moves"):
        step["moves"].pop(draw(st.integers(0, len(step["moves"]) - 1)))


def redirect_move(draw: Any, content: Any) -> None:
    _move(draw, content)["to"] = draw(st.sampled_from([step["id"] for step in content["steps"]]))


def turn_move(draw: Any, content: Any) -> None:
    _move(draw, content)["kind"] = draw(st.sampled_from([kind.value for kind in MoveKind]))


def flip_flag(draw: Any, content: Any) -> None:
    move, flag = _move(draw, content), draw(st.sampled_from(["hands_in", "approves"]))
    move[flag] = not move.get(flag, False)


def add_move(draw: Any, content: Any) -> None:
    move = copy.deepcopy(_move(draw, content))
    _step(draw, content).setdefault("moves", []).append({**move, "id": f"added_{draw(st.integers(0, 3))}"})


def change_step(draw: Any, content: Any) -> None:
    step = _step(draw, content)
    step["kind"] = draw(st.sampled_from([kind.value for kind in StepKind]))


def change_level(draw: Any, content: Any) -> None:
    _step(draw, content)["level"] = draw(st.integers(0, 7))


def change_effect(draw: Any, content: Any) -> None:
    step = _step(draw, content)
    step["effect"], step["granted"] = draw(st.sampled_from([e.value for e in Effect])), draw(st.booleans())


def set_clock(draw: Any, content: Any) -> None:
    since = draw(st.sampled_from(["", "opened", *(step["id"] for step in content["steps"])]))
    days = draw(st.sampled_from(["minimum", "maximum"]))
    unit = draw(st.sampled_from([unit.value for unit in Unit]))
    _step(draw, content)["clocks"] = [{days: draw(st.integers(0, 30)), "since": since, "unit": unit}]


def set_whole(draw: Any, content: Any) -> None:
    to = draw(st.sampled_from([step["id"] for step in content["steps"]]))
    unit = draw(st.sampled_from([unit.value for unit in Unit]))
    content["whole"] = [
        {"maximum": draw(st.integers(1, 30)), "unit": unit, "to": to, "label": {"zh": "全", "en": "All"}}
    ]


SPOILERS = (
    drop_step,
    rename_step,
    rename_step_everywhere,
    swap_steps,
    drop_move,
    redirect_move,
    turn_move,
    flip_flag,
    add_move,
    change_step,
    change_level,
    change_effect,
    set_clock,
    set_whole,
)


# The promises, asked without the code that is tested


def ways(procedure: Procedure, kinds: tuple[MoveKind, ...]) -> Iterator[list[tuple[Step, Move | None]]]:
    """Every way from the first step to an end; fails when one comes round to where it was."""

    def on(step: Step, trail: list[tuple[Step, Move | None]]) -> Iterator[list[tuple[Step, Move | None]]]:
        assert step.id not in [before.id for before, _move in trail], "a way forward went in a circle"
        if step.is_end:
            yield [*trail, (step, None)]
        for move in step.moves:
            if move.kind in kinds:
                yield from on(procedure.step(move.to), [*trail, (step, move)])

    yield from on(procedure.first, [])


ONWARD = (MoveKind.FORWARD, MoveKind.REFUSE, MoveKind.WITHDRAW)


def promises_hold(procedure: Procedure) -> None:
    ids = [step.id for step in procedure.steps]
    assert len(set(ids)) == len(ids)
    every = list(ways(procedure, ONWARD))
    assert {step.id for way in every for step, _move in way} == set(ids), "a step that nothing leads to"
    forward = list(ways(procedure, (MoveKind.FORWARD,)))
    on_the_way = {step.id for way in forward for step, _move in way}
    assert all(step.id in on_the_way for step in procedure.steps if not step.is_end), "a step that leads nowhere"
    for way in every:
        _decided_lawfully(way)
    for step in procedure.steps:
        _step_is_whole(procedure, step, ids)
    for whole in procedure.whole:
        assert any(_in_time(procedure, way, whole.to, whole.maximum, whole.unit) for way in forward)


def _decided_lawfully(way: list[tuple[Step, Move | None]]) -> None:
    moves = [move for _step, move in way if move]
    end = way[-1][0]
    handed_in = next((at for at, move in enumerate(moves) if move.hands_in), None)
    approved = [at for at, move in enumerate(moves) if move.approves]
    if end.effect not in (Effect.NONE, Effect.KEEP):
        assert approved, f"{end.id} without approval"
    assert all(handed_in is not None and handed_in < at for at in approved), "approved before it was handed in"
    if moves[-1].kind is not MoveKind.FORWARD:
        assert not end.granted


def _step_is_whole(procedure: Procedure, step: Step, ids: list[str]) -> None:
    assert (step.kind is StepKind.MEETING) == (step.meeting is not None)
    assert (step.kind is StepKind.POSTING) == (step.posting is not None)
    assert (step.kind is StepKind.SAMPLE) == (step.sample is not None)
    assert step.is_end == (not step.moves)
    for role in step.roles:
        levels, rights = known().roles[role]
        assert step.level in levels
        assert "cases.act" in rights
    assert step.is_end or step.roles
    for span in step.clocks:
        assert span.since in ("", "opened", *ids)


def _in_time(procedure: Procedure, way: list[tuple[Step, Move | None]], to: str, most: int, unit: Unit) -> bool:
    """Whether somebody who loses no day can be done in time, beginning on the best day of a week without holidays."""
    if to not in [step.id for step, _move in way]:
        return False
    return any(_soonest(way, to, start) <= clocks.add(start, most, unit, FREE) for start in _week())


def _week() -> list[date]:
    return [date(2050, 1, 3) + timedelta(days=day) for day in range(7)]


def _soonest(way: list[tuple[Step, Move | None]], to: str, start: date) -> date:
    done, day = {"opened": start}, start
    for step, _move in way:
        before = day
        if step.posting:
            day = clocks.next_day(clocks.last_day(before, step.posting.days, step.posting.unit, FREE))
        for span in step.clocks:
            if span.minimum is not None:
                day = max(day, clocks.add(done.get(span.since, before), span.minimum, span.unit, FREE))
        done[step.id] = day
        if step.id == to:
            break
    return day


@pytest.mark.req("B1")
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(spoilt())
def test_a_file_changed_by_any_hand_is_refused_or_keeps_every_promise(content):
    procedure = accepted(content)
    if procedure is not None:
        promises_hold(procedure)


def test_the_shipped_files_keep_every_promise():
    assert len(written()) > 10
    for content in written():
        procedure = accepted(content)
        assert procedure is not None, content["id"]
        promises_hold(procedure)


def test_some_changes_are_accepted_and_many_are_refused():
    """Else the test above would prove nothing."""
    outcome = {True: 0, False: 0}

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(spoilt())
    def count(content: Any) -> None:
        outcome[accepted(content) is not None] += 1

    count()
    assert outcome[True] > 2
    assert outcome[False] > 10


# What the shipped ones say


def one(id: str, place: str = "97") -> Procedure:
    return loading.procedure(id, place, DAY)


@pytest.mark.req("F4")
def test_every_signature_of_an_exit_stands_seven_days_after_the_one_before():
    exit_ = one("household_exit")
    spans = {step.id: [(span.minimum, span.since) for span in step.clocks] for step in exit_.steps}
    assert spans["township_review"] == [(7, "meeting")]
    assert spans["county_review"] == [(7, "township_review")]
    assert [step.posting.days for step in exit_.steps if step.posting] == [7, 7, 7]
    found = shortest(Graph(exit_), "county_approval")
    assert found is not None
    assert found[0] == 21


@pytest.mark.req("B7")
def test_nobody_is_taken_into_monitoring_in_less_than_five_or_as_a_rule_more_than_fifteen_days():
    entry = one("monitoring_entry")
    assert [(whole.maximum, whole.to) for whole in entry.whole] == [(15, "county_decision")]
    posting = entry.step("village_posting").posting
    assert posting is not None
    assert (posting.days, posting.unit) == (5, Unit.CALENDAR)
    assert sum(step.kind is StepKind.POSTING for step in entry.steps) == 1  # township and county do not post again


@pytest.mark.req("B7")
def test_the_green_channel_helps_first_and_still_goes_through_appraisal_and_posting():
    entry = one("monitoring_entry")
    ways = [[step.id for step in way] for way in Graph(entry).ways("watched")]
    assert len(ways) == 2
    assert all({"comparison", "appraisal", "village_posting", "county_decision"} <= set(way) for way in ways)
    assert any("emergency_aid" in way for way in ways)
    assert entry.step("household_check").move("green_channel").needs_reason  # type: ignore[union-attr]


@pytest.mark.req("B7")
def test_a_household_without_labour_is_never_removed_from_monitoring():
    assert "MON-11" in one("risk_removal").stop_rules
    assert one("natural_removal").stop_rules == ()  # where everybody died or left there is nobody to watch


@pytest.mark.req("B3")
def test_a_re_check_keeps_cancels_merges_and_adds_and_opens_itself_only_for_filed_households():
    recheck = one("recheck_round")
    assert {move.id for move in recheck.first.moves} == {"keep", "cancel", "merge", "add"}
    effects = {step.effect for step in recheck.steps if step.is_end}
    assert effects == {Effect.KEEP, Effect.CANCEL, Effect.MERGE, Effect.IDENTIFY, Effect.RETURN}
    assert "none" not in recheck.opening.round_of
    assert "none" in recheck.opening.recognised


@pytest.mark.req("B1")
def test_identification_goes_through_group_village_township_and_county_and_is_posted_after():
    way = [step.id for step in next(Graph(one("identification")).ways("identified"))]
    assert way == [
        "application",
        "group_appraisal",
        "village_review",
        "township_audit",
        "county_approval",
        "posting",
        "registration",
        "identified",
    ]
    twice = one("identification_two_postings")
    announced = [step.posting.announcement for step in twice.steps if step.posting]
    assert announced == [False, False, True]


@pytest.mark.req("B6")
def test_a_difference_between_the_two_lists_ends_with_an_answer():
    linkage = one("dibao_linkage")
    assert {step.effect for step in linkage.steps} == {Effect.NONE}
    assert all(step.granted for step in linkage.steps if step.is_end)


def test_anhui_counts_in_working_days():
    entry = one("monitoring_entry", "340101")
    assert [(whole.maximum, whole.unit) for whole in entry.whole] == [(20, Unit.WORKING)]


# Small things


@pytest.mark.parametrize(
    ("share", "part", "whole", "reached"),
    [
        (Share(numerator=2, denominator=3), 20, 30, True),
        (Share(numerator=2, denominator=3), 19, 30, False),
        (Share(numerator=1, denominator=2, more_than=True), 15, 30, False),
        (Share(numerator=1, denominator=2, more_than=True), 16, 30, True),
        (Share(numerator=0, denominator=1), 0, 0, False),
    ],
)
def test_a_share_is_reached_exactly(share, part, whole, reached):
    assert share.reached(part, whole) is reached


def test_the_words_of_a_file_are_those_of_its_shape():
    assert {"recognised", "hands_in", "answered_by", "numerator", "checked_on"} <= set(words())


def test_a_procedure_kept_as_content_is_read_back_as_it_was():
    for content in written():
        procedure = Procedure.model_validate(content)
        assert Procedure.model_validate(procedure.model_dump(mode="json")) == procedure


def test_ways_past_a_thousand_branches_do_not_take_for_ever():
    """A ladder of forty rungs with two ways each has a billion ways; looking at it ends."""
    end = {"id": "end", "label": {"zh": "终", "en": "End"}, "kind": "end", "granted": True}
    steps: list[dict[str, Any]] = []
    for rung in range(40):
        for side in ("a", "b"):
            to = [f"{other}{rung + 1}" for other in ("a", "b")] if rung < 39 else ["end"]
            moves = [{"id": target, "to": target, "label": {"zh": "过", "en": "On"}} for target in to]
            label = {"zh": "环节", "en": "Step"}
            steps.append({"id": f"{side}{rung}", "label": label, "kind": "task", "level": 5, "moves": moves})
    content = {**written()[0], "steps": [*steps, end], "whole": [], "stop_rules": []}
    assert list(faults_of_procedure(Procedure.model_validate(content), known()))
    assert shortest(Graph(Procedure.model_validate(content)), "end") is not None
