"""The program's own source, as the shape tests read it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "src" / "bangfu"


@dataclass(frozen=True)
class Source:
    """One Python file: `name` is its path inside the program, e.g. "registry/services.py"."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: parent for parent in ast.walk(self.tree) for child in ast.iter_child_nodes(parent)}

    @property
    def room(self) -> str:
        return self.name.split("/", 1)[0] if "/" in self.name else ""

    @property
    def file(self) -> str:
        return self.name.rsplit("/", 1)[-1]

    @cached_property
    def imported_models(self) -> dict[str, str]:
        """Local name -> room, for everything imported from a room's `models`."""
        return {
            alias.asname or alias.name: node.module.split(".")[1]
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom)
            and node.module
            and node.module.startswith("bangfu.")
            and node.module.endswith(".models")
            for alias in node.names
        }

    def chain_from(self, node: ast.AST) -> list[str]:
        """Names of all attributes of the chain of calls that `node` begins: X.objects.filter(…).count() from X gives
        ["objects", "filter", "count"]."""
        names = []
        while True:
            above = self.parents.get(node)
            if isinstance(above, ast.Attribute) and above.value is node:
                names.append(above.attr)
            elif not (isinstance(above, ast.Call) and above.func is node):
                return names
            node = above


def chain_to(node: ast.AST) -> tuple[ast.AST, list[str]]:
    """What a chain begins with and the attributes on the way to `node`, outermost last."""
    names: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            return node, names[::-1]


def python_files(program: Path = PROGRAM) -> Iterator[Source]:
    """Every module but migrations; those of the program itself are read and parsed once for all tests."""
    return iter(_of_the_program()) if program == PROGRAM else _read(program)


@cache
def _of_the_program() -> tuple[Source, ...]:
    return tuple(_read(PROGRAM))


def _read(program: Path) -> Iterator[Source]:
    for file in sorted(program.rglob("*.py")):
        if "migrations" not in file.parts:
            yield Source(file.relative_to(program).as_posix(), file.read_text(encoding="utf-8"))


def rooms(program: Path = PROGRAM) -> list[Path]:
    """The folders that are rooms: they hold tables or verbs, or are one of those that hold neither."""
    return [
        folder
        for folder in sorted(program.iterdir())
        if (folder / "models.py").exists()
        or (folder / "services.py").exists()
        or folder.name in ("common", "sample", "screening", "web")
    ]
