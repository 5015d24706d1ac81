"""No page speaks Chinese only: every text that a person sees there passes through translation.

Commands are another matter: those who run the server read Chinese, and their `--help` is made before any language is
chosen.
"""

import ast
import re

import pytest

from tests.shape.source import PROGRAM, Source, python_files

CHINESE = re.compile(r"[\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]")
TRANSLATING = re.compile(r"_|n?p?gettext(_lazy|_noop)?|ngettext(_lazy)?|npgettext(_lazy)?")
# Words that are matched, not shown: file -> word. 清空 is what a clerk writes into a field or cell to empty it.
STAY = {"web/registry/forms.py": "清空"}


def bare_in_template(text: str) -> list[str]:
    """Chinese in a template outside comments and translating tags."""
    text = re.sub(r"{#.*?#}|{% comment .*?endcomment %}|{% comment %}.*?{% endcomment %}", "", text, flags=re.DOTALL)
    text = re.sub(r"{% blocktrans.*?{% endblocktrans(late)? %}", "", text, flags=re.DOTALL)
    text = re.sub(r"{% trans(late)? .*?%}", "", text)
    text = re.sub(r"""_\(("[^"]*"|'[^']*')\)""", "", text)
    return [line.strip() for line in text.splitlines() if CHINESE.search(line)]


def bare_in_python(source: Source) -> list[str]:
    """Chinese text constants that are neither arguments of a translating function nor docstrings."""
    found = []
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and CHINESE.search(node.value)):
            continue
        above: ast.AST | None = source.parents.get(node)
        if isinstance(above, ast.Expr):
            continue  # a docstring
        if isinstance(above, ast.Call) and TRANSLATING.fullmatch(_name_of(above.func)):
            continue
        found.append(f"{source.name}:{node.lineno} {node.value[:30]}")
    return found


def _name_of(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def test_no_template_speaks_chinese_only():
    found = {
        file.relative_to(PROGRAM).as_posix(): lines
        for file in sorted(PROGRAM.rglob("*.html"))
        if (lines := bare_in_template(file.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_no_page_speaks_chinese_only():
    found = [
        line
        for source in python_files()
        if source.room == "web" and source.file != "apps.py"
        for line in bare_in_python(source)
        if STAY.get(source.name) != line.split(" ", 1)[1]
    ]
    assert found == []


def test_no_script_speaks_chinese_only():
    comment = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
    found = [
        file.name
        for file in sorted(PROGRAM.rglob("*.js"))
        if CHINESE.search(comment.sub("", file.read_text(encoding="utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "noticed"),
    [
        ("<p>户</p>", True),
        ('<p title="户">', True),
        ('{% if x == "户" %}', True),
        ('{% translate "户" %}{# 户 #}{{ _("户") }}', False),
        ("{% blocktranslate trimmed %}\n{{ n }} 户\n{% endblocktranslate %}", False),
        ('{% include "x" with title=_("户") %}', False),
    ],
)
def test_bare_chinese_in_a_template_is_noticed(text, noticed):
    assert bool(bare_in_template(text)) is noticed


@pytest.mark.parametrize(
    ("text", "noticed"),
    [
        ('title = "户"', True),
        ('f"{n} 户"', True),
        ('click.echo("好")', True),
        ('_("户")', False),
        ('gettext_lazy("户" "村")', False),
        ('_("户" if one else "人")', True),  # the catalogue would not find it
        ('_(f"{n} 户")', True),
        ('"""户"""', False),
        ('x = "household"  # 户', False),
    ],
)
def test_bare_chinese_in_python_is_noticed(text, noticed):
    assert bool(bare_in_python(Source("web/home.py", text))) is noticed
