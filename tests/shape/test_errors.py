"""The catalogue of errors: one code each, two sentences each, and whoever raises one gives the facts it names."""

import ast
import importlib
import string

import pytest

from bangfu.common.errors import BangfuError, PolicyFileWrong
from tests.shape.source import PROGRAM, Source, python_files

PREFIXES = {
    "common": "COM",
    "audit": "AUD",
    "areas": "ARE",
    "accounts": "ACC",
    "registry": "REG",
    "sample": "SAM",
    "rulebook": "RUL",
    "snapshot": "SNA",
    "screening": "SCR",
    "findings": "FIN",
    "casework": "CAS",
    "visits": "VIS",
    "support": "SUP",
    "plans": "PLA",
    "policymaking": "POM",
    "keeping": "KEE",
    "web": "WEB",
    "commands": "CMD",
}


def _catalogue() -> list[type[BangfuError]]:
    for file in sorted(PROGRAM.rglob("*errors.py")):
        importlib.import_module(".".join(("bangfu", *file.relative_to(PROGRAM).with_suffix("").parts)))
    return [error for error in _below(BangfuError) if error.__module__.startswith("bangfu.")]


def _below(error: type[BangfuError]) -> list[type[BangfuError]]:
    return [each for child in error.__subclasses__() for each in (child, *_below(child))]


def facts_of(error: type[BangfuError]) -> set[str]:
    """The names of facts that the sentences of an error need."""
    return {
        name.split(".")[0].split("[")[0]
        for _, name, _, _ in string.Formatter().parse(error.what + error.next_step)
        if name is not None
    }


def duplicate_codes(errors: list[type[BangfuError]]) -> list[str]:
    codes = [error.code for error in errors if error.code and error.code != error.__mro__[1].__dict__.get("code")]
    return sorted({code for code in codes if codes.count(code) > 1})


def _known_as(source: Source, errors: list[type[BangfuError]]) -> dict[str, type[BangfuError]]:
    """The errors by the name under which a file may use them: its own room's, and those it imports. Rooms may use the
    same name for different errors."""
    imported = {
        alias.asname or alias.name: (node.module if alias.name != "errors" else f"{node.module}.errors")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    modules = {*imported.values(), f"bangfu.{source.room}.errors"}
    return {error.__name__: error for error in errors if error.__module__ in modules}


def raised_without_facts(source: Source, catalogue: list[type[BangfuError]]) -> list[str]:
    """Places where an error is made without a fact that its sentences name, as far as the text shows."""
    found = []
    errors = _known_as(source, catalogue)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            error, given = errors.get(_name_of(node.func)), node.keywords
        elif isinstance(node, ast.Raise) and node.exc is not None and not isinstance(node.exc, ast.Call):
            error, given = errors.get(_name_of(node.exc)), []
        else:
            continue
        if error is None or any(keyword.arg is None for keyword in given):
            continue  # not one of ours, or **facts
        if "__init__" in vars(error):
            continue  # it makes its facts itself
        if lost := facts_of(error) - {str(keyword.arg) for keyword in given}:
            found.append(f"{source.name}:{node.lineno} {error.__name__} without {', '.join(sorted(lost))}")
    return found


def _name_of(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def test_every_error_has_a_code_of_its_room_that_no_other_has():
    errors = _catalogue()
    assert len(errors) > 20
    assert duplicate_codes(errors) == []
    wrong = [
        error.__name__
        for error in errors
        if error.code and not error.code.startswith(f"{PREFIXES[error.__module__.split('.')[1]]}-")
    ]
    assert wrong == []
    assert all(len(error.code) == 7 and error.code[4:].isdigit() for error in errors if error.code)


def test_every_error_says_what_happened_and_what_to_do_next():
    for error in _catalogue():
        if error.code:
            assert error.what.endswith(("。", "？", "}")), error.__name__
            assert error.next_step.endswith("。"), error.__name__


def test_whoever_raises_an_error_gives_the_facts_it_names():
    errors = _catalogue()
    found = [line for source in python_files() for line in raised_without_facts(source, errors)]
    assert found == []


def test_two_errors_of_one_code_are_noticed():
    one, two = (type("Same", (), {"code": "COM-999", "what": "甲。", "next_step": "乙。"}) for _ in range(2))
    assert duplicate_codes([one, two]) == ["COM-999"]  # type: ignore[list-item]


@pytest.mark.parametrize("wrong", [{"what": ""}, {"next_step": ""}])
def test_an_error_that_does_not_say_what_to_do_cannot_even_be_declared(wrong):
    body = {"code": "COM-998", "what": "出错了。", "next_step": "请重试。", **wrong}
    with pytest.raises(TypeError, match="what happened and what to do next"):
        type("Silent", (BangfuError,), body)


@pytest.mark.parametrize(
    ("text", "noticed"),
    [
        ("raise PolicyFileWrong(file='x')", 1),
        ("raise PolicyFileWrong", 1),
        ("raise errors.PolicyFileWrong(reason='x')", 1),
        ("raise PolicyFileWrong(file='x', reason='y')", 0),
        ("raise PolicyFileWrong(**facts)", 0),
    ],
)
def test_a_fact_that_is_not_given_is_noticed(text, noticed):
    text = f"from bangfu.common import errors\nfrom bangfu.common.errors import PolicyFileWrong\n{text}"
    assert len(raised_without_facts(Source("areas/services.py", text), _catalogue())) == noticed


def test_an_error_of_another_room_with_the_same_name_is_not_mistaken():
    other = type("PolicyFileWrong", (BangfuError,), {"__module__": "bangfu.areas.errors"})
    assert raised_without_facts(Source("areas/services.py", "raise PolicyFileWrong()"), [PolicyFileWrong, other]) == []
