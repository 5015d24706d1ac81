"""What is offered to other rooms says what it means."""

import ast
import re

import pytest

from tests.shape.source import Source, python_files

# Families whose name and base say everything: an error carries its own sentences, an enum its values.
SPEAKING_BASES = {
    "AppConfig", "StrEnum", "IntEnum", "Enum", "TextChoices", "IntegerChoices", "Protocol", "Strict", "Form",
    "TablerForm", "FilterSet",
}  # fmt: skip
LONG_CLASS, LONG_FUNCTION = 6, 8  # statements beyond which a name alone does not say enough


def undocumented(source: Source) -> list[str]:
    """Public functions and classes at the top of a module that owe a docstring and have none: every verb and question
    (services.py, selectors.py), every long class, every long function."""
    if source.room in ("web", "commands") or source.file in ("__main__.py", "urls.py", "apps.py", "errors.py"):
        return []  # pages are seen, commands say `--help`, errors speak for themselves
    found = []
    for node in source.tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) or not _owes_words(node, source.file):
            continue
        found.append(f"{source.name}:{node.lineno} {node.name}")
    return found


def _owes_words(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, file: str) -> bool:
    if isinstance(node, ast.ClassDef):
        bases = {base.id if isinstance(base, ast.Name) else getattr(base, "attr", "") for base in node.bases}
        speaks = any(base in SPEAKING_BASES or base.endswith("QuerySet") for base in bases)
        return not speaks and len(node.body) > LONG_CLASS
    statements = sum(isinstance(each, ast.stmt) for each in ast.walk(node)) - 1
    return file in ("services.py", "selectors.py") or statements > LONG_FUNCTION


def wordless_modules(source: Source) -> bool:
    """Whether a module with content does not say what it is for."""
    if source.file in ("__init__.py", "urls.py", "apps.py") or not source.text.strip():
        return False
    return not ast.get_docstring(source.tree)


def test_everything_offered_to_other_rooms_says_what_it_means():
    assert [line for source in python_files() for line in undocumented(source)] == []


def test_every_module_outside_the_pages_says_what_it_is_for():
    assert [s.name for s in python_files() if s.room != "web" and wordless_modules(s)] == []


def left_for_later(text: str) -> list[str]:
    """Lines that promise work instead of doing it."""
    return [line.strip() for line in text.splitlines() if re.search(r"\b(TODO|FIXME|HACK)\b", line)]


def test_nothing_is_left_for_later():
    assert {s.name: lines for s in python_files() if (lines := left_for_later(s.text))} == {}
    assert left_for_later("x = 1  # TODO: the rest\nmethod = 1\n") == ["x = 1  # TODO: the rest"]


@pytest.mark.parametrize(
    ("name", "text", "noticed"),
    [
        ("areas/services.py", "def merge(a, b):\n    return a\n", True),
        ("areas/services.py", "def merge(a, b):\n    '''Merge b into a.'''\n    return a\n", False),
        ("areas/services.py", "def _merge(a, b):\n    return a\n", False),
        ("areas/tree.py", "def root(a):\n    return a\n", False),
        ("areas/tree.py", "def root(a):\n" + "    a = a\n" * 8 + "    return a\n", True),
        ("areas/tree.py", "class Tree:\n" + "    a = 1\n" * 7, True),
        ("areas/tree.py", "class Kind(StrEnum):\n" + "    a = '1'\n" * 7, False),
        ("web/home.py", "def home(request):\n" + "    a = 1\n" * 9, False),
    ],
)
def test_silence_is_noticed_where_words_are_owed(name, text, noticed):
    assert bool(undocumented(Source(name, text))) is noticed


def test_a_module_without_a_word_is_noticed():
    assert wordless_modules(Source("areas/tree.py", "x = 1\n"))
    assert not wordless_modules(Source("areas/tree.py", '"""The tree."""\nx = 1\n'))
