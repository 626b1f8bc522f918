"""PostgreSQL knows enough words of what is searched to look rare ones up."""

from __future__ import annotations

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite guesses nothing from the words it knows")
def test_the_columns_of_words_are_known_well():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attrelid::regclass::text, attname, attstattarget FROM pg_attribute"
            " WHERE attstattarget > 0 ORDER BY 1, 2"
        )
        known = cursor.fetchall()

    tables = (
        "choice", "conversation", "decision", "exhibit", "message", "option", "post", "reply", "stance",
    )  # fmt: skip
    assert known == [
        *((f"converse_{table}", "found_by", 1000) for table in tables),
        ("listen_signal", "words", 500),
    ]
