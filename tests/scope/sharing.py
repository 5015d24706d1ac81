"""What a page asks about the office of whoever looks at it; so that of officers at one place only those walk through it
whom it could tell apart.

A page knows of an officer's posts only what it asks them: whether a right is held, or whether nobody sits at the
screen. Somebody else at the same place whose posts would have answered each of these questions alike is told the same,
before and after something comes into being next door. Whatever looks at more of a post (which role it is, all its
rights at once, or the table of posts itself) is walked by everybody. What stands around every page, the menu and the
officer's own name and posts, holds nothing that belongs to a place.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection
from django.template.base import Template

from bangfu.accounts.models import Post
from bangfu.web import context

# Parts of every page that show the officer's own posts.
AROUND = {"parts/officer_menu.html"}
UNATTENDED = "unattended"


@dataclass
class Asked:
    """What was asked about a post, with the answers. `personal`: more than can be told apart by answers."""

    answers: dict[str, bool] = field(default_factory=dict)
    personal: bool = False

    def answered_alike_by(self, post: Mapping[str, bool]) -> bool:
        """Whether a post that holds the rights in `post` would have given the same answers."""
        return not self.personal and all(post.get(name, False) == answer for name, answer in self.answers.items())

    def __or__(self, other: "Asked") -> "Asked":
        return Asked(self.answers | other.answers, self.personal or other.personal)


_listening: list[Asked | None] = []


@contextmanager
def listening() -> Iterator[Asked]:
    """What is asked about posts while it is open."""
    heard = Asked()

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if "accounts_post" in sql:
            _personal()
        return execute(sql, params, many, context)

    _listening.append(heard)
    try:
        with connection.execute_wrapper(note):
            yield heard
    finally:
        _listening.pop()


@contextmanager
def deaf() -> Iterator[None]:
    _listening.append(None)
    try:
        yield
    finally:
        _listening.pop()


def _personal() -> None:
    if _listening and (heard := _listening[-1]):
        heard.personal = True


def _note(name: str, answer: bool) -> bool:
    if _listening and (heard := _listening[-1]):
        heard.answers[name] = answer
    return answer


class _Rights(frozenset[str]):
    """The rights of a post, which are heard when they are asked for: one by one, or all."""

    def __contains__(self, right: object) -> bool:
        return _note(str(right), super().__contains__(right))


def _of_all(name: str) -> Callable[..., Any]:
    def told(self: _Rights, *others: Any) -> Any:
        _personal()
        return getattr(frozenset, name)(self, *others)

    return told


for _name in (
    "__iter__", "__len__", "__eq__", "__ne__", "__and__", "__rand__", "__or__", "__ror__", "__sub__", "__rsub__",
    "__xor__", "__rxor__", "__le__", "__lt__", "__ge__", "__gt__", "isdisjoint", "issubset", "issuperset",
    "intersection", "union", "difference", "symmetric_difference", "copy", "__reduce__",
):  # fmt: skip
    setattr(_Rights, _name, _of_all(_name))


class _RoleId:
    """The column of the role, which is heard when it is read."""

    def __init__(self, column: Any) -> None:
        self.column = column

    def __get__(self, post: Any, owner: Any = None) -> Any:
        if post is not None:
            _personal()
        return self.column.__get__(post, owner)

    def __set__(self, post: Any, value: Any) -> None:
        post.__dict__["role_id"] = value


class _May(dict[str, bool]):
    """What templates are told of the officer's rights: heard when they use it."""

    def __getitem__(self, name: str) -> bool:
        return _note(name.replace("_", ".", 1), super().__getitem__(name))


def hear_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on posts tell what they are asked."""
    rights, role, unattended = (Post.__dict__[name].fget for name in ("rights", "role", UNATTENDED))
    made, draw = context._made, Template._render

    def unheard(look: Callable[[Post], Any]) -> Callable[[Post], Any]:
        def looked(post: Post) -> Any:
            with deaf():
                return look(post)

        return looked

    def role_of(post: Post) -> Any:
        _personal()
        return unheard(role)(post)

    def house_of(request: Any) -> dict[str, Any]:
        with deaf():
            found = made(request)
        return {**found, "may": _May(found["may"])}

    def drawn(self: Template, context: Any) -> Any:
        if self.name in AROUND:
            with deaf():
                return draw(self, context)
        return draw(self, context)

    monkeypatch.setattr(Post, "role_id", _RoleId(Post.__dict__["role_id"]))
    monkeypatch.setattr(Post, "rights", property(lambda post: _Rights(unheard(rights)(post))))
    monkeypatch.setattr(Post, "role", property(role_of))
    monkeypatch.setattr(Post, UNATTENDED, property(lambda post: _note(UNATTENDED, unheard(unattended)(post))))
    monkeypatch.setattr(context, "_made", house_of)
    monkeypatch.setattr(Template, "_render", drawn)


@dataclass
class Shared:
    """What officers at one place have asked and been told, for those who come after them."""

    told: dict[tuple[str, Any], list[tuple[str, Asked, Any]]] = field(default_factory=dict)
    spared: int = 0

    def keep(self, when: str, ask: Any, officer: str, heard: Asked, told: Any) -> None:
        self.told.setdefault((when, ask), []).append((officer, heard, told))

    def find(self, when: str, ask: Any, post: Mapping[str, bool], officer: str = "") -> tuple[str, Any] | None:
        """Who (or whether `officer`) was told something that this post would be told as well, and what."""
        for who, heard, told in self.told.get((when, ask), ()):
            if officer in ("", who) and heard.answered_alike_by(post):
                self.spared += 1
                return who, told
        return None
