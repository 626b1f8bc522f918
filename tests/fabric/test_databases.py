"""The databases of these tests themselves (`tests/databases.py`): as migrated again after a test that commits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from interlock.converse.models import Status
from interlock.fabric import journal
from interlock.fabric.models import Person

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def rows_of_every_table() -> dict[str, int]:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = {}
        for name in tables:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            found[name] = cursor.fetchone()[0]
    return found


@pytest.mark.django_db(transaction=True)
def test_what_a_test_commits_is_gone_and_what_migrations_wrote_is_back(home, migrated):
    at_first = rows_of_every_table()
    ines = Person.objects.create(name="Ines Calder", role="owner")
    journal.note(actor=ines, verb="came", about=ines, at=NOON)
    Status.objects.all().delete()
    assert rows_of_every_table() != at_first

    migrated.put_back()

    assert rows_of_every_table() == at_first
    assert at_first["converse_status"] > 0
