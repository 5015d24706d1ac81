"""Every room has its door sign, imports and relations point downwards, and no file outgrows a reader."""

import re
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from importlinter.cli import lint_imports

from tests.shape.source import PROGRAM, ROOT, python_files, rooms

HEADINGS = ("## 进来", "## 出去", "## 从不")
LONGEST = 600


def sign_faults(room: str, text: str) -> list[str]:
    """What is missing in a room's README."""
    lines = text.splitlines()
    faults = [] if lines and re.match(rf"# {room} [\u4e00-\u9fff]+ — \S", lines[0]) else ["title"]
    if not re.search(r"^Holds: \S", text, re.MULTILINE):
        faults.append("Holds:")
    return faults + [heading for heading in HEADINGS if heading not in lines]


def layers() -> list[str]:
    """The order of rooms in pyproject.toml, uppermost first."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    return [room.strip() for line in contracts[0]["layers"] for room in line.split("|")]


def upward_relations(relations: list[tuple[str, str, str]], order: list[str]) -> list[str]:
    """Relations (name, from room, to room) that point to a room above, or to something that is no room of ours."""
    return [
        name
        for name, room, target in relations
        if target != "auth" and (target not in order or order.index(target) < order.index(room))
    ]


def our_relations() -> list[tuple[str, str, str]]:
    return [
        (f"{model._meta.label}.{field.name}", model._meta.app_label, field.related_model._meta.app_label)
        for config in apps.get_app_configs()
        if config.name.startswith("bangfu.")
        for model in config.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField) and not isinstance(field.related_model, str)
    ]


def too_long(files: dict[str, str], longest: int = LONGEST) -> list[str]:
    return [name for name, text in files.items() if len(text.splitlines()) > longest]


def test_every_room_has_a_sign_saying_what_comes_in_what_goes_out_and_what_never_happens():
    faults = {}
    for room in rooms():
        sign = room / "README.md"
        if wrong := sign_faults(room.name, sign.read_text(encoding="utf-8") if sign.exists() else ""):
            faults[room.name] = wrong
    assert faults == {}


@pytest.mark.parametrize("lost", ["# areas 区划 — dated areas", "Holds: Area", *HEADINGS])
def test_a_sign_without_one_of_its_parts_is_noticed(lost):
    whole = "# areas 区划 — dated areas\nHolds: Area\n## 进来\nx\n## 出去\nx\n## 从不\nx\n"
    assert sign_faults("areas", whole) == []
    assert len(sign_faults("areas", whole.replace(lost, ""))) == 1


def test_every_room_stands_in_the_order_of_layers():
    assert {room.name for room in rooms()} == set(layers())


def test_imports_point_down_the_order_of_rooms(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True, no_logo=True) == 0, capsys.readouterr().out


def test_an_import_that_points_up_is_noticed(tmp_path, monkeypatch, capsys):
    package = tmp_path / "tiny_house"
    for room in ("web", "common"):
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "common" / "errors.py").write_text("from tiny_house.web import pages\n")
    (package / "web" / "pages.py").touch()
    (tmp_path / ".importlinter").write_text(
        "[importlinter]\nroot_package = tiny_house\n[importlinter:contract:1]\nname = rooms\ntype = layers\n"
        "containers = tiny_house\nlayers =\n  web\n  common\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert lint_imports(".importlinter", no_cache=True, no_logo=True) == 1
    assert "tiny_house.common is not allowed to import tiny_house.web" in capsys.readouterr().out


def test_relations_between_tables_follow_the_same_order():
    relations = our_relations()
    assert len(relations) > 20
    assert upward_relations(relations, layers()) == []


def test_a_relation_that_points_up_or_out_is_noticed():
    relations = [("Area.helper", "areas", "registry"), ("Member.of", "registry", "areas"), ("X.y", "areas", "stranger")]
    assert upward_relations(relations, ["registry", "areas"]) == ["Area.helper", "X.y"]


def test_no_file_is_longer_than_a_reader_can_hold():
    files = {source.name: source.text for source in python_files()}
    for file in [*PROGRAM.rglob("*.html"), *PROGRAM.rglob("*.js"), *PROGRAM.rglob("*.css")]:
        if not file.parent.name.startswith("noble-"):  # not ours: held as they came by test_supplies
            files[file.relative_to(PROGRAM).as_posix()] = Path(file).read_text(encoding="utf-8")
    assert len(files) > 50
    assert too_long(files) == []


def test_a_file_of_one_line_too_many_is_noticed():
    assert too_long({"a.py": "x\n" * LONGEST, "b.py": "x\n" * (LONGEST + 1)}) == ["b.py"]
