"""The walk: an officer asks for everything twice, before and after something comes into being next door.

Every answer must be the same. An answer that differs by a single row, name, count or sum has looked next door. What is
asked: every address of the site that needs no argument, plain, as htmx asks, with every search box filled with words
and ids from next door, and by POST with ids from next door in every field; then every address with arguments, with the
ids of things next door, by GET and by POST: 403, 404 or 405 only, or what an id that nobody has would get.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from itertools import product
from typing import Any
from urllib.parse import quote, urlencode

from django.db import connection
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver, get_resolver

from bangfu.common.places import Level
from tests.scope import documents, outlines, plans, support, targets
from tests.scope.sharing import Asked, Shared, listening
from tests.scope.visits import OF_APPS
from tests.scope.world import FIGURE, NEEDLE, TERMS, YEAR, Spot, fingerprint, foreign_ids, nothing_stays, own_id

# What an argument of an address stands for: a kind of `world.KINDS`, or words to put there as they are.
# `pk` is the id of what the part of the address right before it names.
BY_PART_BEFORE = {
    "households": "household",
    "areas": "area",
    "officers": "officer",
    "imports": "batch",
    "import": "batch",
    "batches": "batch",
    "findings": "finding",
    "runs": "run",
    "local": "draft",
    "cases": "case",
    "from-finding": "finding",
    "rounds": "round",
    "bulk": "bulk",
    "applications": "application",
    "meetings": "meeting",
    "postings": "posting",
    "samples": "draw",
    "watched": "recognition",
    "watch-lists": "watch_list",
    "visits": "visit",
    "tray": "submission",
    "corrections": "correction",
    "measures": "measure",
    "promises": "promise",
    "projects": "project",
    "villages": "area",
}
# What a name stands for at one address other than everywhere else.
BY_ADDRESS: Mapping[tuple[str, str], str] = {
    ("case-paper", "paper"): "case_paper",
    ("case-paper-remove", "paper"): "case_paper",
    ("meeting-paper", "paper"): "meeting_paper",
    ("visit-photo", "photo"): "visit_photo",
    **documents.BY_ADDRESS,
    **outlines.BY_ADDRESS,
    **plans.BY_ADDRESS,
    **support.BY_ADDRESS,
    **targets.BY_ADDRESS,
}
BY_NAME: Mapping[str, str] = {
    "household_pk": "household", "household_id": "household", "household": "household",
    "member_pk": "member", "member_id": "member", "person_pk": "member",
    "record_pk": "work_record", "work_pk": "work_record",
    "paper_pk": "paper", "paper_id": "paper",
    "area_pk": "area", "area_id": "area", "area": "area", "village_id": "area", "village_pk": "area",
    "officer_id": "officer", "officer_pk": "officer",
    "post_id": "post", "post_pk": "post",
    "batch_id": "batch", "batch_pk": "batch", "batch": "batch",
    "change_id": "change", "change_pk": "change",
    "entry_id": "entry", "number": "entry",
    "figure_id": "figure", "figure_pk": "figure", "held": "held",
    "village": "village", "vote": "vote", "photo": "photo", "objection": "objection", "sampled": "sampled",
    "doubt": "doubt", "case": "case",
}  # fmt: skip
WORDS: Mapping[str, tuple[str, ...]] = {
    "section": ("basic", "causes", "dwelling", "land"),
    "field": ("id_no", "phone", "bank_account"),
    "year": (str(YEAR),),
    "checklist": ("village_exit",),
    "sheet": ("household",),
    "language": ("en",),
    "rule": ("Q083",),
    "procedure": ("planted",),
    "name": ("identification",),
    "item": ("food",),
    "form": ("bangfu-four_ones",),
    "key": ("no-such-key",),
    "uuid": ("6a0c2d6e-3d0b-5d7b-9d5c-2f7f0c1b8a11",),
    "figure": ("exit_line", "public_job_age_limit"),
}
# The own village, and whatever is of its level next door.
VILLAGES = (own_id("area") + Level.VILLAGE - 1, *(pk for spot in (0, 1) for pk in foreign_ids("area", spot, 6)))
# Pages that anybody may read, in whichever place: they are walked by nobody in particular.
PUBLIC = {"public-apply", "public-postings", "public-posting", *OF_APPS}
# Pages that compute only when they are asked something that no search box of theirs asks.
QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "measures": ("line=exit_line",),
    "bulk-new": ("procedure=planted&step=meet",),
    "meeting-new": tuple(f"procedure=planted&step=meet&area={area}" for area in VILLAGES),
    "posting-new": tuple(f"procedure=planted&step=post&area={area}" for area in VILLAGES),
    "visit-new": tuple(f"household={foreign_ids('household', spot, 1)[0]}" for spot in (0, 1)),
    "case-new": tuple(f"household={foreign_ids('household', spot, 1)[0]}" for spot in (0, 1)),
    "help-give": tuple(f"household={foreign_ids('household', spot, 1)[0]}&kind=0102" for spot in (0, 1)),
    "help-measure-new": ("kind=0102",),
    "duty-record-new": tuple(f"unit={unit}" for unit in (own_id("duty_unit"), *foreign_ids("duty_unit", 0, 1))),
    **outlines.questions(own_id, lambda kind: foreign_ids(kind, 0, 1)[0]),
    **support.QUESTIONS,
    **targets.QUESTIONS,
    "what-if": ("figure=monitoring_line&value=900000&amount=100",),
}
HOW_TO_TEACH = (
    "地址 {route} 的参数“{name}”，走查还不认识。请在 tests/scope/walking.py 中教它：参数是某类记录的编号时加到 BY_NAME"
    "（没有这类记录时先在 tests/scope/world.py 的 plant 里种一条），不是编号时把可填的词加到 WORDS；"
    "参数叫 pk 时把地址中它前面那一段加到 BY_PART_BEFORE。"
)
REFUSED = (403, 404, 405)
NOBODYS = "6999999"

# Values that a form may want besides ids; a POST with them is as plausible as can be without knowing the form.
PLAUSIBLE = {
    "reason": "走查", "on": "2021-01-01", "name": "走查", "title": "走查", "kind": "01", "starts_on": "2021-01-01",
    "value": "5", "met": "yes", "evidence": "走查", "source": "走查", "remark": "走查", "do": "save", "confirm": "1",
    "year": str(YEAR), "indicator": "people", "username": "walker1", "role": "helper", "document": "走查",
    "household_type": "01", "head_name": "走查", "phone": "13000000000", "relation_to_head": "01", "sex": "1",
    "window_start": "2019-10-01", "window_end": "2020-09-30", "members_counted": "1", "event": "01",
    "start_month": "2020-02", "section": "basic", "action": "undo", "first": "2020-01-01",
    "decision": "approve", "subject": "Q083", "start": "2021-01-01", "end": "", "figure": "exit_line", "clause": "",
    "move": "on", "channel": "sweep", "procedure": "planted", "difficulty": "走查", "board": "走查", "hotline": "12317",
    "chair": "走查", "recorder": "走查", "held_on": "2026-01-01", "minutes": "走查", "people": "走查", "text": "走查",
    "result": "mended", "note": "走查", "as_of": "2020-09-30", "field": "phone",
}  # fmt: skip
ID_FIELDS = {
    "area": "area", "village": "area", "group": "area", "parent": "area", "target": "area", "successor": "area",
    "household": "household", "other": "household", "into": "household", "with": "household",
    "member": "member", "members": "member", "head": "member", "person": "member",
    "officer": "officer", "post": "post", "batch": "batch", "paper": "paper", "change": "change",
    "id": "household", "proof": "paper",
    "case": "case", "round": "round", "aside": "attendance",
    **support.ID_FIELDS,
    "run": "run", "finding": "finding", "new_in": "run", "resolved_in": "run", "second": "run", "from": "draft",
}  # fmt: skip


@dataclass(frozen=True)
class Pattern:
    """An address of the site: its route, name, and the names of its arguments in order."""

    route: str
    name: str
    arguments: tuple[str, ...]

    def url(self, values: Mapping[str, Any]) -> str:
        return "/" + re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda m: quote(str(values[m[1]])), self.route)


class Untaught(AssertionError):
    """An address has an argument of which the walk does not know what it stands for."""


def patterns(urlconf: str | None = None) -> list[Pattern]:
    """Every address that the resolver knows, whoever wrote it."""
    found = list(_below(get_resolver(urlconf), "", ()))
    assert found, "the resolver knows no address at all"
    return found


def _below(resolver: URLResolver, prefix: str, above: tuple[str, ...]) -> Iterator[Pattern]:
    for each in resolver.url_patterns:
        arguments = (*above, *_arguments(each))
        route = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            yield Pattern(route, each.name or route, arguments)
        else:
            yield from _below(each, route, arguments)


def _arguments(each: Any) -> Iterable[str]:
    if hasattr(each.pattern, "converters"):
        return tuple(each.pattern.converters)
    return tuple(each.pattern.regex.groupindex)


def kind_of(pattern: Pattern, name: str) -> str | tuple[str, ...]:
    """What an argument stands for: a kind of thing, or words. Raises Untaught."""
    if (pattern.name, name) in BY_ADDRESS:
        return BY_ADDRESS[pattern.name, name]
    if name in WORDS:
        return WORDS[name]
    if name in ("pk", "id"):
        before = re.search(rf"([^/<>]+)/<(?:[^:<>]+:)?{name}>", pattern.route)
        kind = BY_PART_BEFORE.get(before[1]) if before else None
    else:
        kind = BY_NAME.get(name)
    if kind is None:
        raise Untaught(HOW_TO_TEACH.format(route=pattern.route, name=name))
    return kind


@dataclass(frozen=True)
class Ask:
    method: str
    url: str
    data: tuple[tuple[str, str], ...] = ()
    htmx: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.url}{' (htmx)' if self.htmx else ''}"


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    text: str


@dataclass(frozen=True)
class Leak:
    """Who saw what, where; `pattern` is the name of the address."""

    officer: str
    pattern: str
    ask: str
    what: str

    def __str__(self) -> str:
        return f"{self.officer}: {self.ask} [{self.pattern}]: {self.what}"


class _Forms(HTMLParser):
    """The search boxes of a page: the fields of its GET forms that are typed into or choose by id, and the addresses
    that htmx would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[str] = []
        self.fetched: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "form":
            self._inside = given.get("method", "get").lower() == "get"
        elif given.get("name") and (self._inside or "hx-get" in given):
            typed = tag == "input" and given.get("type", "text") in ("text", "search", "tel")
            if typed or given["name"] in ID_FIELDS:
                self.fields.append(given["name"])
        if given.get("hx-get", "").startswith("/"):
            self.fetched.append(given["hx-get"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


# What differs from answer to answer, what stands for it, and words without which a text holds nothing of the kind.
_VARYING = (
    (re.compile(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")[A-Za-z0-9]+'), r"\1", ("csrfmiddle", "X-CSRFToken")),
    (re.compile(r"(\d{4})[-/年](\d\d?)[-/月](\d\d?)日?[ T]*\d\d?:\d\d(:\d\d)?"), r"\1-\2-\3", (":",)),
    (re.compile(r"\b\d{8}-?\d{4,6}\b"), "<moment>", ("",)),
    # a signed value carries the moment of its signing
    (re.compile(r":[A-Za-z0-9]{6}:[A-Za-z0-9_-]{43}"), ":<signed>", (":",)),
    # of what is written anew while the walk goes on
    (re.compile(r"\b[0-9a-f]{16}…"), "<hash>", ("…",)),
    # made anew for each page: the number of a visit, a key and its picture, a token, the moment of a pack
    (
        re.compile(r'(name="uuid" value="|/visits/odk/key/|"csrf": "|"made_at": ")[^"</ ]+'),
        r"\1",
        ('name="uuid"', "/visits/odk/key/", '"csrf"', '"made_at"'),
    ),
    (re.compile(r'data:image/svg[^"]+'), "<picture>", ("data:image/svg",)),
    # "in 0.03 s" and such
    (re.compile(r"\d+(\.\d+)? ?(ms|毫秒|秒)\b"), "<took>", ("ms", "秒")),
)


class _Header(str):
    """A header of htmx that notices when a page looks at it, and that is what it is compared with: whichever part of
    itself a page would send alone, that part is asked for."""

    looked_at = False

    def __bool__(self) -> bool:
        self.looked_at = True
        return True

    def __eq__(self, other: object) -> bool:
        self.looked_at = True
        return True

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def readable(response: Any) -> str:
    """Everything that a person could read in an answer: a page, a CSV, every cell of a workbook, a zip's members."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content[:2] == b"PK":
        return _workbook(content)
    return content.decode("utf-8", "replace")


def _workbook(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        if "xl/workbook.xml" not in package.namelist():
            return "\n".join(package.read(name).decode("utf-8", "replace") for name in package.namelist())
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content))
    lines = [
        "\t".join("" if cell is None else str(cell) for cell in row)
        for sheet in book.worksheets
        for row in sheet.iter_rows(values_only=True)
    ]
    return "\n".join([*(sheet.title for sheet in book.worksheets), *lines])


@cache
def _form(data: tuple[tuple[str, str], ...]) -> bytes:
    """A form as browsers send it; the same one goes to hundreds of addresses."""
    return encode_multipart(BOUNDARY, dict(data))


def shows_the_neighbour(text: str) -> bool:
    """Whether a text holds the needle or the figure, however grouped."""
    return NEEDLE in text or FIGURE in text.replace(",", "").replace("\u2009", "").replace(" ", "")


@dataclass
class Walker:
    """One officer walking. `spots` numbers the branches that will come into being next door."""

    client: Client
    officer: str
    patterns: list[Pattern]
    spots: tuple[int, ...]
    before: dict[Ask, Answer] = field(default_factory=dict)
    asked_of: dict[Ask, Pattern] = field(default_factory=dict)
    welcomed: set[str] = field(default_factory=set)
    # What was not told apart: as htmx asks, and plain. The answer to the one is that to the other.
    alike: dict[Ask, Ask] = field(default_factory=dict)
    # Whether what was asked last, as htmx asks, looked whether it was htmx that asked; and what it asked of the post.
    told_apart: bool = False
    heard: Asked = field(default_factory=Asked)
    # What the post answers when it is asked, and what officers at the same place were told, who walked before.
    post: Mapping[str, bool] = field(default_factory=dict)
    shared: Shared = field(default_factory=Shared)
    # Of what another officer asked instead: who it was.
    borrowed: dict[Ask, str] = field(default_factory=dict)

    def ask(self, ask: Ask) -> Answer:
        """One request, taken back afterwards. An error in the program is an answer with status 500."""
        by_htmx, target = _Header("true"), _Header("rows")
        headers = {"HX-Request": by_htmx, "HX-Target": target, "HX-Current-URL": "http://testserver/"}
        headers = headers if ask.htmx else {}
        cookies = self.client.cookies
        self.client.cookies = SimpleCookie({name: morsel.value for name, morsel in cookies.items()})
        with nothing_stays(), listening() as self.heard:
            if ask.method == "GET":
                response = self.client.get(ask.url, headers=headers)
            else:
                response = self.client.generic("POST", ask.url, _form(ask.data), MULTIPART_CONTENT, headers=headers)
            # read inside: an answer that streams asks the database while it is read
            text = readable(response)
        self.client.cookies = cookies
        self.told_apart = by_htmx.looked_at or target.looked_at
        for varying, constant, words in _VARYING:
            if any(word in text for word in words):
                text = varying.sub(constant, text)
        location = re.sub(r"\d+", "<n>", response.headers.get("Location", ""))
        return Answer(response.status_code, location, text)

    def ask_plain(self, pattern: Pattern) -> Answer:
        return self.ask(Ask("GET", pattern.url({})))

    # -- before anything is next door

    def look_around(self) -> None:
        """Ask everything that needs no argument, and remember the answers."""
        for pattern in self.patterns:
            if not pattern.arguments:
                for ask in self._without_arguments(pattern):
                    self.asked_of.setdefault(ask, pattern)

    def _without_arguments(self, pattern: Pattern) -> Iterator[Ask]:
        url = pattern.url({})
        plain, part = Ask("GET", url), Ask("GET", url, htmx=True)
        answer = self._remember(part)
        yield part
        if self.told_apart:
            answer = self._remember(plain)
            yield plain
        else:  # it answered without knowing whom, and so would it answer anybody
            self.alike[part] = plain
        if answer.status == 200:
            self.welcomed.add(pattern.name)
            page = _Forms()
            page.feed(answer.text)
            for search in self._searches(url, sorted(set(page.fields))):
                self._remember(search)
                yield search
            for address in sorted(set(page.fetched)):
                fetched = Ask("GET", address, htmx=True)
                self._remember(fetched)
                yield fetched
        for question in QUESTIONS.get(pattern.name, ()) if answer.status in (200, 404) else ():
            asked = Ask("GET", f"{url}?{question}")
            if self._remember(asked).status == 200:
                self.welcomed.add(pattern.name)
            yield asked
        post = Ask("POST", url, self._foreign_form())
        self._remember(post)
        yield post

    def _searches(self, url: str, names: list[str]) -> Iterator[Ask]:
        """Every box filled with each of what might be looked for: once for the whole page, else for the part of it that
        htmx fetches."""
        for name in names:
            ids = [foreign_ids(ID_FIELDS[name], spot, 1)[0] for spot in self.spots] if name in ID_FIELDS else []
            for number, word in enumerate(ids or TERMS):
                yield Ask("GET", f"{url}?{urlencode({name: word})}", htmx=number > 0)

    def _foreign_form(self) -> tuple[tuple[str, str], ...]:
        ids = {name: str(foreign_ids(kind, self.spots[0], 1)[0]) for name, kind in ID_FIELDS.items()}
        return tuple({**PLAUSIBLE, **ids}.items())

    def _remember(self, ask: Ask) -> Answer:
        if found := self.shared.find("before", ask, self.post):
            self.borrowed[ask], (answer, self.told_apart) = found
            return answer
        self.before[ask] = answer = self.ask(ask)
        self.shared.keep("before", ask, self.officer, self.heard, (answer, self.told_apart))
        return answer

    # -- afterwards

    def compare(self, spots: list[Spot]) -> list[Leak]:
        """Ask again; say every answer that differs."""
        found = []
        untouched = fingerprint(spots)
        for ask, then in self.before.items():
            answers, heard = {ask: self.ask(ask)}, self.heard
            if self.told_apart and ask in self.alike:  # now it does look
                answers[self.alike[ask]] = self.ask(self.alike[ask])
                heard |= self.heard
            self.shared.keep("after", ask, self.officer, heard, None)
            for asked, now in answers.items():
                if wrong := _difference(then, now):
                    found.append(Leak(self.officer, self.asked_of[ask].name, str(asked), wrong))
        for ask, officer in self.borrowed.items():
            if not self.shared.find("after", ask, self.post, officer):
                found.append(Leak(self.officer, self.asked_of[ask].name, str(ask), "asks for other rights than before"))
        if fingerprint(spots) != untouched:
            found.append(Leak(self.officer, "-", "all the above", "changed a row next door"))
        return found

    def knock(self, spots: list[Spot], own: Spot) -> list[Leak]:
        """Every address with arguments, with ids from next door: alone, and mixed with own ones."""
        found = []
        for pattern in self.patterns:
            if not pattern.arguments:
                continue
            strange: dict[str, tuple[Answer, Asked]] = {}
            for values, nobodys in _values(pattern, spots, own):
                url = pattern.url(values)
                for method in ("GET", "POST"):
                    ask = Ask(method, url, self._foreign_form() if method == "POST" else ())
                    if self.shared.find("knock", ask, self.post):
                        continue
                    with nothing_stays(), _writes() as written:
                        now = self.ask(ask)
                    heard = self.heard
                    wrong = ""
                    if now.status == 500:
                        wrong = "the page breaks"
                    elif shows_the_neighbour(now.text):
                        wrong = f"shows the neighbour: {_excerpt(now.text)}"
                    elif now.status in REFUSED:
                        wrong = ""
                    elif method == "POST":
                        wrong = f"answers {now.status} to a change next door instead of refusing it"
                    else:
                        nobody = pattern.url(nobodys)
                        if nobody not in strange:
                            strange[nobody] = self.ask(Ask("GET", nobody)), self.heard
                        nobodys_answer, too = strange[nobody]
                        wrong, heard = _difference(nobodys_answer, now), heard | too
                    self.shared.keep("knock", ask, self.officer, heard, None)
                    if not wrong and method == "POST" and (tables := _of_the_house(written)):
                        wrong = f"refuses, but has written {sorted(tables)}"
                    if wrong:
                        found.append(Leak(self.officer, pattern.name, str(ask), wrong))
        return found

    def visit_own(self, own: Spot) -> None:
        """Notes which addresses with arguments answer at all, so that a walk of closed doors does not pass for one of
        locked doors."""
        for pattern in self.patterns:
            if pattern.arguments and pattern.name not in self.welcomed:
                for values in own_values(pattern, own):
                    if self.ask(Ask("GET", pattern.url(values))).status in (200, 302, 405):
                        self.welcomed.add(pattern.name)
                        break


def _difference(then: Answer, now: Answer) -> str:
    if now.status == 500:
        return "the page breaks"
    if (then.status, then.location) != (now.status, now.location):
        return f"answered {then.status} {then.location}, answers {now.status} {now.location} now"
    if then.text != now.text:
        old, new = then.text.splitlines(), now.text.splitlines()
        first = next((b for a, b in zip([*old, *[""] * len(new)], new, strict=False) if a != b), "")
        return f"differs: {first.strip()[:160]}"
    if shows_the_neighbour(now.text):
        return f"shows the neighbour: {_excerpt(now.text)}"
    return ""


def _excerpt(text: str) -> str:
    at = text.find(NEEDLE)
    at = at if at >= 0 else text.replace(",", "").find(FIGURE)
    return " ".join(text[max(0, at - 40) : at + 40].split())


def _values(pattern: Pattern, spots: list[Spot], own: Spot) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Arguments with at least one id from next door, and the same with an id that nobody has in its place."""
    kinds = {name: kind_of(pattern, name) for name in pattern.arguments}
    ids = [name for name, kind in kinds.items() if isinstance(kind, str)]
    words = [kind if isinstance(kind, tuple) else ("",) for kind in kinds.values()]
    for spot in spots:
        choices = [(own.ids(kinds[name])[:1], spot.ids(kinds[name])[:1]) for name in ids]  # type: ignore[index]
        for picked in product((0, 1), repeat=len(ids)):
            if ids and not any(picked):
                continue
            if spot is not spots[0] and not all(picked):
                continue  # the mixtures with own things were tried with the nearest neighbour
            if any(not choice[side] for choice, side in zip(choices, picked, strict=True)):
                continue
            for written in product(*words) if spot is spots[0] else [tuple(each[0] for each in words)]:
                values = dict(zip(kinds, written, strict=True))
                nobodys = dict(values)
                for name, choice, side in zip(ids, choices, picked, strict=True):
                    values[name] = choice[side][0]
                    nobodys[name] = NOBODYS if side else choice[side][0]
                yield values, nobodys
        if not ids:
            return


def own_values(pattern: Pattern, own: Spot) -> Iterator[dict[str, Any]]:
    kinds = {name: kind_of(pattern, name) for name in pattern.arguments}
    choices = [own.ids(kind) if isinstance(kind, str) else kind for kind in kinds.values()]
    for picked in product(*choices):
        yield dict(zip(kinds, picked, strict=True))


class _writes:
    """The tables written while it is open."""

    def __enter__(self) -> set[str]:
        self.tables: set[str] = set()
        self.wrapper = connection.execute_wrapper(self._note)
        self.wrapper.__enter__()
        return self.tables

    def _note(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if match := re.match(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', str(sql), re.IGNORECASE):
            self.tables.add(match[1])
        return execute(sql, params, many, context)

    def __exit__(self, *error: Any) -> None:
        self.wrapper.__exit__(*error)


def _of_the_house(tables: set[str]) -> set[str]:
    """A refusal may leave a trail and keep the session alive; it may write nothing else."""
    ours = (
        "areas_", "accounts_", "registry_", "findings_", "casework_", "support_", "plans_", "visits_", "policymaking_",
        "otp_", "django_tasks",
    )  # fmt: skip
    return {t for t in tables if t.startswith(ours)}
