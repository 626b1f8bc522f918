"""A folder or a database that is read again and again, as a worker would read it."""

from __future__ import annotations

import os
import sqlite3
from datetime import timedelta

from django.utils import timezone

from interlock.connectors.live import Reach
from interlock.listen import live_imports, services, source_page
from interlock.listen.models import Source

ORDERS = "order_id,account_id,ordered_at,status\n"
SIGNALS = "signal_id,kind,occurred_at,account_id,body\n"
MAPPING = """
mapping: 1
name: shop
files: {tickets: {names: [tickets]}}
tables:
  signals:
    from: tickets
    columns: {signal_id: id, kind: {constant: ticket}, occurred_at: made, body: words, account_id: customer}
"""


class Watch:
    """A live source of this test, with the reach that a worker would give it."""

    def __init__(self, connector, answers, folders, mapping=""):
        self.now = timezone.now() + timedelta(minutes=5)
        self.connector, self.answers, self.folders = connector, answers, folders
        self.source = services.name_source(
            name="Shop" if not mapping else "Desk", kind=connector.kind, now=self.now
        )
        Source.objects.filter(pk=self.source.pk).update(mapping=mapping, ask_every=60)
        self.wait = lambda _seconds: None

    def read(self):
        self.source = Source.objects.get(pk=self.source.pk)
        reach = Reach(http=None, now=lambda: self.now, wait=lambda s: self.wait(s), folders=self.folders)
        held = Source.objects.filter(pk=self.source.pk, asked_by=self.source.asked_by, removed_at=None)
        return live_imports.read_due(self.source, self.connector, self.answers, reach, held)

    def first(self):
        reach = Reach(http=None, now=lambda: self.now, wait=lambda _: None, folders=self.folders)
        source = Source.objects.get(pk=self.source.pk)
        return list(live_imports.first_chunks(source, self.connector, self.answers, reach))

    def tallies(self):
        source = Source.objects.get(pk=self.source.pk)
        return source.received, source.stored, source.duplicate, source.refused

    def row(self):
        return source_page.row_of(Source.objects.get(pk=self.source.pk), {}, self.now)


def ticket(database, number, *, words="It rattles", made=None, updated=None):
    made = made or timezone.now() - timedelta(hours=3)
    stamp = (updated or timezone.now()).strftime("%Y-%m-%d %H:%M:%S")
    with sqlite3.connect(database) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO tickets VALUES (?, ?, ?, 'K1', ?)",
            (number, made.strftime("%Y-%m-%d %H:%M:%S"), words, stamp),
        )
    connection.close()


def write(folder, name, text, age=0):
    (folder / name).write_text(text)
    os.utime(folder / name, (1_700_000_000 - age, 1_700_000_000 - age))
