"""Whatever is done to the trail behind the program's back shows, and the first broken entry is named."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections, transaction

from bangfu.audit.models import ChainHead, Entry
from bangfu.audit.selectors import chain_state, entry_has_hash
from bangfu.audit.services import digest, record

pytestmark = [pytest.mark.databases, pytest.mark.req("H2")]


def test_an_untouched_chain_is_whole(trail):
    state = chain_state()
    assert (state.entries, state.broken_at) == (7, None)
    assert state.hash == Entry.objects.get(number=7).hash


def test_an_empty_chain_is_whole(db):
    assert chain_state().broken_at is None


@pytest.mark.parametrize(
    "column, value",
    [
        ("actor_name", "'别人'"),
        ("actor_id", "99"),
        ("detail", "'{}'"),
        ("place", "1"),
        ("address", "'10.0.0.1'"),
        ("at", "'2020-01-01 00:00:00+00:00'"),
        ("action", "'sign_in.done'"),
        ("subject_type", "'area'"),
        ("subject_id", "'4711'"),
    ],
)
def test_an_altered_entry_is_named_whichever_column_was_altered(trail, intrude, column, value):
    intrude(f"UPDATE audit_entry SET {column} = {value} WHERE number = 4")
    assert chain_state().broken_at == 4


def test_an_entry_altered_together_with_its_own_hash_breaks_the_next(trail, intrude):
    entry = Entry.objects.get(number=4)
    entry.actor_name = "别人"
    intrude(f"UPDATE audit_entry SET actor_name = '别人', hash = '{digest(entry)}' WHERE number = 4")
    assert chain_state().broken_at == 5


def test_a_deleted_entry_is_named(trail, intrude):
    intrude("DELETE FROM audit_entry WHERE number = 4")
    assert chain_state().broken_at == 4


def test_an_entry_slipped_into_the_middle_is_named(trail, intrude):
    intrude(*(f"UPDATE audit_entry SET number = {n + 1} WHERE number = {n}" for n in (7, 6, 5, 4)))
    entry = Entry.objects.get(number=3)
    entry.previous_hash, entry.number, entry.actor_name = entry.hash, 4, "溜进来的"
    entry.hash = digest(entry)
    entry.save(force_insert=True)
    assert chain_state().broken_at == 5  # the slipped-in one fits; the one behind it no longer does


def test_a_tail_cut_off_is_found(trail, intrude):
    intrude("DELETE FROM audit_entry WHERE number >= 6")
    state = chain_state()
    assert (state.entries, state.broken_at) == (5, 6)


def test_a_tail_cut_off_is_found_though_the_head_was_removed_too(trail, intrude):
    intrude("DELETE FROM audit_entry WHERE number >= 6")
    ChainHead.objects.all().delete()
    assert chain_state().broken_at == 6


def test_a_head_put_back_is_found(trail):
    ChainHead.objects.update(number=5, hash=Entry.objects.get(number=5).hash)
    assert chain_state().broken_at == 6


def test_a_hash_written_down_betrays_a_chain_rewritten_from_its_beginning(trail, intrude):
    kept = Entry.objects.get(number=7).hash
    assert entry_has_hash(7, kept[:16])
    previous = "0" * 64
    statements = []
    for entry in Entry.objects.order_by("number"):
        entry.actor_name, entry.previous_hash = "别人", previous
        entry.hash = previous = digest(entry)
        statements.append(
            f"UPDATE audit_entry SET actor_name = '别人', previous_hash = '{entry.previous_hash}', "
            f"hash = '{entry.hash}' WHERE number = {entry.number}"
        )
    intrude(*statements)
    ChainHead.objects.update(hash=previous)
    assert chain_state().broken_at is None, "rewritten whole, the chain fits in itself"
    assert not entry_has_hash(7, kept[:16])


def test_microseconds_and_any_offset_survive_the_database(db):
    east = datetime(2026, 3, 1, 7, 59, 59, 999_999, tzinfo=UTC).astimezone(datetime.now(UTC).astimezone().tzinfo)
    record(actor=None, action="audit.checked", at=east, subject_type="trail", subject_id="")
    record(actor=None, action="audit.checked", at=datetime(2026, 3, 1, tzinfo=UTC), subject_type="trail", subject_id="")
    assert chain_state().broken_at is None
    assert Entry.objects.get(number=1).at == east


def test_rare_characters_and_long_details_survive_the_database(db):
    record(
        actor=None, action="audit.checked", subject_type="trail", subject_id="𠀀㙟", reason="“引号”\n\\ \u2028 𬭎" * 500
    )
    assert chain_state().broken_at is None


def test_an_entry_falls_with_the_transaction_of_the_deed(trail):
    with pytest.raises(RuntimeError), transaction.atomic():
        record(actor=None, action="audit.checked", subject_type="trail", subject_id="8")
        raise RuntimeError
    record(actor=None, action="audit.checked", subject_type="trail", subject_id="9")
    assert chain_state() == chain_state()
    assert (chain_state().entries, chain_state().broken_at) == (8, None)


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_never_fork_the_chain():
    """Eight threads, ten entries each, the first of all among them; on PostgreSQL each is a connection of its own."""
    failed: list[BaseException] = []
    start = threading.Barrier(8)

    def write(worker: int) -> None:
        try:
            start.wait()
            for number in range(10):
                with transaction.atomic():
                    record(actor=None, action="audit.checked", subject_type="trail", subject_id=f"{worker}-{number}")
        except BaseException as error:  # a thread's error would otherwise be lost
            failed.append(error)
        finally:
            connections.close_all()

    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        # Threads would share the one connection of a database in memory: one after the other is all that it can do.
        start = threading.Barrier(1)
        for worker in range(8):
            for number in range(10):
                record(actor=None, action="audit.checked", subject_type="trail", subject_id=f"{worker}-{number}")
    else:
        threads = [threading.Thread(target=write, args=(worker,)) for worker in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
    state = chain_state()
    assert (state.entries, state.broken_at) == (80, None)


def test_many_entries_are_verified_by_two_questions(db, django_assert_num_queries):
    moment, previous, entries = datetime(2026, 1, 1, tzinfo=UTC), "0" * 64, []
    for number in range(1, 6_001):
        entry = Entry(
            number=number,
            at=moment + timedelta(seconds=number),
            actor_id=number % 50,
            actor_name="张伟",
            action="officer.changed",
            subject_type="officer",
            subject_id=str(number),
            place=number,
            address="10.1.2.3",
            detail='{"fields": ["name", "phone"]}',
            previous_hash=previous,
        )
        entry.hash = previous = digest(entry)
        entries.append(entry)
    Entry.objects.bulk_create(entries, batch_size=5000)
    ChainHead.objects.create(id=1, number=6_000, hash=previous)
    with django_assert_num_queries(2):
        state = chain_state()
    assert (state.entries, state.broken_at) == (6_000, None)
