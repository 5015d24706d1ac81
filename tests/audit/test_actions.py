"""Everything that is written into the trail has words in which it is read."""

import re
from pathlib import Path

import bangfu
from bangfu.audit.actions import ACTIONS, SUBJECTS, action_label, detail_label
from bangfu.registry.models import Change

SOURCE = Path(bangfu.__file__).parent
WRITTEN = re.compile(r"""\baction\s*=\s*f?["']([^"']+)["']""")


def test_every_deed_written_anywhere_in_the_program_has_words():
    written = {
        action
        for file in SOURCE.rglob("*.py")
        if "migrations" not in file.parts
        for action in WRITTEN.findall(file.read_text(encoding="utf-8"))
    }
    assert len(written) > 15, "the pattern finds the deeds at all"
    assert sorted(written - set(ACTIONS)) == [], "give these words in audit/actions.py"


def test_every_kind_of_change_of_the_registry_has_words():
    """`registry.ledger.writing` names a deed after its change when nobody gives it a better name."""
    assert [kind for kind in Change.Kind.values if f"registry.{kind}" not in ACTIONS] == []


def test_an_unknown_deed_of_a_later_version_is_shown_by_its_code():
    assert action_label("later.thing") == "later.thing"
    assert detail_label("later") == "later"
    assert str(SUBJECTS["household"]) == "户"
