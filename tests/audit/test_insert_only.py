"""The database refuses to alter or remove entries, whoever asks."""

import pytest
from django.db import IntegrityError, connection, transaction

from bangfu.audit.models import Entry
from bangfu.audit.services import record

pytestmark = [pytest.mark.databases, pytest.mark.req("H2")]


def refused(statement: str) -> None:
    with pytest.raises(IntegrityError, match="insert-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_no_entry_can_be_altered(trail):
    with pytest.raises(IntegrityError, match="insert-only"), transaction.atomic():
        Entry.objects.filter(number=3).update(actor_name="别人")
    refused("UPDATE audit_entry SET actor_name = 'x'")


def test_no_entry_can_be_removed(trail):
    with pytest.raises(IntegrityError, match="insert-only"), transaction.atomic():
        Entry.objects.filter(number=7).delete()
    refused("DELETE FROM audit_entry WHERE number = 7")
    assert Entry.objects.count() == 7


def test_no_entry_can_be_put_in_the_place_of_another(trail):
    columns = "number, at, actor_name, action, subject_type, subject_id, address, detail, previous_hash, hash"
    values = "3, '2026-01-01 00:00:00', 'x', 'x', 'x', '', '', '{}', '', ''"
    verb = "INSERT OR REPLACE" if connection.vendor == "sqlite" else "INSERT"
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{verb} INTO audit_entry ({columns}) VALUES ({values})")
    assert Entry.objects.get(number=3).action == "audit.checked"


def test_the_trail_cannot_be_emptied_at_one_stroke(trail):
    refused("TRUNCATE audit_entry" if connection.vendor == "postgresql" else "DELETE FROM audit_entry")


def test_a_backup_of_the_trail_can_be_written_back_as_it_was(trail, intrude):
    """Restoring means plain inserts into an empty table, in any order."""
    kept = list(Entry.objects.order_by("-number"))
    intrude("DELETE FROM audit_entry")
    Entry.objects.bulk_create(kept)
    from bangfu.audit.selectors import chain_state

    assert chain_state().broken_at is None


@pytest.mark.django_db(transaction=True)
class TestAfterATransactionalTest:
    """Django empties all tables between these two; the triggers must be there again."""

    def test_entries_are_committed(self):
        record(actor=None, action="audit.checked", subject_type="trail", subject_id="")
        assert Entry.objects.count() == 1

    def test_the_table_is_empty_and_still_insert_only(self):
        assert Entry.objects.count() == 0
        record(actor=None, action="audit.checked", subject_type="trail", subject_id="")
        refused("DELETE FROM audit_entry")
