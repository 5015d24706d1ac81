"""What makes a procedure whole: checked when it is read, so that no case can ever be led astray by a file.

Pure: roles, rules, code lists and the like are passed in (`Known`). Each fault is a `Problem` with its path in the
file.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from django.utils.translation import gettext as _

from bangfu.casework.paths import Graph, earliest_days, shortest
from bangfu.casework.procedures import (
    Effect,
    ExitCheck,
    Move,
    MoveKind,
    Procedure,
    Question,
    QuestionKind,
    Span,
    Step,
    StepKind,
    Subject,
)
from bangfu.rulebook.language import nearest

Path = tuple[str | int, ...]
ACT = "cases.act"
OPENED = "opened"
# What an end may make of a household, and of a village.
EFFECTS: Mapping[Subject, frozenset[Effect]] = {
    Subject.HOUSEHOLD: frozenset(Effect) - {Effect.VILLAGE_EXIT},
    Subject.VILLAGE: frozenset({Effect.NONE, Effect.VILLAGE_EXIT}),
}
# Ends that leave everything as it is: nothing has to be approved before them.
WITHOUT_CONSEQUENCE = frozenset({Effect.NONE, Effect.KEEP})


@dataclass(frozen=True)
class Problem:
    """A fault: at which path of the file, in which step (or ""), what, and what may have been meant."""

    path: Path
    where: str
    reason: str
    proposal: str = ""


@dataclass(frozen=True)
class Known:
    """What files may name: roles with the levels at which they are held and their rights, code lists with their codes,
    columns of posted lists, lists of exit checks with their subject, rules and their topics (None: not known now, so
    not asked after)."""

    roles: Mapping[str, tuple[frozenset[int], frozenset[str]]]
    code_lists: Mapping[str, frozenset[str]]
    columns: tuple[str, ...]
    rules: frozenset[str] | None = None
    topics: frozenset[str] | None = None
    exit_checks: Mapping[str, Subject] | None = None

    def with_exit_checks(self, checks: Iterable[ExitCheck]) -> Self:
        return replace(self, exit_checks={check.id: check.of for check in checks})


def faults_of_procedure(procedure: Procedure, known: Known) -> Iterator[Problem]:
    """Every fault of a procedure. Of one whose steps do not hang together its paths and clocks are not asked after."""
    told = [
        *_twice("steps", [step.id for step in procedure.steps], (), ""),
        *_opening(procedure, known),
        *(problem for at, step in enumerate(procedure.steps) for problem in _Step(procedure, step, at, known).faults()),
    ]
    yield from told
    if _steps_and_targets_are_known(procedure):
        graph = Graph(procedure)
        told = [*_graph(procedure, graph)]
        yield from told
        if not told:
            yield from _decisions(procedure, graph)
            yield from _clocks(procedure, graph)


def faults_of_exit_check(check: ExitCheck, known: Known, place: str) -> Iterator[Problem]:
    """Every fault of a list of exit checks of a place ("" the nation)."""
    yield from _twice("items", [item.id for item in check.items], (), check.id)
    for at, item in enumerate(check.items):
        path: Path = ("items", at)
        if not item.rules and not item.answered_by:
            yield Problem(path, item.id, _("这一项既没有规则也没有人回答"), _("请写 rules 或 answered_by"))
        yield from _rules(item.rules, known, (*path, "rules"), item.id)
        if not item.region.startswith(place[: len(item.region)]):
            yield Problem(
                (*path, "region"),
                item.id,
                _("地区 {region} 不在 {place} 之内").format(region=item.region, place=place),
                _("请删去 region，或写 {place} 开头的代码").format(place=place),
            )


def _twice(key: str, names: Sequence[str], path: Path, where: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for at, name in enumerate(names):
        if name in seen:
            yield Problem((*path, key, at), where or name, _("“{name}”写了两次").format(name=name), _("请另起名称"))
        seen.add(name)


def is_it(name: str, choices: Iterable[str]) -> str:
    """A proposal for a name that is not known."""
    choices = list(choices)
    near = nearest(name, choices)
    if near:
        return _("是否应为“{name}”").format(name=near)
    return _("可选：{choices}").format(choices="、".join(choices[:12])) if choices else _("请核对名称")


# What a procedure names


def _opening(procedure: Procedure, known: Known) -> Iterator[Problem]:
    opening = procedure.opening
    path: Path = ("opening",)
    yield from _roles(opening.roles, known, (*path, "roles"), "opening")
    if not opening.channels:
        yield Problem((*path, "channels"), "opening", _("没有写明案件从哪里来"), _("请至少写一种 channels"))
    yield from _rules(opening.rules, known, (*path, "rules"), "opening")
    yield from _rules(procedure.stop_rules, known, ("stop_rules",), "stop_rules")
    for at, topic in enumerate(opening.rule_topics):
        if known.topics is not None and topic not in known.topics:
            yield Problem(
                (*path, "rule_topics", at),
                "opening",
                _("没有规则类别 {topic}").format(topic=topic),
                is_it(topic, sorted(known.topics)),
            )
    for at, recognised in enumerate(opening.round_of):
        if recognised not in opening.recognised:
            yield Problem(
                (*path, "round_of", at),
                "opening",
                _("集中核查的“{name}”不在可以开案的认定之内").format(name=recognised.value),
                is_it(recognised.value, [each.value for each in opening.recognised]),
            )
    if procedure.of is Subject.VILLAGE and opening.watched is not None:
        yield Problem((*path, "watched"), "opening", _("村没有监测对象之分"), _("请删去 watched"))


def _rules(rules: Sequence[str], known: Known, path: Path, where: str) -> Iterator[Problem]:
    for at, rule in enumerate(rules):
        if known.rules is not None and rule not in known.rules:
            yield Problem(
                (*path, at), where, _("规则库中没有 {rule}").format(rule=rule), is_it(rule, sorted(known.rules))
            )


def _roles(roles: Sequence[str], known: Known, path: Path, where: str, level: int | None = None) -> Iterator[Problem]:
    """Roles exist, may act on cases, and may be held at the level of the step (None: at any)."""
    if not roles:
        yield Problem(path, where, _("没有写明由什么岗位办理"), _("请写 roles"))
    yield from _twice(str(path[-1]), roles, path[:-1], where)
    for at, role in enumerate(roles):
        if role not in known.roles:
            yield Problem((*path, at), where, _("没有岗位 {role}").format(role=role), is_it(role, known.roles))
            continue
        levels, rights = known.roles[role]
        if ACT not in rights:
            able = [id for id, (_levels, held) in known.roles.items() if ACT in held]
            yield Problem((*path, at), where, _("岗位 {role} 没有办理案件的权限").format(role=role), is_it(role, able))
        if level is not None and level not in levels:
            here = [id for id, (held, rights) in known.roles.items() if level in held and ACT in rights]
            yield Problem(
                (*path, at),
                where,
                _("岗位 {role} 不设在第 {level} 级").format(role=role, level=level),
                is_it(role, here),
            )


# Each step by itself

BLOCKS = {"meeting": StepKind.MEETING, "posting": StepKind.POSTING, "sample": StepKind.SAMPLE}


@dataclass(frozen=True)
class _Step:
    procedure: Procedure
    step: Step
    at: int
    known: Known

    def fault(self, path: Path, reason: str, proposal: str = "") -> Problem:
        return Problem(("steps", self.at, *path), self.step.id, reason, proposal)

    def faults(self) -> Iterator[Problem]:
        yield from self._blocks()
        yield from self._moves()
        if self.step.is_end:
            yield from self._end()
            return
        yield from _roles(self.step.roles, self.known, ("steps", self.at, "roles"), self.step.id, self.step.level)
        if self.step.effect is not Effect.NONE or self.step.granted:
            yield self.fault(("effect",), _("只有终点才写结果（effect、granted）"), _("请把它移到终点"))
        yield from self._questions()
        path: Path = ("steps", self.at)
        yield from _twice("papers", [paper.id for paper in self.step.papers], path, self.step.id)
        yield from self._checks()
        yield from self._posting()

    def _blocks(self) -> Iterator[Problem]:
        for block, kind in BLOCKS.items():
            given = getattr(self.step, block) is not None
            if given and self.step.kind is not kind:
                yield self.fault(
                    (block,),
                    _("“{kind}”类的环节不写 {block}").format(kind=self.step.kind.value, block=block),
                    _("请改 kind 为 {kind}，或删去 {block}").format(kind=kind.value, block=block),
                )
            if not given and self.step.kind is kind:
                yield self.fault(
                    ("kind",),
                    _("“{kind}”类的环节缺少 {block}").format(kind=kind.value, block=block),
                    _("请补上 {block}").format(block=block),
                )

    def _moves(self) -> Iterator[Problem]:
        yield from _twice("moves", [move.id for move in self.step.moves], ("steps", self.at), self.step.id)
        ids = list(self.procedure.by_id)
        for at, move in enumerate(self.step.moves):
            path: Path = ("moves", at)
            if move.to not in self.procedure.by_id:
                yield self.fault(
                    (*path, "to"), _("动作通向的环节 {step} 不存在").format(step=move.to), is_it(move.to, ids)
                )
            elif move.to == self.step.id:
                yield self.fault((*path, "to"), _("动作通向它自己"), _("请改为别的环节"))
            else:
                yield from self._kind_of(move, path)

    def _kind_of(self, move: Move, path: Path) -> Iterator[Problem]:
        target = self.procedure.step(move.to)
        ends_case = move.kind in (MoveKind.REFUSE, MoveKind.WITHDRAW)
        if ends_case and not target.is_end:
            yield self.fault(
                (*path, "kind"),
                _("不予通过、撤回应直接通向终点，{step} 不是终点").format(step=move.to),
                _("请改 to 为一个终点，或改 kind 为 forward"),
            )
        if ends_case and target.granted:
            yield self.fault((*path, "kind"), _("不予通过、撤回不能通向“同意”的终点"), _("请改 to 为未同意的终点"))
        if move.kind is MoveKind.BACK and target.is_end:
            yield self.fault((*path, "kind"), _("退回不能通向终点"), _("请改 to 为前面的环节"))
        if move.kind is not MoveKind.FORWARD and (move.hands_in or move.approves):
            yield self.fault((*path, "kind"), _("只有通过类的动作才能提交或批准"), _("请删去 hands_in、approves"))

    def _end(self) -> Iterator[Problem]:
        for name in ("moves", "questions", "papers", "clocks", "roles"):
            if getattr(self.step, name):
                yield self.fault((name,), _("终点不再有 {name}").format(name=name), _("请删去"))
        if self.step.checks:
            yield self.fault(("checks",), _("终点不再有 {name}").format(name="checks"), _("请删去"))
        if self.step.effect not in EFFECTS[self.procedure.of]:
            able = sorted(effect.value for effect in EFFECTS[self.procedure.of])
            yield self.fault(
                ("effect",),
                _("结果 {effect} 与办理对象 {subject} 不符").format(
                    effect=self.step.effect.value, subject=self.procedure.of.value
                ),
                is_it(self.step.effect.value, able),
            )
        if self.step.effect is not Effect.NONE and not self.step.granted:
            yield self.fault(("granted",), _("有结果的终点应写 granted: true"), _("请补上 granted: true"))

    def _questions(self) -> Iterator[Problem]:
        questions = self.step.questions
        yield from _twice("questions", [q.id for q in questions], ("steps", self.at), self.step.id)
        for at, question in enumerate(questions):
            yield from self._question(question, ("questions", at))

    def _question(self, question: Question, path: Path) -> Iterator[Problem]:
        kind = question.kind
        if (kind is QuestionKind.CHOICE) != bool(question.choices):
            yield self.fault((*path, "choices"), _("choice 类的问题才写选项，并且必须写"), _("请核对 kind 和 choices"))
        if (kind is QuestionKind.CODE) != bool(question.code_list):
            yield self.fault(
                (*path, "code_list"), _("code 类的问题才写代码表，并且必须写"), _("请核对 kind 和 code_list")
            )
        elif question.code_list and question.code_list not in self.known.code_lists:
            yield self.fault(
                (*path, "code_list"),
                _("没有代码表 {name}").format(name=question.code_list),
                is_it(question.code_list, sorted(self.known.code_lists)),
            )
        if question.several and kind is not QuestionKind.CODE:
            yield self.fault((*path, "several"), _("只有 code 类的问题可以多选"), _("请删去 several"))
        able = self._answers(question)
        if question.must_be and able is not None and question.must_be not in able:
            yield self.fault(
                (*path, "must_be"),
                _("答案不可能是“{answer}”").format(answer=question.must_be),
                is_it(question.must_be, able),
            )
        if question.must_be and not question.required:
            yield self.fault((*path, "required"), _("规定了答案的问题不能不答"), _("请删去 required: false"))

    def _answers(self, question: Question) -> list[str] | None:
        """What a question can be answered with; None: anything."""
        if question.kind is QuestionKind.YES_NO:
            return ["yes", "no"]
        if question.kind is QuestionKind.CODE:
            return sorted(self.known.code_lists.get(question.code_list, ()))
        return list(question.choices) if question.kind is QuestionKind.CHOICE else None

    def _checks(self) -> Iterator[Problem]:
        wanted, known = self.step.checks, self.known.exit_checks
        if not wanted or known is None:
            return
        if wanted not in known:
            yield self.fault(
                ("checks",), _("没有退出核查清单 {name}").format(name=wanted), is_it(wanted, sorted(known))
            )
        elif known[wanted] is not self.procedure.of:
            yield self.fault(
                ("checks",),
                _("清单 {name} 与办理对象 {subject} 不符").format(name=wanted, subject=self.procedure.of.value),
                is_it("", [id for id, of in known.items() if of is self.procedure.of]),
            )

    def _posting(self) -> Iterator[Problem]:
        if self.step.posting is None:
            return
        columns = self.step.posting.columns
        path: Path = ("steps", self.at, "posting")
        yield from _twice("columns", columns, path, self.step.id)
        for at, column in enumerate(columns):
            if column not in self.known.columns:
                yield self.fault(
                    ("posting", "columns", at),
                    _("公示表没有“{column}”这一栏，也不许有").format(column=column),
                    is_it(column, self.known.columns),
                )
        if not columns:
            yield self.fault(("posting", "columns"), _("公示表一栏也没有"), is_it("", self.known.columns))
        if set(self.step.posting.photos) - {"near", "far"}:
            yield self.fault(
                ("posting", "photos"), _("公示照片只有近景和远景"), _("可选：{choices}").format(choices="near、far")
            )


# How the steps hang together


def _steps_and_targets_are_known(procedure: Procedure) -> bool:
    counted = Counter(step.id for step in procedure.steps)
    return max(counted.values()) == 1 and all(
        move.to in counted and move.to != step.id for step in procedure.steps for move in step.moves
    )


def _graph(procedure: Procedure, graph: Graph) -> Iterator[Problem]:
    at = {step.id: number for number, step in enumerate(procedure.steps)}
    if procedure.first.is_end:
        yield Problem(("steps", 0), procedure.first.id, _("第一个环节就是终点"), _("请把办理的第一步写在最前"))
        return
    reached = graph.forwards_from(procedure.first.id)
    for step in procedure.steps:
        path: Path = ("steps", at[step.id])
        if step.id not in reached:
            yield Problem(path, step.id, _("从第一个环节走不到这里"), _("请给前面的环节写一个通向它的动作，或删去它"))
        if not step.is_end and not step.moves:
            yield Problem(path, step.id, _("到这里就走不下去了"), _("请写 moves，或把它改为终点"))
        elif not step.is_end and not graph.forward_ends_from(step.id):
            yield Problem(path, step.id, _("从这里没有通过类的动作走得到终点"), _("请写一个通过类的动作"))
    circle = graph.forward_circle()
    if circle:
        yield Problem(
            ("steps", at[circle[0]]),
            circle[0],
            _("通过类的动作绕成了圈：{circle}").format(circle=" → ".join(circle)),
            _("往回走的动作请写 kind: back"),
        )
        return
    for step in procedure.steps:
        for number, move in enumerate(step.moves):
            if move.kind is MoveKind.BACK and step.id not in graph.reached_from(move.to):
                yield Problem(
                    ("steps", at[step.id], "moves", number, "to"),
                    step.id,
                    _("退回的去处 {step} 不在这个环节之前").format(step=move.to),
                    is_it(move.to, [id for id in graph.before(step.id) if id != step.id]),
                )
    if not any(step.granted for step in procedure.steps):
        yield Problem(("steps",), procedure.id, _("没有一个“同意”的终点"), _("请给一个终点写 granted: true"))


# What is decided is handed in and approved


def _decisions(procedure: Procedure, graph: Graph) -> Iterator[Problem]:
    at = {step.id: number for number, step in enumerate(procedure.steps)}
    unapproved = graph.forwards_from(procedure.first.id, without=lambda move: move.approves)
    for step in procedure.steps:
        if step.effect not in WITHOUT_CONSEQUENCE and step.id in unapproved:
            yield Problem(
                ("steps", at[step.id]),
                step.id,
                _("不经批准就能走到“{label}”").format(label=step.label.zh),
                _("请给每条路上的审批动作写 approves: true"),
            )
    unfrozen = graph.forwards_from(procedure.first.id, without=lambda move: move.hands_in)
    for step in procedure.steps:
        for number, move in enumerate(step.moves):
            if move.approves and step.id in unfrozen:
                yield Problem(
                    ("steps", at[step.id], "moves", number, "approves"),
                    step.id,
                    _("批准之前没有提交，看不出批准的是什么情况"),
                    _("请给前面的提交动作写 hands_in: true"),
                )
    for step in procedure.steps:
        if step.posting and step.level and not step.posting.announcement and not _can_be_sent_back(step):
            yield Problem(
                ("steps", at[step.id], "moves"),
                step.id,
                _("公示有异议时没有退路"),
                _("请写一个退回或不予通过的动作"),
            )


def _can_be_sent_back(step: Step) -> bool:
    return any(move.kind in (MoveKind.BACK, MoveKind.REFUSE) for move in step.moves)


# Clocks


def _clocks(procedure: Procedure, graph: Graph) -> Iterator[Problem]:
    told = [*_points_of_clocks(procedure, graph)]
    yield from told
    if told:
        return
    for at, whole in enumerate(procedure.whole):
        if (found := shortest(graph, whole.to)) is None:
            continue
        days, path = found
        room = whole.maximum if whole.unit == "calendar_days" else earliest_days(whole.maximum, whole.unit)
        if days > room:
            yield Problem(
                ("whole", at, "maximum"),
                whole.to,
                _("到“{step}”最快也要 {days} 天（{path}），超过全程的 {maximum} 天").format(
                    step=whole.to, days=days, path=" → ".join(path), maximum=room
                ),
                _("请核对各环节的最短天数和公示天数，或放宽全程时限"),
            )
    for number, step in enumerate(procedure.steps):
        for at, span in enumerate(step.clocks):
            if span.maximum is not None and (least := _least_between(graph, step, span)) is not None:
                room = earliest_days(span.maximum, span.unit)
                if least > room:
                    yield Problem(
                        ("steps", number, "clocks", at, "maximum"),
                        step.id,
                        _("按前面的最短天数，最快也要 {days} 天，超过 {maximum} 天").format(days=least, maximum=room),
                        _("请核对最短天数和公示天数"),
                    )


def _least_between(graph: Graph, step: Step, span: Span) -> int | None:
    found = shortest(graph, step.id, since=span.since)
    return found[0] if found else None


def _points_of_clocks(procedure: Procedure, graph: Graph) -> Iterator[Problem]:
    ids = list(procedure.by_id)
    for at, whole in enumerate(procedure.whole):
        if whole.to not in procedure.by_id or procedure.step(whole.to).is_end:
            yield Problem(
                ("whole", at, "to"),
                "whole",
                _("全程时限的终止环节 {step} 不存在，或者是终点").format(step=whole.to),
                is_it(whole.to, [id for id in ids if not procedure.step(id).is_end]),
            )
    for number, step in enumerate(procedure.steps):
        earlier = graph.before(step.id)
        for at, span in enumerate(step.clocks):
            if span.since and span.since != OPENED and span.since not in earlier:
                yield Problem(
                    ("steps", number, "clocks", at, "since"),
                    step.id,
                    _("时限从 {since} 起算，它不是前面的环节").format(since=span.since),
                    is_it(span.since, [OPENED, *(id for id in ids if id in earlier)]),
                )
