"""The policy files of a place, made from what was approved there, and a draft tried against the whole rulebook.

Approved drafts are the truth; the files under HOME/policy/places/<code>/ follow from them and are written whole.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError

from bangfu.areas.codes import ENDS
from bangfu.areas.models import Area
from bangfu.common.errors import BangfuError
from bangfu.common.facts import schema
from bangfu.common.places import Level
from bangfu.policymaking import errors
from bangfu.policymaking.models import Draft
from bangfu.rulebook import loading, services
from bangfu.rulebook.book import RuleBook
from bangfu.rulebook.models import Case, Rule
from bangfu.screening.cases import run_cases

FILE_NAMES = ("place.yaml", "figures.yaml", "rules.yaml", "rules.cases.yaml")
# How the examples of a draft call their rule, whose id is allotted only when the draft is saved.
OWN = "RULE"
OUTCOMES = {
    "hit": gettext_lazy("列出"),
    "clear": gettext_lazy("不列"),
    "unknown": gettext_lazy("无法判断"),
    "none": gettext_lazy("没有写这条规则所查的对象"),
    "period": gettext_lazy("当日当地不执行"),
}
Kind, State = Draft.Kind, Draft.State


def code_of(area: Area) -> str:
    """The digits of an area's code that say where it lies. Raises PlaceWithoutCode."""
    if not area.code or area.level not in ENDS:
        raise errors.PlaceWithoutCode(area=area.name)
    return str(area.code)[: ENDS[Level(area.level)]]


def folder_of(area: Area) -> Path:
    return services.home_places() / code_of(area)


def source(document: str, clause: str) -> dict[str, Any]:
    return {"document": document, "clause": clause, "checked_on": date.today().isoformat()}


def figure_content(
    area: Area, figure: str, value: Decimal, start: date, end: date | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    """A value of its own for a figure that the book knows; what the figure is stays as it is."""
    known = services.book(code_of(area)).figures.get(figure)
    if known is None:
        raise errors.NothingToEnd(subject=figure)
    spoken = known.model_dump(mode="json", exclude={"values"}, exclude_none=True)
    number = f"{value.normalize():f}"  # 65, not 65.00: people compare figures by eye
    own = {"value": number, "region": code_of(area), "from": start.isoformat(), "source": dict(given)}
    if end:
        own["to"] = end.isoformat()
    return {"figure": spoken, "value": own}


def next_rule_id(area: Area) -> str:
    """L990101-3: the place and a running number, never used twice, whether drafted here or kept in files by hand."""
    code = code_of(area)
    taken = {*Draft.objects.filter(area=area, kind=Kind.RULE).values_list("subject", flat=True)}
    numbered = re.compile(rf"L{code}-(\d{{1,9}})", re.ASCII)
    numbers = [int(found[1]) for each in {*taken, *services.book(code).rules} if (found := numbered.fullmatch(each))]
    return f"L{code}-{max(numbers, default=0) + 1}"


def rule_content(area: Area, rule_id: str, rule: Mapping[str, Any], cases: str) -> dict[str, Any]:
    """A rule and its examples. These call it RULE, and are set in the place itself unless they say where."""
    code = code_of(area)
    return {
        "rule": {"id": rule_id, "region": code, **_plain(rule)},
        "cases": _plain([_example(each, rule_id, code) for each in _examples(cases)]),
    }


def _examples(text: str) -> Sequence[Mapping[str, Any]]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise errors.DraftRefused(reason=_("示例不是正确的 YAML：{why}。").format(why=_short(error))) from error
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        raise errors.DraftRefused(reason=_("示例要写成一个列表，每项以“- name:”开头。"))
    return found


def _example(given: Mapping[str, Any], rule_id: str, code: str) -> dict[str, Any]:
    expected = given.get("expect")
    if isinstance(expected, Mapping):
        expected = {rule_id if name == OWN else name: outcome for name, outcome in expected.items()}
    return {"place": code.ljust(12, "0"), **given, "expect": expected}


def examples_as_written(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The examples of a rule as its proposer wrote them: without its id, and without the place where it is its own."""
    rule = content["rule"]
    own = str(rule["region"]).ljust(12, "0")
    return [
        {name: value for name, value in each.items() if (name, value) != ("place", own)}
        | {"expect": {OWN if name == rule["id"] else name: outcome for name, outcome in each["expect"].items()}}
        for each in content["cases"]
    ]


def end_content(area: Area, subject: str, on: date, given: Mapping[str, Any]) -> dict[str, Any]:
    book = services.book(code_of(area))
    if subject not in book.figures and subject not in book.rules:
        raise errors.NothingToEnd(subject=subject)
    return {"id": subject, "on": on.isoformat(), "source": dict(given)}


def title_of(area: Area, kind: str, subject: str, content: Mapping[str, Any]) -> str:
    """What the draft is about, as lists show it."""
    if kind == Kind.RULE:
        return str(content["rule"].get("title", {}).get("zh", subject))[:120]
    book = services.book(code_of(area))
    known: Any = book.figures.get(subject) or book.rules.get(subject)
    spoken = str(known.label if subject in book.figures else known.title) if known else subject
    return spoken[:120]


def check(draft: Draft) -> RuleBook:
    """The book as it would be with this draft. Raises DraftRefused with what the checker of the files says, or with
    the first example of the draft that comes out otherwise than it says."""
    with candidate(draft) as folder:
        try:
            book = book_with(draft.area, folder)
            _try_examples(book, draft)
            return book
        except BangfuError as error:
            said = error.message.replace(f"{folder}/", "").replace(str(folder), "")
            raise errors.DraftRefused(reason=said) from error


def _try_examples(book: RuleBook, draft: Draft) -> None:
    examples = [Case.model_validate(each) for each in draft.content.get("cases", ())]
    for result in run_cases(book, examples):
        if not result.passed:
            raise errors.DraftRefused(
                reason=_("示例“{name}”应为“{expected}”，试算为“{got}”").format(
                    name=result.case.name, expected=_outcome(result.expected), got=_outcome(result.got)
                )
            )


def _outcome(word: str) -> str:
    kind, _colon, name = word.partition(":")
    return str(OUTCOMES[kind]) if kind in OUTCOMES else _("缺 {name}").format(name=name)


@contextmanager
def candidate(draft: Draft) -> Iterator[Path]:
    """The place's files as they would be with this draft, in a folder that lasts as long as the block."""
    with tempfile.TemporaryDirectory(prefix="bangfu-policy-") as root:
        folder = Path(root) / code_of(draft.area)
        folder.mkdir()
        for name, text in texts_of(draft.area, draft).items():
            (folder / name).write_text(text, encoding="utf-8")
        yield folder


def book_with(area: Area, folder: Path) -> RuleBook:
    """The rulebook of the place with `folder` in the stead of its own files."""
    others = [each for each in services.overlays(code_of(area)) if each != folder_of(area)]
    return loading.load(Path(settings.POLICY), schema(), [*others, folder])


def texts_of(area: Area, extra: Draft | None = None) -> dict[str, str]:
    """The place's files from everything approved (and `extra`), by name; files with nothing in them are left out."""
    approved = list(Draft.objects.filter(area=area, state=State.APPROVED).order_by("decided_at", "pk"))
    return _texts(area, [*[d for d in approved if extra is None or d.pk != extra.pk], *([extra] if extra else [])])


def _texts(area: Area, drafts: Iterable[Draft]) -> dict[str, str]:
    figures: dict[str, dict[str, Any]] = {}
    rules: dict[str, Any] = {}
    cases: list[Any] = []
    ended: dict[str, Any] = {}
    for draft in drafts:
        content = draft.content
        if draft.kind == Kind.FIGURE:
            held = figures.setdefault(draft.subject, {**content["figure"], "values": []})
            own = [v for v in held["values"] if v["from"] != content["value"]["from"]]
            held["values"] = sorted([*own, content["value"]], key=lambda v: str(v["from"]))
            ended.pop(draft.subject, None)
        elif draft.kind == Kind.RULE:
            rules[draft.subject] = content["rule"]
            cases += content["cases"]
        else:
            ended[draft.subject] = content
    place: dict[str, Any] = {
        "code": code_of(area),
        "label": {"zh": area.name, "en": area.name},
        **({"ended": list(ended.values())} if ended else {}),
    }
    found: dict[str, Any] = {"place.yaml": place}
    if figures:
        found["figures.yaml"] = {"figures": list(figures.values())}
    if rules:
        found["rules.yaml"] = {"rules": list(rules.values())}
    if cases:
        found["rules.cases.yaml"] = {"cases": cases}
    return {name: yaml.safe_dump(each, allow_unicode=True, sort_keys=False) for name, each in found.items()}


def write(area: Area, texts: Mapping[str, str]) -> None:
    """Put the files in the place of those that were there, all at once: a reader sees the old folder or the new."""
    folder = folder_of(area)
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    for name, text in texts.items():
        (fresh / name).write_text(text, encoding="utf-8")
    former = folder.with_name(f".{folder.name}-former-{os.getpid()}")
    if folder.exists():
        folder.rename(former)
    fresh.rename(folder)
    shutil.rmtree(former, ignore_errors=True)
    services.forget()


def rule_of(content: Mapping[str, Any]) -> Rule:
    """The rule of a draft as the rulebook's own type. Raises DraftRefused."""
    try:
        return Rule.model_validate(content["rule"])
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise errors.DraftRefused(reason=f"{where}: {first['msg']}") from error


def _plain(value: Any) -> Any:
    """Dates and numbers as YAML would write them, so that they may lie in a JSON column."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
