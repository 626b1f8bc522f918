"""Who reads customers' words unmasked, on pages and in files."""

from __future__ import annotations

import csv
import io

import pytest

from interlock.fabric.export import csv_bytes
from interlock.fabric.personal import may_read_personal, shown, shown_file, shown_rows

TEXT = "Hi Anna, call me on +44 7700 900123."
MASKED = "Hi [name], call me on [phone]."

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "function", "reads"),
    [
        ("owner", "", True),
        ("lead", "sales", True),
        ("contributor", "service", True),
        ("contributor", "sales", False),
        ("observer", "service", False),
        ("partner", "", False),
        ("customer", "", False),
    ],
)
def test_owners_leads_and_service_read_personal_data_and_nobody_else(person, role, function, reads):
    reader = person(role, *filter(None, [function]))

    assert may_read_personal(reader) is reads
    assert shown(TEXT, reader) == (TEXT if reads else MASKED)


def test_a_visitor_and_somebody_who_left_read_masked(person, settings):
    gone = person("owner")
    gone.left_at = "2026-01-01T00:00Z"

    assert shown(TEXT, None) == shown(TEXT, gone) == MASKED


def test_only_columns_with_words_are_masked_in_rows(person):
    rows = [["078-05-1120", TEXT, None]]

    assert list(shown_rows(["key", "body", "reason"], rows, person("observer"))) == [
        ["078-05-1120", MASKED, None]
    ]


def test_a_file_keeps_its_bytes_for_those_with_the_right_and_its_rows_for_the_others(person):
    content = csv_bytes(["key", "body"], [["1", TEXT], ["2", "=1+1"], ["3", "two\nlines, “quoted”"]])

    assert shown_file(content, person("owner")) == content
    read = list(csv.reader(io.StringIO(shown_file(content, person("observer")).decode(), newline="")))
    assert read == [["key", "body"], ["1", MASKED], ["2", "'=1+1"], ["3", "two\nlines, “quoted”"]]
