"""Only a room's own writers write its tables, and only from `visible_to` does a page or a command read them."""

import ast
import re

import pytest

from tests.shape.source import Source, chain_to, python_files

# Files whose work is writing. Everything else asks them.
WRITERS = {"services.py", "writing.py", "batches.py"}
# Parts of a writer that stand in a file of their own; only the writers of their room may call them.
PARTS = {
    "casework/moving.py": "verbs of casework.services in a file of their own: where a case stands",
    "casework/obstacles.py": "a part of casework.moving: asks everything that stands in the way of a move",
    "casework/applications.py": "verbs of casework.services in a file of their own: what people ask for",
    "casework/attaching.py": "verbs of casework.services in a file of their own: papers of cases",
    "casework/bulk.py": "verbs of casework.services in a file of their own: many cases in the background",
    "casework/following.py": "a verb of casework.services in a file of its own: cases follow their areas",
    "casework/batches.py": "verbs of casework.services in a file of their own: recognitions follow import batches",
    "casework/recognising.py": "verbs of casework.services in a file of their own: as what households are recognised",
    "casework/rounds.py": "a verb of casework.services in a file of its own: a case for everybody of an area",
    "casework/watching.py": "verbs of casework.services in a file of their own: risks and contacts of those watched",
    "casework/opening.py": "a verb of casework.services in a file of its own: opens one case or thousands",
    "visits/corrections.py": "verbs of visits.services in a file of their own: what visits correct in the registry",
    "visits/following.py": "a verb of visits.services in a file of its own: visits follow their areas",
    "visits/keys.py": "verbs of visits.services in a file of their own: keys of apps on phones",
    "visits/photos.py": "verbs of visits.services in a file of their own: photos part by part",
    "visits/recording.py": "verbs of visits.services in a file of their own: taken once, or kept in the tray",
    "visits/suspecting.py": "a part of visits.recording and visits.photos: what makes a visit look made up",
    "visits/tray.py": "verbs of visits.services in a file of their own: what could not be taken as a visit",
    "support/measures.py": "verbs of support.services in a file of their own: measures, one or thousands",
    "support/commitments.py": "verbs of support.services in a file of their own: two-way promises",
    "support/projects.py": "verbs of support.services in a file of their own: projects of a village's plan",
    "support/following.py": "a verb of support.services in a file of its own: teams and charges follow their areas",
    "support/teams.py": "verbs of support.services in a file of their own: teams, days in the village, leave",
    "support/units.py": "verbs of support.services in a file of their own: units, helpers, charges of villages",
    "plans/duties/recording.py": "verbs of plans.services in a file of their own: duties done, with their papers",
    "plans/documents/receiving.py": "verbs of plans.services in a file of their own: files handed in, and reading them",
    "plans/documents/adding.py": "a verb of plans.services in a file of its own: what the reader missed, added by hand",
    "plans/documents/proposals.py": "verbs of plans.services in a file of their own: yes or no to what was read",
    "plans/targets/setting.py": "verbs of plans.services in a file of their own: what is to be reached by when",
    "plans/targets/breaking.py": "a verb of plans.services in a file of its own: targets down to areas and years",
    "plans/targets/settling.py": "a part of plans.targets and plans.breaking: parts follow their whole",
    "plans/targets/reporting.py": "verbs of plans.services in a file of their own: how far targets have come",
    "plans/targets/keeping.py": "a part of the verbs of targets: values by day, and how each target stands",
    "plans/warroom/placing.py": "a verb of plans.services in a file of its own: where villages lie by visits to them",
    "areas/outlines/taking.py": "verbs of areas.services in a file of their own: outlines that a county brings",
    "areas/importing.py": "the set-based half of areas.services: division lists of thousands of rows",
    "areas/judging.py": "the set-based half of areas.services: judging all villages by their standards",
    "registry/ledger/aside.py": "a part of the writer: works out a first filling beside the database, hands it over",
    "registry/ledger/deriving.py": "a part of the writer: heads, counts, latest incomes of the rows it wrote",
    "registry/ledger/following.py": "a verb of registry.services in a file of its own: households follow their areas",
    "registry/ledger/merging.py": "a part of the writer: merges staged rows into the tables",
    "registry/ledger/planning.py": "a part of the writer: prepares staged rows in temporary tables",
    "registry/ledger/standing.py": "a verb of registry.services in a file of its own: the status that casework decides",
    "registry/ledger/undoing.py": "a verb of registry.services in a file of its own: takes a batch back",
    "registry/ledger/trail.py": "a part of the writer: the change and the history rows of everything written",
}
# What may write although it is no writer: file -> reason.
MAY_WRITE = {
    "casework/checks.py": "verbs of casework.services, beside what pages show of the same checks",
    "casework/holidays.py": "a verb of casework.services, beside the reading of days, which pages use",
    "casework/meetings.py": "verbs of casework.services, beside who should stand aside, which pages show",
    "casework/postings.py": "verbs of casework.services, beside the draft of a list, which pages show",
    "casework/sampling.py": "verbs of casework.services, beside the draw itself, which anybody may repeat",
    "casework/watch_lists.py": "verbs of casework.services, beside the report of refused rows, which pages show",
    "support/importing.py": "verbs of support.services, beside the report of refused rows, which pages show",
    "support/pairings.py": "verbs of support.services, beside how many households somebody has, which selectors ask",
    "support/proposals.py": "verbs of support.services, beside whose households need a helper, which the sample asks",
    "casework/enacting.py": "saves a picture into memory; rows it writes by the services",
    "visits/photographs.py": "saves pictures as files for the verbs of visits; no table is near",
    "registry/ledger/counting.py": "counts the years of villages: recounted by the writer, counted afresh for checks",
    "registry/papers.py": "keeps files for the services, and opens them again for the pages",
    "registry/ledger/sql.py": "makes temporary tables for the parts of the writer",
    "screening/crossing.py": "keeps arrays of keys as files beside the outcomes; no table is near",
    "common/staging.py": "fills temporary tables only, for the writers of every room",
}
# One reading each, as (file, chain).
MAY_READ_ALL = {
    ("web/casework/applications.py", "Area.objects.current"): "a village's public form says its name to everybody",
    ("web/casework/holidays.py", "HolidayYear.objects.all"): "the holidays of a year belong to no place",
    ("commands/demo.py", "Officer.objects.values_list"): "prints only names of the invented officers that are there",
    ("commands/officers.py", "Area.objects.current.filter.first"): "on the server, before there is any officer",
    ("commands/officers.py", "Officer.objects.filter.first"): "on the server, when nobody can sign in any more",
    ("commands/registry.py", "Officer.objects.filter.first"): "finds the officer in whose name the command runs",
}

ALWAYS = {"bulk_create", "bulk_update", "get_or_create", "update_or_create", "acreate", "asave", "adelete", "aupdate"}
ON_ROWS = {"create", "update", "delete", "save"}
ROWS = {"objects", "_default_manager", "_base_manager", "history", "filter", "exclude", "all", "visible_to", "inside"}
SQL_WRITE = re.compile(
    r"\s*(INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|MERGE\s+INTO)\b", re.IGNORECASE
)


def is_writer(source: Source) -> bool:
    named = source.file in WRITERS and source.room not in ("web", "commands")
    return named or source.name in PARTS or source.name in MAY_WRITE


def parts_called(source: Source) -> list[str]:
    """Parts of a writer that a file imports although it is no writer of that room."""
    parts = {f"bangfu.{name.removesuffix('.py').replace('/', '.')}": name.split("/")[0] for name in PARTS}
    imported = {
        module
        for node in ast.walk(source.tree)
        for module in _modules_of(node)
        if module in parts and not (is_writer(source) and source.room == parts[module])
    }
    return [f"{source.name} {module}" for module in sorted(imported)]


def _modules_of(node: ast.AST) -> list[str]:
    """The modules that an import names, whichever way it is written."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def writes(source: Source) -> list[str]:
    """Calls that write rows (or may: `.save()` on anything but a file store), with their line, outside the writers;
    in a writer, only those on another room's models."""
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            base, names = chain_to(node.func)
            root = base.id if isinstance(base, ast.Name) else ""
            elsewhere = source.imported_models.get(root, source.room) != source.room
            if not _writes_rows(node.func.attr, base, names) or (is_writer(source) and not elsewhere):
                continue
            found.append(f"{source.name}:{node.lineno} .{node.func.attr}()")
        elif SQL_WRITE.match(_text_of(node)) and not is_writer(source) and not _is_part(source, node):
            found.append(f"{source.name}:{node.lineno} SQL")
    return found


def _writes_rows(verb: str, base: ast.AST, names: list[str]) -> bool:
    before = set(names[:-1])
    if verb in ALWAYS:
        return True
    if verb not in ON_ROWS:
        return False
    if before & ROWS:
        return True
    of_parent = isinstance(base, ast.Name) and base.id == "super"  # a model's own save() passing on
    return verb in ("save", "delete") and not of_parent


def _text_of(node: ast.AST) -> str:
    """A text as far as it is written in the source: what an f-string computes stands as “x”."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text_of(part) or "x" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_part(source: Source, node: ast.AST) -> bool:
    """A docstring, or a piece of an f-string that is looked at whole."""
    return isinstance(source.parents.get(node), ast.Expr | ast.JoinedStr)


def reads_unasked(source: Source) -> list[str]:
    """Uses of a model's rows that do not pass through `visible_to` in the same chain."""
    found = []
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)):
            continue
        if node.id not in source.imported_models:
            continue
        chain = source.chain_from(node)
        above = source.parents.get(node)
        if chain[:1] in (["objects"], ["_default_manager"], ["_base_manager"], ["history"]):
            if chain[1:2] not in (["visible_to"], ["none"]):
                found.append(f"{source.name}:{node.lineno} {node.id}.{'.'.join(chain)}")
        elif isinstance(above, ast.Call) and _name_of(above.func) in ("get_object_or_404", "get_list_or_404"):
            found.append(f"{source.name}:{node.lineno} {_name_of(above.func)}({node.id})")
    return found


def _name_of(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def test_nobody_but_a_rooms_own_writers_writes_its_tables():
    found = [line for source in python_files() for line in writes(source)]
    assert found == []


def test_a_part_of_a_writer_is_called_by_the_writers_of_its_room_only():
    assert [line for source in python_files() for line in parts_called(source)] == []


@pytest.mark.parametrize(
    ("name", "text", "noticed"),
    [
        ("web/registry/views.py", "from bangfu.registry.ledger import merging", True),
        ("registry/selectors.py", "from bangfu.registry.ledger.trail import begin", True),
        ("areas/services.py", "import bangfu.registry.ledger.deriving", True),
        ("registry/ledger/writing.py", "from bangfu.registry.ledger import merging, planning", False),
        ("registry/ledger/merging.py", "from bangfu.registry.ledger.trail import begin", False),
    ],
)
def test_a_part_called_by_a_stranger_is_noticed(name, text, noticed):
    assert bool(parts_called(Source(name, text))) is noticed


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("web/registry/views.py", "household.save()"),
        ("web/registry/views.py", "form.save()"),
        ("web/home.py", "Area.objects.filter(pk=1).update(name='x')"),
        ("sample/county.py", "Household.objects.bulk_create(rows)"),
        ("commands/areas.py", "household.members.all().delete()"),
        ("registry/selectors.py", "cursor.execute('DELETE FROM registry_household')"),
        ("registry/lists.py", "cursor.execute(f'UPDATE {table} SET place = 1')"),
        ("registry/services.py", "from bangfu.areas.models import Area\nArea.objects.create(name='x')"),
        ("areas/selectors.py", "Area.objects.get_or_create(code='1')"),
    ],
)
def test_writing_in_the_wrong_place_is_noticed(name, text):
    assert len(writes(Source(name, text))) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("registry/ledger/writing.py", "cursor.execute('INSERT INTO registry_change VALUES (1)')"),
        ("areas/services.py", "from bangfu.areas.models import Area\nArea.objects.create(name='x')"),
        ("web/home.py", "context.update(more)\nseen.update({1})\nhashlib.sha256().update(b'x')"),
        ("audit/models.py", "class Entry:\n    def save(self):\n        super().save()"),
    ],
)
def test_what_only_looks_like_writing_is_left_alone(name, text):
    assert writes(Source(name, text)) == []


def test_pages_and_commands_read_only_what_the_officer_may_see():
    found = [
        line
        for source in python_files()
        if source.room in ("web", "commands")
        for line in reads_unasked(source)
        if (source.name, line.split(" ", 1)[1]) not in MAY_READ_ALL
    ]
    assert found == []


@pytest.mark.parametrize(
    "use",
    [
        "Household.objects.get(pk=1)",
        "Household.objects.filter(village=1).visible_to(officer)",
        "Household.history.as_of(day)",
        "Household._default_manager.all()",
        "get_object_or_404(Household, pk=1)",
    ],
)
def test_reading_without_asking_is_noticed(use):
    source = Source("web/registry/views.py", f"from bangfu.registry.models import Household\n{use}\n")
    assert len(reads_unasked(source)) == 1


def test_reading_what_is_visible_is_left_alone():
    text = (
        "from bangfu.registry.models import Household\n"
        "rows = Household.objects.visible_to(officer).filter(village=1)\n"
        "one = get_object_or_404(Household.objects.visible_to(officer), pk=1)\n"
        "field = ModelChoiceField(Household.objects.none())\n"
        "state = Household._meta.verbose_name\n"
        "def page(household: Household) -> None: ...\n"
    )
    assert reads_unasked(Source("web/registry/views.py", text)) == []


def test_every_exception_is_still_needed_and_has_its_reason():
    sources = {source.name: source for source in python_files()}
    for name, reason in {**PARTS, **MAY_WRITE}.items():
        assert name in sources
        assert len(reason) > 20
    for (name, chain), reason in MAY_READ_ALL.items():
        assert chain in {line.split(" ", 1)[1] for line in reads_unasked(sources[name])}
        assert len(reason) > 20
